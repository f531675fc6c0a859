"""Solutions of equations, whose derivatives are those of the equations and not of the way to them.

Where f(x, a) = 0, the implicit function theorem says dx = -(df/dx)^-1 (df/da) da: no iteration is recorded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from xnn.errors import ConvergenceError, GraphError, OptionError, ShapeError

from .custom import CustomDerivative
from .graph import Tracked, frontend, no_grad
from .jacobians import jacobian
from .pytree import alike, flatten, unflatten
from .transforms import stop_gradient, vjp
from .trees import ravel_pytree

__all__ = ["custom_root", "fixed_point"]

T = TypeVar("T")
Linear = Callable[[Any], Any]


class _Solution(CustomDerivative[..., Any]):
    """The solution as a function of the arguments of its equation; its transposed derivative is linear."""


def custom_root(
    function: Callable[..., T],
    initial_guess: T,
    solve: Callable[[Callable[[T], T], T], T] | None = None,
    tangent_solve: Callable[[Linear, Any], Any] | None = None,
    args: Sequence[Any] = (),
) -> T:
    """A root of a function, differentiable with respect to its other arguments, at every order and in both modes.

    Args:
        function: `function(x, *args)` gives a pytree like x, which is 0 at the root. What it shall be differentiated
            by is among `args`; it must not close over an array that requires a gradient.
        initial_guess: a pytree of floating-point arrays.
        solve: `solve(f, initial_guess)` finds x with f(x) = 0; None: Newton's method, of at most 50 steps. What it
            does is not recorded.
        tangent_solve: `tangent_solve(g, y)` finds x with g(x) = y, of a linear function g of vectors; None: by the
            matrix of g. It must be linear in y and, for derivatives, differentiable.
        args: pytrees of arrays; others are passed on.

    Returns:
        the root, of the structure, shapes and types of `initial_guess`.

    Raises:
        ConvergenceError: if Newton's method does not find one.
        ShapeError: if `function` or `solve` gives something else than a pytree like x.

    Example:
        >>> import xnn as xp
        >>> root = lambda a: xp.custom_root(lambda x, a: x**2 - a, xp.asarray(1.0), args=(a,))
        >>> f"{root(4.0).item():.4f} {xp.grad(root)(4.0).item():.4f}"
        '2.0000 0.2500'
    """
    _, structure = flatten(initial_guess)
    guess = stop_gradient(initial_guess)
    solver, linear_solver = solve or newton, tangent_solve or by_matrix

    def found(*values: Any) -> Any:
        with no_grad():
            x = solver(lambda x: _like(function(x, *values), structure, "function"), guess)
        return _like(x, structure, "solve")

    solution = _Solution(found)

    def forward(*values: Any) -> tuple[Any, Any]:
        x = solution(*values)
        refuse_closed_over("custom_root: function", function(*stop_gradient((x, *values))))
        return x, (x, values)

    def backward(residual: Any, g: Any) -> tuple[Any, ...]:
        x, values = residual
        flat, unravel = ravel_pytree(x)
        cotangent, _ = ravel_pytree(g)
        _, pull = vjp(lambda flat: ravel_pytree(function(unravel(flat), *values))[0], flat)
        leaves, shape = flatten(values)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tracked) and leaf.dtype.is_floating]
        u = linear_solver(lambda v: pull(v)[0], cotangent)

        def residual_of(*varied: Any) -> Any:
            full = list(leaves)
            for i, leaf in zip(places, varied, strict=True):
                full[i] = leaf
            return ravel_pytree(function(x, *unflatten(shape, full)))[0]

        back = [frontend.xp.zeros_like(leaf) if isinstance(leaf, Tracked) else leaf for leaf in leaves]
        for i, cotangent in zip(places, vjp(residual_of, *[leaves[i] for i in places])[1](-u), strict=True):
            back[i] = cotangent
        cotangents: tuple[Any, ...] = unflatten(shape, back)
        return cotangents

    solution._forward, solution._backward = forward, backward
    root: T = solution(*args)
    return root


def fixed_point(
    function: Callable[..., T],
    initial_guess: T,
    args: Sequence[Any] = (),
    *,
    tol: float = 1e-8,
    max_steps: int = 1000,
) -> T:
    """A fixed point x = function(x, *args), found by iteration, differentiable with respect to `args` as `custom_root`.

    The derivative is found by iteration, too, which comes to an end where that of the value does; no matrix is made.

    Args:
        function: `function(x, *args)` gives a pytree like x, and brings points nearer to each other.
        initial_guess: a pytree of floating-point arrays.
        args: pytrees of arrays.
        tol: the iteration ends where no element changes by more than tol * (1 + |x|); the types' rounding if larger.
        max_steps: of the iteration.

    Returns:
        the fixed point, of the structure, shapes and types of `initial_guess`.

    Raises:
        ConvergenceError: if there is none after `max_steps`. OptionError: for numbers out of range.

    Example:
        >>> import xnn as xp
        >>> root = lambda a: xp.fixed_point(lambda x, a: (x + a / x) / 2, xp.asarray(1.0), (a,))
        >>> f"{root(4.0).item():.4f} {xp.grad(root)(4.0).item():.4f}"
        '2.0000 0.2500'
    """
    if not tol > 0 or max_steps < 1:
        raise OptionError(f"fixed_point: tol is above 0, and max_steps at least 1; got {tol!r} and {max_steps!r}")
    iterate = functools.partial(iterated, tol=tol, max_steps=max_steps)

    def solve(f: Callable[[T], T], guess: T) -> T:
        flat, unravel = ravel_pytree(guess)
        return unravel(iterate(lambda x: x + ravel_pytree(f(unravel(x)))[0], flat))

    def tangent_solve(g: Linear, y: Any) -> Any:  # (J - 1)^T u = y: u = J^T u - y
        return iterate(lambda u: u + g(u) - y, -y)

    def equation(x: T, *values: Any) -> T:
        new, structure = flatten(function(x, *values))
        back: T = unflatten(structure, [a - b for a, b in zip(new, flatten(x)[0], strict=True)])
        return back

    return custom_root(equation, initial_guess, solve, tangent_solve, args)


def iterated(step: Linear, x: Any, tol: float, max_steps: int) -> Any:
    """The vector that a step no longer changes."""
    xp = frontend.xp
    tol = max(tol, 4 * xp.finfo(x.dtype).eps)
    for _ in range(max_steps):
        new = step(x)
        with no_grad():
            a, b = stop_gradient(new), stop_gradient(x)
            is_done = bool(xp.all(xp.abs(a - b) <= tol * (1 + xp.abs(a))))
        x = new
        if is_done:
            return x
    raise ConvergenceError(
        f"no fixed point within {max_steps} steps of the iteration. Cure: a nearer initial guess, a larger tol or "
        "max_steps; the function must bring points nearer to each other."
    )


def newton(function: Callable[[T], T], guess: T, max_steps: int = 50) -> T:
    """A root by Newton's method, with steps that are halved while they do not lower the residual."""
    xp = frontend.xp
    x, unravel = ravel_pytree(guess)

    def f(x: Any) -> Any:
        return ravel_pytree(function(unravel(x)))[0]

    eps = xp.finfo(x.dtype).eps
    y = f(x)
    for _ in range(max_steps):
        step = xp.linalg.solve(jacobian(f)(x), y)
        size, share = _size(y), 1.0
        new, value = x - step, f(x - step)
        while not _size(value) < size and share > 1e-4:
            share /= 2
            new = x - share * step
            value = f(new)
        is_still = bool(xp.all(xp.abs(new - x) <= 4 * eps * (1 + xp.abs(x))))
        if _size(value) <= size:
            x, y = new, value
        if is_still or _size(y) == 0.0:
            return unravel(x)
        if not _size(value) <= size:
            break
    raise ConvergenceError(
        f"Newton's method found no root; the residual is {_size(y):.3g}. Cure: a nearer initial guess, or `solve`."
    )


def _size(y: Any) -> float:
    return float(frontend.xp.max(frontend.xp.abs(y)))


def by_matrix(g: Linear, y: Any) -> Any:
    """The solution of a linear equation g(x) = y, by the matrix of g."""
    matrix = jacobian(g)(frontend.xp.zeros_like(stop_gradient(y)))
    return frontend.xp.linalg.solve(matrix, y)


def refuse_closed_over(name: str, result: Any) -> None:
    """Raise GraphError for what was computed of arrays off the graph, and is on it."""
    if any(isinstance(x, Tracked) and x._node is not None for x in flatten(result)[0]):
        raise GraphError(
            f"{name} depends on an array that requires a gradient and is no argument: its gradient would be lost. "
            "Cure: pass it in `args`, or x.detach() it."
        )


def _like(tree: Any, structure: Any, name: str) -> Any:
    _, own = flatten(tree)
    if not alike(own, structure):
        raise ShapeError(
            f"custom_root: {name} gives a pytree like the initial guess, {structure or '*'}; got {own or '*'}"
        )
    return tree
