"""The functions behind the layers, with PyTorch's names and arguments.

They take Arrays, and raw arrays of any backend, which give raw arrays.
"""

from xnn.arguments import check_flags_of

from . import (
    activation,
    adaptive_pooling,
    attention,
    batchnorm,
    conv,
    distance,
    dropouts,
    embeddings,
    folding,
    labels,
    normalization,
    padding,
    pooling,
    products,
    rectifiers,
    sequences,
    shape,
    softmaxes,
    unpooling,
    upsampling,
)
from .activation import *
from .adaptive_pooling import *
from .attention import *
from .batchnorm import *
from .conv import *
from .distance import *
from .dropouts import *
from .embeddings import *
from .folding import *
from .labels import *
from .normalization import *
from .padding import *
from .pooling import *
from .products import *
from .rectifiers import *
from .sequences import *
from .shape import *
from .softmaxes import *
from .unpooling import *
from .upsampling import *

__all__ = [
    *activation.__all__,
    *adaptive_pooling.__all__,
    *attention.__all__,
    *batchnorm.__all__,
    *conv.__all__,
    *distance.__all__,
    *dropouts.__all__,
    *embeddings.__all__,
    *folding.__all__,
    *labels.__all__,
    *normalization.__all__,
    *padding.__all__,
    *pooling.__all__,
    *products.__all__,
    *rectifiers.__all__,
    *sequences.__all__,
    *shape.__all__,
    *softmaxes.__all__,
    *unpooling.__all__,
    *upsampling.__all__,
]

check_flags_of(globals())
