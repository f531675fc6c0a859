"""The gamma function and what is made of it, where logarithms would lose digits; special.py says what is common.

Between 0 and 8.5: as in gamma_functions.py. From there on: Stirling's formula (DLMF 5.11.3). Below 0: reflection
(DLMF 5.5.3). What is made of several gamma functions goes through their logarithms, and is as exact as these allow.
"""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import integer
from xnn.errors import OptionError
from xnn.typing import A, Scalar

from .error_functions import polynomial
from .exponential import exp
from .gamma_functions import (
    FAR,
    LOG_PI,
    STEPS,
    _log_series,
    betaln,
    digamma,
    gammaln,
    is_pole,
    sine_of_pi,
    stirling_rest,
)
from .lifting import lifted
from .logic import logical_and, logical_or
from .promotion import in_single, real_floating
from .rounding import floor, round
from .searching import where

__all__ = [
    "beta",
    "binom",
    "comb",
    "factorial",
    "gamma",
    "gammasgn",
    "multigammaln",
    "perm",
    "poch",
    "rgamma",
]


def _positive_gamma(xp: Any, y: Any) -> Any:
    """Gamma(y) for finite y > 0."""
    product = xp.ones_like(y)
    u = xp.where(y > FAR, 2.0, y)
    for _ in range(STEPS):
        above = u > 2.5
        product = xp.where(above, product * (u - 1), product)
        u = xp.where(above, u - 1, u)
    low, lowest = u < 1.5, u < 0.5
    d = xp.where(lowest, u, xp.where(low, u - 1, u - 2))
    value = product * xp.exp(d * polynomial(d, _log_series()))
    value = value / xp.where(low, 1 + d, 1.0) / xp.where(lowest, u, 1.0)
    large = xp.clip(y, FAR, 180.0)  # infinite before that
    root = xp.pow(large, 0.5 * large - 0.25)  # the whole power would overflow before the product does
    far = math.sqrt(2 * math.pi) * (root * xp.exp(-large)) * root * xp.exp(stirling_rest(large))
    return xp.where(y > FAR, far, value)


def _sign(xp: Any, x: Any) -> Any:
    """Of Gamma, 1 or -1, off the poles."""
    below = xp.floor(x)
    is_negative = xp.logical_and(x < 0, below - 2 * xp.floor(0.5 * below) == 1)
    return 1.0 - 2.0 * xp.astype(is_negative, x.dtype)


def _gamma(xp: Any, x: Any) -> tuple[Any, Any]:
    """|Gamma(x)|, and where it is of no pole and no infinity."""
    usual = xp.logical_and(xp.isfinite(x), xp.logical_not(is_pole(xp, x)))
    inside = xp.where(usual, x, 1.0)
    is_below = inside < 0
    value = _positive_gamma(xp, xp.where(is_below, 1 - inside, inside))
    sine = xp.abs(sine_of_pi(xp, xp.where(is_below, inside, 0.5))[0])
    return xp.where(is_below, math.pi / (sine * value), value), usual


@primitive(lambda xp, g, out, x: g * out * digamma(x), keeps="x out", promote=real_floating, kind="elementwise")
def gamma(xp: Any, x: A, /) -> A:
    """The gamma function; infinite at 0, NaN at -1, -2, ...; to 8 eps, below 0 to 12.

    Shape: any, kept. Types: real floating.
    """
    value, usual = _gamma(xp, x)
    value = _sign(xp, xp.where(usual, x, 1.0)) * value
    pole = xp.where(x == 0, xp.copysign(xp.full_like(x, math.inf), x), math.nan)
    return xp.where(usual, value, xp.where(x == math.inf, math.inf, xp.where(xp.isnan(x), x, pole)))


@primitive(promote=real_floating, kind="elementwise")
def gammasgn(xp: Any, x: A, /) -> A:
    """The sign of the gamma function, 1 or -1; NaN at -1, -2, ...; piecewise constant.

    Shape: any, kept. Types: real floating.
    """
    finite = xp.where(xp.isfinite(x), x, 1.0)
    value = xp.where(xp.logical_and(is_pole(xp, finite), finite < 0), math.nan, _sign(xp, finite))
    value = xp.where(xp.logical_and(x == 0, xp.signbit(x)), -1.0, value)
    return xp.where(xp.logical_or(xp.isnan(x), x == -math.inf), math.nan, value)


def _rgamma(xp: Any, g: Any, out: Any, x: Any) -> Any:
    """At a pole -n it is (-1)**n n!."""
    pole = xp.logical_and(x <= 0, x == xp.floor(x))
    at = xp.where(pole, x, 0.0)
    slope = gammasgn(at - 0.5) * -gamma(1 - at)
    return g * xp.where(pole, slope, -out * digamma(xp.where(pole, 1.0, x)))


@primitive(_rgamma, keeps="x out", promote=real_floating, kind="elementwise")
def rgamma(xp: Any, x: A, /) -> A:
    """1 / gamma(x), which is 0 at 0, -1, -2, ..., where its second derivative is not given; to 12 eps.

    Shape: any, kept. Types: real floating.
    """
    value, usual = _gamma(xp, x)
    value = _sign(xp, xp.where(usual, x, 1.0)) / value
    return xp.where(usual, value, xp.where(xp.isnan(x), x, 0.0))


in_single(gamma, gammasgn, rgamma)


def beta(a: A | Scalar, b: A | Scalar) -> A:
    """The beta function, Gamma(a) Gamma(b) / Gamma(a + b); to 8 eps times 1 + the size of its logarithm.

    Shapes: a and b broadcast. Types: real floating.
    """
    (one, other), back = lifted("beta", a, b)
    return back(_sign_of_gammas([one, other], [one + other]) * exp(betaln(one, other)))


