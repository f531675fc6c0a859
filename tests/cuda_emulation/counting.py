"""Count what goes through the emulated driver."""

import contextlib
import ctypes

from . import api

COUNTERS = (  # in the order of driver.c; h: host, d: device, peer: from a device to another
    *("launches", "synchronisations", "allocations"),
    *("h2d", "h2d_bytes", "d2h", "d2h_bytes", "d2d", "d2d_bytes", "peer", "peer_bytes"),
)


class Counts:
    """Differences of the COUNTERS since `count()` began, as attributes; fixed when it ends.

    `kernels` and `calls` list the kernels launched and the library routines called,
    `peak_bytes` the peak use of each device (known when it has ended).
    """

    def __init__(self):
        self.kernels, self.calls, self._end = [], [], None
        self._start = _counters()

    def __getattr__(self, name):
        if name not in COUNTERS:
            raise AttributeError(name)
        i = COUNTERS.index(name)
        return (self._end or _counters())[i] - self._start[i]

    def __repr__(self):
        return ", ".join(f"{name}={getattr(self, name)}" for name in COUNTERS)


@contextlib.contextmanager
def count():
    """Count launches, copies, synchronisations and allocations in a `with` block; blocks nest."""
    peak, counts = _of_devices("peak"), Counts()
    before = list(peak)
    peak[:] = list(_of_devices("current"))
    api.counting.append(counts)
    try:
        yield counts
    finally:
        api.counting.remove(counts)
        counts._end, counts.peak_bytes = _counters(), list(peak)
        peak[:] = list(map(max, before, peak))  # a block around this one sees its peak, too


def memory_used(device=0):
    """Bytes that CuPy has from the driver: its pool's, not its arrays'."""
    return _of_devices("current")[device]


def _counters():
    return list(api.variable("counters", ctypes.c_longlong * len(COUNTERS)))


def _of_devices(name):
    return api.variable(name, ctypes.c_size_t * api.MAX_DEVICES)
