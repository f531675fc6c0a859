"""Rows of xnn.ops.embeddings."""

ROWS = []
