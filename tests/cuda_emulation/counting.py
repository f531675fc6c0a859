"""Count what goes through the emulated driver."""

import contextlib
import ctypes
from typing import NamedTuple

from . import api

COUNTERS = (  # in the order of driver.c; h: host, d: device, peer: from a device to another
    *("launches", "synchronisations", "allocations"),
    *("h2d", "h2d_bytes", "d2h", "d2h_bytes", "d2d", "d2d_bytes", "peer", "peer_bytes"),
)
ORDERS = ("record", "wait", "copy", "launch", "synchronize")  # in the order of driver.c
MAX_ORDERS = 65536  # as there


class Order(NamedTuple):
    """What was given to a stream while a device was the current one; the event that is recorded or waited for, or 0."""

    what: str
    device: int
    stream: int
    event: int


class Counts:
    """Differences of the COUNTERS since `count()` began, as attributes; fixed when it ends.

    `kernels` and `calls` list the kernels launched and the library routines called,
    `peak_bytes` the peak use of each device (known when it has ended).
    """

    def __init__(self):
        self.kernels, self.calls, self._end = [], [], None
        self._start, self._first = _counters(), _order_count()

    def __getattr__(self, name):
        if name not in COUNTERS:
            raise AttributeError(name)
        i = COUNTERS.index(name)
        return (self._end or _counters())[i] - self._start[i]

    def orders(self):
        """What was given to streams until now, one after another: what a GPU would do in this order, and what not."""
        first, end = self._first, _order_count()
        if end - first > MAX_ORDERS:
            raise RuntimeError(f"the CUDA emulation keeps {MAX_ORDERS} orders, and there were {end - first}")
        kept = api.variable("orders", ctypes.c_longlong * 4 * MAX_ORDERS)
        found = (kept[i % MAX_ORDERS] for i in range(first, end))
        return [Order(ORDERS[what], device, stream, event) for what, device, stream, event in found]

    def __repr__(self):
        return ", ".join(f"{name}={getattr(self, name)}" for name in COUNTERS)


def before(orders):
    """For each order, the numbers of those that are done when it begins, on whatever GPU and however slow.

    A stream does one thing after another; others only what an event or the host has waited for.
    """
    streams, events, host = {}, {}, set()
    for i, order in enumerate(orders):
        done = streams.setdefault((order.device * (order.stream <= 2), order.stream), set())  # 0 to 2: each device's
        done |= host
        if order.what == "wait":
            done |= events.get(order.event, set())
        yield set(done)
        done.add(i)
        if order.what == "record":
            events[order.event] = set(done)
        if order.what == "synchronize":
            host |= done


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


def _order_count():
    return api.variable("order_count", ctypes.c_longlong).value


def _of_devices(name):
    return api.variable(name, ctypes.c_size_t * api.MAX_DEVICES)
