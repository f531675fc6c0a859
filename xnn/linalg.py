"""Linear algebra: the extension `linalg` of the array API standard."""

from xnn_backends.protocol import LinAlgError

from .cures import offer as _offer
from .ops import decompositions as _decompositions
from .ops import determinants as _determinants
from .ops import diagonals as _diagonals
from .ops import eigenvalues as _eigenvalues
from .ops import exponentials as _exponentials
from .ops import least_squares as _least_squares
from .ops import linear_algebra as _linear_algebra
from .ops import lu_factors as _lu_factors
from .ops import matrix_functions as _matrix_functions
from .ops import norms as _norms
from .ops import products as _products
from .ops import solving as _solving
from .ops import structured_matrices as _structured_matrices
from .ops import triangular as _triangular
from .ops.building import block_diag
from .ops.decompositions import *
from .ops.determinants import *
from .ops.diagonals import *
from .ops.eigenvalues import *
from .ops.exponentials import *
from .ops.least_squares import *
from .ops.linear_algebra import *
from .ops.lu_factors import *
from .ops.matrix_functions import *
from .ops.norms import *
from .ops.products import *
from .ops.solving import *
from .ops.structured_matrices import *
from .ops.triangular import *

__all__ = [
    "LinAlgError",
    *_decompositions.__all__,
    *_determinants.__all__,
    *_diagonals.__all__,
    *_eigenvalues.__all__,
    *_exponentials.__all__,
    *_least_squares.__all__,
    *_linear_algebra.__all__,
    *_lu_factors.__all__,
    *_matrix_functions.__all__,
    *_norms.__all__,
    "block_diag",
    *_products.__all__,
    *_solving.__all__,
    *_structured_matrices.__all__,
    *_triangular.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
