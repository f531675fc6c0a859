"""Activations along a dimension, which give points of the simplex: numbers that are not negative, and of sum 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn.arguments import check_arrays, check_floating, dim_of, number
from xnn.array_object import Array
from xnn.autograd.operands import device_of
from xnn.dtypes import as_dtype
from xnn.errors import DTypeError, OptionError
from xnn.ops import softmax as primitives
from xnn.ops.comparison import equal
from xnn.ops.creation import arange
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.elementwise import add, divide, negative, subtract
from xnn.ops.manipulation import reshape
from xnn.ops.matrices import as_floating
from xnn.ops.searching import argmax
from xnn.random import Generator, default_generator
from xnn.typing import A, DTypeLike

from ._noise import beside, gumbel_like

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin", "sparsemax"]


def _along(operation: Callable[..., Any], name: str, input: Any, dim: int, dtype: Any) -> Any:
    """The operation along a dimension; an array () counts as (1,), as in PyTorch."""
    check_arrays(name, input=input)
    shape = tuple(input.shape)
    axis = dim_of(name, "dim", dim, shape or (1,))
    if dtype is not None:
        wanted = as_dtype(dtype)
        if wanted.kind != "real floating":
            raise DTypeError(f"{name} gives floating-point numbers; got dtype {wanted.name}. Cure: xnn.float32.")
        input = astype(input, wanted)
    return operation(input, axis=axis) if shape else reshape(operation(reshape(input, (1,)), axis=0), ())


def softmax(input: A, dim: int, *, dtype: DTypeLike | None = None) -> A:
    """exp(input) / sum(exp(input)) along `dim`.

    PyTorch allows `dim` to be left out, and warns, as it then guesses; here it is required.

    Args:
        input: any shape, which is kept; integers become the default floating type.
        dim: the dimension along which the sum is 1.
        dtype: a floating-point type to which input is cast first; None for its own.

    Raises:
        ShapeError: if input has no such dimension.
        DTypeError: for another dtype.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.softmax(xp.zeros((1, 4), device="cpu"), dim=1).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    return _along(primitives.softmax, "softmax", input, dim, dtype)


def log_softmax(input: A, dim: int, *, dtype: DTypeLike | None = None) -> A:
    """The logarithm of `softmax`, which stays finite where that becomes 0. Arguments and errors are those of `softmax`.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.
    """
    return _along(primitives.log_softmax, "log_softmax", input, dim, dtype)


def softmin(input: A, dim: int, *, dtype: DTypeLike | None = None) -> A:
    """`softmax` of -input. Arguments and errors are those of `softmax`.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.
    """
    return _along(_softmin, "softmin", input, dim, dtype)


def _softmin(x: Any, axis: int) -> Any:
    return primitives.softmax(negative(as_floating(x)), axis=axis)  # -x of an unsigned integer is none


def sparsemax(input: A, dim: int = -1) -> A:
    """The point of the simplex that is nearest to input along `dim`: a softmax that gives exact zeros.

    It is max(input - t, 0), with the t for which the sum is 1. Its Jacobian is that of subtracting the mean among the
    elements above 0. Martins & Astudillo, From Softmax to Sparsemax, 2016. In Keras, not in PyTorch.

    Shapes: any with a dimension `dim`, kept; integers become the default floating type.

    Raises:
        ShapeError: if input has no such dimension.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.sparsemax(xp.asarray([0.5, 0.0, -3.0], device="cpu")).tolist()
        [0.75, 0.25, 0.0]
    """
    return _along(primitives.sparsemax, "sparsemax", input, dim, None)


def gumbel_softmax(
    logits: A, tau: float = 1.0, hard: bool = False, *, dim: int = -1, generator: Generator | None = None
) -> A:
    """A random choice by the probabilities softmax(logits), relaxed: softmax((logits + noise) / tau) along `dim`.

    The noise has Gumbel's distribution, -log(-log(u)) of uniform u. Jang et al., Categorical Reparameterization with
    Gumbel-Softmax, 2017; Maddison et al., The Concrete Distribution, 2017.

    Args:
        logits: any shape, which is kept; floating-point.
        tau: the temperature, above 0.
        hard: whether the result is the one-hot choice, with the derivative of the relaxed one ("straight through").
        dim: the dimension of the choice.
        generator: of the noise; None for the default stream.

    Raises:
        OptionError: for a tau that is not above 0.
        ShapeError: if logits have no such dimension.
        DTypeError: if logits are not floating-point.
    """
    check_arrays("gumbel_softmax", logits=logits)
    check_floating("gumbel_softmax", "logits", logits)
    tau = number("gumbel_softmax", "tau", tau)
    if not tau > 0:
        raise OptionError(f"gumbel_softmax takes a temperature tau above 0; got {tau}")
    shape = tuple(logits.shape)
    axis = dim_of("gumbel_softmax", "dim", dim, shape or (1,))
    if not shape:  # one number counts as (1,), as in PyTorch
        return reshape(gumbel_softmax(reshape(logits, (1,)), tau, hard, generator=generator), ())
    noise = gumbel_like(logits, generator or default_generator())
    soft = primitives.softmax(divide(add(logits, noise), tau), axis=axis)
    if not hard:
        return soft
    fixed = soft.detach() if isinstance(soft, Array) else soft
    # soft - fixed is 0, and has the derivative of soft
    return add(_one_hot_of_largest(fixed, axis), subtract(soft, fixed))


def _one_hot_of_largest(x: Any, axis: int) -> Any:
    """1 at the largest element along `axis`, the first of equal ones, and 0 elsewhere."""
    shape = tuple(x.shape)
    if 0 in shape:
        return x
    places = reshape(arange(shape[axis], device=device_of(x, "gumbel_softmax")), (-1, *(1,) * (len(shape) - axis - 1)))
    return astype(equal(beside(x, places), argmax(x, axis=axis, keepdims=True)), dtype_of(x))
