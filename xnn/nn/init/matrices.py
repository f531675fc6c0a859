"""Constants, and matrices with a structure."""

from __future__ import annotations

import math

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import DType, float64
from xnn.errors import OptionError, ShapeError
from xnn.random import Generator, default_generator

from .distributions import normal_
from .filling import fill

__all__ = ["constant_", "dirac_", "eye_", "ones_", "orthogonal_", "sparse_", "zeros_"]


def constant_(tensor: Array, val: float) -> Array:
    """Fill with one number.

    Args:
        tensor: any shape, kept; real floating-point.
        val: the number.

    Raises:
        DTypeError: for another data type.
    """
    return fill("constant_", tensor, lambda t: frontend.xp.full(tensor.shape, val, dtype=t, device=tensor.device))


def ones_(tensor: Array) -> Array:
    """Fill with ones; any shape, kept, real floating-point."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Array) -> Array:
    """Fill with zeros; any shape, kept, real floating-point."""
    return constant_(tensor, 0.0)


def eye_(tensor: Array) -> Array:
    """Fill with ones on the diagonal, and zeros elsewhere: a linear layer then keeps what it can.

    Args:
        tensor: shape (n, m), real floating-point.

    Raises:
        ShapeError: for another number of dimensions.
    """
    _check_matrix("eye_", tensor)
    return fill("eye_", tensor, lambda t: frontend.xp.eye(*tensor.shape, dtype=t, device=tensor.device))


def dirac_(tensor: Array, groups: int = 1) -> Array:
    """Fill with a one in the middle of kernel (i, i) of each group, and zeros: a convolution then keeps what it can.

    Args:
        tensor: shape (out, in / groups, *kernel), of one to three dimensions of kernel; real floating-point.
        groups: of the convolution; out is a multiple of it.

    Raises:
        ShapeError: for another number of dimensions.
        OptionError: for groups that do not divide out.
    """
    shape = tuple(tensor.shape)
    if len(shape) not in (3, 4, 5):
        raise ShapeError(f"dirac_ fills weights (out, in, *kernel) of 3, 4 or 5 dimensions; got shape {shape}")
    groups = whole("dirac_: groups", groups, 1)
    if shape[0] % groups:
        raise OptionError(f"dirac_: groups divides the {shape[0]} outputs; got {groups}")

    def values(dtype: DType) -> Array:
        xp, device = frontend.xp, tensor.device
        out = xp.arange(shape[0], device=device) % (shape[0] // groups)
        is_one = out[:, None] == xp.arange(shape[1], device=device)[None, :]
        for size in shape[2:]:
            is_middle = xp.arange(size, device=device) == size // 2
            is_one = xp.logical_and(is_one[..., None], is_middle)
        made: Array = xp.astype(is_one, dtype)
        return made

    return fill("dirac_", tensor, values)


def _check_matrix(name: str, tensor: Array) -> None:
    if len(tensor.shape) != 2:
        raise ShapeError(f"{name} fills matrices (n, m); got shape {tuple(tensor.shape)}")


def orthogonal_(tensor: Array, gain: float = 1.0, generator: Generator | None = None) -> Array:
    """Fill with a random orthogonal matrix: its rows, or columns if there are fewer, are orthogonal and of length gain.

    Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014.

    Args:
        tensor: shape (n, ...), seen as a matrix (n, m); real floating-point.
        gain: the length.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for fewer than two dimensions.
    """
    shape = tuple(tensor.shape)
    if len(shape) < 2:
        raise ShapeError(f"orthogonal_ fills arrays of two or more dimensions; got shape {shape}")
    n, m = shape[0], math.prod(shape[1:])
    stream = generator or default_generator()

    def values(dtype: DType) -> Array:
        xp = frontend.xp
        drawn = stream.normal((n, m), dtype=dtype, device=tensor.device)
        made = drawn if n >= m else drawn.T
        if n * m:
            q, r = xp.linalg.qr(made)
            # With r's diagonal above 0 there is one q, evenly distributed, whichever signs a library gives its columns.
            made = q * xp.where(xp.linalg.diagonal(r) < 0, -gain, gain)
        result: Array = xp.reshape(made if n >= m else made.T, shape)
        return result

    return fill("orthogonal_", tensor, values)


def sparse_(tensor: Array, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Array:
    """Fill with N(0, std**2), but for ceil(sparsity * n) zeros at random places of each column.

    Martens, Deep learning via Hessian-free optimization, 2010.

    Args:
        tensor: shape (n, m), real floating-point.
        sparsity: the share of zeros, from 0 to 1.
        std: of the others, at least 0.
        generator: the stream; the default one if None.

    Raises:
        ShapeError: for another number of dimensions.
        OptionError: for a sparsity that is not from 0 to 1, or std below 0.
    """
    _check_matrix("sparse_", tensor)
    if not 0 <= sparsity <= 1:
        raise OptionError(f"sparse_: sparsity is from 0 to 1; got {sparsity!r}")
    stream = generator or default_generator()
    normal_(tensor, 0.0, std, stream)
    zeros = math.ceil(sparsity * tensor.shape[0])

    def values(dtype: DType) -> Array:
        xp = frontend.xp
        order = xp.argsort(stream.uniform(tensor.shape, dtype=float64, device=tensor.device), axis=0)
        kept: Array = xp.where(order < zeros, 0.0, tensor)
        return kept

    return fill("sparse_", tensor, values)
