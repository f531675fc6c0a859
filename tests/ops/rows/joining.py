"""Rows of xnn.ops.joining."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
