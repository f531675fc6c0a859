"""What some tests need that `.[test]` does not bring: without it they are not collected, and a line at the end says so.

`@pytest.mark.needs("torch")` marks a test, a module (`pytestmark`) or a parameter. `optional.module("scipy")` imports a
module, and at the top of a module of tests leaves all of them out. Names are those of `NEEDS`.
"""

import functools
import importlib
import importlib.metadata
import importlib.util
import pathlib
import re
from typing import NamedTuple

import pytest
from packaging.version import Version

from tests import cuda_emulation


class Need(NamedTuple):
    title: str
    extra: str | None  # of pyproject.toml, which brings it; None: it has its own name on the package index
    version: str = "0"
    distribution: str | None = None  # where it is not named as its module is


NEEDS = {
    "torch": Need("PyTorch", "oracle"),
    "scipy": Need("SciPy", "oracle", "1.17"),
    "autograd": Need("autograd", "oracle"),
    "sklearn": Need("scikit-learn", "oracle", "1.9", "scikit-learn"),
    "array_api_extra": Need("array-api-extra", "oracle", "0.11", "array-api-extra"),
    "einops": Need("einops", "oracle"),
    "opt_einsum": Need("opt_einsum", "oracle"),
    "pymanopt": Need("pymanopt", "oracle", "2.2"),
    "mpmath": Need("mpmath", "oracle"),  # PyTorch brings it
    "fast": Need("compiled kernels", "fast"),
    "threadpoolctl": Need("threadpoolctl", "fast"),
    "cuda_emulation": Need("emulated CUDA", "emulation"),
    "cupy": Need("CuPy", "emulation"),
    "cuda.pathfinder": Need("cuda-pathfinder", "emulation", "0", "cuda-pathfinder"),  # CuPy brings it
    "pandas": Need("pandas", None),
    "xarray": Need("xarray", None),
    "lifelines": Need("lifelines", None),
}

NEEDED = re.compile(r"(?:Skipped: )?needs ([\w.]+): ")  # what `require` says

left_out = {}  # name of a need: the ids of what was not collected for want of it


@functools.cache
def why_missing(name):
    """Why a need is not met, or None."""
    need = NEEDS[name]
    if name == "cuda_emulation":
        return cuda_emulation.skip_reason()
    if name == "fast":
        from xnn_backends import fast  # not at the top: the emulation is installed before

        return None if fast.is_on() else "no compiled kernels: numba is not installed, or XNN_FAST=0 says so"
    if not _is_there(name):
        return f"{need.title} is not installed"
    if need.version != "0" and Version(importlib.metadata.version(need.distribution or name)) < Version(need.version):
        return f"{need.title} {need.version} is not installed"
    return None


def _is_there(name):
    parts = name.split(".")
    return all(importlib.util.find_spec(".".join(parts[: i + 1])) is not None for i in range(len(parts)))


def module(name, need=None):
    """Import a module. need: what brings it, where that is not its package."""
    require(need or (name if name in NEEDS else name.split(".")[0]))
    return importlib.import_module(name)


def require(name):
    """Collect nothing of the module that is being collected, where a need is not met; within a test, skip it."""
    if reason := why_missing(name):
        pytest.skip(f"needs {name}: {reason}", allow_module_level=True)


def missing(marks):
    """The name of the first need of these marks that is not met, or None."""
    names = [name for mark in marks if mark.name == "needs" for name in mark.args]
    return next((name for name in names if why_missing(name)), None)


def needs_of(oracle, *operands):
    """The mark of a parameter whose oracle cannot answer here; it is asked only where something is missing."""
    if not any(why_missing(name) for name in ("torch", "scipy")):
        return ()
    try:
        oracle(*operands)
    except pytest.skip.Exception as skipped:
        return pytest.mark.needs(NEEDED.match(str(skipped))[1])
    except Exception:  # what is wrong with it, the test shows
        pass
    return ()


def leave_out(name, what):
    left_out.setdefault(name, set()).add(what)


def of_a_module(report):
    """Whether this report of a collection says that a module has nothing to test; then its tests are left out."""
    found = NEEDED.match(report.longrepr[2]) if report.skipped else None
    if found:
        source = pathlib.Path(__file__).parents[1] / report.nodeid
        for test in re.findall(r"^def (test_\w+)", source.read_text(), re.MULTILINE):
            leave_out(found[1], f"{report.nodeid}::{test}")
    return bool(found)


def summary(rows):
    """The line about what was left out, or nothing. rows: those of the device matrix that cannot run."""
    counts = sorted(((len(tests), name) for name, tests in left_out.items()), reverse=True)
    parts = [f"{count} that need {NEEDS[name].title}" for count, name in counts]
    if rows:
        parts.append(f"on {', '.join(rows)} all")
    needed = {NEEDS[name].extra for _, name in counts} | ({"oracle", "emulation"} if rows else set())
    extras = [extra for extra in ("oracle", "emulation", "fast") if extra in needed]
    cure = f' `python -m pip install ".[test,{",".join(extras)}]"` brings what they need.' if extras else ""
    return f"Left out of the tests: {'; '.join(parts)}.{cure}" if parts else ""
