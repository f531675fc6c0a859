"""Pytrees, arrays nested in containers (see `xnn.register_pytree`): JAX's `jax.tree`."""

from .autograd.pytree import Structure
from .autograd.trees import flatten, leaves, map, reduce, structure, unflatten
from .cures import offer as _offer

__all__ = ["Structure", "flatten", "leaves", "map", "reduce", "structure", "unflatten"]


def __dir__() -> list[str]:
    return __all__


_offer(__name__)
