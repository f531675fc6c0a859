"""Rows of xnn.ops.contractions."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
