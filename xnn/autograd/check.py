"""The gradient checker: derivatives against finite differences, in float64 along random directions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from xnn.dtypes import DType
from xnn.errors import DTypeError

from .call import lifted
from .graph import Tracked, enable_grad, frontend, varying
from .pytree import flatten, unflatten
from .reverse import backward, fresh, require_real_scalar

Arrays = list[Any]
ORDERS = ("first", "second", "third", "fourth")


def check_gradients(
    function: Callable[..., Any],
    *args: object,
    order: int = 2,
    step: float = 1e-4,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    seed: int = 0,
) -> None:
    """Assert that the derivatives of a function are what finite differences say.

    For a random cotangent w and random directions v, the first order compares <w, df(x) v> with a
    central difference of <w, f> of fourth order; each higher one does the same with the gradient's
    product with another random direction in the place of <w, f>, so that each rule is differentiated.

    Args:
        function: takes the arguments and gives a pytree of arrays, of which the floating-point ones are checked; points
            where it is not smooth are not for it.
        args: pytrees. Float64 and complex128 Arrays, raw arrays and NumPy's scalars of any shape in them are varied,
            and Python's floats and complex numbers; whatever else there is, is passed on. The function gets Arrays.
        order: 1; 2 for the second derivatives as well; or more.
        step: of the differences; the error is about step**4 and 1e-16 / step.
        rtol: relative tolerance; the error is compared with rtol * |expected| + atol.
        atol: absolute tolerance.
        seed: of the random directions.

    Raises:
        AssertionError: names the order, what was expected and what came.
        DTypeError: if no argument is of float64 or complex128.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([0.5, 1.5], dtype=xp.float64)
        >>> xp.check_gradients(lambda x: xp.exp(x) / x, x)
    """
    leaves, structure = flatten(args)
    full = list(map(_as_array, leaves))
    varied = [i for i, a in enumerate(full) if isinstance(a, Tracked) and _dtype(a).name in ("float64", "complex128")]
    if not varied:
        raise DTypeError("check_gradients varies float64 and complex128 arrays; got none. Cure: dtype=xnn.float64.")

    def of_varied(arrays: Arrays) -> Arrays:
        given = full.copy()
        for i, x in zip(varied, arrays, strict=True):
            given[i] = x
        outs = map(_as_array, flatten(function(*unflatten(structure, given)))[0])
        return [out for out in outs if isinstance(out, Tracked) and _dtype(out).is_floating]

    directions = _Directions(seed)
    point = [frontend.array(full[i]._data, full[i]._device) for i in varied]
    weight = directions.like(of_varied(point))
    scalar = _dot(weight, of_varied)
    for which in range(1, order + 1):
        _compare(scalar, point, directions, step, rtol, atol, ORDERS[which - 1])
        inner = directions.like(point)
        scalar = _dot(inner, functools.partial(gradient, scalar, create_graph=True))


def _as_array(arg: object) -> Any:
    """A raw array or a number as an Array, anything else as it is."""
    if type(arg) in (float, complex):
        xp = frontend.xp
        return xp.asarray(arg, dtype=xp.float64 if type(arg) is float else xp.complex128, device="cpu")
    return lifted(arg)


def _dtype(x: Tracked) -> DType:
    return x._device.backend.dtype_of(x._data)


def gradient(function: Callable[[Arrays], Any], point: Arrays, create_graph: bool = False) -> Arrays:
    """The gradient of a real scalar function of a list of Arrays, bilinear (see Primitive)."""
    with enable_grad():
        inputs = [fresh(x, on_graph=True) for x in point]
        nodes = [x._node for x in inputs]
        with varying(nodes):
            out = function(inputs)
        if out._node is None:
            return [frontend.xp.zeros_like(x) for x in point]
        require_real_scalar("a gradient", out, "or check each output")
        one = frontend.xp.ones_like(out)
        seed = one if create_graph else one._data
        found = backward([(out._node, seed)], nodes, create_graph=create_graph)
    if not create_graph:
        found = {node: frontend.array(g, node.device) for node, g in found.items()}
    return [found[node] if node in found else frontend.xp.zeros_like(x) for node, x in zip(nodes, point, strict=True)]


def _dot(weights: Arrays, function: Callable[[Arrays], Arrays]) -> Callable[[Arrays], Any]:
    """The real part of the bilinear product with what a function gives."""
    return lambda arrays: _product(weights, function(arrays))


def _product(weights: Arrays, values: Arrays) -> Any:
    xp = frontend.xp
    terms = [xp.sum(w * y) for w, y in zip(weights, values, strict=True)]
    real = [xp.real(t) if _dtype(t).kind == "complex floating" else t for t in terms]
    return sum(real[1:], real[0])


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
    came = float(_product(along, gradient(scalar, point)))

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
        """Numbers from -1 to 1, and as many imaginary ones for complex arrays."""
        result = []
        for x in arrays:
            made = self._real(x)
            if _dtype(x).kind == "complex floating":
                made = made + 1j * self._real(x)
            result.append(made)
        return result

    def _real(self, x: Any) -> Any:
        xp, device, size = frontend.xp, x._device, max(1, x.size)
        raw = device.backend.random_uniform(self.seed, self.block, size, xp.float64, device)
        self.block += size
        numbers = 2 * frontend.array(raw, device) - 1
        return xp.reshape(numbers, x.shape) if x.size else xp.zeros(x.shape, dtype=xp.float64, device=device)
