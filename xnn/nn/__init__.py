"""Layers and networks, with PyTorch's names, arguments, defaults and layouts of weights."""

from . import (
    activation,
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
    module,
    normalization,
    padding,
    pooling,
    position,
    recurrent,
    transformer,
    unpooling,
    upsampling,
)
from .activation import *
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
from .module import *
from .normalization import *
from .padding import *
from .pooling import *
from .position import *
from .recurrent import *
from .transformer import *
from .unpooling import *
from .upsampling import *

__all__ = [
    "functional",
    "init",
    *activation.__all__,
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
    *module.__all__,
    *normalization.__all__,
    *padding.__all__,
    *pooling.__all__,
    *position.__all__,
    *recurrent.__all__,
    *transformer.__all__,
    *unpooling.__all__,
    *upsampling.__all__,
]
