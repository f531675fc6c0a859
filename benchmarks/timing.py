"""Times of the same work by several libraries, taken in turn in one process, so that a machine that drifts is fair.

Round by round each library has its turn, in one order and then in the other (A B C, C B A), so that none always follows
the same one; a ratio is that of two times of one round: the peer's by ours, above 1 we are faster. Threads are as each
library sets them, and each turn begins when those of the turn before have gone to sleep.
"""

from __future__ import annotations

import gc
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .machine import Rates

PEERS = {"PyTorch": "torch", "JAX": "optax", "scikit-learn": "sklearn"}  # what has to be installed for each
TOLERANCE = 1e-3  # relative to the largest value: float32, and sums in another order, over three steps of Adam
MOST_ROUNDS = 60


@dataclass(frozen=True)
class Effort:
    """How long all takes: how much there is to do, and how often."""

    examples: int  # of an epoch
    sample: float  # seconds that a time is taken over, at least: short work is repeated
    seconds: float  # for the rounds of one work
    rounds: int  # at least
    processes: int  # for what is measured in fresh ones
    largest: float  # the share of the range over which costs grow, on a logarithmic scale
    # Seconds before each turn. Threads that wait for more work hold their processors, which the next one then shares:
    # OpenBLAS's after each product for what `machine.waiting` measures (0.11 s on an EPYC), others' OpenMP for 0.2 s.
    pause: float = 0.2


EFFORTS = {
    "full": Effort(examples=7936, sample=0.03, seconds=6.0, rounds=10, processes=5, largest=1.0),
    "quick": Effort(examples=1024, sample=0.004, seconds=0.0, rounds=4, processes=2, largest=0.7),
    "tiny": Effort(examples=256, sample=0.0, seconds=0.0, rounds=1, processes=1, largest=0.2, pause=0.0),
}


@dataclass(frozen=True)
class Contender:
    """One library's form of a work: `run` is timed, `result` is called once before and gives arrays to compare."""

    run: Callable[[], object]
    result: Callable[[], Sequence[np.ndarray[Any, Any]]]


@dataclass(frozen=True)
class Cost:
    """What cannot be spared: the products' floating-point operations, and bytes read and written, `steps` times."""

    flops: float
    bytes: float
    steps: int = 1

    def seconds(self, rates: Rates) -> float:
        """The floor: as if the products ran at the machine's rate, and memory were only copied."""
        return self.steps * (self.flops / rates.flops + self.bytes / rates.bytes_a_second(self.bytes))


@dataclass(frozen=True)
class Work:
    """The same thing by us (in several ways) and by peers; targets by (our way, peer) or by the peer alone."""

    name: str
    ours: Mapping[str, Callable[[], Contender]]
    peers: Mapping[str, Callable[[], Contender]]
    targets: Mapping[str | tuple[str, str], float] = field(default_factory=dict)
    cost: Cost | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table: medians in `unit`, the ratio peer / ours, and its 10th and 90th percentile."""

    work: str
    ours: str
    peer: str
    own: float
    other: float
    ratio: float
    low: float
    high: float
    target: float | None = None
    floor: float | None = None
    unit: str = "ms"

    @property
    def short(self) -> bool:
        """Whether it misses its target."""
        return self.target is not None and self.ratio < self.target


def present(peer: str) -> bool:
    """Whether the library of that name is installed; "PyTorch, fused" is PyTorch."""
    return importlib.util.find_spec(PEERS[peer.partition(",")[0]]) is not None


def kernels() -> str:
    """What follows our name where the compiled kernels are off, or not installed."""
    from xnn_backends import fast

    return "" if fast.is_on() else ", pure NumPy"


def check_recorded(step: Any) -> None:
    """Warn if xnn.compile, which says nothing itself, runs this step without a recording."""
    if step.reason is not None:
        warnings.warn(f"xnn.compile recorded nothing: {step.reason}", stacklevel=2)


def seconds(run: Callable[[], object], pause: float, repeats: int = 1) -> float:
    """How long one run takes, the mean of some in a row, when the threads of the one before have gone to sleep."""
    time.sleep(pause)
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def rounds(runs: Sequence[Callable[[], object]], effort: Effort) -> list[tuple[float, ...]]:
    """The times of each, round by round, in the order of `runs`; each ran before, so that nothing is compiled or
    loaded any more. Turns are taken in that order in one round, and in the reverse in the next.
    """
    repeats = []
    for run in runs:
        run()
        repeats.append(max(1, min(10_000, round(effort.sample / seconds(run, effort.pause)))) if effort.sample else 1)
    gc.collect()
    taken: list[tuple[float, ...]] = []
    turns = list(range(len(runs)))
    until = time.perf_counter() + effort.seconds
    while len(taken) < effort.rounds or (time.perf_counter() < until and len(taken) < MOST_ROUNDS):
        times = {turn: seconds(runs[turn], effort.pause, repeats[turn]) for turn in turns}
        taken.append(tuple(times[turn] for turn in range(len(runs))))
        turns.reverse()
    return taken


def row(work: str, ours: str, peer: str, pairs: Sequence[tuple[float, float]], scale: float, **others: Any) -> Row:
    """The row of pairs (ours, peer's), times `scale` in the row's unit."""
    ratios = [other / own for own, other in pairs]
    low, high = np.percentile(ratios, [10, 90])
    own, other = (statistics.median(values) * scale for values in zip(*pairs, strict=True))
    return Row(work, ours, peer, own, other, statistics.median(ratios), float(low), float(high), **others)


def measure(work: Work, effort: Effort, rates: Rates) -> list[Row]:
    """A row for each way of ours against each peer that is here, once all were found to compute the same."""
    made = {name: make() for name, make in work.ours.items()}
    peers = {name: make() for name, make in work.peers.items() if present(name)}
    check_same(work.name, made | peers)
    names = [*made, *peers]
    times = rounds([contender.run for contender in (*made.values(), *peers.values())], effort)
    columns = dict(zip(names, zip(*times, strict=True), strict=True))
    floor = work.cost.seconds(rates) * 1e3 if work.cost else None
    return [
        row(
            work.name,
            own + kernels(),
            peer,
            list(zip(columns[own], columns[peer], strict=True)),
            1e3,
            target=work.targets.get((own + kernels(), peer), work.targets.get(peer)),
            floor=floor,
        )
        for own in made
        for peer in peers
    ]


def check_same(work: str, contenders: Mapping[str, Contender]) -> None:
    """Raise if not all contenders give the arrays of the first, to the tolerance."""
    results = {name: [np.asarray(array) for array in contender.result()] for name, contender in contenders.items()}
    first, expected = next(iter(results.items()))
    for name, came in results.items():
        for mine, theirs in zip(expected, came, strict=True):
            np.testing.assert_allclose(
                theirs,
                mine,
                rtol=0,
                atol=TOLERANCE * float(np.abs(mine).max()),
                err_msg=f"{work}: {name} computes something else than {first}",
            )


def passes(forward: Callable[[], Any], leaves: Sequence[Any], cotangent: Any) -> Contender:
    """Forward and backward of some layers. One form serves xnn and PyTorch, whose names here are the same."""

    def run() -> None:
        for leaf in leaves:
            leaf.grad = None
        forward().backward(cotangent)

    def result() -> list[np.ndarray[Any, Any]]:
        run()
        return [leaf.grad.numpy() for leaf in leaves]

    return Contender(run, result)
