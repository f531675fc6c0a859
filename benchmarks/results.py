"""RESULTS.md with its plots, from the figures in results.json.

python -m benchmarks.results: writes RESULTS.md again, after a change of notes.py, without measuring
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import scaling, table
from .timing import Row

HERE = Path(__file__).parent
FIGURES = HERE / "results.json"
PREFACE = """# Measured

`{command}` wrote this page, on {date}. Float32; ours and the peers take turns in one process; threads as each
library sets them.

{machine}
"""


def save(**parts: Any) -> None:
    """Replace these parts of the figures (heading, rows, growths), and write all that is made of them."""
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps(figures | parts, default=dataclasses.asdict, indent=1) + "\n")
    render()


def render() -> None:
    """RESULTS.md and the plots, of what results.json has."""
    figures = json.loads(FIGURES.read_text())
    rows = [Row(**row) for row in figures.get("rows", [])]
    growths = [scaling.Growth(**growth) for growth in figures.get("growths", [])]
    page = []
    if rows:
        heading = figures["heading"]
        machine = "\n".join(f"- {line}" for line in heading["machine"])
        page += [PREFACE.format(command=heading["command"], date=heading["date"], machine=machine)]
        page += ["## Beside what a user would pick instead\n", *_rows(rows)]
        plot_ratios(rows, HERE / "results.svg")
    if growths:
        page += ["## How costs grow\n", scaling_legend(), markdown(scaling.lines(growths)), "![Growth](scaling.svg)\n"]
        plot_growths(growths, HERE / "scaling.svg")
    (HERE / "RESULTS.md").write_text("\n".join(page))


def _rows(rows: Sequence[Row]) -> list[str]:
    reasons = table.footnotes(rows)
    page = [table.LEGEND + "\n", markdown([table.HEAD, *(table.cells(row, reasons) for row in rows)])]
    page += ["![Ratios](results.svg)\n"]
    if reasons:
        page += ["Why rows fall short, and what was tried:\n"]
        page += [f"- \\*{number} {reason}" for number, reason in enumerate(reasons, 1)]
        page += [""]
    return page


def scaling_legend() -> str:
    """What the second table shows."""
    return (
        "`python -m benchmarks.scaling`. Training steps of perceptrons, and a step of Adam alone. Times are those at "
        "the two ends; an exponent e says that the time grows as size to the power e over the upper half of the range; "
        "ratio: PyTorch's time by ours at the two ends.\n"
    )


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table."""
    head, *body = ["| " + " | ".join(cell.replace("*", "\\*") for cell in line) + " |" for line in lines]
    return "\n".join([head, "|" + "---|" * len(lines[0]), *body, ""])


def plot_ratios(rows: Sequence[Row], path: Path) -> None:
    """Ratios with their spread, on a logarithmic scale; a target is a line."""
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(10, 0.24 * len(rows) + 1), layout="constrained")
    for y, row in enumerate(reversed(rows)):
        colour = "tab:red" if row.short else "tab:blue"
        axes.plot([row.low, row.high], [y, y], color=colour, linewidth=1)
        axes.plot(row.ratio, y, "o", color=colour, markersize=4)
        if row.target is not None:
            axes.plot(row.target, y, "|", color="black", markersize=9)
    axes.axvline(1, color="grey", linewidth=0.8)
    names = [f"{row.work[:60]} · {row.ours} · {row.peer}" for row in reversed(rows)]
    axes.set_yticks(range(len(rows)), names, fontsize=7)
    axes.set(
        xscale="log", xlabel="the peer's time (memory, size) by ours; bars: the least that is asked for; red: short"
    )
    axes.margins(y=0.01)
    _write(figure, path)


def plot_growths(growths: Sequence[scaling.Growth], path: Path) -> None:
    """Times by size, a panel for each axis."""
    figure, panels = _pyplot().subplots(2, 2, figsize=(10, 7), layout="constrained")
    for axes, growth in zip(panels.flat, growths, strict=True):
        for name, times in (("xnn", growth.xnn), ("PyTorch", growth.torch)):
            if times:
                slope = scaling.exponent(growth.sizes, times)
                label = f"{name}, exponent {slope:.2f}"
                axes.plot(growth.sizes, [taken * 1e3 for taken in times], "o-", markersize=4, label=label)
        axes.set(xscale="log", yscale="log", title=growth.name, ylabel="ms")
        axes.xaxis.set_minor_formatter("")  # a narrow range would name them all
        axes.legend(fontsize=8)
    _write(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "xnn"  # the same figures give the same file
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text: a quarter of the size
    from matplotlib import pyplot

    return pyplot


def _write(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    _pyplot().close(figure)


if __name__ == "__main__":
    render()
