"""Rows of xnn.ops.decompositions."""

ROWS = []
