"""Fourier transforms: the extension `fft` of the array API standard."""

from .cures import offer as _offer
from .ops import fourier as _fourier
from .ops.fourier import *

__all__: list[str] = [*_fourier.__all__]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
