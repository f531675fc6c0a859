"""Rows of xnn.ops.predicates."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
