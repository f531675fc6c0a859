"""What a library takes before it does anything: time to import, size on disk; and memory for an epoch of the cnn.

Times and memory are those of fresh processes, ours and the peer's in turn.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from . import cnn
from .timing import Effort, Row, kernels, present, rounds, row

OURS = ("array-api-compat", "safetensors", "tqdm")  # distributions that xnn needs, but for NumPy
FAST = ("numba", "llvmlite")
MIB = float(1 << 20)


def measured(effort: Effort) -> Iterator[Row]:
    """All rows, beside PyTorch."""
    if present("PyTorch"):
        yield import_time(effort)
        yield from installed_size()
        yield from memory(effort)


def import_time(effort: Effort) -> Row:
    """A whole Python process that imports the library. The floor is one that imports NumPy."""
    modules = ("xnn", "torch", "numpy")
    once = dataclasses.replace(effort, sample=0.0, seconds=0.0, rounds=effort.processes)
    times = rounds([partial(importing, module) for module in modules], once)
    floor = min(numpy for *_, numpy in times) * 1e3
    pairs = [(own, other) for own, other, _ in times]
    return row("import, a whole process", "xnn", "PyTorch", pairs, 1e3, target=10.0, floor=floor)


def importing(module: str) -> None:
    """A process that does nothing else."""
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


def installed_size() -> Iterator[Row]:
    """Files of the packages and of what they need, without compiled bytecode; what is not installed counts nothing."""
    xnn = sum(map(folder_size, _packages())) + distributions_size(OURS)
    numpy, torch = distributions_size(["numpy"]), distributions_size(needed("torch") - {"numpy"})
    yield size_row("installed size, NumPy in neither", "xnn", xnn, torch, target=20.0)
    if present_distribution("numba"):
        yield size_row("installed size, NumPy in neither", "xnn[fast]", xnn + distributions_size(FAST), torch)
    yield size_row("installed size, NumPy in both", "xnn", xnn + numpy, torch + numpy)


def size_row(work: str, ours: str, own: float, other: float, target: float | None = None) -> Row:
    ratio = other / own
    return Row(work, ours, "PyTorch", own / MIB, other / MIB, ratio, ratio, ratio, target, unit="MiB")


def _packages() -> list[Path]:
    """The folders of xnn itself, which may be an editable installation."""
    import xnn
    import xnn_backends

    return [Path(str(package.__file__)).parent for package in (xnn, xnn_backends)]


def folder_size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and _counts(file))


def distributions_size(names: Iterable[str]) -> int:
    files = [file.locate() for name in names for file in importlib.metadata.files(name) or []]
    return sum(
        Path(str(file)).stat().st_size for file in files if _counts(Path(str(file))) and Path(str(file)).is_file()
    )


def _counts(file: Path) -> bool:
    return "__pycache__" not in file.parts


def present_distribution(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def needed(name: str) -> set[str]:
    """A distribution with all that it needs on this machine, without extras, as far as it is installed."""
    from packaging.requirements import Requirement

    found, left = set(), [name]
    while left:
        name = left.pop()
        if name in found or not present_distribution(name):
            continue
        found.add(name)
        requirements = map(Requirement, importlib.metadata.requires(name) or [])
        left += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def memory(effort: Effort) -> Iterator[Row]:
    """The peak of a process that trains the cnn for an epoch: as a whole, and beyond what it had after its imports."""
    ways = {"xnn": "1", "xnn, pure NumPy": "0"} if not kernels() else {"xnn, pure NumPy": "0"}
    for ours, fast in ways.items():
        peaks("xnn", effort, fast)  # compiles what is kept on disk
        turns = [
            (peaks("xnn", effort, fast), peaks("PyTorch", effort, fast)) for _ in range(max(1, effort.processes // 3))
        ]
        for work, index in (("peak memory of the cnn epoch", 1), ("the same beyond imports", 2)):
            pairs = [(own[index], other[index]) for own, other in turns]
            yield row(work, ours, "PyTorch", pairs, 1 / MIB, target=1.0, unit="MiB")


def peaks(library: str, effort: Effort, fast: str) -> tuple[float, float, float]:
    """Bytes at most: after imports, after the epoch, and the difference."""
    command = [sys.executable, "-m", "benchmarks.footprint", library, str(effort.examples)]
    environment = os.environ | {"XNN_FAST": fast}
    here = Path(__file__).parents[1]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=here, env=environment).stdout
    imports, whole = json.loads(printed)
    return imports, whole, whole - imports


def peak() -> float:
    """The most bytes that this process had in memory."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss begins with the peak of the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def main() -> None:
    """What `peaks` runs: one epoch by one library alone."""
    library, count = sys.argv[1], int(sys.argv[2])
    __import__("torch" if library == "PyTorch" else "xnn")
    if library == "xnn" and not kernels():
        __import__("numba")  # an import, though it comes with the first loop that is compiled
    imports = peak()
    training = cnn.torch_training if library == "PyTorch" else cnn.xnn_training
    training(*cnn.examples(count)).run()
    print(json.dumps([imports, peak()]))


if __name__ == "__main__":
    main()
