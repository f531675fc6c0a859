"""Fourier transforms: the extension `fft` of the array API standard, and NumPy's, SciPy's and PyTorch's others."""

from .cures import offer as _offer
from .ops import cosine_transforms as _cosine_transforms
from .ops import fourier as _fourier
from .ops import planes as _planes
from .ops import short_time_fourier as _short_time_fourier
from .ops.cosine_transforms import *
from .ops.fourier import *
from .ops.planes import *
from .ops.short_time_fourier import *

__all__: list[str] = [*_cosine_transforms.__all__, *_fourier.__all__, *_planes.__all__, *_short_time_fourier.__all__]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
