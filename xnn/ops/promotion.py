"""What an operation casts before it computes, the same on every backend."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from xnn import dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import NO_ARRAY, SCALARS
from xnn.autograd.primitive import Primitive
from xnn.dtypes import DType
from xnn.errors import DTypeError
from xnn_backends import Device

WEAK = (float, int)


Promotion = Callable[[Device, Sequence[Any], list[Any]], Sequence[Any]]


def keeps_floats(promote: Promotion) -> Promotion:
    """Tell that it casts nothing where the arrays have one real floating type and scalars are ints and floats."""
    promote.keeps_floats = True  # type: ignore[attr-defined]
    return promote


@keeps_floats
def arithmetic(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Cast arrays to their common type; Python scalars are weak."""
    if len(raws) == 2:  # nothing is to be done for most calls, so that they should not wait for it
        one, other = raws
        if getattr(one, "dtype", 0) == getattr(other, "dtype", 1):
            return args
        array, scalar = (one, other) if type(other) in WEAK else (other, one)
        if type(scalar) in WEAK and device.backend.known_dtypes[array.dtype].is_floating:
            return args
    return _cast(device, args, raws, common_dtype(device, raws))


@keeps_floats
def floating(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """As `arithmetic`, and integers and bools become the default floating type."""
    if len(raws) == 1 and device.backend.known_dtypes[raws[0].dtype].is_floating:
        return args
    common = common_dtype(device, raws)
    return _cast(device, args, raws, common if common.is_floating else dtypes.get_default_dtype())


def check_real(dtype: DType) -> None:
    """Raise DTypeError for a complex type: what orders numbers, or takes their squares for sizes, is of real ones."""
    if dtype.kind == "complex floating":
        raise DTypeError(f"this function is of real numbers; got {dtype.name}. Cure: real(x), or abs(x), before.")


def of_reals(promote: Promotion | None = None) -> Promotion:
    """The same, with DTypeError for complex numbers; None: nothing is cast."""

    @keeps_floats
    def promote_reals(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
        known = device.backend.known_dtypes
        for raw in raws:
            if type(raw) is complex or (type(raw) not in NO_ARRAY and known[raw.dtype].kind == "complex floating"):
                check_real(dtypes.complex64 if type(raw) is complex else known[raw.dtype])
        return args if promote is None else promote(device, args, raws)

    promote_reals.sees_scalars = getattr(promote, "sees_scalars", False)  # type: ignore[attr-defined]
    return promote_reals


@keeps_floats
def real_floating(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """As `floating`, with arrays in the place of Python scalars, and DTypeError for complex numbers."""
    dtype = common_dtype(device, raws)
    check_real(dtype)
    args = floating(device, args, raws)
    if not any(type(arg) in SCALARS for arg in args):
        return args
    raw_dtype = device.backend.raw_dtype(dtype if dtype.is_floating else dtypes.get_default_dtype())
    with device.scope():
        asarray = device.backend.xp.asarray
        return [asarray(a, dtype=raw_dtype, device=device.raw) if type(a) in SCALARS else a for a in args]


real_floating.sees_scalars = True  # type: ignore[attr-defined]


def counted(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Bools become int64, as what is summed; other types stay."""
    if device.backend.known_dtypes.get(raws[0].dtype) is dtypes.bool_:
        return [_astype(device, args[0], dtypes.int64)]
    return args


@keeps_floats
def comparing(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """As `arithmetic`; in the place of integers and a Python int beyond their type, 0 and 1 or -1 are compared."""
    if type(raws[0]) is int or type(raws[1]) is int:
        place = int(type(raws[1]) is int)
        number, array = raws[place], raws[1 - place]
        dtype = device.backend.dtype_of(array)
        if not dtype.is_floating and not dtypes.holds(dtypes.int64 if dtype is dtypes.bool_ else dtype, number):
            xp, small = device.backend.xp, device.backend.raw_dtype(dtypes.int8)
            with device.scope():
                zeros = xp.zeros(tuple(array.shape), dtype=small, device=xp.device(array))
            compared = [frontend.array(zeros, device) if isinstance(args[1 - place], Tracked) else zeros]
            compared.insert(place, 1 if number > 0 else -1)
            return compared
    return arithmetic(device, args, raws)


def after(count: int, promote: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    """The same for all operands but the first `count`, as in where(condition, x1, x2)."""

    def promote_rest(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
        rest = args[count:]
        promoted = promote(device, rest, raws[count:])
        return args if promoted is rest else [*args[:count], *promoted]

    return promote_rest


def of_arrays(name: str, promote: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    """The same for a function of that name in which a Python scalar is no operand: TypeError for one."""

    def promote_arrays(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
        for raw in raws:
            if type(raw) in SCALARS:
                raise DTypeError(
                    f"{name} takes arrays; got a Python {type(raw).__name__}. Cure: xnn.asarray(...) first."
                )
        return promote(device, args, raws)

    promote_arrays.keeps_floats = getattr(promote, "keeps_floats", False)  # type: ignore[attr-defined]
    promote_arrays.sees_scalars = True  # type: ignore[attr-defined]
    return promote_arrays


def in_single(*functions: Primitive[..., Any]) -> None:
    """Let functions take float16 and bfloat16 through float32, whose digits coefficients need, and squares its range.

    Their other operands are of the type of the first, or no floating-point arrays.
    """
    for function in functions:
        function.forward = _through_single(function.forward)


def _through_single(forward: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def compute(xp: Any, *arrays: Any, **static: Any) -> Any:
        dtype = next(x.dtype for x in arrays if hasattr(x, "dtype"))  # numbers may be beside it
        # itemsize of a library's own types; array-api-strict's have none, and none of 16 bits
        if (dtype.bits if isinstance(dtype, DType) else 8 * getattr(dtype, "itemsize", 4)) != 16:
            return forward(xp, *arrays, **static)
        wide = [xp.astype(x, xp.float32) if getattr(x, "dtype", None) == dtype else x for x in arrays]
        out = forward(xp, *wide, **static)
        return tuple(xp.astype(x, dtype) for x in out) if isinstance(out, tuple) else xp.astype(out, dtype)

    return compute


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
    cast = list(args)
    changed = False
    for i, raw in enumerate(raws):
        if raw is None or type(raw) in SCALARS:
            if type(raw) is bool and dtype is not dtypes.bool_:
                cast[i], changed = int(raw), True
        elif known[raw.dtype] is not dtype:
            cast[i], changed = _astype(device, args[i], dtype), True
    return cast if changed else args


def _astype(device: Device, x: Any, dtype: DType) -> Any:
    if isinstance(x, Tracked):
        return frontend.xp.astype(x, dtype)
    with device.scope():
        return device.backend.xp.astype(x, device.backend.raw_dtype(dtype))
