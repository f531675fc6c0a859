"""The parameters of a distribution: numbers or arrays that broadcast, their checks, and what is drawn for them."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, NamedTuple

from xnn.arguments import number
from xnn.array_object import Array
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import mismatch
from xnn.dtypes import DType, as_dtype, float64, int64
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype, finfo, result_type
from xnn.ops.manipulation import broadcast_shapes
from xnn.typing import DeviceLike, DTypeLike
from xnn_backends import Device, find_device

from .arguments import DRAWN, drawn_as, drawn_shape, require_valid

__all__ = [
    "ANY", "BOUND", "NOT_NEGATIVE", "POSITIVE", "PROBABILITY", "Drawn", "Rule", "as_double", "counted", "drawn",
    "fitting", "integer_type", "placed", "plain", "require", "sized", "typed",
]  # fmt: skip


class Rule(NamedTuple):
    """What a parameter may be."""

    text: str
    least: float = -math.inf
    most: float = math.inf
    is_open: bool = False  # `least` itself is none
    cure: str = ""


ANY = Rule("a number")
BOUND = Rule("a number, which may be infinite")
POSITIVE = Rule("more than 0", 0.0, is_open=True, cure="xnn.exp({0}), or xnn.clip({0}, min=...)")
NOT_NEGATIVE = Rule("at least 0", 0.0, cure="xnn.abs({0}), or xnn.clip({0}, min=0.0)")
PROBABILITY = Rule("from 0 to 1", 0.0, 1.0, cure="xnn.clip({0}, 0.0, 1.0), or of logits xnn.special.expit({0})")


class Drawn(NamedTuple):
    """What is to be drawn, and the parameters: Python floats, or Arrays of the type that is computed in."""

    sizes: tuple[int, ...]
    dtype: DType
    device: Device
    parameters: tuple[Any, ...]

    @property
    def working(self) -> DType:
        """The type that is drawn, and computed in: half precision is rounded at the end."""
        return DRAWN[self.dtype]

    def rounded(self, x: Array) -> Array:
        """In the type that is wanted."""
        return x if x.dtype is self.dtype else astype(x, self.dtype)


def drawn(
    name: str, size: Any, dtype: DTypeLike | None, device: DeviceLike | None, /, **parameters: tuple[Any, Rule]
) -> Drawn:
    """What a distribution of real numbers is to give; without a size, the shape to which the parameters broadcast."""
    wanted, found, checked = typed(name, dtype, device, **parameters)
    return Drawn(sized(name, size, *checked), wanted, found, checked)


def typed(
    name: str, dtype: DTypeLike | None, device: DeviceLike | None, /, **parameters: tuple[Any, Rule]
) -> tuple[DType, Device, tuple[Any, ...]]:
    """The type and the device of what is drawn, and the parameters, looked at.

    The type is that of the floating-point arrays among them, or the default one; the device is theirs.
    """
    values, found = placed(name, device, {argument: value for argument, (value, _) in parameters.items()})
    floats = [x for x in values.values() if isinstance(x, Array) and x.dtype.is_floating]
    wanted = drawn_as(result_type(*floats) if floats and dtype is None else dtype)
    found.backend.raw_dtype(wanted)  # raises before anything is drawn
    limit = finfo(wanted).max
    working = DRAWN[wanted]
    checked = tuple(
        require(name, argument, x, parameters[argument][1], working, limit) for argument, x in values.items()
    )
    return wanted, found, checked


def counted(
    name: str, size: Any, dtype: DTypeLike | None, device: DeviceLike | None, /, **parameters: tuple[Any, Rule]
) -> tuple[tuple[int, ...], DType, Device, tuple[Any, ...]]:
    """The same of a distribution of integers, whose parameters are made float64, off the graph."""
    values, found = placed(name, device, {argument: value for argument, (value, _) in parameters.items()})
    wanted = integer_type(name, dtype)
    found.backend.raw_dtype(wanted)
    checked = tuple(
        plain(require(name, argument, x, parameters[argument][1], float64)) for argument, x in values.items()
    )
    return sized(name, size, *values.values()), wanted, found, checked


def integer_type(name: str, dtype: DTypeLike | None) -> DType:
    """The type of counts: int64, or what is asked for; OptionError for one that is not of real numbers."""
    wanted = int64 if dtype is None or dtype is int else as_dtype(dtype)
    if not (wanted.is_floating or "integer" in wanted.kind) or "complex" in wanted.kind:
        raise OptionError(f"{name}: dtype is an integer type, or a real floating one; got {wanted.name}")
    return wanted


def plain(x: Any) -> Any:
    """A parameter off the graph: what is drawn by rejection has no derivative with respect to it."""
    return x.detach() if isinstance(x, Array) else x


def as_double(x: Any, device: Device) -> Array:
    """A parameter as an Array of float64, which keeps its place on the graph."""
    return astype(x, float64) if isinstance(x, Array) else asarray(x, dtype=float64, device=device)


def placed(name: str, device: DeviceLike | None, values: dict[str, Any]) -> tuple[dict[str, Any], Device]:
    """Parameters as numbers or Arrays of one device, and which one."""
    lifted = {argument: x if isinstance(x, Real) or _is_hosts(x) else asarray(x) for argument, x in values.items()}
    arrays = [x for x in lifted.values() if isinstance(x, Array)]
    found = arrays[0].device if arrays and device is None else find_device(device)
    for x in arrays:
        if x.device is not found:
            raise mismatch(name, x.device, found)
    return {
        argument: asarray(x, device=found) if _is_hosts(x) and not isinstance(x, Real) else x
        for argument, x in lifted.items()
    }, found


def _is_hosts(x: Any) -> bool:
    """Whether it is a list, or NumPy's own: on the host, whatever the default device is, and sent where the draw is."""
    return isinstance(x, (list, tuple)) or type(x).__module__.partition(".")[0] == "numpy"


