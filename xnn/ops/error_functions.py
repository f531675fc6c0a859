"""The error function, the normal distribution function, and their inverses; special.py says what they have in common.

erf, erfc and erfcx: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969), with
the coefficients of his program CALERF. The inverse: M. J. Wichura, Algorithm AS 241, Appl. Stat. 37 (1988), PPND16. The
repeated integrals: W. Gautschi, Comm. ACM 4 (1961), which is the recurrence DLMF 7.18(iv) run backwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import primitive
from xnn.typing import A

from .promotion import in_single, real_floating

__all__ = [
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "log_ndtr",
    "ndtr",
    "ndtri",
]

SQRT_HALF = math.sqrt(0.5)
SQRT_PI = math.sqrt(math.pi)
SQRT_2_PI = math.sqrt(2 * math.pi)
NEAR_END = 0.46875

# numerator and denominator, highest power first, in the order of CALERF: the last of each is the constant term
NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
     8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """By Horner's rule; the highest power's coefficient comes first."""
    first, second, *rest = coefficients
    value = first * x + second
    for coefficient in rest:
        value = value * x + coefficient
    return value


def _ratio(x: Any, coefficients: tuple[Sequence[float], Sequence[float]]) -> Any:
    return polynomial(x, coefficients[0]) / polynomial(x, coefficients[1])


def exp_of_minus_square(xp: Any, x: Any, scale: float = 1.0) -> Any:
    """exp(-scale * x**2) without the error that x**2, rounded, would bring: that grows with x**2."""
    x = xp.clip(x, -64.0, 64.0)  # 0 in either type there, and no x**2 overflows
    rough = xp.round(16 * x) / 16
    return xp.exp(-scale * rough * rough) * xp.exp(-scale * (x - rough) * (x + rough))


def _near(xp: Any, x: Any) -> Any:
    """erf of |x| <= NEAR_END."""
    x = xp.clip(x, -NEAR_END, NEAR_END)
    return x * _ratio(x * x, NEAR)


def scaled_tail(xp: Any, y: Any) -> Any:
    """exp(y**2) erfc(y) of y >= NEAR_END."""
    middle = _ratio(xp.clip(y, NEAR_END, 4.0), MIDDLE)
    large = xp.where(y > 4.0, y, 4.0)
    z = 1 / large / large
    far = (1 / SQRT_PI - z * _ratio(z, FAR)) / large
    return xp.where(y > 4.0, far, middle)


# ---- the coefficients of the inverse ----

CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)  # fmt: skip
OUTSIDE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def normal_quantile(xp: Any, centred: Any, tail: Any) -> Any:
    """Where the normal distribution function is 0.5 + centred; `tail` is 0.5 - abs(centred), exactly."""
    centre = xp.clip(centred, -0.425, 0.425)
    inside = centre * _ratio(0.180625 - centre * centre, CENTRE)
    inside_range = xp.logical_and(tail > 0, tail <= 0.5)
    r = xp.sqrt(-xp.log(xp.where(inside_range, tail, 0.5)))
    outside = xp.where(r <= 5, _ratio(xp.clip(r, 0.0, 5.0) - 1.6, OUTSIDE), _ratio(xp.where(r > 5, r, 5.0) - 5, TAIL))
    value = xp.where(xp.abs(centred) <= 0.425, inside, xp.sign(centred) * outside)
    infinite = xp.where(centred < 0, xp.full_like(tail, -math.inf), math.inf)
    value = xp.where(tail == 0, infinite, value)
    return xp.where(xp.logical_or(tail < 0, xp.isnan(tail)), math.nan, value)


# ---- the functions ----


@primitive(
    lambda xp, g, out, x: g * ((2 / SQRT_PI) * xp.exp(-(x * x))), keeps="x", promote=real_floating, kind="elementwise"
)
def erf(xp: Any, x: A, /) -> A:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t**2) over t from 0 to x; to 2 eps.

    Shape: any, kept. Types: real floating.
    """
    y = xp.abs(x)
    far = 1 - exp_of_minus_square(xp, x) * scaled_tail(xp, y)
    value = xp.where(y <= NEAR_END, _near(xp, x), xp.sign(x) * far)
    return xp.where(xp.isnan(x), x, value)


@primitive(
    lambda xp, g, out, x: g * ((-2 / SQRT_PI) * xp.exp(-(x * x))), keeps="x", promote=real_floating, kind="elementwise"
)
def erfc(xp: Any, x: A, /) -> A:
    """1 - erf(x), exact where that would be 0; to 3 eps.

    Shape: any, kept. Types: real floating.
    """
    y = xp.abs(x)
    tail = exp_of_minus_square(xp, x) * scaled_tail(xp, y)
    value = xp.where(y <= NEAR_END, 1 - _near(xp, x), xp.where(x < 0, 2 - tail, tail))
    return xp.where(xp.isnan(x), x, value)


def _next(xp: Any, g: Any, out: Any, x: Any, order: int = 0) -> Any:
    return -2 * (order + 1) * g * _repeated_erfc(x, order=order + 1)


