"""The table: a line for each row, footnotes with the reasons."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from .notes import note
from .timing import Row

HEAD = (
    "work",
    "ours",
    "peer",
    "ours takes",
    "peer takes",
    "ratio",
    "10 to 90 %",
    "at least",
    "floor",
    "floor/ours",
    "",
)
TEXT_COLUMNS = 3  # the others are numbers
LEGEND = (
    "ratio: the peer's time by ours, median of neighbouring pairs, above 1 we are faster. floor: the products' FLOPs "
    "over the measured rate of a product, and the bytes that must be copied over that of a copy; floor/ours: how near "
    "we are to it (of an import: that of NumPy). * falls short."
)


def footnotes(rows: Sequence[Row]) -> list[str]:
    """The reasons that rows have, each once, in the order of the rows."""
    return list(dict.fromkeys(filter(None, map(note, rows))))


def unexplained(rows: Sequence[Row]) -> list[str]:
    """Rows that fall short and have no note."""
    return [f"{row.work} | {row.ours} | {row.peer}" for row in rows if row.short and not note(row)]


def cells(row: Row, reasons: Sequence[str]) -> tuple[str, ...]:
    """A row as strings, in the columns of HEAD."""
    mark = f"*{reasons.index(note(row)) + 1}" if note(row) else "*" * row.short
    return (
        row.work,
        row.ours,
        row.peer,
        f"{amount(row.own)} {row.unit}",
        f"{amount(row.other)} {row.unit}",
        amount(row.ratio),
        f"{amount(row.low)} to {amount(row.high)}" if row.low != row.high else "",
        "" if row.target is None else f"{row.target:g}",
        "" if row.floor is None else f"{amount(row.floor)} {row.unit}",
        "" if row.floor is None else f"{row.floor / row.own:.0%}",
        mark,
    )


def amount(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:#.3g}"


def show(rows: Sequence[Row]) -> None:
    """Print the table: with rich, where it is installed."""
    reasons = footnotes(rows)
    lines = [cells(row, reasons) for row in rows]
    (_show_rich if importlib.util.find_spec("rich") else _show_plain)(lines)
    print(LEGEND)
    for number, reason in enumerate(reasons, 1):
        print(f"*{number} {reason}")


def _show_plain(lines: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]
    for line in (HEAD, *lines):
        texts = [text.ljust(width) for text, width in zip(line, widths, strict=True)][:TEXT_COLUMNS]
        numbers = [text.rjust(width) for text, width in zip(line, widths, strict=True)][TEXT_COLUMNS:]
        print("  ".join(texts + numbers).rstrip())


def _show_rich(lines: Sequence[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for i, name in enumerate(HEAD):
        table.add_column(name, justify="left" if i < TEXT_COLUMNS else "right", no_wrap=True)
    for line in lines:
        table.add_row(*map(escape, line), style="yellow" if line[-1] else None)
    console = Console()
    # What does not fit is wrapped by the terminal; rich would cut the names and figures off.
    console.width = max(console.width, console.measure(table, options=console.options.update(max_width=500)).maximum)
    console.print(table)
