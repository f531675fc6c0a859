"""Rows of xnn.ops.shapes."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
