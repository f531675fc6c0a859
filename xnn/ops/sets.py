"""Set functions of the array API standard.

Shapes: x has any. The unique elements, n of them, come in rising order; complex ones by their real and then their
imaginary parts; NaNs, none of which equals another, come last, each as one of its own. -0.0 equals 0.0. Positions and
counts have the type int64 and require no gradient; the values have that of x, and pass their cotangents to the elements
from which they are taken, the first of equal ones. How many there are waits for the device.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, NamedTuple, cast, get_args, overload

from xnn.autograd.arguments import choice
from xnn.autograd.primitive import primitive
from xnn.typing import A, AnyArray, Scalar

from .indexing import take
from .manipulation import reshape
from .searching import as_arrays

__all__ = [
    "isin",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


Kind = Literal["sort", "table"]


class UniqueAll(NamedTuple, Generic[A]):
    """What `unique_all` gives."""

    values: A
    indices: A
    inverse_indices: A
    counts: A


class UniqueCounts(NamedTuple, Generic[A]):
    """What `unique_counts` gives."""

    values: A
    counts: A


class UniqueInverse(NamedTuple, Generic[A]):
    """What `unique_inverse` gives."""

    values: A
    inverse_indices: A


def _order(xp: Any, x: Any) -> Any:
    """The positions that sort a flat array, equal elements in their order."""
    if xp.isdtype(x.dtype, "bool"):
        x = xp.astype(x, xp.uint8)
    if not xp.isdtype(x.dtype, "complex floating"):
        return xp.argsort(x, stable=True)
    by_imaginary = xp.argsort(xp.imag(x), stable=True)
    return xp.take(by_imaginary, xp.argsort(xp.take(xp.real(x), by_imaginary), stable=True))


@primitive()
def _unique(xp: Any, x: A, /) -> tuple[A, A, A]:
    """Of each unique element the first position and the count; of each element the number of the one that it equals."""
    device, size = xp.device(x), x.shape[0]
    order = _order(xp, x)
    ordered = xp.take(x, order)
    begins = xp.ones((size,), dtype=xp.bool, device=device)
    if size > 1:
        begins = xp.concat([begins[:1], xp.not_equal(ordered[1:], ordered[:-1])])
    (starts,) = xp.nonzero(begins)
    end = xp.full((min(size, 1),), size, dtype=starts.dtype, device=device)
    ends = xp.concat([xp.getitem(starts, slice(1, None)), end])
    numbers = xp.cumulative_sum(xp.astype(begins, xp.int64)) - 1
    inverse = xp.take(numbers, xp.argsort(order))
    return xp.take(order, starts), inverse, ends - starts


def _flat(x: A) -> tuple[A, A, A, A]:
    """The unique elements of x, their first positions, the number of each element's, and the counts."""
    flat = reshape(x, (-1,))
    indices, inverse, counts = _unique(flat)
    return take(flat, indices), indices, reshape(inverse, tuple(x.shape)), counts


def unique_all(x: A, /) -> UniqueAll[A]:
    """The unique elements, where each stands first, the position among them of every element, and how many there are.

    Returns:
        `values` (n,), `indices` (n,) into x flattened, `inverse_indices` of the shape of x, and `counts` (n,).
    """
    return UniqueAll(*_flat(x))


def unique_counts(x: A, /) -> UniqueCounts[A]:
    """The unique elements, and how many there are of each: `values` (n,) and `counts` (n,)."""
    values, _, _, counts = _flat(x)
    return UniqueCounts(values, counts)


def unique_inverse(x: A, /) -> UniqueInverse[A]:
    """The unique elements, `values` (n,), and `inverse_indices`, of the shape of x: the position of each among them."""
    values, _, inverse, _ = _flat(x)
    return UniqueInverse(values, inverse)


def unique_values(x: A, /) -> A:
    """The unique elements, of shape (n,)."""
    return _flat(x)[0]


def _find(xp: Any, x: Any, among: Any) -> Any:
    """Floating-point numbers, for which not every library looks."""
    among = xp.reshape(among, (-1,))
    if xp.isdtype(x.dtype, "complex floating"):
        return xp.any(xp.expand_dims(x, axis=-1) == among, axis=-1)
    if not among.shape[0]:
        return xp.zeros(x.shape, dtype=xp.bool, device=xp.device(x))
    ordered = xp.sort(among)
    places = xp.searchsorted(ordered, xp.reshape(x, (-1,)))
    nearest = xp.take(ordered, xp.minimum(places, ordered.shape[0] - 1))
    return xp.reshape(nearest, x.shape) == x


@overload
def isin(
    x1: A, x2: AnyArray | Scalar, /, assume_unique: bool = False, invert: bool = False, *, kind: Kind | None = None
) -> A: ...
@overload
def isin(x1: Scalar, x2: A, /, assume_unique: bool = False, invert: bool = False, *, kind: Kind | None = None) -> A: ...
@primitive(promote=as_arrays)
def isin(
    xp: Any,
    x1: A | Scalar,
    x2: A | Scalar,
    /,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Kind | None = None,
) -> A:
    """Whether each element of x1 is one of x2's, or with `invert` none of them; NaN is in nothing.

    Shapes: x1 and x2 any; the result that of x1. Types: all, promoted together; one of the two may be a Python scalar.
    `assume_unique` and `kind` tell NumPy how to search; the result is the same.
    """
    choice("isin", "kind", kind, (None, *get_args(Kind)))
    dtype = cast(A, x1).dtype
    if xp.isdtype(dtype, "bool"):  # which not every library looks for
        x1, x2 = xp.astype(x1, xp.uint8), xp.astype(x2, xp.uint8)
    found = _find(xp, x1, x2) if xp.isdtype(dtype, ("real floating", "complex floating")) else xp.isin(x1, x2)
    return xp.logical_not(found) if invert else found
