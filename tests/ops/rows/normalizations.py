"""Rows of xnn.ops.normalizations."""

ROWS = []
