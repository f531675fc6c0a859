"""Functions that call the caller's own, under NumPy's names: along axes, element by element, of positions.

They are loops of Python, as NumPy's are, and every call is on the graph: a function written for arrays is faster.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from xnn.autograd.operands import operand
from xnn.autograd.refusals import axis_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray, Axis, DeviceLike, DTypeLike
from xnn_backends import Device

from .building import indices
from .creation import asarray, zeros
from .data_types import astype
from .lifting import lifted
from .manipulation import broadcast_arrays, broadcast_to, expand_dims, moveaxis, reshape, stack

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = ["apply_along_axis", "apply_over_axes", "fromfunction", "vectorize"]


def apply_along_axis(func1d: Callable[..., object], axis: int, arr: A, *args: object, **kwargs: object) -> A:
    """A function of vectors, of each along a dimension.

    Args:
        func1d: of (n,), and args and kwargs; it gives an array of any shape, or a number.
        axis: the dimension of size n.
        arr: any shape but ().
        args: passed on.
        kwargs: likewise.

    Returns:
        as arr, with the shape of the function's results in the place of `axis`.

    Raises:
        ShapeError: where there is no vector to call it of.
    """
    (x,), back = lifted("apply_along_axis", arr)
    axis = axis_of(axis, x.ndim, "apply_along_axis")
    rows = moveaxis(x, axis, -1)
    lead = tuple(rows.shape[:-1])
    if 0 in lead:
        raise ShapeError(f"apply_along_axis calls the function of one vector or more; got shape {tuple(x.shape)}")
    flat = reshape(rows, (-1, rows.shape[-1]))
    results = [operand(func1d(flat[i], *args, **kwargs), "apply_along_axis") for i in range(flat.shape[0])]
    found = stack(results)
    found = reshape(found, (*lead, *found.shape[1:]))
    places = range(len(lead), found.ndim)
    return back(moveaxis(found, tuple(places), tuple(range(axis, axis + len(places)))))


def apply_over_axes(func: Callable[[A, int], A], a: A, axes: Axis) -> A:
    """A function of an array and a dimension, called for one dimension after the other.

    Shapes: a any; func(a, axis) has the dimensions of a, or one fewer, which is put back with size 1.
    """
    (x,), back = lifted("apply_over_axes", a)
    found: Any = x
    for axis in (axes,) if isinstance(axes, int) else axes:
        axis = axis_of(axis, x.ndim, "apply_over_axes")
        came: Any = func(found, axis)
        found = expand_dims(came, axis=axis) if len(came.shape) == x.ndim - 1 else came
        if len(found.shape) != x.ndim:
            raise ShapeError(
                f"apply_over_axes takes a function that keeps the dimensions, or drops the one it is given; "
                f"of {x.ndim} it left {len(came.shape)}"
            )
    return back(found)


def fromfunction(
    function: Callable[..., A],
    shape: Sequence[int],
    *,
    dtype: DTypeLike = float,
    device: DeviceLike | None = None,
    **kwargs: object,
) -> A:
    """What a function of positions gives: it is called once, with an array of the positions along each dimension.

    Shapes: each has `shape`. Types: `dtype`, the default floating type if none is named.
    """
    return function(*indices(shape, dtype=dtype, device=device), **kwargs)


class vectorize:  # noqa: N801  # NumPy's name
    """A function of numbers, or of arrays of few dimensions, as one of arrays that broadcast.

    It is called for each element in a loop, and derivatives go through it. Shapes: arguments broadcast, and the result
    has their common shape; with a signature, in front of what the function gives.

    Args:
        pyfunc: the function; without it this is a decorator with the options.
        otypes: the types of the results, one for each, or NumPy's letters of them; what the function gives if None.
            With them there may be no element, for which the function is not called.
        doc: a docstring.
        excluded: names or places of arguments that are passed on as they are.
        cache: for NumPy's code; nothing is called twice here.
        signature: as "(n),(m,n)->(m)": the last dimensions of arguments and results.
    """

    def __init__(
        self,
        pyfunc: Callable[..., object] | None = None,
        otypes: Sequence[DTypeLike] | None = None,
        doc: str | None = None,
        excluded: Sequence[int | str] | set[int | str] | None = None,
        cache: bool = False,
        signature: str | None = None,
    ) -> None:
        self.pyfunc, self.otypes, self.excluded = pyfunc, otypes, set(excluded or ())
        self.signature, self._doc = signature, doc
        self.__doc__ = doc or pyfunc.__doc__
        self._cores = None if signature is None else _parsed(signature)

    def __call__(self, *args: object, **kwargs: object) -> AnyArray | tuple[AnyArray, ...]:
        """The results, of the arguments' common shape; several, if the function gives a tuple.

        Without a function yet, a vectorized one of that which is given.
        """
        if self.pyfunc is None:
            function: Any = args[0]
            decorated: Any = vectorize(function, self.otypes, self._doc, self.excluded, signature=self.signature)
            return decorated
        names = [*range(len(args)), *kwargs]
        values = [*args, *kwargs.values()]
        varied = [i for i, name in enumerate(names) if name not in self.excluded]
        arrays, back = lifted("vectorize", *[values[i] for i in varied])
        cores = [0] * len(varied) if self._cores is None else self._cores[0]
        if len(cores) != len(varied):
            raise OptionError(f"vectorize: the signature {self.signature!r} is of {len(cores)}; got {len(varied)}")
        flat, shape = _broadcast(arrays, cores)
        if 0 in shape:
            return back(self._of_nothing(shape, flat[0].device))
        calls = []
        for index in itertools.product(*map(range, shape)):
            given = list(values)
            for place, x in zip(varied, flat, strict=True):
                given[place] = x[index]
            named = dict(zip(names[len(args) :], given[len(args) :], strict=True))
            calls.append(self.pyfunc(*given[: len(args)], **named))
        is_several = isinstance(calls[0], tuple)
        columns = list(zip(*calls, strict=True)) if is_several else [calls]
        found = [self._stacked(column, shape, i) for i, column in enumerate(columns)]
        return back(tuple(found)) if is_several else back(found[0])

    def _of_nothing(self, shape: tuple[int, ...], device: Device) -> Any:
        """Results without elements, of the types that are known."""
        if self.otypes is None or (self._cores is not None and any(self._cores[1])):
            raise ShapeError(
                f"vectorize calls the function of one element or more; got shape {shape}. Cure: otypes=..., of numbers."
            )
        found = tuple(zeros(shape, dtype=dtype, device=device) for dtype in self.otypes)
        return found if len(found) > 1 else found[0]

    def _stacked(self, results: Sequence[Any], shape: tuple[int, ...], i: int) -> Array:
        together = stack([asarray(x) for x in results])
        together = together if self.otypes is None else astype(together, self.otypes[i], copy=False)
        return reshape(together, (*shape, *together.shape[1:]))


def _parsed(signature: str) -> tuple[list[int], list[int]]:
    """How many dimensions the elements of each argument have, and those of each result."""
    text = signature.replace(" ", "")
    if not re.fullmatch(r"(\([\w,]*\),?)*->(\([\w,]*\),?)+", text):
        raise OptionError(f"vectorize: a signature is as '(n),(m,n)->(m)'; got {signature!r}")
    one, other = (re.findall(r"\(([\w,]*)\)", side) for side in text.split("->"))
    sizes = [[len(list(filter(None, part.split(",")))) for part in parts] for parts in (one, other)]
    return sizes[0], sizes[1]


def _broadcast(arrays: Sequence[Any], cores: Sequence[int]) -> tuple[list[Any], tuple[int, ...]]:
    """The arrays with one shape but for their last dimensions, and that shape."""
    leads = [asarray(0, device=x.device) for x in arrays]
    shapes = [tuple(x.shape[: x.ndim - core]) for x, core in zip(arrays, cores, strict=True)]
    if not arrays:
        raise OptionError("vectorize takes an argument that is varied; got none")
    shape = tuple(broadcast_arrays(*[broadcast_to(x, s) for x, s in zip(leads, shapes, strict=True)])[0].shape)
    tails = [tuple(x.shape[x.ndim - core :]) for x, core in zip(arrays, cores, strict=True)]
    return [broadcast_to(x, (*shape, *tail)) for x, tail in zip(arrays, tails, strict=True)], shape
