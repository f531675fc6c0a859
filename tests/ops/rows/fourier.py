"""Rows of xnn.ops.fourier."""

ROWS = []
