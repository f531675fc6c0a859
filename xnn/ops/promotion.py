"""What an operation casts before it computes, the same on every backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.primitive import SCALARS
from xnn.dtypes import DType
from xnn_backends import Device


def arithmetic(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Cast arrays to their common type; Python scalars are weak."""
    if len(raws) == 2 and getattr(raws[0], "dtype", 0) == getattr(raws[1], "dtype", 1):
        return args
    return _cast(device, args, raws, common_dtype(device, raws))


def floating(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """As `arithmetic`, and integers and bools become the default floating type."""
    common = common_dtype(device, raws)
    return _cast(device, args, raws, common if common.is_floating else dtypes.get_default_dtype())


def after(count: int, promote: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    """The same for all operands but the first `count`, as in where(condition, x1, x2)."""

    def promote_rest(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
        rest = args[count:]
        promoted = promote(device, rest, raws[count:])
        return args if promoted is rest else [*args[:count], *promoted]

    return promote_rest


def common_dtype(device: Device, raws: Sequence[Any]) -> DType:
    """The type to which operands are promoted: arrays among each other first, then the scalars."""
    known = device.backend.known_dtypes
    common: DType | None = None
    for raw in raws:
        if type(raw) not in SCALARS and raw is not None:
            dtype = known[raw.dtype]
            common = dtype if common is None else dtypes.promote_dtypes(common, dtype)
    for raw in raws:
        if type(raw) in SCALARS:
            common = dtypes.promote_scalar(common or dtypes.int64, raw)
    assert common is not None
    return common


def _cast(device: Device, args: Sequence[Any], raws: list[Any], dtype: DType) -> Sequence[Any]:
    known = device.backend.known_dtypes
    wrong = [type(raw) not in SCALARS and raw is not None and known[raw.dtype] is not dtype for raw in raws]
    if not any(wrong):
        return args
    return [_astype(device, arg, dtype) if is_wrong else arg for arg, is_wrong in zip(args, wrong, strict=True)]


def _astype(device: Device, x: Any, dtype: DType) -> Any:
    if isinstance(x, Tracked):
        return frontend.xp.astype(x, dtype)
    with device.scope():
        return device.backend.xp.astype(x, device.backend.raw_dtype(dtype))
