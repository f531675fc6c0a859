"""Rows of xnn.ops.averages."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