@primitive(_next, keeps="x", promote=real_floating, kind="elementwise")
def erfcx(xp: Any, x: A, /) -> A:
    """exp(x**2) erfc(x), which falls as 1 / (x sqrt(pi)); to 2 eps.

    Shape: any, kept. Types: real floating.
    """
    y = xp.abs(x)
    tail = scaled_tail(xp, y)
    negative = xp.clip(x, -30.0, 0.0)  # infinite at the one end
    rough = xp.round(16 * negative) / 16
    growth = xp.exp(rough * rough) * xp.exp((negative - rough) * (negative + rough))
    near = xp.exp(xp.clip(x, -NEAR_END, NEAR_END) ** 2) * (1 - _near(xp, x))
    value = xp.where(y <= NEAR_END, near, xp.where(x < 0, 2 * growth - tail, tail))
    return xp.where(xp.isnan(x), x, value)


@primitive(_next, keeps="x", kind="elementwise")
def _repeated_erfc(xp: Any, x: A, /, *, order: int) -> A:
    """exp(x**2) times the integral, repeated `order` times, of erfc; to 7, 25, 65 eps for the orders 1, 2, 3."""
    # Forward, the recurrence subtracts what is nearly equal where x is large: there it runs backwards, as a continued
    # fraction, from far enough.
    is_small = x < 1.5
    small, large = xp.where(is_small, x, 1.5), xp.where(is_small, 1.5, x)
    before, here = 2 / SQRT_PI, erfcx.forward(xp, small)
    for n in range(1, order + 1):
        before, here = here, (before - 2 * small * here) / (2 * n)
    steps = 110
    ratio = (xp.sqrt(large * large + 2.0 * steps) - large) / (2.0 * steps)
    product = 2 / SQRT_PI
    for n in range(steps - 1, -1, -1):
        ratio = 0.5 / (large + (n + 1) * ratio)
        if n <= order:
            product = product * ratio
    return xp.where(is_small, here, product)


@primitive(
    lambda xp, g, out, x: g * ((SQRT_PI / 2) * xp.exp(out * out)),
    keeps="out",
    promote=real_floating,
    kind="elementwise",
)
def erfinv(xp: Any, x: A, /) -> A:
    """The y with erf(y) = x; infinite at -1 and 1, with an infinite derivative, and NaN beyond; to 3 eps.

    Shape: any, kept. Types: real floating.
    """
    return SQRT_HALF * normal_quantile(xp, 0.5 * x, 0.5 - 0.5 * xp.abs(x))


@primitive(
    lambda xp, g, out, x: g * (xp.exp(-0.5 * (x * x)) / SQRT_2_PI), keeps="x", promote=real_floating, kind="elementwise"
)
def ndtr(xp: Any, x: A, /) -> A:
    """The distribution function of the standard normal distribution, erfc(-x / sqrt(2)) / 2; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    y = SQRT_HALF * xp.abs(x)
    tail = 0.5 * exp_of_minus_square(xp, x, 0.5) * scaled_tail(xp, y)
    value = xp.where(y <= NEAR_END, 0.5 + 0.5 * _near(xp, SQRT_HALF * x), xp.where(x < 0, tail, 1 - tail))
    return xp.where(xp.isnan(x), x, value)


@primitive(
    lambda xp, g, out, x: g * ((-SQRT_PI / 2) * xp.exp(out * out)),
    keeps="out",
    promote=real_floating,
    kind="elementwise",
)
def erfcinv(xp: Any, x: A, /) -> A:
    """The y with erfc(y) = x; infinite at 0 and 2, with an infinite derivative, and NaN beyond; to 3 eps.

    Shape: any, kept. Types: real floating.
    """
    return -SQRT_HALF * normal_quantile(xp, 0.5 * x - 0.5, 0.5 * xp.where(x < 1, x, 2 - x))


@primitive(
    lambda xp, g, out, p: g * (SQRT_2_PI * xp.exp(0.5 * (out * out))),
    keeps="out",
    promote=real_floating,
    kind="elementwise",
)
def ndtri(xp: Any, p: A, /) -> A:
    """The x with ndtr(x) = p; infinite at 0 and 1, with an infinite derivative, and NaN beyond; to 3 eps.

    Shape: any, kept. Types: real floating.
    """
    return normal_quantile(xp, p - 0.5, xp.where(p < 0.5, p, 1 - p))


def _log_ndtr(xp: Any, g: Any, out: Any, x: Any) -> Any:
    # on the left the density and ndtr are both 0, but not their quotient
    left, right = xp.where(x < 0, x, 0.0), xp.where(x < 0, 0.0, x)
    far = (2 / SQRT_2_PI) / erfcx(xp.asarray(-SQRT_HALF * left))
    return g * xp.where(x < 0, far, xp.exp(-0.5 * (right * right)) / SQRT_2_PI / ndtr(right))


@primitive(_log_ndtr, keeps="x", promote=real_floating, kind="elementwise")
def log_ndtr(xp: Any, x: A, /) -> A:
    """log(ndtr(x)), where ndtr(x) itself may be 0; to 4 eps.

    Shape: any, kept. Types: real floating.
    """
    left, right = xp.where(x < -1, x, -1.0), xp.where(x < -1, -1.0, x)
    far = xp.log(0.5 * scaled_tail(xp, -SQRT_HALF * left)) - 0.5 * left * left
    return xp.where(x < -1, far, xp.log1p(-ndtr.forward(xp, -right)))


in_single(erf, erfc, erfcx, _repeated_erfc, erfinv, erfcinv, ndtr, ndtri, log_ndtr)
