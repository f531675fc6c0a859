"""Checks of values. Where looking at a value would make the host wait for a device, they are put off.

On such a device the wrong value becomes NaN at once, and the check's outcome stays on the device
until the next call that waits anyway (`float(x)`, `x.numpy()`, `synchronize`), which then raises.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from xnn_backends import Device

from .errors import XnnError

_pending: dict[Device, dict[tuple[type[XnnError], str], Any]] = {}
_lock = Lock()


def require(holds: Any, device: Device, kind: type[XnnError], message: str) -> None:
    """Raise `kind(message)` unless the raw 0-d bool array `holds` is true: now, or at the next wait."""
    if not device.is_asynchronous:
        if not bool(device.backend.to_numpy(holds)):
            raise kind(message)
        return
    with _lock, device.scope():
        checks = _pending.setdefault(device, {})
        key = (kind, message)
        # One flag for each message, however often it is checked before somebody looks.
        checks[key] = holds if key not in checks else device.backend.xp.logical_and(checks[key], holds)


def raise_pending(device: Device) -> None:
    """Look at the checks that were put off; called where the host waits for the device anyway."""
    if device not in _pending:
        return
    with _lock:
        checks = _pending.pop(device, {})
    for (kind, message), holds in checks.items():
        if not bool(device.backend.to_numpy(holds)):
            raise kind(message)
