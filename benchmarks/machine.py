"""The machine: what it is, and how fast it multiplies and copies, measured with NumPy."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

DISTRIBUTIONS = ("numpy", "numba", "torch", "jax", "optax", "scikit-learn")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PRODUCT = 1024  # the side of the matrices
COPIES = (1 << 18, 1 << 21, 1 << 24, 1 << 28)  # bytes: from what the nearest cache holds to what none does


@dataclass(frozen=True)
class Rates:
    """Operations a second of a float32 product; bytes a second (read and written) of copies, by their size."""

    flops: float
    copies: Mapping[int, float]

    def bytes_a_second(self, traffic: float) -> float:
        """The rate of a copy that moves about as many bytes."""
        return self.copies[min(self.copies, key=lambda size: abs(np.log(max(traffic, 1.0) / (2 * size))))]

    def __str__(self) -> str:
        copies = ", ".join(f"{rate / 1e9:.0f} GB/s at {_size(size)}" for size, rate in self.copies.items())
        return f"products {self.flops / 1e9:.0f} GFLOP/s ({PRODUCT} cubed, float32); copies, read and written, {copies}"


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"


def rates(budget: float = 0.5) -> Rates:
    """The best of what was seen within `budget` seconds for each."""
    a = np.ones((PRODUCT, PRODUCT), np.float32)
    out = np.empty_like(a)
    product = _best(lambda: np.matmul(a, a, out=out), budget)
    copies = {}
    for size in COPIES:
        source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
        copies[size] = 2 * size / _best(partial(np.copyto, target, source), budget / 2)
    return Rates(2 * PRODUCT**3 / product, copies)


def waiting(seconds: float = 0.5) -> float:
    """Seconds of processor time that are used while nothing is done, after one product: by threads of NumPy's BLAS that
    wait for more work. What is timed within that time of a product shares its processors with them.
    """
    a = np.ones((512, 512), np.float32)
    np.matmul(a, a)
    begin = time.process_time()
    time.sleep(seconds)
    return time.process_time() - begin


def busy(seconds: float = 1.0) -> float:
    """The share of the processors' time that other work takes, from 0 to 1, while this process sleeps; nan where the
    system does not tell.
    """
    path = Path("/proc/stat")
    if not path.exists():
        return math.nan
    before = _times(path)
    time.sleep(seconds)
    idle, whole = (after - then for after, then in zip(_times(path), before, strict=True))
    return 1 - idle / whole


def _times(stat: Path) -> tuple[int, int]:
    """Ticks that all processors were idle, or waited for a disk, and ticks in all."""
    ticks = [int(count) for count in stat.read_text().splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _best(run: Callable[[], object], budget: float) -> float:
    run()
    best, until = float("inf"), time.perf_counter() + budget
    while time.perf_counter() < until or best == float("inf"):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def describe() -> list[str]:
    """The processor, cores and memory; the versions of Python and of what is measured; limits of threads."""
    lines = [f"{_processor()}, {_cores()} cores, {_memory()} memory, {platform.system()}"]
    versions = [f"Python {platform.python_version()}"]
    for name in ("xnn-array", *DISTRIBUTIONS):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} absent")
    limits = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    return [*lines, ", ".join(versions), *(["threads are limited: " + ", ".join(limits)] if limits else [])]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    return _proc("cpuinfo", "model name") or platform.processor() or platform.machine()


def _memory() -> str:
    kib = _proc("meminfo", "MemTotal").split()
    return f"{int(kib[0]) / 2**20:.0f} GiB" if kib else "unknown"


def _proc(name: str, key: str) -> str:
    """A value of Linux's /proc, or nothing."""
    path = Path("/proc") / name
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
