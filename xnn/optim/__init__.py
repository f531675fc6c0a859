"""Optimizers, with PyTorch's names, arguments and defaults; each is one pure update rule on arrays."""

from xnn.cures import offer as _offer

from . import (
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    asgd,
    clipping,
    ftrl,
    layerwise,
    lbfgs,
    lion,
    lr_scheduler,
    minimization,
    muon,
    nadam,
    optimizer,
    perceptron,
    pure,
    radam,
    rmsprop,
    rprop,
    schedule_free,
    sgd,
    swa_utils,
)
from .adadelta import *
from .adafactor import *
from .adagrad import *
from .adam import *
from .adamax import *
from .asgd import *
from .clipping import *
from .ftrl import *
from .layerwise import *
from .lbfgs import *
from .lion import *
from .minimization import *
from .muon import *
from .nadam import *
from .optimizer import *
from .perceptron import *
from .pure import *
from .radam import *
from .rmsprop import *
from .rprop import *
from .schedule_free import *
from .sgd import *
from .swa_utils import *

__all__ = [
    "lr_scheduler",
    "swa_utils",
    *adadelta.__all__,
    *adafactor.__all__,
    *adagrad.__all__,
    *adam.__all__,
    *adamax.__all__,
    *asgd.__all__,
    *clipping.__all__,
    *ftrl.__all__,
    *layerwise.__all__,
    *lbfgs.__all__,
    *lion.__all__,
    *minimization.__all__,
    *muon.__all__,
    *nadam.__all__,
    *optimizer.__all__,
    *perceptron.__all__,
    *pure.__all__,
    *radam.__all__,
    *rmsprop.__all__,
    *rprop.__all__,
    *schedule_free.__all__,
    *sgd.__all__,
    *swa_utils.__all__,
]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
