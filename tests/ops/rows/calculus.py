"""Rows of xnn.ops.calculus."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
