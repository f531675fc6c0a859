"""The gradient checker: derivatives against finite differences, in float64 along random directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn.errors import DTypeError, GraphError
from xnn_backends import Namespace

from .backward import backward
from .graph import Leaf, Tracked, enable_grad, frontend

Arrays = list[Any]


def check_gradients(
    function: Callable[..., Any],
    *args: Any,
    order: int = 2,
    step: float = 1e-4,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    seed: int = 0,
) -> None:
    """Assert that the derivatives of a function are what finite differences say.

    For a random cotangent w and random directions v, the first order compares <w, df(x) v> with a
    central difference of <w, f> of fourth order; the second does the same with the gradient's
    product with another random direction in the place of f, so that each rule is differentiated.

    Args:
        function: takes the arrays and returns one array; points where it is not smooth are not for it.
        args: float64 Arrays of any shape are varied; whatever else there is, is passed on.
        order: 1, or 2 for the second derivatives as well.
        step: of the differences; the error is about step**4 and 1e-16 / step.
        rtol: relative tolerance; the error is compared with rtol * |expected| + atol.
        atol: absolute tolerance.
        seed: of the random directions.

    Raises:
        AssertionError: names the order, what was expected and what came.
        DTypeError: if no argument is a float64 Array.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([0.5, 1.5], dtype=xp.float64)
        >>> xp.check_gradients(lambda x: xp.exp(x) / x, x)
    """
    varied = [i for i, a in enumerate(args) if isinstance(a, Tracked) and a._device.backend.dtype_of(a._data).bits == 64
              and a._device.backend.dtype_of(a._data).kind == "real floating"]  # fmt: skip
    if not varied:
        raise DTypeError("check_gradients varies float64 Arrays; none was given. Cure: dtype=xnn.float64.")

    def of_varied(arrays: Arrays) -> Any:
        full = list(args)
        for i, x in zip(varied, arrays, strict=True):
            full[i] = x
        return function(*full)

    directions = _Directions(seed)
    point = [frontend.array(args[i]._data, args[i]._device) for i in varied]
    weight = directions.like([of_varied(point)])[0]
    scalar = _dot([weight], lambda arrays: [of_varied(arrays)])
    _compare(scalar, point, directions, step, rtol, atol, "first")
    if order >= 2:
        inner = directions.like(point)
        slope = _dot(inner, lambda arrays: gradient(scalar, arrays, create_graph=True))
        _compare(slope, point, directions, step, rtol, atol, "second")


def gradient(function: Callable[[Arrays], Any], point: Arrays, create_graph: bool = False) -> Arrays:
    """The gradient of a scalar function of a list of Arrays."""
    with enable_grad():
        inputs = [_leaf_over(x) for x in point]
        out = function(inputs)
        nodes = [x._node for x in inputs]
        if out._node is None:
            return [frontend.xp.zeros_like(x) for x in point]
        if out.shape != ():
            raise GraphError(f"a gradient is of a scalar; the function gave shape {out.shape}")
        one = frontend.xp.ones_like(out)
        seed = one if create_graph else one._data
        found = backward([(out._node, seed)], nodes, create_graph=create_graph)
    if not create_graph:
        found = {node: frontend.array(g, node.device) for node, g in found.items()}
    return [found[node] if node in found else frontend.xp.zeros_like(x) for node, x in zip(nodes, point, strict=True)]


def _leaf_over(x: Any) -> Any:
    """An Array with a fresh node: a copy on the graph of x where x is on one, a leaf otherwise."""
    if x._node is not None:
        return frontend.xp.positive(x)
    return frontend.array(x._data, x._device, Leaf(x._device, x.shape))


def _dot(weights: Arrays, function: Callable[[Arrays], Arrays]) -> Callable[[Arrays], Any]:
    def scalar(arrays: Arrays) -> Any:
        terms = [frontend.xp.sum(w * y) for w, y in zip(weights, function(arrays), strict=True)]
        return sum(terms[1:], terms[0])

    return scalar


def _compare(
    scalar: Callable[[Arrays], Any],
    point: Arrays,
    directions: _Directions,
    step: float,
    rtol: float,
    atol: float,
    which: str,
) -> None:
    along = directions.like(point)
    slopes = gradient(scalar, point)
    came = float(
        sum(
            (frontend.xp.sum(g * v) for g, v in zip(slopes, along, strict=True)),
            frontend.xp.zeros_like(scalar(point)),
        )
    )

    def at(distance: float) -> float:
        return float(scalar([x + distance * v for x, v in zip(point, along, strict=True)]).detach())

    expected = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    # A difference of values of size s cannot be nearer than their rounding errors.
    rounding = 1e-15 * abs(at(0.0)) / step
    assert abs(came - expected) <= rtol * abs(expected) + atol + rounding, (
        f"the {which} derivative is {came!r}; finite differences say {expected!r}"
    )


class _Directions:
    """Random arrays that are the same on every device."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.block = 0

    def like(self, arrays: Arrays) -> Arrays:
        result = []
        for x in arrays:
            size = max(1, x.size)
            xp: Namespace = frontend.xp
            device = x._device
            raw = device.backend.random_uniform(self.seed, self.block, size, xp.float64, device)
            self.block += size
            result.append(xp.reshape(2 * frontend.array(raw, device) - 1, x.shape) if x.size else xp.zeros_like(x))
        return result
