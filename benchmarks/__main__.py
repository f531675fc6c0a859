"""How fast xnn is beside what a user would pick instead.

    python -m benchmarks [--quick] [--only FAMILY ...] [--write]

Peers are optional: PyTorch, JAX with optax, scikit-learn (`python -m pip install ".[fast,oracle,benchmarks]"`). With
the extra `fast`, all is measured a second time as a plain install has it, without compiled kernels, in a process of its
own. Nothing else should run meanwhile: PyTorch's threads lose far more by it than ours.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

from . import (
    cnn,
    convolutions,
    footprint,
    inference,
    machine,
    overhead,
    perceptrons,
    scaling,
    sequences,
    table,
    updates,
)
from .timing import EFFORTS, PEERS, Effort, Row, kernels, measure, present

FAMILIES: dict[str, ModuleType] = {
    "perceptrons": perceptrons,
    "cnn": cnn,
    "convolutions": convolutions,
    "sequences": sequences,
    "inference": inference,
    "updates": updates,
    "overhead": overhead,
    "footprint": footprint,
}
QUIET = 0.05  # of the processors' time may go to others


def rows_of(name: str, effort: Effort, rates: machine.Rates) -> list[Row]:
    """The rows of a family, as this process computes."""
    family = FAMILIES[name]
    if family is footprint:
        return list(footprint.measured(effort))
    rows = [row for work in family.works(effort) for row in measure(work, effort, rates)]
    return [*rows, *convolutions.means(rows)] if family is convolutions else rows


def rows_without_fast(name: str, effort: str) -> list[Row]:
    """The same without compiled kernels: which there are is settled once for a process, so by another one."""
    command = [sys.executable, "-m", "benchmarks", "--only", name, "--effort", effort, "--json"]
    environment = os.environ | {"XNN_FAST": "0"}
    here = Path(__file__).parents[1]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=here, env=environment).stdout
    return [Row(**row) for row in json.loads(printed)]


def fairness(effort: Effort) -> list[str]:
    """Lines on what else takes processors meanwhile, with a warning where the figures are not to be trusted for it."""
    other, waiting = machine.busy(), machine.waiting()
    if other > QUIET:
        warnings.warn(f"other work takes {other:.0%} of the processors: libraries lose unequally by it", stacklevel=2)
    if waiting > effort.pause:
        warnings.warn(f"a pause of {effort.pause:g} s before a turn is too short for this machine", stacklevel=2)
    return [
        f"other work took {other:.0%} of the processors at the start",
        f"pauses of {effort.pause:g} s before each turn: after a product, NumPy's BLAS keeps waiting {waiting:.3f} s",
    ]


def absent() -> list[str]:
    """Lines that name what is not installed."""
    return [f"{peer} is not installed: no rows beside it" for peer in PEERS if not present(peer)]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_const", dest="effort", const="quick", default="full", help="in a few minutes"
    )
    parser.add_argument(
        "--only", nargs="+", choices=FAMILIES, default=list(FAMILIES), metavar="FAMILY", help=", ".join(FAMILIES)
    )
    parser.add_argument(
        "--write", action="store_true", help="write RESULTS.md, with how costs grow (benchmarks.scaling)"
    )
    parser.add_argument("--effort", choices=EFFORTS, default="full", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write and options.only != list(FAMILIES):
        parser.error("--write is of a run of all families: it cannot be given with --only")
    return options


def main() -> None:
    options = parsed()
    effort = EFFORTS[options.effort]
    rates = machine.rates(0.05 if options.effort == "tiny" else 0.5)
    facts = [] if options.json else [*machine.describe(), str(rates), *fairness(effort), *absent()]
    print(*facts, sep="\n", end="\n" * bool(facts), flush=True)
    rows: list[Row] = []
    for name in options.only:
        print(f"measuring {name}{kernels()} ...", file=sys.stderr, flush=True)
        rows += rows_of(name, effort, rates)
        if not kernels() and FAMILIES[name] is not footprint:  # which measures both
            rows += rows_without_fast(name, options.effort)
    if options.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
        return
    table.show(rows)
    for row in table.unexplained(rows):
        print(f"no reason in benchmarks/notes.py: {row}")
    if options.write:
        from . import results

        command = "python -m benchmarks --write" + " --quick" * (options.effort == "quick")
        heading = {"command": command, "date": f"{datetime.date.today()}"}
        results.save(heading=heading | {"machine": facts}, rows=rows)
        print("measuring how costs grow ...", file=sys.stderr, flush=True)
        results.save(growths=list(scaling.grown(effort)))


if __name__ == "__main__":
    main()
