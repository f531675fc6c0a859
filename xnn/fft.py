"""Fourier transforms: the extension `fft` of the array API standard."""

from .cures import offer
from .ops import fourier
from .ops.fourier import *

__all__: list[str] = [*fourier.__all__]


def __dir__() -> list[str]:
    return __all__


offer(__name__)
