"""Rows of xnn.ops.ordering."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