def require(name: str, argument: str, x: Any, rule: Rule, dtype: DType, limit: float = math.inf) -> Any:
    """A parameter that keeps its rule: a float, or an Array of the type, NaN where nobody waits to say it is wrong."""
    cure = f". Cure: {rule.cure.format(argument)}." if rule.cure else ""
    if not isinstance(x, Tracked):
        limit = math.inf if rule is BOUND else limit
        found = float(number(name, argument, x, -limit, limit)) if rule is ANY else float(number(name, argument, x))
        is_above = found > rule.least if rule.is_open else found >= rule.least
        if not (is_above and found <= min(rule.most, limit)):
            raise OptionError(f"{name}: {argument} is {rule.text}; got {x!r}{cure}")
        return found
    array: Any = x
    array = array if array.dtype is dtype else astype(array, dtype)
    if rule is ANY or rule is BOUND:
        return array
    require_valid(
        array.detach(), rule.least, rule.most, rule.is_open, f"{name}: {argument} is {rule.text}; others came{cure}"
    )
    if not array.device.is_asynchronous:
        return array
    xp = frontend.xp
    is_above = array > rule.least if rule.is_open else array >= rule.least
    return xp.where(xp.logical_and(is_above, array <= rule.most), array, math.nan)


def sized(name: str, size: Any, *parameters: Any) -> tuple[int, ...]:
    """The shape of a draw: what is asked for, to which the parameters have to broadcast, or what they broadcast to."""
    shapes = [tuple(x.shape) for x in parameters if isinstance(x, Array)]
    common = broadcast_shapes(*shapes)
    return common if size is None else fitting(name, size, common)


def fitting(name: str, size: Any, common: tuple[int, ...]) -> tuple[int, ...]:
    """A size to which a shape broadcasts."""
    wanted = drawn_shape(name, size, "size")
    fits = len(common) <= len(wanted) and all(
        n in (1, m) for n, m in zip(reversed(common), reversed(wanted), strict=False)
    )
    if not fits:
        raise ShapeError(
            f"{name}: parameters broadcast to size; got parameters of shape {common} and size {wanted}. "
            f"Cure: size=None for {common}, or sizes before it, as size=(n, {', '.join(map(str, common))})."
        )
    return wanted
