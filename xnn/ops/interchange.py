"""DLPack, by which arrays go from library to library without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from xnn import checks
from xnn.autograd.graph import Tracked, frontend
from xnn.errors import DTypeError, GraphError
from xnn.typing import DeviceLike
from xnn_backends import Device, available, backend_of, find_device, get_backend, why_not

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "from_dlpack",
]


class SupportsDLPack(Protocol):
    """What hands out its memory by DLPack, as the arrays of most libraries do."""

    def __dlpack__(self) -> Any: ...

    def __dlpack_device__(self) -> tuple[Any, int]: ...


def from_dlpack(x: SupportsDLPack, /, *, device: DeviceLike | None = None, copy: bool | None = None) -> Array:
    """An Array over the memory of another library's array: a change there is a change here, also before `backward`.

    Args:
        x: an object with `__dlpack__` and `__dlpack_device__`, of any shape: an Array, a raw array of any library.
        device: where the Array shall be. None: where x is, on the device of its own backend if it has one; else on the
            default device, if that has the memory in question, or the first that has.
        copy: True always copies; False never, and raises where it must; None only to move it.

    Raises:
        GraphError: for an Array on the graph.
        ValueError: for copy=False where x is in another memory than the device's.
        DTypeError: for a masked array.
        BufferError: if x cannot be handed out; AttributeError if it has no `__dlpack__`.
    """
    if isinstance(x, Tracked):
        refuse_on_graph(x)
        x = x._data
    if why := why_not(x):
        raise DTypeError(f"from_dlpack takes plain arrays; got {type(x).__name__}. {why}")
    memory, backend = memory_of(x), backend_of(x)
    here = _device_with(memory) if backend is None else backend.device_of(x)
    target = find_device(device) if device is not None else here
    if target is None:
        raise BufferError(f"no device has the memory {memory} of DLPack's __dlpack_device__. Cure: device='cpu'.")
    if target.backend.dlpack_device(target) == memory:
        source = x if backend is target.backend else _Producer(x)
        return frontend.array(target.backend.from_dlpack(source, target, copy), target)
    if copy is False:
        raise ValueError(f"from_dlpack with copy=False cannot move to {target}: the array is in another memory")
    if here is None:
        host = get_backend("numpy")
        values = host.xp.from_dlpack(_Producer(x), device="cpu")  # which asks for a copy on the host
        return frontend.array(target.backend.from_numpy(values, target), target)
    raw = here.backend.from_dlpack(_Producer(x), here) if backend is None else x
    return frontend.array(here.backend.to_device(raw, target), target)


class _Producer:
    """An object that hands out its memory as its backend does it, or in the old way where it knows no other."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __dlpack__(self, **options: Any) -> Any:
        backend = backend_of(self.x)
        if backend is not None:
            return backend.to_dlpack(self.x, **options)
        try:
            return self.x.__dlpack__(**options)
        except TypeError:
            if options.get("copy") or options.get("dl_device") not in (None, memory_of(self.x)):
                raise
            return self.x.__dlpack__(stream=options.get("stream"))

    def __dlpack_device__(self) -> Any:
        return self.x.__dlpack_device__()


def refuse_on_graph(x: Tracked) -> None:
    """Raise GraphError for an array on the graph, whose gradient another library would lose."""
    if x._node is not None:
        raise GraphError(
            "__dlpack__ would leave the graph unseen: this array requires a gradient. Cure: x.detach() first."
        )
    checks.raise_pending(x._device)


def memory_of(x: Any) -> tuple[int, int]:
    """Where an object with `__dlpack_device__` says that it is, in plain integers."""
    kind, index = x.__dlpack_device__()
    return int(kind), int(index)


def _device_with(memory: tuple[int, int]) -> Device | None:
    """The default device, if it has this memory, or the first that has; None where none has."""
    default = find_device(None)
    if default.backend.dlpack_device(default) == memory:
        return default
    for report in available():
        if report.usable:
            device = find_device(report.device)
            if device.backend.dlpack_device(device) == memory:
                return device
    return None
