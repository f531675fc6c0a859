"""Rows of xnn.ops.special."""

ROWS = []
