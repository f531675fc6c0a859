"""What a backend owes beyond the array API standard: class `Backend`; and the devices it has.

A backend's module must be cheap to import: it imports its array library only inside its methods.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Concatenate, NamedTuple

import numpy as np

from . import dtypes
from .dtypes import DType, KnownDTypes
from .errors import DeviceError, DTypeError, Unusable, one_line
from .namespace import Namespace
from .philox import philox_uniform

HostArray = np.ndarray[Any, Any]
LinAlgError = np.linalg.LinAlgError  # CuPy raises it as well, and PyTorch one of its own
HOST_MEMORY = 1  # DLPack's kDLCPU


class Device:
    """One device of one backend, written `numpy:cpu`, `cupy:cuda:0`, `strict:device1`.

    There is one object for each device, so devices are compared with `is` or `==`.
    """

    __slots__ = ("backend", "is_asynchronous", "name", "needs_scope", "raw")

    def __init__(
        self, backend: Backend, name: str, raw: Any, *, is_asynchronous: bool = False, needs_scope: bool = False
    ) -> None:
        self.backend = backend
        self.name = name
        self.raw = raw  # what the backend's own functions take as `device=`
        self.is_asynchronous = is_asynchronous  # looking at a value waits, so checks of values are put off
        self.needs_scope = needs_scope  # functions work on the library's current device: enter `scope` first

    def __str__(self) -> str:
        return f"{self.backend.name}:{self.name}"

    def __repr__(self) -> str:
        return f"<device {self}>"

    def __reduce__(self) -> tuple[Callable[[str], Device], tuple[str]]:
        from .registry import find_device

        return find_device, (str(self),)

    def scope(self) -> contextlib.AbstractContextManager[object]:
        """Make this the current device of its library while the `with` block runs."""
        return self.backend.scope(self)

    def computing(self) -> contextlib.AbstractContextManager[object]:
        """What a pass over raw arrays runs in: the scope where there is one, and else `without_underflow`."""
        return self.scope() if self.needs_scope else self.backend.without_underflow()

    def synchronize(self) -> None:
        """Wait until all work given to this device is done."""
        self.backend.synchronize(self)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Whether a device can be used, and why.

    `device` is qualified (`cupy:cuda:0`). `reason` and `cure` are one line each, empty where the
    device is usable. Memory is in bytes, None where it is not known.
    """

    device: str
    usable: bool
    reason: str = ""
    cure: str = ""
    hardware: str = ""
    memory_free: int | None = None
    memory_total: int | None = None

    def __post_init__(self) -> None:
        # Also of what a third party's `try_device` gives: it is printed, and becomes JSON.
        if not isinstance(self.hardware, str):
            raise TypeError(f"a device's hardware is a string; got {self.hardware!r:.80}")
        for bytes_ in (self.memory_free, self.memory_total):
            if not isinstance(bytes_, int | None):
                raise TypeError(f"a device's memory is an int or None; got {bytes_!r:.80}")


class Kernel(NamedTuple):
    """A fused implementation of a primitive, with its first derivative.

    `forward(xp, *arrays, **static)` gives the output and a residual, which only `vjp` reads;
    `vjp(xp, residual, g, needs, *arrays, **static)` gives a cotangent for each array, or None where
    `needs` is false. Arrays are raw, and none is changed in place. Without a `vjp` the primitive's
    own rules serve. `infer(xp, *arrays, **static)` gives the output alone, where nobody will differentiate.
    """

    forward: Callable[..., tuple[Any, Any]]
    vjp: Callable[..., Sequence[Any]] | None = None
    infer: Callable[..., Any] | None = None


class Planned(NamedTuple):
    """A step that an update kernel is ready to do.

    `run()` does it; all memory that it needs is there, so that it cannot fail. `state` is what the rule gives beside
    the parameter: arrays, of which some may be those that the kernel was given, and Python numbers. Until `run` they
    need not have their values.
    """

    state: dict[str, Any]
    run: Callable[[], object]


# Described at `Backend.updates`.
UpdateKernel = Callable[Concatenate[Namespace, Any, Sequence[Any], Mapping[str, Any], ...], Planned | None]


