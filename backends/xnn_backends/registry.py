"""Which backends there are, which device is meant, and why.

Backends are found through the entry-point group `xnn.backends` (`name = module:Class`), so that a
package of a third party adds one without touching this one; xnn's own stand in the table below as
well, so that a frozen or vendored copy without metadata works too.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Set
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeGuard

from .errors import DeviceError, Unusable, one_line
from .protocol import Backend, Device, DeviceReport

GROUP = "xnn.backends"
BUILT_IN = {
    "numpy": "xnn_backends.numpy_backend:NumpyBackend",
    "cupy": "xnn_backends.cupy_backend:CupyBackend",
    "torch": "xnn_backends.torch_backend:TorchBackend",
    "strict": "xnn_backends.strict_backend:StrictBackend",
}
# Never a backend's name: the first parts of devices that are written without one.
RESERVED = ("auto", "cpu", "cuda")
HOW_TO_WRITE = "write auto, cpu, cuda, cuda:N, or BACKEND:DEVICE as in numpy:cpu, cupy:cuda:0, torch:cpu"

_targets: dict[str, str | type[Backend]] = dict(BUILT_IN)
_discovered: set[str] = set()  # of these, those by entry points
_entry_points_read = False
_backends: dict[str, Backend] = {}
_refused: dict[tuple[str, str | type[Backend]], Unusable] = {}  # imported once, and not again for each question
_of_type: dict[type, Backend | None] = {}
_misfits: dict[type, str] = {}
_process_default: str | None = None
_auto: Choice | None = None  # found once for the process
_scoped_default: ContextVar[Device | None] = ContextVar("xnn default device", default=None)


@dataclass(frozen=True, slots=True)
class Choice:
    """The device that was taken, and one line that says why."""

    device: Device
    why: str


# ---- backends ----


def register(name: str, target: str | type[Backend]) -> None:
    """Add a backend, or replace one that is not in use yet.

    Args:
        name: what is written before the first colon of a device.
        target: a subclass of Backend, or where to find it, as "module:Class".

    Raises:
        ValueError: for a name with a colon, a reserved one, or one whose backend is in use already.
        TypeError: if `target` is neither a string nor a subclass of Backend.
    """
    global _auto
    if reason := _refused_name(name):
        raise ValueError(f"{reason}; got {name!r}")
    if not isinstance(target, str) and not _is_backend(target):
        raise TypeError(f"a backend is a subclass of Backend, or 'module:Class'; got {target!r}")
    if name in _backends:
        raise ValueError(f"the backend {name!r} is in use already; register before its first use")
    _targets[name] = target
    _refused.pop((name, target), None)
    _discovered.discard(name)
    _auto = None
    _of_type.clear()
    _misfits.clear()


def names() -> tuple[str, ...]:
    """The names of all backends, installed or not."""
    _read_entry_points()
    return tuple(_targets)


def get_backend(name: str) -> Backend:
    """The backend of that name; its array library is imported only when it is used.

    Raises:
        DeviceError: if there is no such backend, or its class cannot be loaded.
    """
    if name not in _backends:
        if name not in _targets:
            _read_entry_points()
        if name not in _targets:
            raise DeviceError(f"there is no backend {name!r}; there are {', '.join(names())}. Cure: {HOW_TO_WRITE}.")
        try:
            return _backend(name)
        except Unusable as why:
            raise DeviceError(f"the backend {name!r} {why.reason}. Cure: {why.cure}.") from why
    return _backends[name]


def _backend(name: str) -> Backend:
    if name not in _backends:
        known = _refused.get((name, _targets[name]))
        if known is not None:
            raise Unusable(known.reason, known.cure)
        try:
            # setdefault: two threads that ask at once must get one object
            _backends.setdefault(name, _load(name))
        except Unusable as why:
            _refused[name, _targets[name]] = why
            raise
        _of_type.clear()  # what was nobody's array may be this one's
        _misfits.clear()
    return _backends[name]


def _load(name: str) -> Backend:
    target = _targets[name]
    cure = "update, reinstall or uninstall the package that provides it"
    try:
        kind = _imported(target) if isinstance(target, str) else target
        if not _is_backend(kind):
            raise TypeError(f"{kind!r} is no subclass of Backend")
        backend, called = kind(), kind.name
        _check_attributes(backend)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever it is, sys.exit() too: it must not stop those who work elsewhere
        raise Unusable(f"cannot be loaded from {target!r}: {one_line(error)}", cure) from error
    if called != name:
        raise Unusable(f"is registered by that name, but calls itself {called!r}", cure)
    return backend


def _check_attributes(backend: Backend) -> None:
    """Raise TypeError where what everybody's arrays and devices are compared with is missing or odd."""
    if not isinstance(getattr(backend, "library", None), str):
        raise TypeError("its attribute library is no string")
    if not isinstance(backend.bare_devices, tuple) or not isinstance(backend.auto_rank, int | None):
        raise TypeError("its bare_devices is no tuple, or its auto_rank no int and not None")


