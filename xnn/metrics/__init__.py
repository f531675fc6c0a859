"""Metrics: streaming, on the device of what they are given, and equal to scikit-learn's.

Each is an object that takes batches (`update`, `compute`, `reset`) and a function of one batch. Arguments are
(input, target) as those of the losses, where scikit-learn has (y_true, y_pred).
"""

from xnn.cures import offer as _offer

from . import aggregation, classification, confusion, metric, ranking, regression, sequence
from .aggregation import *
from .classification import *
from .confusion import *
from .metric import *
from .ranking import *
from .regression import *
from .sequence import *

__all__: list[str] = [
    *metric.__all__,
    *classification.__all__,
    *confusion.__all__,
    *ranking.__all__,
    *regression.__all__,
    *sequence.__all__,
    *aggregation.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
