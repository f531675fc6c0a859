"""How the cost grows with the batch, the width, the depth and the number of parameters, beside PyTorch's.

    python -m benchmarks.scaling [--quick] [--write]

A training step (gathering, forward, backward, Adam) of perceptrons, and a step of Adam alone. An exponent e says that
the time grows as size**e over the upper half of the sizes, on a logarithmic scale.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from . import perceptrons, updates
from .timing import EFFORTS, Contender, Effort, check_same, present, rounds

Side = Callable[[], Contender]


@dataclasses.dataclass(frozen=True)
class Axis:
    """Something that grows: its sizes, and for each ours and PyTorch's form of the work."""

    name: str
    sizes: tuple[int, ...]
    sides: Callable[[int], tuple[Side, Side]]


@dataclasses.dataclass(frozen=True)
class Growth:
    """Median seconds by size; `torch` is empty without PyTorch."""

    name: str
    sizes: Sequence[int]
    xnn: Sequence[float]
    torch: Sequence[float]


def step(widths: tuple[int, ...], batch: int) -> tuple[Side, Side]:
    """One training step: an epoch of a single batch."""
    task = perceptrons.Task(widths, batch, *perceptrons.noise(batch, widths[0]))
    return partial(perceptrons.xnn_training, task), partial(perceptrons.torch_training, task)


def update(parameters: int) -> tuple[Side, Side]:
    """One step of Adam on ten arrays that have about as many elements in all."""
    count = 10
    side = round(math.sqrt(parameters / count))
    return partial(updates.xnn_update, count, side), partial(updates.torch_update, count, side, form="fused")


AXES = (
    Axis("batch, of 784-128-10", tuple(4**i for i in range(7)), lambda size: step((784, 128, 10), size)),
    Axis("width, of two layers, batch 128", tuple(2**i for i in range(4, 13)), lambda size: step((size,) * 3, 128)),
    Axis("depth, of layers 64 wide, batch 32", (1, 3, 10, 30, 100, 300, 1000), lambda n: step((64,) * (n + 1), 32)),
    Axis("parameters, a step of Adam", tuple(round(10 ** (i / 2)) for i in range(8, 17)), update),
)


def grown(effort: Effort) -> Iterator[Growth]:
    """Each axis, as far as the effort goes."""
    for axis in AXES:
        smallest, largest = axis.sizes[0], axis.sizes[-1]
        sizes = [
            size for size in axis.sizes if math.log(size / smallest) <= effort.largest * math.log(largest / smallest)
        ]
        points = [point(axis, size, effort) for size in sizes]
        columns = list(zip(*points, strict=True))
        yield Growth(axis.name, sizes, columns[0], columns[1] if len(columns) > 1 else ())


def point(axis: Axis, size: int, effort: Effort) -> list[float]:
    """Ours and PyTorch's median at one size, once both were found to compute the same."""
    ours, torchs = axis.sides(size)
    made = {"xnn": ours()} | ({"PyTorch": torchs()} if present("PyTorch") else {})
    check_same(f"{axis.name}: {size}", made)
    fewer = dataclasses.replace(effort, seconds=effort.seconds / 4, rounds=min(effort.rounds, 5))
    return [statistics.median(times) for times in zip(*rounds([c.run for c in made.values()], fewer), strict=True)]


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of log time over log size, by least squares, from the middle of the range on."""
    middle = math.sqrt(sizes[0] * sizes[-1]) * (1 - 1e-9)
    upper = [(size, taken) for size, taken in zip(sizes, times, strict=True) if size >= middle]
    x, y = np.log(np.asarray(upper)).T
    return float(np.polyfit(x, y, 1)[0]) if len(upper) > 1 else math.nan


def lines(growths: Sequence[Growth]) -> list[tuple[str, ...]]:
    """A table: the range, times at its ends, the exponents, and the ratio (PyTorch's by ours) at both ends."""
    table: list[tuple[str, ...]] = [("grows", "from", "to", "ours", "exponent", "PyTorch", "exponent", "ratio")]
    for g in growths:
        sides = [text for times in (g.xnn, g.torch) for text in _side(g.sizes, times)]
        ends = [f"{theirs / own:.2f}" for own, theirs in zip(g.xnn, g.torch, strict=False)]
        ratio = f"{ends[0]} to {ends[-1]}" if ends else ""
        table.append((g.name, f"{g.sizes[0]:,}", f"{g.sizes[-1]:,}", *sides, ratio))
    return table


def _side(sizes: Sequence[int], times: Sequence[float]) -> tuple[str, str]:
    if not times:
        return "", ""
    return f"{times[0] * 1e3:.3g} to {times[-1] * 1e3:.4g} ms", f"{exponent(sizes, times):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and smaller sizes, in half a minute")
    parser.add_argument("--write", action="store_true", help="put it into RESULTS.md and its plots")
    options = parser.parse_args()
    growths = list(grown(EFFORTS["quick" if options.quick else "full"]))
    table = lines(growths)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    if options.write:
        from . import results

        results.save(growths=growths)


if __name__ == "__main__":
    main()
