"""Checks of positions in a table and of lengths, integers in a range; and that arrays are of one type on one device."""

from __future__ import annotations

from typing import Any

from xnn import checks
from xnn.arguments import check_arrays
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import copied, mismatch, raw_of
from xnn.errors import BoundsError, DTypeError
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.promotion import check_real

__all__: list[str] = []


def own_array(x: Any, name: str) -> Any:
    """An Array of a raw array, which the caller may change later; an Array and None as they are."""
    if x is None or isinstance(x, Tracked):
        return x
    check_arrays(name, input=x)
    raw, device = raw_of(x, name)
    return frontend.array(copied(raw, device), device)


def together(name: str, *arrays: Any) -> list[Any]:
    """All as Arrays where any is one: operations of several steps mix no raw arrays with Arrays."""
    return [own_array(x, name) for x in arrays] if any(isinstance(x, Tracked) for x in arrays) else list(arrays)


def check_device(name: str, x: Any, other: Any) -> None:
    """Raise DeviceMismatchError unless both arrays are on one device."""
    one, two = raw_of(x, name)[1], raw_of(other, name)[1]
    if one is not two:
        raise mismatch(name, one, two)


def check_type(name: str, argument: str, x: Any, weight: Any) -> None:
    """Raise DTypeError or DeviceMismatchError unless both are of one type on one device."""
    check_device(name, weight, x)
    check_real(dtype_of(x))
    if not agree(x, weight):
        raise DTypeError(
            f"{name} takes {argument} of the type of its weights, {dtype_of(weight).name}; got {dtype_of(x).name}. "
            f"Cure: xnn.astype({argument}, xnn.{dtype_of(weight).name})."
        )


def check_integers(name: str, argument: str, x: Any) -> None:
    """Raise DTypeError unless the array is of integers."""
    if "integer" not in dtype_of(x).kind:
        raise DTypeError(
            f"{name} takes integers for {argument}; got {dtype_of(x).name}. Cure: xnn.astype({argument}, xnn.int64)."
        )


def require_between(name: str, argument: str, x: Any, least: int, most: int, cure: str) -> None:
    """Raise BoundsError unless all integers are from least to most: at once, or on a GPU at the next wait."""
    raw, device = raw_of(x, name)
    xp = device.backend.xp
    with device.scope():
        wide = xp.astype(raw, xp.int64)  # an unsigned one is not compared with a negative number
        fits = xp.all(xp.logical_and(wide >= least, wide <= most))
    checks.require(
        fits,
        device,
        BoundsError,
        f"{name}: {argument} are from {least} to {most}; another one came. Cure: {cure}.",
    )


def require_offsets(name: str, offsets: Any, size: int, has_last: bool) -> Any:
    """Whether offsets (B,) rise from 0 to at most size, a raw bool array; raises BoundsError unless they do."""
    raw, device = raw_of(offsets, name)
    xp = device.backend.xp
    with device.scope():
        wide = xp.astype(raw, xp.int64)
        fits = xp.all(xp.logical_and(wide >= 0, wide <= size))
        if raw.shape[0]:
            fits = xp.logical_and(fits, wide[0] == 0)
            fits = xp.logical_and(fits, xp.all(wide[1:] >= wide[:-1]))
            fits = xp.logical_and(fits, wide[-1] == size) if has_last else fits
    last = f"{size}, the size of input" if has_last else f"at most {size}"
    checks.require(
        fits, device, BoundsError, f"{name}: offsets begin with 0, never fall and end with {last}; others came."
    )
    return fits
