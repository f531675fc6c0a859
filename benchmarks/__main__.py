"""How fast xnn is beside what a user would pick instead.

    python -m benchmarks [--quick] [--only FAMILY ...] [--write]

Peers are optional: PyTorch, JAX with optax, scikit-learn (`python -m pip install ".[fast,oracle,benchmarks]"`). With
the extra `fast`, what has a compiled form is measured a second time without it, in a process of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import subprocess
import sys
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
WITHOUT_FAST_TOO = ("cnn", "convolutions")  # they have a target for each


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


def absent() -> list[str]:
    """Lines that name what is not installed."""
    return [f"{peer} is not installed: no rows beside it" for peer in PEERS if not present(peer)]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_const", dest="effort", const="quick", default="full", help="in two minutes"
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
    if not options.json:
        print(*machine.describe(), rates, *absent(), sep="\n", flush=True)
    rows: list[Row] = []
    for name in options.only:
        print(f"measuring {name}{kernels()} ...", file=sys.stderr, flush=True)
        rows += rows_of(name, effort, rates)
        if not kernels() and name in WITHOUT_FAST_TOO:
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
        machine_lines = [*machine.describe(), str(rates), *absent()]
        results.save(heading=heading | {"machine": machine_lines}, rows=rows)
        print("measuring how costs grow ...", file=sys.stderr, flush=True)
        results.save(growths=list(scaling.grown(effort)))


if __name__ == "__main__":
    main()
