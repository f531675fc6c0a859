"""Fourier transforms: the extension `fft` of the array API standard."""

from .ops.fourier import *

__all__: list[str] = []
