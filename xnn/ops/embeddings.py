"""Rows of tables, and their sums."""
