"""Ordinary differential equations, differentiable: `odeint`, under SciPy's name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .array_object import Array
from .autograd import custom_vjp, no_grad, ravel_pytree, stop_gradient, vjp
from .autograd.call import lifted
from .autograd.graph import is_recording
from .autograd.implicit import refuse_closed_over
from .cures import offer as _offer
from .errors import ConvergenceError, DTypeError, GraphError, OptionError, ShapeError
from .ops.creation import asarray, zeros_like
from .ops.data_types import astype, finfo
from .ops.extrema import maximum
from .ops.manipulation import concat, stack
from .ops.statistical import mean, sum
from .tree import flatten, unflatten
from .tree import map as map_tree
from .typing import AnyArray, ArrayLike, Scalar

__all__ = ["odeint"]

T = TypeVar("T")
Slope = Callable[[Array, Array, Sequence[Any]], Array]
Tolerance = tuple[float, float, int]  # relative, absolute, and the most steps

# Dormand and Prince, A family of embedded Runge-Kutta formulae, 1980: nodes, and the weights of the slopes before each.
NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
WEIGHTS = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
# The fifth-order result minus the fourth-order one.
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
# Of the values within a step, to fourth order (Shampine, Some practical Runge-Kutta formulas, 1986): the weight of
# slope i at the share s of the step is the polynomial s * (c0 + c1 s + c2 s^2 + c3 s^3).
WITHIN = (
    (1.0, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432),
    (0.0, 0.0, 0.0, 0.0),
    (0.0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799),
    (0.0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072),
    (0.0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632),
    (0.0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844),
    (0.0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423),
)


def odeint(
    func: Callable[..., T],
    y0: T,
    t: ArrayLike,
    args: Sequence[Any] | AnyArray | Scalar = (),
    *,
    rtol: float = 1.4e-8,
    atol: float = 1.4e-8,
    max_steps: int = 10_000,
    adjoint: bool = False,
) -> T:
    """The solution of dy/dt = func(y, t, *args), y(t[0]) = y0, at the times `t`.

    By Dormand and Prince's explicit Runge-Kutta method of order 5 with adaptive steps and values within steps of order
    4, as scipy.integrate.solve_ivp's RK45. For stiff equations it takes many steps.

    Args:
        func: `func(y, t, *args)` gives a pytree like y; t is an Array of shape ().
        y0: a pytree of real floating-point arrays, on one device; raw arrays and floats are lifted.
        t: (n,), n >= 1, rising or falling.
        args: pytrees of arrays, in a tuple or list; others are passed on. One array or number is the only argument.
        rtol: a step's estimated error, as the root of its mean square, is at most atol + rtol * |y|.
        atol: see rtol.
        max_steps: the most steps that are tried between two times.
        adjoint: how gradients are found. False: through the steps that were taken, exactly those of the numbers that
            came, at every order, with the memory of all steps. True: by solving the adjoint equation backward in time
            (Chen et al., Neural ordinary differential equations, 2018), with the memory of the times alone; gradients
            are as exact as the tolerances, of first order, and `func` must not close over arrays that require one.

    Returns:
        the pytree of y0, with n in front of each shape. It is differentiable with respect to y0, t and args.

    Raises:
        ConvergenceError: after `max_steps` between two times, or for a step too small for the numbers' type.
        ShapeError: for times that are no vector, or a `func` that gives something else than y's structure and shapes.
        OptionError: for times that neither rise nor fall. DTypeError: for a y0 that is not real floating.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> from xnn.integrate import odeint
        >>> y = odeint(lambda y, t, a: -a * y, np.asarray(1.0), np.asarray([0.0, 1.0]), (2.0,))
        >>> f"{y[1].item():.6f}"
        '0.135335'
    """
    y0 = map_tree(_array, y0)
    flat, unravel = ravel_pytree(y0)
    if flat.dtype.kind != "real floating":
        raise DTypeError(
            f"odeint takes a real floating-point y0; got {flat.dtype.name}. Cure: xnn.astype, or Re and Im."
        )
    leaves, structure = flatten(tuple(args) if isinstance(args, (tuple, list)) else (args,))
    leaves = [asarray(x, device=flat.device) if type(x) in (float, complex) else lifted(x) for x in leaves]
    times = _times(t, flat)
    if not (rtol >= 0 and atol >= 0 and rtol + atol > 0 and max_steps >= 1):
        raise OptionError(
            f"odeint: rtol and atol are at least 0 and not both 0, and max_steps at least 1; got {rtol!r}, {atol!r} "
            f"and {max_steps!r}"
        )

    def slope(y: Array, time: Array, values: Sequence[Any]) -> Array:
        found = func(unravel(y), time, *unflatten(structure, values))
        new, _ = ravel_pytree(map_tree(_array, found))
        if new.shape != y.shape:
            raise ShapeError(f"odeint: func gives a pytree like y0, of {y.size} elements; got {new.size}")
        return new

    tolerance = (float(rtol), float(atol), int(max_steps))
    solve = _with_adjoint if adjoint else _solved
    rows = solve(slope, flat, times, leaves, tolerance)
    _, shape = flatten(y0)
    columns = [flatten(unravel(row))[0] for row in rows]
    result: T = unflatten(shape, [stack(list(column)) for column in zip(*columns, strict=True)])
    return result


def _array(leaf: Any) -> Array:
    """A raw array where it is, and a number on the default device, as an Array."""
    found: Any = lifted(leaf)
    return found if isinstance(found, Array) else asarray(found)


def _times(t: Any, like: Array) -> Array:
    times = astype(t if isinstance(t, Array) else asarray(t, device=like.device), like.dtype, copy=False)
    if times.ndim != 1 or not times.size:
        raise ShapeError(f"odeint takes a vector of times, the first that of y0; got shape {times.shape}")
    numbers = stop_gradient(times).tolist()
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    if not all(math.isfinite(x) for x in numbers) or (min(steps, default=0.0) < 0 < max(steps, default=0.0)):
        raise OptionError("odeint takes finite times that rise, or fall; got others. Cure: xnn.sort(t).")
    return times


def _solved(slope: Slope, y: Array, times: Array, values: Sequence[Any], tolerance: Tolerance) -> list[Array]:
    """The solution at each of the times, recorded step by step; the steps' sizes are numbers."""
    rtol, atol, max_steps = tolerance
    numbers = stop_gradient(times).tolist()
    first, last = numbers[0], numbers[-1]
    start, time, end = times[0], times[0], first
    before, slopes, size = y, [slope(y, time, values)], 0.0
    h = _first_step(slope, y, slopes[0], time, values, last - first, tolerance)
    rows = [y]
    for i, target in enumerate(numbers[1:], 1):
        tries = 0
        while end != target and (target - end) * (last - first) > 0:
            tries += 1
            if tries > max_steps or abs(end - (end + h)) == 0.0:
                raise ConvergenceError(
                    f"odeint: no solution from t = {end:.6g} to {target:.6g} within {tries - 1} steps, the last of "
                    f"{h:.3g}. Cure: larger rtol and atol or max_steps; the equation may be stiff, or have no solution."
                )
            is_last = abs(h) >= abs(last - end)
            h = last - end if is_last else h
            new, error, found = _step(slope, y, slopes[-1], time, values, h)
            ratio = _size(error, rtol, atol, y, new)
            if ratio <= 1:
                start, before, slopes, size = time, y, found, h
                y, end = new, last if is_last else end + h
                time = times[0] + (end - first)
            h *= 0.2 if not ratio < math.inf else min(10.0, max(0.2, 0.9 * ratio**-0.2)) if ratio else 10.0
        rows.append(_within(before, slopes, size, (times[i] - start) / size) if size else y)
    return rows


