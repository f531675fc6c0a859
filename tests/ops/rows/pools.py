"""Rows of xnn.ops.pools."""

ROWS = []
