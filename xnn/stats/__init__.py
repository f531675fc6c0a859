"""Probability distributions under SciPy's names, differentiable, with draws that are, too."""

from xnn.cures import offer as _offer

from . import circular, discrete, distribution, divergence, location_scale, multivariate, shaped
from .circular import *
from .discrete import *
from .distribution import *
from .divergence import *
from .location_scale import *
from .multivariate import *
from .shaped import *

__all__ = [
    *circular.__all__,
    *discrete.__all__,
    *distribution.__all__,
    *divergence.__all__,
    *location_scale.__all__,
    *multivariate.__all__,
    *shaped.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