def _sign_of_gammas(above: list[Any], below: list[Any]) -> Any:
    """The sign of a product of gamma functions, 1 where one is at a pole."""
    sign: Any = 1.0
    for x in (*above, *below):
        one = gammasgn(x)
        sign = sign * where(one != one, 1.0, one)
    return sign


def multigammaln(a: A, d: int) -> A:
    """The logarithm of the multivariate gamma function of dimension d.

    Shape: any, kept. Types: real floating, above (d - 1) / 2, NaN below. Raises: OptionError for a d that is no int of
    1 or more.
    """
    size = integer("multigammaln", "d", d, least=1)
    (x,), back = lifted("multigammaln", a)
    total = gammaln(x) + 0.25 * size * (size - 1) * LOG_PI
    for j in range(1, size):
        total = total + gammaln(x - 0.5 * j)
    return back(where(x > 0.5 * (size - 1), total, math.nan))


def poch(z: A | Scalar, m: A | Scalar) -> A:
    """The rising factorial, Gamma(z + m) / Gamma(z); to 4 eps times 1 + the size of the logarithms.

    Shapes: z and m broadcast. Types: real floating.
    """
    (x, n), back = lifted("poch", z, m)
    x, n = x + 0.0 * n, n + 0.0 * x
    both = logical_and(_is_pole(x), _is_pole(x + n))  # the ratio of two poles, by reflection
    above, below = where(both, 1.0 - x, x + n), where(both, 1.0 - x - n, x)
    parity = 1.0 - 2.0 * (n - 2.0 * floor(0.5 * n))
    sign = where(both, parity, _sign_of_gammas([above], [below]))
    return back(sign * exp(gammaln(above) - gammaln(below)))


def _rounded(value: Any, is_whole: Any) -> Any:
    """Whole numbers where they are known to be, with the derivative of what was rounded."""
    exact = logical_and(is_whole, logical_and(value > -(2.0**50), value < 2.0**50))
    near = where(exact, value, 0.0)
    return value + (round(near) - near).detach()


def factorial(n: A, exact: bool = False) -> A:
    """n!, Gamma(n + 1), and 0 below 0; whole numbers where floats hold them.

    Shape: any, kept. Types: floating; integers become the default floating type. Raises: OptionError for exact=True,
    of which Python has `math.factorial`.
    """
    _refuse_exact("factorial", exact)
    (x,), back = lifted("factorial", n)
    value = gamma(where(x < 0, 1, x) + 1.0)
    return back(where(x < 0, 0.0, _rounded(value, x == floor(x))))


def _refuse_exact(name: str, exact: bool) -> None:
    if exact:
        raise OptionError(f"{name}: exact=True is of Python's ints. Cure: math.{name}(...).")


def binom(n: A | Scalar, k: A | Scalar) -> A:
    """The binomial coefficient of real numbers, Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)), as SciPy's.

    Shapes: n and k broadcast. Types: floating; integers become the default floating type; whole numbers of whole ones,
    where floats hold them. NaN for n = -1, -2, ...
    """
    (x, y), back = lifted("binom", n, k)
    x, y = x + 0.0 * y, y + 0.0 * x
    whole, is_pole = logical_and(x == floor(x), y == floor(y)), _is_pole(x + 1.0)
    x = where(is_pole, 1.0, x)
    is_zero = logical_or(_is_pole(x - y + 1.0), _is_pole(y + 1.0))  # a whole k outside of 0 to n
    safe = where(is_zero, 0.0, y)
    log_value = -betaln(1.0 + x - safe, 1.0 + safe) - gammaln(x + 2.0) + gammaln(x + 1.0)
    sign = _sign_of_gammas([x + 1.0], [x - safe + 1.0, safe + 1.0])
    value = _rounded(where(is_zero, 0.0, sign * exp(log_value)), whole)
    return back(where(is_pole, math.nan, value))


def _is_pole(x: Any) -> Any:
    return logical_and(x <= 0, x == floor(x))


def comb(N: A, k: A | Scalar, *, exact: bool = False, repetition: bool = False) -> A:  # SciPy's name
    """How many sets of k there are among N things; with `repetition`, where a thing may be in it several times.

    Shapes: N and k broadcast. Types: floating; integers become the default floating type; whole numbers where floats
    hold them. 0 for k < 0, N < 0 or k > N. Raises: OptionError for exact=True, of which Python has `math.comb`.
    """
    _refuse_exact("comb", exact)
    if repetition:
        (many, few), back = lifted("comb", N, k)
        return back(comb(many + few - 1.0, few))
    (many, few), back = lifted("comb", N, k)
    fits = logical_and(logical_and(few >= 0, many >= 0), few <= many)
    return back(where(fits, binom(where(fits, many, 1), where(fits, few, 0)), 0.0))


def perm(N: A, k: A | Scalar, exact: bool = False) -> A:  # SciPy's name
    """How many sequences of k there are of N things, N! / (N - k)!.

    Shapes: N and k broadcast. Types: floating; integers become the default floating type; whole numbers where floats
    hold them. 0 for k < 0, N < 0 or k > N. Raises: OptionError for exact=True, of which Python has `math.perm`.
    """
    _refuse_exact("perm", exact)
    (many, few), back = lifted("perm", N, k)
    fits = logical_and(logical_and(few >= 0, many >= 0), few <= many)
    x, n = where(fits, many, 1), where(fits, few, 0)
    whole = logical_and(x == floor(x), n == floor(n))
    return back(where(fits, _rounded(poch(x - n + 1.0, n), whole), 0.0))
