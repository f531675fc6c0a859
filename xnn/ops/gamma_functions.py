"""The logarithm of the gamma function, and its derivatives; special.py says what they have in common.

Between 0 and 2.5: the series of log Gamma(2 + d) in powers of d, whose coefficients are (zeta(k) - 1) / k (Abramowitz
and Stegun 6.1.33). From there on: recurrence, and Stirling's series (DLMF 5.11.1, 5.11.2). Polygamma functions: the
Euler-Maclaurin sum of Hurwitz's zeta function (DLMF 25.11.5). Below 0: reflection (DLMF 5.5.3, 5.5.4, 5.15.6).
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

from xnn.autograd.graph import frontend
from xnn.autograd.operands import device_of
from xnn.autograd.primitive import primitive
from xnn.errors import OptionError
from xnn.typing import A, AnyArray, Scalar

from .error_functions import polynomial
from .promotion import in_single, real_floating

__all__ = [
    "betaln",
    "digamma",
    "gammaln",
    "polygamma",
    "psi",
]

EULER = 0.57721566490153286061
LOG_PI = math.log(math.pi)
HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
STEPS = 6  # of recurrence between the series and Stirling's
FAR = 2.5 + STEPS


@cache
def bernoulli(n: int) -> Fraction:
    """The Bernoulli number B_n."""
    if n == 0:
        return Fraction(1)
    return -sum((math.comb(n + 1, k) * bernoulli(k) for k in range(n)), Fraction(0)) / (n + 1)


@cache
def _zeta_minus_one(k: int) -> float:
    """zeta(k) - 1 for k >= 2, by the Euler-Maclaurin sum from 10 on."""
    tail = 10.0 ** (1 - k) / (k - 1) - 0.5 * 10.0**-k
    term = k / 10.0 ** (k + 1)
    for j in range(1, 9):
        tail += float(bernoulli(2 * j) / math.factorial(2 * j)) * term
        term *= (k + 2 * j - 1) * (k + 2 * j) / 100
    return math.fsum([*(float(i) ** -k for i in range(2, 11)), tail])


@cache
def _log_series() -> tuple[float, ...]:
    """log Gamma(2 + d) / d, highest power first."""
    return (*((-1) ** k * _zeta_minus_one(k) / k for k in range(28, 1, -1)), 1 - EULER)


@cache
def _slope_series() -> tuple[float, ...]:
    """digamma(2 + d), highest power first."""
    return (*((-1) ** k * _zeta_minus_one(k) for k in range(29, 1, -1)), 1 - EULER)


# In powers of 1 / x**2, highest first.
STIRLING = tuple(float(bernoulli(2 * k) / (2 * k * (2 * k - 1))) for k in range(8, 0, -1))
STIRLING_SLOPE = tuple(float(bernoulli(2 * k) / (2 * k)) for k in range(9, 0, -1))


def stirling_rest(x: Any) -> Any:
    """log Gamma(x) - ((x - 0.5) log(x) - x + 0.5 log(2 pi)), for x >= 8.5."""
    inverse = 1 / x
    return inverse * polynomial(inverse * inverse, STIRLING)


def is_pole(xp: Any, x: Any) -> Any:
    """Whether x is 0, -1, -2, ..."""
    return xp.logical_and(x <= 0, x == xp.floor(x))


def sine_of_pi(xp: Any, x: Any) -> Any:
    """sin(pi x) and cos(pi x) but for their common sign, exact in the reduction to a half period: (x finite)."""
    rest = x - xp.round(x)
    return xp.sin(math.pi * rest), xp.cos(math.pi * rest)


def hurwitz(xp: Any, q: Any, s: int) -> Any:
    """zeta(s, q), the sum of (q + k)**-s over k = 0, 1, ..., for an integer s >= 2 and q > 0."""
    count = 9 + s
    total = q**-s
    for k in range(1, count):
        total = total + (q + k) ** -s
    a = q + count
    inverse = 1 / a
    coefficients, factor = [], 1.0
    for j in range(1, 13):
        factor *= (s + 2 * j - 2) * (s + 2 * j - 3 if j > 1 else 1)
        coefficients.append(float(bernoulli(2 * j) / math.factorial(2 * j)) * factor)
    square = inverse * inverse
    rest = polynomial(square, coefficients[::-1]) * inverse
    return total + a ** (1 - s) * (1 / (s - 1) + inverse * (0.5 + rest))


@cache
def _cotangent_derivative(n: int) -> tuple[int, ...]:
    """The n-th derivative of cot as a polynomial in cot, lowest power first."""
    if n == 0:
        return (0, 1)
    before = _cotangent_derivative(n - 1)
    slope = [k * c for k, c in enumerate(before)][1:]  # times -(1 + cot**2)
    padded = [*slope, 0, 0]
    return tuple(-(padded[k] + (padded[k - 2] if k >= 2 else 0)) for k in range(len(padded)))


# ---- the functions ----


def _gammaln(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return g * digamma(x)


@primitive(_gammaln, keeps="x", promote=real_floating, kind="elementwise")
def gammaln(xp: Any, x: A, /) -> A:
    """log |Gamma(x)|; infinite at 0, -1, -2, ...; to 2 eps for x > 0, and below 0 to that of the terms of reflection.

    Shape: any, kept. Types: real floating.
    """
    finite = xp.isfinite(x)
    reflected = xp.logical_and(x < 0, finite)
    y = xp.where(finite, xp.where(reflected, 1 - x, x), 1.0)  # > 0, or 0 itself
    # by the recurrence into [1.5, 2.5]: product = Gamma(y) / Gamma(u), or its inverse below
    product = xp.ones_like(y)
    u = xp.where(y > FAR, 2.0, y)
    for _ in range(STEPS):
        above = u > 2.5
        product = xp.where(above, product * (u - 1), product)
        u = xp.where(above, u - 1, u)
    low, lowest = u < 1.5, u < 0.5
    d = xp.where(lowest, u, xp.where(low, u - 1, u - 2))
    value = d * polynomial(d, _log_series()) + xp.log(product)
    value = value - xp.where(low, xp.log1p(xp.where(low, d, 0.0)), 0.0)
    value = value - xp.where(lowest, xp.log(xp.where(u > 0, u, 1.0)), 0.0)
    large = xp.where(y > FAR, y, FAR)
    logarithm = xp.log(large)
    far = (large - 0.5) * (logarithm - 1) + (HALF_LOG_2_PI - 0.5 + stirling_rest(large))
    value = xp.where(y > FAR, far, value)
    pole = is_pole(xp, x)
    sine = xp.abs(sine_of_pi(xp, xp.where(xp.logical_and(reflected, xp.logical_not(pole)), x, 0.5))[0])
    value = xp.where(reflected, LOG_PI - xp.log(sine) - value, value)
    value = xp.where(xp.logical_or(pole, x == math.inf), math.inf, value)
    return xp.where(xp.isnan(x), x, xp.where(x == -math.inf, -math.inf, value))


@primitive(lambda xp, g, out, x: g * polygamma(1, x), keeps="x", promote=real_floating, kind="elementwise")
def digamma(xp: Any, x: A, /) -> A:
    """The derivative of gammaln; NaN at -1, -2, ..., infinite at 0; to 2 eps, near its roots to that of its terms.

    Shape: any, kept. Types: real floating.
    """
    finite = xp.isfinite(x)
    reflected = xp.logical_and(x < 0, finite)
    y = xp.where(finite, xp.where(reflected, 1 - x, x), 1.0)
    shift = xp.zeros_like(y)
    u = xp.where(xp.logical_or(y > FAR, y == 0), 2.0, y)
    for _ in range(STEPS):
        above = u > 2.5
        shift = xp.where(above, shift + 1 / xp.where(above, u - 1, 1.0), shift)
        u = xp.where(above, u - 1, u)
    low, lowest = u < 1.5, u < 0.5
    d = xp.where(lowest, u, xp.where(low, u - 1, u - 2))
    value = polynomial(d, _slope_series()) + shift
    value = value - xp.where(low, 1 / (1 + xp.where(low, d, 0.0)), 0.0)
    value = value - xp.where(lowest, 1 / xp.where(lowest, u, 1.0), 0.0)
    large = xp.where(y > FAR, y, FAR)
    square = 1 / large / large
    far = xp.log(large) - 0.5 / large - square * polynomial(square, STIRLING_SLOPE)
    value = xp.where(y > FAR, far, value)
    pole = is_pole(xp, x)
    sine, cosine = sine_of_pi(xp, xp.where(xp.logical_and(reflected, xp.logical_not(pole)), x, 0.5))
    value = xp.where(reflected, value - math.pi * cosine / sine, value)
    value = xp.where(pole, math.nan, value)
    value = xp.where(x == 0, xp.copysign(xp.full_like(x, math.inf), -x), value)
    value = xp.where(x == math.inf, math.inf, xp.where(x == -math.inf, math.nan, value))
    return xp.where(xp.isnan(x), x, value)


psi = digamma  # SciPy's other name, by which it asks


def _next(xp: Any, g: Any, out: Any, x: Any, n: int) -> Any:
    return g * _polygamma(x, n=n + 1)


@primitive(_next, keeps="x", promote=real_floating, kind="elementwise")
def _polygamma(xp: Any, x: A, /, *, n: int) -> A:
    usual = xp.isfinite(x)
    pole = is_pole(xp, x)
    reflected = xp.logical_and(x < 0, usual)
    y = xp.where(reflected, 1 - x, xp.where(xp.logical_and(usual, x > 0), x, 1.0))
    sign = -1.0 if n % 2 == 0 else 1.0
    value = sign * math.factorial(n) * hurwitz(xp, y, n + 1)
    sine, cosine = sine_of_pi(xp, xp.where(xp.logical_and(reflected, xp.logical_not(pole)), x, 0.5))
    powers = [math.pi ** (n + 1) * c for c in _cotangent_derivative(n)]
    value = xp.where(reflected, -sign * value - polynomial(cosine / sine, powers[::-1]), value)
    value = xp.where(pole, sign * math.inf, value)
    value = xp.where(x == math.inf, -sign * 0.0, value)
    return xp.where(xp.isnan(x), x, value)


_polygamma.name = "polygamma"


def polygamma(n: AnyArray | Scalar, x: A) -> A:
    """The n-th derivative of digamma; infinite at 0, -1, -2, ...; to 4 eps for x > 0, where n is small.

    Shapes: n is an int, or an array of such, and x any; they broadcast. Types: of n integers, or floats that are whole;
    of x real floating. The derivative is with respect to x. The values of an array n are looked at, which waits for the
    device. Raises: OptionError for an n that is no whole number, or below 0.
    """
    device_of(x, "polygamma")
    if isinstance(n, int):
        return _polygamma_of_order(n, x)
    device = device_of(n, "polygamma")
    raw: Any = getattr(n, "_data", n)
    device.backend.dtype_of(raw)  # which refuses what are no numbers
    orders = sorted(set(device.backend.to_numpy(raw).reshape(-1).tolist()), key=abs)
    xp = frontend.xp
    value = _polygamma_of_order(orders[0] if orders else 0, x)
    for order in orders[1:]:
        value = xp.where(xp.equal(n, order), _polygamma_of_order(order, x), value)
    return value if len(orders) > 1 else xp.broadcast_to(value, xp.broadcast_shapes(raw.shape, value.shape))


def _polygamma_of_order(n: float, x: A) -> A:
    if isinstance(n, complex) or n < 0 or n != int(n):
        raise OptionError(f"polygamma has a whole order, at least 0; got {n}. Cure: digamma is that of order 0.")
    return _polygamma(x, n=int(n)) if n else digamma(x)


def _betaln(xp: Any, g: Any, a: Any, b: Any) -> Any:
    return g * (digamma(a) - digamma(xp.asarray(a + b)))


@primitive(
    lambda xp, g, out, a, b: _betaln(xp, g, a, b),
    lambda xp, g, out, a, b: _betaln(xp, g, b, a),
    keeps="a b",
    promote=real_floating,
    kind="elementwise",
)
def betaln(xp: Any, a: A | Scalar, b: A | Scalar, /) -> A:
    """log |Gamma(a) Gamma(b) / Gamma(a + b)|; to 6 eps of the larger of its value and 1, for positive a and b.

    Shapes: a and b broadcast. Types: real floating.
    """
    low, high = xp.minimum(a, b), xp.maximum(a, b)
    # Gamma(a) / Gamma(a + b) is finite where both are at a pole
    integers = xp.logical_and(low == xp.floor(low), high == xp.floor(high))
    mended = xp.logical_and(xp.logical_and(is_pole(xp, low), integers), xp.logical_and(1 - low - high > 0, high > 0))
    low, high = (
        xp.where(mended, xp.minimum(1 - low - high, high), low),
        xp.where(mended, xp.maximum(1 - low - high, high), high),
    )
    is_far = xp.logical_and(xp.logical_and(high > FAR, xp.isfinite(high)), low + high > FAR)
    both = xp.logical_and(is_far, low > FAR)
    pole = is_pole(xp, low)
    small = xp.where(xp.logical_or(both, pole), 1.0, low)
    logs = gammaln.forward(xp, small)
    plain = xp.where(xp.logical_or(is_far, pole), 1.0, high)
    near = logs + gammaln.forward(xp, plain) - gammaln.forward(xp, xp.where(is_far, 2.0, small + plain))
    far_high = xp.where(is_far, high, FAR)
    far_low = xp.where(is_far, low, 1.0)
    total = far_low + far_high
    shared = stirling_rest(far_high) - stirling_rest(total) - (far_high - 0.5) * xp.log1p(far_low / far_high)
    one = logs + shared + far_low * (1 - xp.log(total))
    double = xp.where(both, low, FAR)
    ratio = xp.log(double) - xp.log(total)
    two = shared + stirling_rest(double) + double * ratio - 0.5 * xp.log(double) + HALF_LOG_2_PI
    value = xp.where(pole, math.inf, xp.where(is_far, xp.where(both, two, one), near))
    return xp.where(xp.logical_and(high == math.inf, xp.logical_and(low > 0, low < math.inf)), -math.inf, value)


in_single(gammaln, digamma, _polygamma, betaln)
