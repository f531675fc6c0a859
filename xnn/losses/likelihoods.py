"""Negative logarithms of likelihoods, and the divergence of two distributions."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Literal

from xnn.arguments import number, positive
from xnn.autograd.primitive import fused, primitive
from xnn.errors import OptionError, ShapeError
from xnn.ops import entropies
from xnn.ops.elementwise import add, multiply, square, subtract
from xnn.ops.manipulation import expand_dims
from xnn.ops.promotion import arithmetic
from xnn.ops.statistical import sum
from xnn.typing import A, AnyArray, Reduction

from .operands import alike, as_floating, as_operands, look_at_logarithms, nan_unless
from .reduction import check_reduction, reduce

__all__ = ["gaussian_nll_loss", "kl_div", "poisson_nll_loss"]


@fused(promote=arithmetic)
def _divergence(xp: Any, x: Any, t: Any, /) -> Any:
    return entropies.xlogy(t, t) - t * xp.where(xp.logical_and(t == 0, x == -math.inf), 0.0, x)  # 0 log(0) is 0


@fused(promote=arithmetic)
def _divergence_of_logs(xp: Any, x: Any, t: Any, /) -> Any:
    nothing = t == -math.inf
    return xp.exp(t) * (xp.where(nothing, 0.0, t) - xp.where(nothing, 0.0, x))


def kl_div(
    input: A, target: AnyArray, *, reduction: Reduction | Literal["batchmean"] = "mean", log_target: bool = False
) -> A:
    """The Kullback-Leibler divergence of target from input, t (log(t) - input): input holds logarithms.

    Args:
        input: any shape, floating-point: the logarithms of probabilities, as of `log_softmax`.
        target: of the same shape: probabilities, or their logarithms.
        reduction: "mean" of all elements; "batchmean", the sum by the size of the first dimension, which is the
            divergence itself; "sum", or "none".
        log_target: whether target holds logarithms.

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.

    Logarithms above 0 are warned of, and not refused: those of densities may be.
    """
    input, target = alike("kl_div", input=input, target=target)
    check_reduction(reduction, "batchmean")
    cure = "xnn.log of probabilities, log_softmax of logits"
    look_at_logarithms("kl_div", "input", input, cure)
    if log_target:
        look_at_logarithms("kl_div", "target", target, f"{cure}; log_target=False for probabilities")
    values = (_divergence_of_logs if log_target else _divergence)(input, target)
    if reduction != "batchmean":
        return reduce(values, reduction)
    count = input.shape[0] if len(input.shape) else 1
    return multiply(sum(values), 1 / count if count else math.nan)


@fused(promote=arithmetic)
def _poisson(xp: Any, x: Any, t: Any, /, *, log_input: bool, full: bool, eps: float) -> Any:
    values = xp.exp(x) - t * x if log_input else x - t * xp.log(x + eps)
    if not full:
        return values
    is_large = t > 1
    large = xp.where(is_large, t, 1.0)
    stirling = large * xp.log(large) - large + 0.5 * xp.log(2 * math.pi * large)
    return values + xp.where(is_large, stirling, 0.0)


def poisson_nll_loss(
    input: A,
    target: AnyArray,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: Reduction = "mean",
) -> A:
    """-log of the Poisson distribution's probability of target, without log(target!): exp(input) - target * input.

    Args:
        input: any shape, floating-point: the logarithm of the expectation, or itself.
        target: of the same shape: counts.
        log_input: False for an expectation, input - target * log(input + eps).
        full: add Stirling's approximation of log(target!) where target > 1.
        eps: keeps the logarithm finite at 0.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if input is not floating-point.
        OptionError: for another reduction.
    """
    input, target = alike("poisson_nll_loss", input=input, target=target)
    eps = number("poisson_nll_loss", "eps", eps)
    return reduce(_poisson(input, target, log_input=log_input, full=full, eps=eps), reduction)


@primitive(lambda xp, g, out, x, least: g, kind="elementwise")
def _raised(xp: Any, x: Any, /, *, least: float) -> Any:
    """x, at least `least`, and with the derivative of x: a variance that is too small still learns, as PyTorch's."""
    return xp.maximum(x, least)


@fused(promote=arithmetic)
def _gaussian(xp: Any, x: Any, t: Any, var: Any, /) -> Any:
    error = x - t
    return 0.5 * (xp.log(var) + error * error / var)


def gaussian_nll_loss(
    input: A,
    target: AnyArray,
    var: AnyArray,
    full: bool = False,
    eps: float = 1e-6,
    *,
    reduction: Reduction = "mean",
) -> A:
    """-log of the normal density of target, with expectation input and variance var: (log(v) + (x - t) ** 2 / v) / 2.

    Args:
        input: any shape, floating-point.
        target: of the same shape.
        var: of that shape; or with size 1 in the place of one dimension, or without the last one: variances that
            several elements share; or a Python number. None is negative.
        full: add the constant log(2 pi) / 2.
        eps: the least variance; the gradient passes it by.
        reduction: "mean" of all elements, "sum", or "none".

    Returns:
        shape (), or that of input with "none".

    Raises:
        ShapeError: for other shapes.
        DTypeError: if input is not floating-point.
        OptionError: for a negative variance: at once on the CPU; on a GPU the loss is NaN, and the next call that waits
            for the device raises. For another reduction, or an eps that is not more than 0.

    Nix and Weigend, Estimating the mean and variance of the target probability distribution, 1994.
    """
    name = "gaussian_nll_loss"
    input, target = alike(name, input=input, target=target)
    eps = positive(name, "eps", eps)
    negative = "variances of gaussian_nll_loss are not negative; another one came. Cure: exp or softplus of it."
    if isinstance(var, Real):
        if var < 0:
            raise OptionError(negative)
        least = max(float(var), eps)
        values = add(multiply(square(subtract(input, target)), 0.5 / least), 0.5 * math.log(least))
    else:
        input, target, var = as_operands(name, input=input, target=target, var=var)
        var = as_floating(_fitting(var, tuple(input.shape)), input)
        var = nan_unless(var, lambda xp, v: xp.logical_not(v < 0), OptionError, negative)
        values = _gaussian(input, target, _raised(var, least=eps))
    if full:
        values = add(values, 0.5 * math.log(2 * math.pi))
    return reduce(values, reduction)  # type: ignore[return-value]  # the kind of the first


def _fitting(var: Any, shape: tuple[int, ...]) -> Any:
    """The variances, so that they broadcast to the shape."""
    own = tuple(var.shape)
    if own == shape:
        return var
    if own == shape[:-1]:
        return expand_dims(var, axis=-1)
    differing = [n for n, m in zip(own, shape, strict=True) if n != m] if len(own) == len(shape) else []
    if differing != [1]:
        raise ShapeError(
            f"gaussian_nll_loss takes var of the input's shape {shape}, or with size 1 in the place of one dimension, "
            f"or without the last one; got {own}. Cure: xnn.reshape(var, ...)."
        )
    return var
