"""Rows of xnn.ops.scattering."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
