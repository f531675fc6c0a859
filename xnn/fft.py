"""Fourier transforms: the extension `fft` of the array API standard."""

from .ops import fourier
from .ops.fourier import *

__all__: list[str] = [*fourier.__all__]