def _imported(target: str) -> object:
    module, _, attribute = target.partition(":")
    found: object = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def _is_backend(target: object) -> TypeGuard[type[Backend]]:
    return isinstance(target, type) and issubclass(target, Backend)


def _refused_name(name: str) -> str:
    if not name or ":" in name:
        return "a backend's name has no colon and is not empty"
    return f"a backend's name is none of {', '.join(RESERVED)}" if name in RESERVED else ""


def backend_of(x: Any) -> Backend | None:
    """The backend whose array x is, or None if x is no raw array of any."""
    kind = type(x)
    try:
        return _of_type[kind]
    except KeyError:
        found = _find_backend_of(kind)
        _of_type[kind] = found
        return found


def _find_backend_of(kind: type) -> Backend | None:
    # An array's library is imported already: only such backends are asked, lest one be imported
    # for nothing. A user's subclass of the library's array counts as well.
    libraries = {str(base.__module__).partition(".")[0] for base in kind.__mro__} & sys.modules.keys()
    for name in names():
        if not _may_own(name, libraries) or (backend := _loaded(name)) is None:
            continue
        if backend.library in libraries and issubclass(kind, backend.array_type):
            return None if backend.misfit(kind) else backend
    return None


def why_not(x: Any) -> str:
    """Why x, of a library's arrays by its class, is none to compute with, and the cure; "" for all else."""
    kind = type(x)
    if kind not in _misfits:
        bases = [backend for base in kind.__mro__[1:] if (backend := _find_backend_of(base)) is not None]
        _misfits[kind] = bases[0].misfit(kind) if bases else ""
    return _misfits[kind]


def _may_own(name: str, libraries: Set[str]) -> bool:
    """Whether a backend is looked at, for a type of these libraries: a stranger's is not imported to be asked.

    An entry point does not say whose arrays its backend has. They are those of its own package, of the library that it
    is named after, or it is in use already.
    """
    if name not in _discovered or name in _backends:
        return True
    module = str(_targets[name]).partition(":")[0]
    return name in libraries or module.partition(".")[0] in libraries or module in sys.modules


def _read_entry_points() -> None:
    global _entry_points_read
    if _entry_points_read:
        return
    from importlib.metadata import entry_points  # costs more than the rest of this module

    found, refused = {}, []
    try:
        entries = tuple(entry_points(group=GROUP))
    except Exception as error:  # one package's file that cannot be read
        entries = ()
        refused.append(f"no third party's backend is found, as entry points cannot be read: {one_line(error)}")
    for entry in entries:
        reason = _refused_name(entry.name)
        if not reason and entry.pattern.match(entry.value) is None:
            reason = "it does not name a module and a class, as in module:Class"
        if reason:
            refused.append(f"the entry point '{entry.name} = {entry.value}' is ignored: {reason}")
        else:
            found[entry.name] = f"{entry.module}:{entry.attr}"
    for name, target in found.items():
        if _targets.setdefault(name, target) is target:
            _discovered.add(name)
    _entry_points_read = True  # only now: another thread must not find the table half full
    for text in refused:
        warnings.warn(text, RuntimeWarning, stacklevel=2)


