"""Rows of layers, a family a file."""
