"""Rows of xnn.ops.polynomials."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
