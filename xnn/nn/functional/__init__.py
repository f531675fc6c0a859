"""The functions behind the layers, with PyTorch's names and arguments.

They take Arrays, and raw arrays of any backend, which give raw arrays.
"""

from xnn.arguments import check_flags_of as _check_flags_of
from xnn.cures import offer as _offer

from . import (
    _activation,
    _adaptive_pooling,
    _attention,
    _batchnorm,
    _conv,
    _distance,
    _dropout,
    _embedding,
    _flatten,
    _folding,
    _grid_sampling,
    _in_place,
    _labels,
    _linear,
    _losses,
    _multihead,
    _normalization,
    _padding,
    _pooling,
    _position,
    _rectifier,
    _recurrent,
    _softmax,
    _unpooling,
    _upsampling,
    _with_indices,
)
from ._activation import *
from ._adaptive_pooling import *
from ._attention import *
from ._batchnorm import *
from ._conv import *
from ._distance import *
from ._dropout import *
from ._embedding import *
from ._flatten import *
from ._folding import *
from ._grid_sampling import *
from ._in_place import *
from ._labels import *
from ._linear import *
from ._losses import *
from ._multihead import *
from ._normalization import *
from ._padding import *
from ._pooling import *
from ._position import *
from ._rectifier import *
from ._recurrent import *
from ._softmax import *
from ._unpooling import *
from ._upsampling import *
from ._with_indices import *

__all__ = [
    *_activation.__all__,
    *_adaptive_pooling.__all__,
    *_attention.__all__,
    *_batchnorm.__all__,
    *_conv.__all__,
    *_distance.__all__,
    *_dropout.__all__,
    *_embedding.__all__,
    *_flatten.__all__,
    *_folding.__all__,
    *_labels.__all__,
    *_grid_sampling.__all__,
    *_in_place.__all__,
    *_losses.__all__,
    *_multihead.__all__,
    *_with_indices.__all__,
    *_linear.__all__,
    *_normalization.__all__,
    *_padding.__all__,
    *_pooling.__all__,
    *_position.__all__,
    *_rectifier.__all__,
    *_recurrent.__all__,
    *_softmax.__all__,
    *_unpooling.__all__,
    *_upsampling.__all__,
]

_check_flags_of(globals())


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
