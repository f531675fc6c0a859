"""Freed memory that stays: counted page faults of arrays that are made again and again, in fresh processes."""

import os
import platform
import subprocess
import sys
import types

import pytest

from xnn_backends import host_memory

FAULTS = """
import resource
import numpy as np
import xnn as xp

def grow():
    for _ in range(20):
        xp.ones((1 << 22,), device="cpu") + 1.0

grow()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
grow()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_", "XNN_KEEP"))}
    run = subprocess.run(
        [sys.executable, "-c", FAULTS], env=kept | variables, capture_output=True, text=True, check=True
    )
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries than glibc are left as they are")
def test_large_arrays_are_made_of_freed_memory():
    assert faults() < 100
    assert faults(XNN_KEEP_MEMORY="0") > 1000
    assert faults(MALLOC_TRIM_THRESHOLD_="131072") > 1000


def test_a_release_that_takes_less(monkeypatch):
    asked = []

    def mallopt(what, size):
        asked.append((what, size))
        return int(what != host_memory.M_MMAP_THRESHOLD or size <= 1 << 25)

    for name in ("XNN_KEEP_MEMORY", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(host_memory.ctypes, "CDLL", lambda name: types.SimpleNamespace(mallopt=mallopt))
    assert host_memory.keep_freed.__wrapped__()
    assert [size >> 20 for _, size in asked] == [256, 32, 256]
