"""Rows of xnn.ops.histograms."""

from tests.ops.rows.row import Row

ROWS: list[Row] = []
