"""Rows of xnn.ops.selection."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
