"""Rows of xnn.ops.building."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
