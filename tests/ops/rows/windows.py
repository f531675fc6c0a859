"""Rows of xnn.ops.windows."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
