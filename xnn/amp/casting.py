"""class autocast: in which type operations compute while a block runs. The lists are PyTorch's for CUDA."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextvars import Token
from threading import Lock
from types import TracebackType
from typing import Any

from xnn.arguments import flagged
from xnn.autograd.dispatch import apply, casting
from xnn.autograd.graph import FORWARD, Leaf, Node, Operation, Tracked, _Recording, is_recording
from xnn.autograd.primitive import dispatch_through
from xnn.dtypes import DType, as_dtype, bfloat16, float16, float32, float64, promote_dtypes
from xnn.errors import DTypeError, OptionError
from xnn.ops.data_types import astype
from xnn.typing import DeviceLike, DTypeLike
from xnn_backends import Device, backend_of, find_device

from .precision import FULL, LOW

NARROW = {float16, bfloat16, float32}
LOW_TYPES = (float16, bfloat16)


_lock = Lock()
_open = 0  # blocks, in all threads


class _Mode:
    """What the innermost autocast of a context does, while it is entered.

    Not longer: a thread or a task may hold a copy of the context beyond the end of the block.

    Attributes:
        default: the low type; None: nothing is cast.
        devices: the low types of devices for which there is another.
        cache: casts of parameters that were made; None: none are kept.
    """

    __slots__ = ("_entered", "cache", "default", "devices")

    @flagged
    def __init__(
        self, default: DType | None, devices: dict[Device, DType | None], cache: dict[Any, Any] | None
    ) -> None:
        self.default = default
        self.devices = devices
        self.cache = cache
        self._entered = 0

    def __enter__(self) -> None:
        self._count(1)

    def __exit__(self, *error: object) -> None:
        self._count(-1)

    def _count(self, change: int) -> None:
        """Dispatch through casts where the first block begins, and no longer where the last one ends."""
        global _open
        with _lock:
            self._entered += change
            _open += change
            dispatch_through(_cast_operands if _open else None)

    def low_type(self, device: Device) -> DType | None:
        """The type that products on a device are computed in; None: in that of their operands."""
        return self.devices.get(device, self.default) if self.is_entered else None

    @property
    def is_entered(self) -> bool:
        """Whether its block has not ended, or the backward pass computes a part of that again."""
        return self._entered > 0

    def with_low_type(self, dtype: DType | None, device: Device | None, is_caching: bool) -> _Mode:
        """The mode inside of this one. Casts are shared by all blocks inside of the outermost one."""
        cache = (self.cache if self.cache is not None else {}) if is_caching else None
        if device is None:
            return _Mode(dtype, {}, cache)
        return _Mode(self.default, {**self.devices, device: dtype}, cache)

    def apart(self) -> _Mode:
        """The same, which shares no casts: for a part of the graph whose nodes are made in it, each time."""
        return _Mode(self.default, self.devices, None if self.cache is None else {})


class autocast(_Recording):  # noqa: N801  # PyTorch's name
    """Compute products in float16 or bfloat16, and what needs range or digits in float32, while a block runs.

    Products (linear, matmul, convolutions, attention, recurrent cells) cast their float32 operands to `dtype`;
    reductions, losses, softmax, norms, exp, log and pow cast theirs to float32; all else takes the widest of its
    operands' types. float64 and complex operands are never cast. Casts are steps of the graph: the gradient of a
    float32 parameter is float32. The steps inside of one operation are of its operands' types.

    As PyTorch's autocast, for Arrays: a function of raw arrays alone computes in their type. The backward pass belongs
    outside of the block. Where no block is open, operations pay nothing for it.

    Args:
        device_type: the device whose operations are cast, as elsewhere: "cuda" is the first GPU alone. None: all
            devices. Of several blocks, the innermost one counts.
        dtype: float16 or bfloat16, which of the backends PyTorch alone has; array-api-strict has neither.
        enabled: False ends casts, for the block, inside of another autocast.
        cache_enabled: cast a parameter once in the outermost block, unless it is changed; it costs the memory of that.

    Shapes: any, kept.

    Raises:
        OptionError: for another dtype.
        DTypeError: if the device lacks the type; without a device, once an operation there would be cast.

    Micikevicius et al., Mixed precision training, 2018.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(3, 2, device="cpu")
        >>> with xp.amp.autocast():
        ...     y = layer(xp.ones((1, 3), device="cpu"))
        ...     loss = xp.sum(y)
        >>> y.dtype, loss.dtype
        (xnn.float16, xnn.float32)
        >>> loss.backward()
        >>> layer.weight.grad.dtype
        xnn.float32
    """

    @flagged
    def __init__(
        self,
        device_type: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
        enabled: bool = True,
        cache_enabled: bool = True,
    ) -> None:
        self.device = None if device_type is None else find_device(device_type)
        self.dtype = float16 if dtype is None else as_dtype(dtype)
        self.enabled = bool(enabled)
        self.cache_enabled = bool(cache_enabled)
        if self.dtype not in LOW_TYPES:
            cure = "model.to(dtype=xnn.float64), and no autocast" if self.dtype is float64 else "leave it out"
            raise OptionError(f"autocast computes in float16 or bfloat16; got {self.dtype.name}. Cure: {cure}.")
        if self.enabled and self.device is not None:
            _require(self.device, self.dtype)
        self._entered: list[tuple[_Mode, Token[Any]]] = []

    def _recreate_cm(self) -> autocast:
        return type(self)(self.device, self.dtype, self.enabled, self.cache_enabled)

    def __enter__(self) -> None:
        outer: _Mode | None = casting.get()
        if outer is None or not outer.is_entered:
            outer = _Mode(None, {}, None)
        mode = outer.with_low_type(self.dtype if self.enabled else None, self.device, self.cache_enabled)
        mode.__enter__()
        self._entered.append((mode, casting.set(mode)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        mode, token = self._entered.pop()
        casting.reset(token)
        mode.__exit__()


def _cast_operands(primitive: Operation, args: Sequence[Any], static: dict[str, Any]) -> Any:
    """Cast the operands of a call as the context wants it, and call."""
    mode: _Mode | None = casting.get()
    device = next((arg._device for arg in args if isinstance(arg, Tracked)), None)
    low = None if mode is None or device is None else mode.low_type(device)
    if mode is None or device is None or low is None:
        return apply(primitive, args, static)
    types = [_floating_type(arg) for arg in args]
    wanted = _wanted(primitive, static, {dtype for dtype in types if dtype is not None}, low)
    if wanted is not None:
        _require(device, wanted)
        args = [
            arg if dtype is None or dtype is wanted else _cast(arg, wanted, mode.cache)
            for arg, dtype in zip(args, types, strict=True)
        ]
    if primitive.definition is None:
        return apply(primitive, args, static)
    token = casting.set(
        None
    )  # on raw arrays the steps of a definition are not cast: so they are not where it is recorded
    try:
        return apply(primitive, args, static)
    finally:
        casting.reset(token)


def _floating_type(arg: Any) -> DType | None:
    """The type of a floating-point array; None of all else."""
    if isinstance(arg, Tracked):
        dtype = arg._device.backend.dtype_of(arg._data)
    elif (backend := backend_of(arg)) is not None:
        dtype = backend.dtype_of(arg)
    else:
        return None
    return dtype if dtype.is_floating else None


def _wanted(primitive: Operation, static: dict[str, Any], types: set[DType], low: DType) -> DType | None:
    """The type that floating operands of these types are cast to; None: they stay, or the primitive promotes them."""
    if types and types <= NARROW:
        if primitive.name in LOW:
            return low
        if primitive.name in FULL and static.get("dtype") is None:
            return float32
    if len(types) > 1 and primitive.definition is not None and primitive.promote is None:
        return functools.reduce(promote_dtypes, types)
    return None


def _cast(x: Any, dtype: DType, cache: dict[Any, Any] | None) -> Any:
    """An array in another type; that of a parameter from the cache, if it still has the values that were cast."""
    recording = is_recording()
    if cache is None or not isinstance(x, Tracked) or type(x._node) is not Leaf or recording == FORWARD:
        return astype(x, dtype)
    key = (x._node, dtype, recording)
    if key not in cache or cache[key][0] is not x._data:
        cast = astype(x, dtype)
        if isinstance(cast._node, Node):
            cast._node = _SharedCast.of(cast._node)
        cache[key] = (x._data, cast)
    return cache[key][1]


class _SharedCast(Node):
    """The cast of a parameter, which several graphs share: it keeps no values, and no backward pass uses it up."""

    __slots__ = ()

    @classmethod
    def of(cls, node: Node) -> _SharedCast:
        """The same call."""
        assert node.inputs is not None
        return cls(node.primitive, node.device, node.parents, node.inputs, node.output, node.static)

    def free(self) -> None:
        return


def _require(device: Device, dtype: DType) -> None:
    """Raise DTypeError unless a device has the type."""
    if dtype not in (has := device.backend.raw_dtypes):
        other = next((f"autocast(dtype=xnn.{known.name})" for known in LOW_TYPES if known in has), None)
        cure = other or "a device of NumPy, CuPy or PyTorch; autocast(enabled=False) for what has none"
        raise DTypeError(f"autocast computes in {dtype.name}, which {device} does not have. Cure: {cure}.")
