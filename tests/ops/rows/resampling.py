"""Rows of xnn.ops.resampling."""

ROWS = []
