"""Rows of xnn.ops.arithmetic."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
