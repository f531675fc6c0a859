"""Checks of values. Where looking at a value would make the host wait for a device, they are put off.

On such a device the wrong value becomes NaN at once, and the check's outcome stays on the device
until the next call that waits anyway (`float(x)`, `x.numpy()`, `synchronize`), which then raises.
What may be meant is a warning in the place of the error.
"""

from __future__ import annotations

import sys
import warnings
from threading import Lock
from typing import Any

from xnn_backends import Device

from .errors import XnnError

Kind = type[XnnError] | type[UserWarning]
_pending: dict[Device, dict[tuple[Kind, str], Any]] = {}
_lock = Lock()


def require(holds: Any, device: Device, kind: Kind, message: str) -> None:
    """Raise `kind(message)`, or warn, unless the raw 0-d bool array `holds` is true: now, or at the next wait."""
    if not device.is_asynchronous:
        if not bool(device.backend.to_numpy(holds)):
            _tell(kind, message)
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
    # Warnings last: one that a filter makes an error would hide the errors.
    for (kind, message), holds in sorted(checks.items(), key=lambda check: issubclass(check[0][0], Warning)):
        if not bool(device.backend.to_numpy(holds)):
            _tell(kind, message)


def _tell(kind: Kind, message: str) -> None:
    if issubclass(kind, Warning):
        warnings.warn(message, kind, stacklevel=_levels())
        return
    raise kind(message)


def _levels() -> int:
    """The stack level, for the one who asks, of the first line that is not xnn's own: there a loss was called."""
    frame, levels = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "xnn":
        frame, levels = frame.f_back, levels + 1
    return levels


def slack(xp: Any, dtype: Any) -> float:
    """By how much a value may pass a bound because of rounding: a few units in the last place, of float32 at least.

    Softmax and mixup in float32 give 1.0000001, also where float64 holds what they gave.
    """
    return 4 * max(float(xp.finfo(dtype).eps), 2.0**-23)


def are_shares(xp: Any, x: Any) -> Any:
    """Whether floating-point numbers are from 0 to 1 but for rounding, element-wise; not for NaN."""
    by = slack(xp, x.dtype)
    return xp.logical_and(x >= -by, x <= 1 + by)
