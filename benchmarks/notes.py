"""Why a row falls short of its target, and what was tried. RESULTS.md and the table print what stands here.

A pattern (of fnmatch) is held against "work | ours | peer", as the table names them; the first that matches counts.
Rows that reach their target, or have none, get no note. For example

    ("inference of * | xnn | PyTorch", "Python takes half of the time: ... was tried, and gave ..."),

`python -m benchmarks.results` then writes RESULTS.md again, without measuring.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from .timing import Row

NOTES: list[tuple[str, str]] = []


def note(row: Row) -> str:
    """The reason of a row that falls short; "" for one that does not, or whose reason is not known."""
    name = f"{row.work} | {row.ours} | {row.peer}"
    return next((reason for pattern, reason in NOTES if fnmatchcase(name, pattern)), "") if row.short else ""