def _step(
    slope: Slope, y: Array, first: Array, time: Array, values: Sequence[Any], h: float
) -> tuple[Array, Array, list[Array]]:
    """The value after a step, its estimated error, and the slopes on the way, the first and the last of the ends."""
    slopes, new = [first], y
    for node, weights in zip(NODES[1:], WEIGHTS[1:], strict=True):
        new = y + h * _combined(weights, slopes)
        slopes.append(slope(new, time + node * h, values))
    return new, h * _combined(ERROR, slopes), slopes


def _combined(weights: Sequence[float | Array], slopes: Sequence[Array]) -> Array:
    terms = [w * k for w, k in zip(weights, slopes, strict=True) if not isinstance(w, float) or w]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _within(y: Array, slopes: Sequence[Array], h: float, share: Array) -> Array:
    """The value at a share of a step."""
    weights = [share * (a + share * (b + share * (c + share * d))) for a, b, c, d in WITHIN]
    return y + h * _combined(weights, slopes)


def _size(error: Array, rtol: float, atol: float, *values: Array) -> float:
    """The root of the mean square of an error, relative to what is allowed."""
    with no_grad():
        scale = abs(stop_gradient(values[0]))
        for value in values[1:]:
            scale = maximum(scale, abs(stop_gradient(value)))
        allowed = atol + rtol * scale
        return float(mean((stop_gradient(error) / maximum(allowed, finfo(error.dtype).smallest_normal)) ** 2)) ** 0.5


