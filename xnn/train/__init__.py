"""Training: the loop, networks for MNIST, and runs that are kept in folders and can be gone on with."""

from xnn.cures import offer as _offer

from . import mnist, models, optimizers
from .loop import accuracy, predict, train_epoch
from .run import Run

__all__ = ["Run", "accuracy", "mnist", "models", "optimizers", "predict", "train_epoch"]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
