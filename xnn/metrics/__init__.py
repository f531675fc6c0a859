"""Metrics: streaming, on the device of what they are given, and equal to scikit-learn's."""

__all__: list[str] = []
