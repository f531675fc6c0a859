"""Special functions under SciPy's names."""

from .cures import offer
from .ops import bessel_functions, entropies, error_functions, gamma_functions, special
from .ops.bessel_functions import *
from .ops.entropies import *
from .ops.error_functions import *
from .ops.gamma_functions import *
from .ops.special import *

__all__: list[str] = [
    *bessel_functions.__all__,
    *entropies.__all__,
    *error_functions.__all__,
    *gamma_functions.__all__,
    *special.__all__,
]


def __dir__() -> list[str]:
    return __all__


offer(__name__)
