"""Initialisers: they fill an array in place, with PyTorch's names and defaults.

The numbers come from the default stream (`xnn.random.manual_seed`), so they are the same on every device.
"""

from __future__ import annotations

import math

from xnn.array import Array
from xnn.autograd.graph import no_grad
from xnn.errors import ShapeError
from xnn.random import Generator, default_generator


def uniform_(tensor: Array, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with numbers of U(a, b).

    Shapes: any, kept; real floating-point.
    """
    stream = generator or default_generator()
    with no_grad():
        tensor[...] = stream.uniform(tensor.shape, a, b, dtype=tensor.dtype, device=tensor.device)
    return tensor


def kaiming_uniform_(tensor: Array, a: float = 0.0, generator: Generator | None = None) -> Array:
    """Fill with U(-bound, bound), bound = sqrt(6 / ((1 + a**2) * fan_in)), for leaky ReLU of slope a.

    He et al., Delving deep into rectifiers, 2015.

    Shapes: (out, in, *kernel), kept; real floating-point.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    bound = math.sqrt(6 / ((1 + a**2) * fan_in(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def fan_in(tensor: Array) -> int:
    """How many inputs an output of a weight of shape (out, in, *kernel) has.

    Raises:
        ShapeError: for fewer than two dimensions, which have no fans.
    """
    if tensor.ndim < 2:
        raise ShapeError(f"a weight of two or more dimensions has fans; got shape {tensor.shape}")
    return math.prod(tensor.shape[1:])
