"""Rows added up by their numbers."""

from __future__ import annotations

from typing import Any

from . import compiled


@compiled
def add_rows(table: Any, numbers: Any, rows: Any, each: int) -> None:
    for n in range(numbers.size):
        row, place = numbers[n], n // each
        for j in range(table.shape[1]):
            table[row, j] += rows[place, j]
