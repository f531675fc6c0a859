"""Layers and networks, with PyTorch's names, arguments, defaults and layouts of weights."""

from xnn.cures import offer as _offer

from . import (
    activation,
    adaptive_pooling,
    adaptive_softmax,
    attention,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    embedding,
    flatten,
    folding,
    functional,
    graph,
    init,
    linear,
    loss,
    module,
    normalization,
    padding,
    parametrizations,
    pooling,
    position,
    rectifier,
    recurrent,
    recurrent_cells,
    softmax,
    summaries,
    transformer,
    transformer_layers,
    unpooling,
    upsampling,
)
from .activation import *
from .adaptive_pooling import *
from .adaptive_softmax import *
from .attention import *
from .batchnorm import *
from .container import *
from .conv import *
from .distance import *
from .dropout import *
from .embedding import *
from .flatten import *
from .folding import *
from .graph import *
from .linear import *
from .loss import *
from .module import *
from .normalization import *
from .padding import *
from .pooling import *
from .position import *
from .rectifier import *
from .recurrent import *
from .recurrent_cells import *
from .softmax import *
from .summaries import *
from .transformer import *
from .transformer_layers import *
from .unpooling import *
from .upsampling import *

__all__ = [
    "functional",
    "init",
    "parametrizations",
    *activation.__all__,
    *adaptive_pooling.__all__,
    *adaptive_softmax.__all__,
    *attention.__all__,
    *batchnorm.__all__,
    *container.__all__,
    *conv.__all__,
    *distance.__all__,
    *dropout.__all__,
    *embedding.__all__,
    *flatten.__all__,
    *folding.__all__,
    *graph.__all__,
    *linear.__all__,
    *loss.__all__,
    *module.__all__,
    *normalization.__all__,
    *padding.__all__,
    *pooling.__all__,
    *position.__all__,
    *rectifier.__all__,
    *recurrent.__all__,
    *recurrent_cells.__all__,
    *softmax.__all__,
    *summaries.__all__,
    *transformer.__all__,
    *transformer_layers.__all__,
    *unpooling.__all__,
    *upsampling.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
