"""Fourier transforms: the extension `fft` of the array API standard."""

from .ops import fourier
from .ops.fourier import *

__all__: list[str] = [*fourier.__all__]


def __dir__() -> list[str]:
    return __all__
