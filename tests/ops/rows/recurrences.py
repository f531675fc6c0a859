"""Rows of xnn.ops.recurrences."""

ROWS = []
