"""Data: labelled examples on any device, MNIST, and the IDX files that it comes in."""

from xnn.cures import offer as _offer

from .dataset import Dataset
from .idx import read_idx
from .mnist import load_mnist

__all__ = ["Dataset", "load_mnist", "read_idx"]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
