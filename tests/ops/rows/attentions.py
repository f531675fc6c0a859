"""Rows of xnn.ops.attentions."""

ROWS = []