# ---- devices ----


def find_device(device: str | Device | None = None) -> Device:
    """The device that is meant: a Device itself, its name, or None for the default.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:1`, or qualified as in `numpy:cpu` or `torch:cpu`.

    Raises:
        DeviceError: if the name means nothing, or the device does not work; it says why.
    """
    if isinstance(device, Device):
        return device
    if device is None:
        return _scoped_default.get() or choose().device
    return choose(device).device


def choose(device: str | Device | None = None) -> Choice:
    """Like `find_device`, with the reason for the choice."""
    if isinstance(device, Device):
        return Choice(device, "asked for by name")
    if device is not None:
        return _choose_auto() if device == "auto" else Choice(_named(device), "asked for by name")
    if scoped := _scoped_default.get():
        return Choice(scoped, "set by use_device")
    asked, source = _process_default, "set_default_device"
    if asked is None:
        asked = os.environ.get("XNN_DEVICE") or "auto"
        source = f"XNN_DEVICE={asked}"
    if asked == "auto":
        return _choose_auto()
    try:
        return Choice(_named(asked), f"set by {source}")
    except DeviceError as error:
        raise DeviceError(f"{source}: {error}") from error


def _named(name: str) -> Device:
    if not isinstance(name, str):
        raise DeviceError(f"a device is a string or a Device; got {name!r}. Cure: {HOW_TO_WRITE}.")
    first, _, rest = name.partition(":")
    if first in _targets or first in names():
        if not rest:
            raise DeviceError(f"{name!r} is a backend, not a device. Cure: {HOW_TO_WRITE}; `xnn devices` lists them.")
        return get_backend(first).device(rest)
    for known in names():  # xnn's own come first
        if (backend := _loaded(known)) and first in backend.bare_devices:
            return backend.device(name)
    raise DeviceError(f"{name!r} is not a device. Cure: {HOW_TO_WRITE}.")


def _choose_auto() -> Choice:
    global _auto
    if _auto is None:
        _auto = _first_usable()
    return _auto


def _first_usable() -> Choice:
    ranked = [b for name in names() if (b := _loaded(name)) and b.auto_rank is not None]
    ranked.sort(key=lambda backend: -(backend.auto_rank or 0))
    refused: list[str] = []
    for backend in ranked:
        for report in backend.reports_until_usable():
            if report.usable:
                device = backend.device(report.device.removeprefix(backend.name + ":"))
                hardware = f" ({report.hardware})" if report.hardware else ""
                return Choice(device, "auto: " + "; ".join([*refused, f"{device}{hardware} works"]))
            refused.append(f"{report.device} cannot be used: {report.reason}")
    why = "; ".join(refused) or "no backend can be loaded"
    raise DeviceError(f"auto: {why}. Cure: see what `xnn devices` says.")


def _loaded(name: str) -> Backend | None:
    """A backend, or None where a third party's cannot be loaded: `auto` goes on without it."""
    try:
        return _backend(name)
    except Unusable:
        return None


def available() -> list[DeviceReport]:
    """Every device of every backend: usable or not, with the reason and the cure."""
    reports: list[DeviceReport] = []
    for name in names():
        try:
            reports += _backend(name).reports()
        except Unusable as why:
            reports.append(DeviceReport(name, usable=False, reason=f"it {why.reason}", cure=why.cure))
    return reports


def set_default_device(device: str | Device | None) -> None:
    """The device of arrays made without `device=`, for the whole process; None: XNN_DEVICE again.

    Raises:
        DeviceError: if it cannot be used. The default then stays what it was.
    """
    global _process_default
    if device not in (None, "auto"):
        find_device(device)
    _process_default = None if device is None else str(device)


def get_default_device() -> Device:
    """The device of arrays made without `device=`."""
    return find_device(None)


@contextlib.contextmanager
def use_device(device: str | Device) -> Iterator[Device]:
    """Make a device the default while the `with` block runs, in this context (thread, task) only."""
    found = find_device(device)
    token = _scoped_default.set(found)
    try:
        yield found
    finally:
        _scoped_default.reset(token)