class Backend(ABC):
    """An array library and its devices. One instance lives for each name in the registry."""

    name: ClassVar[str]
    # The package whose arrays these are, as `type(x).__module__` begins.
    library: ClassVar[str]
    # Kinds of device that may be written without the backend's name, as in "cpu" or "cuda:1".
    bare_devices: ClassVar[tuple[str, ...]] = ()
    # `auto` takes the usable device of the highest rank; None: never without being asked.
    auto_rank: ClassVar[int | None] = None

    def __init__(self) -> None:
        self._devices: dict[str, Device] = {}
        self._reports: dict[str, DeviceReport] = {}

    # ---- looking for devices ----

    @abstractmethod
    def find_devices(self) -> tuple[str, ...]:
        """The names of the devices there are, without using one; Unusable if there can be none."""

    @abstractmethod
    def try_device(self, name: str) -> Mapping[str, Any]:
        """Use the device for real: fields of its DeviceReport; Unusable if it does not work."""

    @cached_property
    def _found(self) -> tuple[str, ...] | Unusable:
        try:
            return self.find_devices() or Unusable("it shows no device", self._cure)
        except Unusable as why:
            return why
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a third party's mistake must not stop those who work elsewhere
            return Unusable(f"looking for its devices failed: {one_line(error)}", self._cure)

    @property
    def _cure(self) -> str:
        return f"ask those who wrote the backend {self.name!r}, {type(self).__module__}"

    def report(self, name: str) -> DeviceReport:
        """The verdict on a device, found once for the process."""
        if name not in self._reports:
            try:
                if isinstance(self._found, Unusable):
                    raise self._found
                name = self.full_name(name)
                report = DeviceReport(f"{self.name}:{name}", usable=True, **self.try_device(name))
            except Unusable as why:
                report = self._refusal(name, why)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                report = self._refusal(name, Unusable(f"trying it failed: {one_line(error)}", self._cure))
            self._reports.setdefault(name, report)
        return self._reports[name]

    def _refusal(self, name: str, why: Unusable) -> DeviceReport:
        device = f"{self.name}:{name}".rstrip(":")  # the backend as a whole has no device's name
        return DeviceReport(device, usable=False, reason=why.reason, cure=why.cure)

    def reports(self) -> list[DeviceReport]:
        """The verdicts on all devices; one on the backend as a whole where it has none."""
        return list(self.reports_until_usable())

    def reports_until_usable(self) -> Iterator[DeviceReport]:
        """As `reports`, one by one: a device that nobody will use is not touched."""
        names = (self.bare_devices or ("",))[:1] if isinstance(self._found, Unusable) else self._found
        return map(self.report, names)

    def full_name(self, name: str) -> str:
        """The name in `find_devices` that is meant: `cuda` means `cuda:0`; Unusable if none is."""
        found = self._found
        assert not isinstance(found, Unusable)
        for candidate in (name, f"{name}:0"):
            if candidate in found:
                return candidate
        raise Unusable(f"there is no such device; {self.name} has {', '.join(found)}", "name one of these")

    def device(self, name: str) -> Device:
        """The device of that name, if it works; DeviceError with reason and cure otherwise."""
        if name not in self._devices:
            report = self.report(name)
            if not report.usable:
                raise DeviceError(f"device '{report.device}' cannot be used: {report.reason}. Cure: {report.cure}.")
            full = report.device.removeprefix(self.name + ":")
            # setdefault: two threads that ask at once must get one object
            self._devices[name] = self._devices.setdefault(full, self.make_device(full))
        return self._devices[name]

    def make_device(self, name: str) -> Device:
        """A handle of a device that is known to work."""
        return Device(self, name, name)

    # ---- arrays ----

    @cached_property
    @abstractmethod
    def xp(self) -> Namespace:
        """The functions of the standard, and the few that a derivative needs beyond it."""

    @property
    @abstractmethod
    def array_type(self) -> type:
        """The class of the library's arrays."""

    def misfit(self, kind: type) -> str:
        """Why arrays of a subclass of `array_type` are no plain ones, and the cure; "" where they are."""
        return ""

    @abstractmethod
    def device_of(self, x: Any) -> Device:
        """The device that an array is on."""

    @abstractmethod
    def from_numpy(self, x: HostArray, device: Device, copy: bool | None = None) -> Any:
        """A NumPy array as an array on the device; `copy` as in the standard's asarray."""

    @abstractmethod
    def to_numpy(self, x: Any) -> HostArray:
        """An array as a NumPy array, after waiting for it; without a copy where memory is shared."""

    def send(self, x: HostArray, device: Device) -> tuple[Any, Callable[[], object]]:
        """As `from_numpy`, beside the device's other work where it can; call the second result before it is used."""
        return self.from_numpy(x, device), lambda: None

    def values(self, x: Any) -> HostArray:
        """As `to_numpy`, to be looked at: of a type that NumPy lacks, the same numbers in one that holds them all."""
        return self.to_numpy(x)

    def to_device(self, x: Any, device: Device) -> Any:
        """An array of this backend on a device of any backend, without a copy where both have one memory."""
        here = self.device_of(x)
        if device is here:
            return x
        memory = self.dlpack_device(here)
        if memory is not None and memory[0] != HOST_MEMORY and memory == device.backend.dlpack_device(device):
            return device.backend.from_dlpack(x, device)
        return device.backend.from_numpy(self.to_numpy(x), device)

    def dlpack_device(self, device: Device) -> tuple[int, int] | None:
        """Where the device's arrays are, in DLPack's terms: (1, 0) the host, (2, i) a CUDA GPU; None: not in any."""
        return HOST_MEMORY, 0

    def to_dlpack(self, x: Any, **options: Any) -> Any:
        """A DLPack capsule of an array; `options` are those of the standard's `__dlpack__`.

        Raises:
            BufferError: for a stream of what is in the host's memory, and for a device with other memory.
        """
        here = self.dlpack_device(self.device_of(x))
        if here is not None and here[0] == HOST_MEMORY:
            if options.get("stream") is not None:
                raise BufferError("an array in the host's memory has no stream; leave out stream")
            if options.get("dl_device") not in (None, here):
                raise BufferError(
                    f"an array in the host's memory is not handed out in {options['dl_device']}. "
                    "Cure: x.to_device(...) first, or leave out dl_device."
                )
        return x.__dlpack__(**options)

    def from_dlpack(self, x: Any, device: Device, copy: bool | None = None) -> Any:
        """An object with `__dlpack__`, in the memory of the device, as an array there; `copy` as in the standard."""
        values = np.from_dlpack(x, copy=False) if copy is False else np.from_dlpack(x)
        return self.from_numpy(values, device, copy)

    def own(self, x: Any) -> Any:
        """x itself if its memory is its own, to be written to; otherwise a copy."""
        return self.xp.asarray(x, copy=True)

    def normalise(self, x: Any) -> Any:
        """What a function of the library returned, as an array of `array_type`."""
        return x

    # ---- data types ----

    def dtypes_on(self, device: Device) -> Collection[DType]:
        """The data types whose arrays a device computes with."""
        return self.raw_dtypes.keys()

    @cached_property
    def raw_dtypes(self) -> dict[DType, Any]:
        """The library's own object for each data type that it has."""
        found = {dtype: getattr(self.xp, name, None) for name, dtype in dtypes.BY_NAME.items()}
        return {dtype: raw for dtype, raw in found.items() if raw is not None}

    @cached_property
    def known_dtypes(self) -> dict[Any, DType]:
        """The other way round: the type behind an array's `dtype` attribute; DTypeError for one that is none."""
        known = KnownDTypes({raw: dtype for dtype, raw in self.raw_dtypes.items()})
        known.library = self.name
        return known

    @cached_property
    def real_floating(self) -> frozenset[Any]:
        """The library's own objects for the real floating types."""
        return frozenset(raw for dtype, raw in self.raw_dtypes.items() if dtype.kind == "real floating")

    def raw_dtype(self, dtype: DType) -> Any:
        """The library's own object for a data type.

        Raises:
            DTypeError: if it has none.
        """
        if dtype not in self.raw_dtypes:
            raise DTypeError(
                f"{self.name} has no {dtype.name}; it has {', '.join(known.name for known in self.raw_dtypes)}"
            )
        return self.raw_dtypes[dtype]

    def dtype_of(self, x: Any) -> DType:
        """The data type of an array.

        Raises:
            DTypeError: if it is none of those that the backend has.
        """
        return self.known_dtypes[x.dtype]

    # ---- working ----

    def scope(self, device: Device) -> contextlib.AbstractContextManager[object]:
        """Make a device the current one of the library."""
        return contextlib.nullcontext()

    def without_underflow(self) -> contextlib.AbstractContextManager[object]:
        """Let what is too small for its type be 0 while the `with` block runs, whatever the user's NumPy raises.

        exp(-1000) on the way to a softmax is no sign of a fault, which `np.errstate(all="raise")` is to find.
        """
        return contextlib.nullcontext()

    def synchronize(self, device: Device) -> None:
        """Wait for all work that the device was given."""
        return

    def memory_info(self, device: Device) -> tuple[int, int] | None:
        """Free and total bytes of the device's memory, None where it is the host's."""
        return None

    # ---- randomness ----

    def random_uniform(self, seed: int, block: int, size: int, dtype: DType, device: Device) -> Any:
        """`size` numbers in [0, 1), float32 or float64, from block `block` of the stream `seed` on.

        The stream is Philox 4x64-10 as in `numpy.random.Philox(key=seed, counter=block)`, and the
        numbers are those of `numpy.random.Generator(...).random(size, dtype)`, bit for bit.
        """
        return self.from_numpy(philox_uniform(seed, block, size, dtype), device)

    # ---- kernels ----

    @cached_property
    def kernels(self) -> Mapping[str, Kernel]:
        """Overrides of primitives by name: same contract as the generic definition, but faster."""
        return {}

    @cached_property
    def updates(self) -> Mapping[str, UpdateKernel]:
        """Faster forms of optimizers' element-wise update rules, which work in place, by the names of the rules.

        `kernel(xp, param, grads, state, /, *, step, lr, **options)` gives the numbers of `rule(xp, param, grad, state,
        *, step, lr, **options)`, bit for bit where the library rounds as there; or None: then the rule does the step.
        An optimizer calls the kernels of all its parameters, and if none raised, what they planned: a step is done
        whole, or not at all.

            param: parameters of one real floating data type, laid end to end: (n,). `run` writes the new ones there.
            grads: their gradients in the same order, of any shapes and strides, with n elements together; never
                written to, and no part of the state afterwards.
            state: {} at first, then arrays (n,), which `run` may write to, and Python numbers.

        Nobody else sees `param` and the arrays of `state`, and until `run` they are as they were. All is called in the
        device's scope.
        """
        return {}
