"""Fourier transforms of the standard's extension `fft`, each with its derivative."""

__all__: list[str] = []
