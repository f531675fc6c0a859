"""Learning rates as functions of the step, with PyTorch's names and options, and Keras's where PyTorch has none."""

from xnn.cures import offer as _offer

from . import combined, cosine, cyclic, decay, plateau, schedule, stepwise
from .combined import *
from .cosine import *
from .cyclic import *
from .decay import *
from .plateau import *
from .schedule import *
from .stepwise import *

__all__: list[str] = [
    *schedule.__all__,
    *stepwise.__all__,
    *decay.__all__,
    *cosine.__all__,
    *cyclic.__all__,
    *combined.__all__,
    *plateau.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
