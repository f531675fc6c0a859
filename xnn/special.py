"""Special functions under SciPy's names."""

from .cures import offer as _offer
from .ops import bessel_functions as _bessel_functions
from .ops import cylindrical_bessel as _cylindrical_bessel
from .ops import elliptic_integrals as _elliptic_integrals
from .ops import entropies as _entropies
from .ops import error_functions as _error_functions
from .ops import exponential_integrals as _exponential_integrals
from .ops import factorials as _factorials
from .ops import gamma_functions as _gamma_functions
from .ops import incomplete_beta as _incomplete_beta
from .ops import incomplete_gamma as _incomplete_gamma
from .ops import lambert as _lambert
from .ops import modified_bessel as _modified_bessel
from .ops import orthogonal_polynomials as _orthogonal_polynomials
from .ops import special as _special
from .ops import zeta_function as _zeta_function
from .ops.bessel_functions import *
from .ops.cylindrical_bessel import *
from .ops.elliptic_integrals import *
from .ops.entropies import *
from .ops.error_functions import *
from .ops.exponential_integrals import *
from .ops.factorials import *
from .ops.gamma_functions import *
from .ops.incomplete_beta import *
from .ops.incomplete_gamma import *
from .ops.lambert import *
from .ops.modified_bessel import *
from .ops.orthogonal_polynomials import *
from .ops.special import *
from .ops.zeta_function import *

__all__: list[str] = [
    *_bessel_functions.__all__,
    *_zeta_function.__all__,
    *_modified_bessel.__all__,
    *_factorials.__all__,
    *_cylindrical_bessel.__all__,
    *_entropies.__all__,
    *_orthogonal_polynomials.__all__,
    *_lambert.__all__,
    *_exponential_integrals.__all__,
    *_elliptic_integrals.__all__,
    *_error_functions.__all__,
    *_gamma_functions.__all__,
    *_incomplete_beta.__all__,
    *_incomplete_gamma.__all__,
    *_special.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