def _first_step(
    slope: Slope, y: Array, first: Array, time: Array, values: Sequence[Any], span: float, tolerance: Tolerance
) -> float:
    """A size for the first step (Hairer, Norsett and Wanner, Solving ordinary differential equations I, 1993, II.4)."""
    rtol, atol, _ = tolerance
    if not span:
        return 0.0
    y, first, time, values = stop_gradient((y, first, time, list(values)))
    with no_grad():
        d0, d1 = _size(y, rtol, atol, y), _size(first, rtol, atol, y)
        h = min(0.01 * d0 / d1 if min(d0, d1) >= 1e-5 else 1e-6, math.fabs(span))
        step = math.copysign(h, span)
        d2 = _size(slope(y + step * first, time + step, values) - first, rtol, atol, y) / h
    steepest = max(d1, d2)
    other = max(1e-6, h * 1e-3) if steepest <= 1e-15 else (0.01 / steepest) ** 0.2
    return math.copysign(min(100 * h, other, math.fabs(span)), span)


def _with_adjoint(slope: Slope, y: Array, times: Array, values: Sequence[Any], tolerance: Tolerance) -> list[Array]:
    """The solution at each of the times, whose gradient is found by another equation, backward in time."""

    def solution(y: Array, times: Array, *values: Any) -> Array:
        with no_grad():
            return stack(_solved(slope, y, times, values, tolerance))

    def forward(y: Array, times: Array, *values: Any) -> tuple[Array, Any]:
        y, times, *off = stop_gradient((y, times, *values))
        refuse_closed_over("odeint: func", slope(y, times[0], off))
        rows = solution(y, times, *off)
        return rows, (rows, times, off)

    def backward(residual: Any, g: Array) -> tuple[Any, ...]:
        if is_recording():
            raise GraphError(
                "the adjoint of odeint gives derivatives of first order, backward. Cure: adjoint=False, of any order."
            )
        rows, times, values = residual
        places = [i for i, x in enumerate(values) if isinstance(x, Array) and x.dtype.is_floating]
        zeros, unravel = ravel_pytree([zeros_like(values[i]) for i in places])
        n, d = rows.shape

        def backwards(state: Array, time: Array, _: Any) -> Array:
            """The slopes of y, of its cotangent, and of the gradient of what the equation depends on."""

            def of(y: Array, *varied: Any) -> Array:
                full = list(values)
                for i, x in zip(places, varied, strict=True):
                    full[i] = x
                return slope(y, time, full)

            found, pull = vjp(of, state[:d], *(values[i] for i in places))
            back, *rest = pull(-state[d : 2 * d])
            return concat([found, back, ravel_pytree(rest)[0].to_device(y.device) if rest else zeros])

        a, gradient = g[-1], zeros
        of_times: list[Array] = []
        for i in range(n - 1, 0, -1):
            of_times.append(sum(g[i] * slope(rows[i], times[i], values)))
            state = concat([rows[i], a, gradient])
            state = _solved(backwards, state, stack([times[i], times[i - 1]]), (), tolerance)[-1]
            a, gradient = state[d : 2 * d], state[2 * d :]
            if i > 1:
                a = a + g[i - 1]
        of_times.append(-sum(a * slope(rows[0], times[0], values)) if n > 1 else sum(a * 0))
        a = a + g[0] if n > 1 else a
        back: list[Any] = [zeros_like(x) if isinstance(x, Array) else x for x in values]
        for i, x in zip(places, unravel(gradient), strict=True):
            back[i] = x
        return (a, stack(of_times[::-1]), *back)

    function: Any = custom_vjp(solution)
    function.defvjp(forward, backward)
    rows = function(y, times, *values)
    return [rows[i] for i in range(times.shape[0])]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
