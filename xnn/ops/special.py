"""Special functions, which the standard lacks, under SciPy's names, each with its derivatives of every order.

SciPy looks for `xp.special.<name>` in the namespace of an array and calls it: so `scipy.special.erf(x)` of an Array is
this one, and has a derivative. The definitions are in functions of the standard alone, here and in error_functions.py,
gamma_functions.py, bessel_functions.py and entropies.py, which name their sources; a backend's own function comes first
where it has one. The errors of definitions that are named are the largest that were found against mpmath, where the
result is a normal number, in units of the type's epsilon relative to the value; float32 and float64 alike.

Shapes: operands broadcast, and the result has their common shape; of one operand it has the shape. Types: real
floating; integers and bools become the default floating type, Python scalars are weak.

Special points (0, negative numbers, infinities, poles) have SciPy's values. Derivatives there are the limits, as in
PyTorch where it has the function; outside of the domain they are NaN; at a pole, and at -infinity, NaN or infinite.

Raises: DTypeError for complex numbers, unless a function takes them; else as in elementwise.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, cast, overload

from xnn.autograd.graph import frontend
from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axes_of, refuse_texts
from xnn.typing import A, AnyArray, Axis

from . import activation
from . import softmax as softmaxes
from .manipulation import broadcast_arrays
from .promotion import floating, in_single, real_floating
from .statistical import reduced_axes, spread

__all__ = [
    "expit",
    "log_expit",
    "log_softmax",
    "logit",
    "logsumexp",
    "softmax",
]


# ---- logistic functions ----


def expit(x: A, /) -> A:
    """1 / (1 + exp(-x)), the logistic function; `nn.functional.sigmoid`.

    Shape: any, kept. Types: real floating.
    """
    return activation.sigmoid(x)


@primitive(lambda xp, g, out, x: -g * xp.expm1(out), keeps="out", promote=real_floating, kind="elementwise")
def log_expit(xp: Any, x: A, /) -> A:
    """log(expit(x)), without overflow.

    Shape: any, kept. Types: real floating.
    """
    return -activation.softplus.forward(xp, -x)


def _logit(xp: Any, g: Any, out: Any, p: Any) -> Any:
    return g * xp.where(xp.logical_or(p < 0, p > 1), math.nan, 1 / (p * (1 - p)))


@primitive(_logit, keeps="p", promote=real_floating, kind="elementwise")
def logit(xp: Any, p: A, /) -> A:
    """log(p / (1 - p)), the inverse of expit; infinite at 0 and 1, and NaN beyond; to 3 eps.

    Shape: any, kept. Types: real floating.
    """
    inside = xp.logical_and(p > 0, p < 1)
    q = xp.where(inside, p, 0.5)
    centre = xp.logical_and(q > 0.3, q < 0.65)
    s = 2 * (xp.where(centre, q, 0.5) - 0.5)
    value = xp.where(centre, xp.log1p(s) - xp.log1p(-s), xp.log(q / (1 - q)))
    value = xp.where(p == 0, -math.inf, xp.where(p == 1, math.inf, value))
    return xp.where(xp.logical_or(inside, xp.logical_or(p == 0, p == 1)), value, math.nan)


# ---- sums of exponentials ----


def softmax(x: A, axis: int | tuple[int, ...] | None = None) -> A:
    """exp(x) / sum(exp(x)) over an axis, several, or all for None.

    Shape: any, kept. Types: real floating.
    """
    _require_axes("softmax", x, axis)
    return softmaxes.softmax(x, axis=axis)


def log_softmax(x: A, axis: int | tuple[int, ...] | None = None) -> A:
    """log(softmax(x)), exact where softmax(x) is 0; over an axis, several, or all for None.

    Shape: any, kept. Types: real floating.
    """
    _require_axes("log_softmax", x, axis)
    return softmaxes.log_softmax(x, axis=axis)


def _require_axes(name: str, x: Any, axis: Axis | None) -> None:
    x = operand(x, name)
    if axis is not None:
        axes_of(axis, len(x.shape), name)


def _scaled(xp: Any, a: Any, axis: Axis | None) -> tuple[Any, Any]:
    """The peak of a real a (0 where it is infinite), and a - peak; there 0 or -inf for what is not the peak."""
    peak = xp.max(a, axis=axis, keepdims=True)
    is_finite = xp.isfinite(peak)
    finite = xp.where(is_finite, peak, 0.0)
    at_infinity = xp.where(xp.logical_or(a == peak, xp.isnan(a)), a, -math.inf)
    return finite, xp.where(is_finite, xp.where(is_finite, a, 0.0) - finite, at_infinity)


def _log_abs_total(xp: Any, a: Any, b: Any, axis: Axis | None) -> tuple[Any, Any]:
    """log |sum(b * exp(a))| of real numbers, and the sign of the sum; with the dimensions `axis`, of size 1."""
    if b is not None:
        a = xp.where(b == 0, -math.inf, a)
    peak, scaled = _scaled(xp, a, axis)
    # what stands at the peak apart, so that a little beside one much larger element still counts
    at_peak = scaled == 0
    weights = xp.ones_like(a) if b is None else b
    count = xp.sum(xp.where(at_peak, weights, 0.0), axis=axis, keepdims=True)
    others = xp.exp(xp.where(at_peak, -math.inf, scaled))
    rest = xp.sum(xp.where(weights == 0, 0.0, weights * others), axis=axis, keepdims=True)
    total = count + rest
    ratio = rest / xp.where(count == 0, 1.0, count)
    usual = xp.logical_and(count != 0, ratio > -1)
    log_count = xp.log(xp.abs(xp.where(usual, count, 1.0)))
    plain = xp.where(total == 0, -math.inf, xp.log(xp.abs(xp.where(total == 0, 1.0, total))))
    value = xp.where(usual, log_count + xp.log1p(xp.where(usual, ratio, 0.0)), plain)
    return value + peak, xp.sign(total)


def _log_complex_total(xp: Any, a: Any, b: Any, axis: Axis | None) -> Any:
    if b is not None:
        a = xp.where(b == 0, -math.inf, a)
    peak = xp.astype(_scaled(xp, xp.real(a), axis)[0], a.dtype)
    e = xp.exp(a - peak)
    return xp.log(xp.sum(e if b is None else xp.where(b == 0, 0.0, b * e), axis=axis, keepdims=True)) + peak


def _shares(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any, axis: Axis | None) -> list[Any]:
    g, out = (spread(xp, x, a, axis, False) for x in (g, out))
    counts = a if b is None else xp.where(b == 0, out, a)  # of what the weight 0 leaves out, infinities too
    # exp(a - out), by its sum, which is 1 but for the digits that a large result has lost
    shares = xp.exp(counts - out)
    weighted = shares if b is None else shares * b
    total = xp.sum(weighted, axis=reduced_axes(a.ndim, axis), keepdims=True)
    total = total if xp.isdtype(a.dtype, "complex floating") else xp.abs(total)
    factor = g / xp.where(xp.isfinite(out), total, 1.0)
    by_weights = None if b is None or not needs[1] else factor * xp.exp(a - out)
    return [factor * weighted if needs[0] else None, by_weights]


@primitive(joint=_shares, keeps="a b out", promote=floating)
def _logsumexp(xp: Any, a: A, b: AnyArray | None = None, /, *, axis: Axis | None) -> A:
    axes = reduced_axes(a.ndim, axis)
    if 0 in (a.shape[i] for i in axes):
        shape = tuple(n for i, n in enumerate(a.shape) if i not in axes)
        return xp.full(shape, -math.inf, dtype=a.dtype, device=xp.device(a))
    if xp.isdtype(a.dtype, "complex floating"):
        return xp.squeeze(_log_complex_total(xp, a, b, axis), axes)
    value, sign = _log_abs_total(xp, a, b, axis)
    return xp.squeeze(value if b is None else xp.where(sign < 0, math.nan, value), axes)


_logsumexp.name = "logsumexp"


def _signed_shares(xp: Any, needs: Sequence[bool], g: Any, out: Any, a: Any, b: Any, axis: Axis | None) -> list[Any]:
    if g[0] is None:  # the sign is piecewise constant
        return [None, None]
    return _shares(xp, needs, g[0] * out[1], out[0], a, b, axis)


@primitive(joint=_signed_shares, keeps="a b out", promote=real_floating)
def _log_abs_sum(xp: Any, a: A, b: AnyArray | None, /, *, axis: Axis | None) -> tuple[A, A]:
    """The logarithm of |sum(b * exp(a))|, and its sign."""
    axes = reduced_axes(a.ndim, axis)
    value, sign = _log_abs_total(xp, a, b, axis)
    return xp.squeeze(value, axes), xp.squeeze(sign, axes)


in_single(_logsumexp, _log_abs_sum)


@overload
def logsumexp(
    a: A,
    axis: Axis | None = None,
    b: AnyArray | None = None,
    keepdims: bool = False,
    return_sign: Literal[False] = False,
) -> A: ...
@overload
def logsumexp(
    a: A, axis: Axis | None = None, b: AnyArray | None = None, keepdims: bool = False, *, return_sign: Literal[True]
) -> tuple[A, A]: ...
@overload
def logsumexp(
    a: A, axis: Axis | None, b: AnyArray | None, keepdims: bool, return_sign: Literal[True]
) -> tuple[A, A]: ...
def logsumexp(
    a: A, axis: Axis | None = None, b: AnyArray | None = None, keepdims: bool = False, return_sign: bool = False
) -> A | tuple[A, ...]:
    """log(sum(b * exp(a))) over an axis, several, or all for None; without overflow, and of no elements -inf.

    Shapes: a any; b, the weights (1 for None), broadcasts with it; the result without the dimensions `axis`, or with
    size 1 there if `keepdims`. Types: floating, complex too, then with an imaginary part in (-pi, pi]. Of a negative
    sum it is NaN, but with `return_sign` a tuple: the logarithm of the absolute value, and the sign, 1, 0 or -1, or a
    complex phase. A weight of 0 leaves out what it stands by, even infinities and NaN.

    Raises: TypeError where a or b is no array.
    """
    xp = frontend.xp
    a = operand(a, "logsumexp")
    device = device_of(a, "logsumexp")
    x, weights = cast(tuple[A, Any], (a, b))
    if b is not None:
        x, weights = broadcast_arrays(x, weights)
    is_complex = any(
        y is not None and device.backend.dtype_of(getattr(y, "_data", y)).kind == "complex floating"
        for y in (x, weights)
    )
    refuse_texts("logsumexp", keepdims=keepdims, return_sign=return_sign)
    if not return_sign:
        found: tuple[Any, ...] = (_logsumexp(x, weights, axis=axis),)
    elif is_complex:
        value = _logsumexp(x, weights, axis=axis)
        found = (xp.real(value), xp.exp(1j * xp.imag(value)))
    else:
        found = _log_abs_sum(x, weights, axis=axis)
    if keepdims:
        found = tuple(spread(xp, y, x, axis, False) for y in found)
    return found if return_sign else found[0]
