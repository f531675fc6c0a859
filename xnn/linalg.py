"""Linear algebra: the extension `linalg` of the array API standard."""

from .cures import offer
from .ops import decompositions, determinants, diagonals, eigenvalues, linear_algebra, norms, products, solving
from .ops.decompositions import *
from .ops.determinants import *
from .ops.diagonals import *
from .ops.eigenvalues import *
from .ops.linear_algebra import *
from .ops.norms import *
from .ops.products import *
from .ops.solving import *

__all__ = [
    *decompositions.__all__,
    *determinants.__all__,
    *diagonals.__all__,
    *eigenvalues.__all__,
    *linear_algebra.__all__,
    *norms.__all__,
    *products.__all__,
    *solving.__all__,
]


def __dir__() -> list[str]:
    return __all__


offer(__name__)
