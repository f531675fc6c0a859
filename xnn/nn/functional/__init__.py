"""The functions behind the layers, with PyTorch's names and arguments.

They take Arrays, and raw arrays of any backend, which give raw arrays.
"""

from . import (
    activation,
    attention,
    batchnorm,
    conv,
    distance,
    dropouts,
    embeddings,
    folding,
    normalization,
    padding,
    pooling,
    products,
    shape,
    unpooling,
    upsampling,
)
from .activation import *
from .attention import *
from .batchnorm import *
from .conv import *
from .distance import *
from .dropouts import *
from .embeddings import *
from .folding import *
from .normalization import *
from .padding import *
from .pooling import *
from .products import *
from .shape import *
from .unpooling import *
from .upsampling import *

__all__ = [
    *activation.__all__,
    *attention.__all__,
    *batchnorm.__all__,
    *conv.__all__,
    *distance.__all__,
    *dropouts.__all__,
    *embeddings.__all__,
    *folding.__all__,
    *products.__all__,
    *normalization.__all__,
    *padding.__all__,
    *pooling.__all__,
    *shape.__all__,
    *unpooling.__all__,
    *upsampling.__all__,
]
