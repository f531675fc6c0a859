"""What a call of a primitive is given beside arrays: options, and scalars, of Python and of libraries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn_backends import Device, backend_of, why_not
from xnn_backends.dtypes import BY_NAME, DType

from .graph import Tracked

SCALARS = (float, int, bool, complex)
NO_ARRAY = (*SCALARS, type(None))
# Options that are taken as they are: a list is the caller's to change, and NumPy's numbers are not weak.
SETTLED = frozenset((int, tuple, type(None), bool, str, float, complex, DType, slice))


def settled(value: Any) -> Any:
    """An option that nobody changes afterwards: lists as tuples, and NumPy's scalars as Python's, which are weak."""
    if type(value) in (list, tuple):
        return tuple(map(settled, value))
    return value.item() if is_scalar(value) else value


def is_scalar(x: Any) -> bool:
    """Whether it is a library's scalar, which NumPy gives in the place of arrays of shape ()."""
    is_like_one = getattr(x, "shape", None) == () and hasattr(x, "item") and hasattr(x, "dtype")
    return is_like_one and not isinstance(x, Tracked) and backend_of(x) is None and not why_not(x)


_RANKS = {"bool": 0, "unsigned integer": 1, "signed integer": 1}  # 2: floating


def strong_types(scalars: Sequence[Any], types: Sequence[DType]) -> list[DType]:
    """The types of NumPy scalars beside arrays of these types, of those that are of a higher kind than all of them.

    Beside an array of its kind or above a NumPy scalar is weak as Python's, so that `x / np.sqrt(d)` keeps the type of
    x; otherwise it has the type that it came with.
    """
    highest = max((_RANKS.get(dtype.kind, 2) for dtype in types), default=-1)
    found = [BY_NAME.get(getattr(getattr(x, "dtype", None), "name", "")) for x in scalars]
    return [dtype for dtype in found if dtype is not None and _RANKS.get(dtype.kind, 2) > highest]


def with_types(args: Sequence[Any], raws: Sequence[Any], device: Device) -> Sequence[Any]:
    """Operands with arrays of shape () in the place of NumPy scalars that are not weak."""
    backend = device.backend
    types = [backend.known_dtypes[raw.dtype] for raw in raws if type(raw) not in NO_ARRAY]
    typed = list(args)
    for i, (arg, raw) in enumerate(zip(args, raws, strict=True)):
        strong = strong_types([arg], types) if arg is not raw and type(raw) in SCALARS else ()
        if strong and strong[0] in backend.raw_dtypes:
            with device.scope():
                typed[i] = backend.xp.asarray(raw, dtype=backend.raw_dtypes[strong[0]], device=device.raw)
    return typed if any(one is not other for one, other in zip(typed, args, strict=True)) else args
