"""Rows of xnn.ops.order_statistics."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
