"""Losses: plain functions under PyTorch's functional names, or Keras's; `reduction` is "mean", "sum" or "none".

Positional are the arrays, and the options that stand before `reduction` in PyTorch's or Keras's function (`weight`,
`margin`); `reduction` and what comes after it are given by name.
"""

from xnn.arguments import check_flags_of as _check_flags_of
from xnn.cures import offer as _offer

from . import (
    binary,
    classification,
    ctc,
    focal,
    likelihoods,
    margins,
    overlap,
    penalties,
    regression,
    similarity,
)
from .binary import *
from .classification import *
from .ctc import *
from .focal import *
from .likelihoods import *
from .margins import *
from .overlap import *
from .penalties import *
from .regression import *
from .similarity import *

__all__ = [
    *binary.__all__,
    *classification.__all__,
    *ctc.__all__,
    *focal.__all__,
    *likelihoods.__all__,
    *margins.__all__,
    *overlap.__all__,
    *penalties.__all__,
    *regression.__all__,
    *similarity.__all__,
]

_check_flags_of(globals())


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
