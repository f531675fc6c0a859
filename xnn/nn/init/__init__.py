"""Initialisers: they fill an array in place, with PyTorch's names and defaults, and Keras's where PyTorch has none.

The numbers come from the default stream (`xnn.random.manual_seed`) or from a generator, so they are the same on every
device: uniform ones bit for bit, others as nearly as the devices' logarithms and products agree.
"""

from xnn.cures import offer as _offer

from . import distributions, gains, matrices, scaled
from .distributions import *
from .gains import *
from .matrices import *
from .scaled import *

__all__: list[str] = [*gains.__all__, *distributions.__all__, *matrices.__all__, *scaled.__all__]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
