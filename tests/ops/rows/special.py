"""Rows of the special functions."""

from functools import partial

import numpy as np

from tests import optional
from tests.ops.rows.row import FLOATS, Operand, Row
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import bessel_functions, error_functions, special


def of_scipy(name):
    """SciPy's function, the oracle here."""
    return lambda *arrays, **options: getattr(optional.module("scipy.special"), name)(*arrays, **options)


def row(name, *domains, scale=1.0, shift=0.0, primitive=None, torch_call=None):
    """An element-wise function, of scale * x + shift where that lies in its domain."""

    def moved(function, *arrays):
        return function(*(scale * x + shift for x in arrays))

    domains = domains or ("real",)
    return Row(
        f"special.{name} of {', '.join(domains)}" if domains != ("real",) else f"special.{name}",
        primitive or name,
        lambda xp, *arrays: moved(getattr(xp.special, name), *arrays),
        tuple(Operand((2, 3), d) for d in domains),
        FLOATS,
        partial(moved, of_scipy(name)),
        lambda *arrays: moved(torch_call or getattr(torch.special, name), *arrays),
        order=3,
    )


def inner(name, function, numpy, torch_call, domain="positive", **static):
    """A primitive that stands in the derivatives of others."""
    said = ", ".join(f"{key}={value}" for key, value in static.items())
    return Row(
        f"{name} {said}",
        name,
        lambda xp, x: function(x, **static),
        (Operand((2, 3), domain),),
        FLOATS,
        lambda x: numpy(x.astype(np.float64)).astype(x.dtype),
        torch_call,
        order=3,
    )


def digamma(x):
    """PyTorch's, with a derivative by its zeta: its trigamma is right to 5e-10 only."""
    return torch.digamma(x).detach() + torch.special.zeta(2.0, x).detach() * (x - x.detach())


def polygamma(n):
    by_torch = {0: digamma, 1: lambda x: torch.special.zeta(2.0, x)}
    return Row(
        f"special.polygamma {n}",
        "polygamma" if n else "special.polygamma",
        lambda xp, x: xp.special.polygamma(n, x),
        (Operand((2, 3), "positive"),),
        FLOATS,
        lambda x: of_scipy("polygamma")(n, x).astype(x.dtype),
        by_torch.get(n, partial(torch.polygamma, n)),
        order=3,
    )


def logsumexp(numpy_options, weights=False, **more):
    def call(xp, a, b=None):
        return xp.special.logsumexp(a, b=b, **numpy_options)

    def torch_call(a, b=None):
        axis = numpy_options.get("axis")
        axis = tuple(range(a.ndim)) if axis is None else axis
        if b is not None:
            return torch.log(torch.sum(b * torch.exp(a), axis, keepdim=numpy_options.get("keepdims", False)))
        return torch.logsumexp(a, axis, keepdim=numpy_options.get("keepdims", False))

    said = ", ".join(f"{key}={value}" for key, value in numpy_options.items())
    return Row(
        f"special.logsumexp {said}{' weighted' * weights}",
        "special.logsumexp" if "keepdims" in numpy_options else "logsumexp",
        call,
        (Operand((2, 3, 2)), *((Operand((3, 1), "positive"),) * weights)),
        FLOATS if weights else (*FLOATS, "complex64", "complex128"),
        lambda a, b=None: of_scipy("logsumexp")(a, b=b, **numpy_options),
        torch_call,
    )


def along(name, axis, dim):
    return Row(
        f"special.{name} {axis}",
        f"special.{name}",
        lambda xp, x: getattr(xp.special, name)(x, axis=axis),
        (Operand((2, 3, 2)),),
        FLOATS,
        lambda x: of_scipy(name)(x, axis=axis),
        lambda x: getattr(torch, name)(x.reshape(dim), -1).reshape(x.shape),
    )


# ---- what PyTorch has no derivative of, by definitions of their own ----


def bessel_j(n):
    """Bessel's integral, the mean over a period."""
    angles = torch.arange(400, dtype=torch.float64) * (2 * np.pi / 400)

    def call(x):
        return torch.mean(torch.cos(n * angles - x[..., None].double() * torch.sin(angles)), -1).to(x.dtype)

    return call


def bessel_y(n):
    """Schläfli's integrals (DLMF 10.9.7), by Gauss and Legendre's nodes."""
    nodes, weights = map(torch.asarray, np.polynomial.legendre.leggauss(120))
    angles, t = np.pi * (nodes + 1) / 2, 3 * (nodes + 1)

    def call(x):
        z = x[..., None].double()
        one = np.pi / 2 * torch.sin(z * torch.sin(angles) - n * angles)
        falling = 3 * (torch.exp(n * t) + (-1) ** n * torch.exp(-n * t)) * torch.exp(-z * torch.sinh(t))
        return (torch.sum(weights * (one - falling), -1) / np.pi).to(x.dtype)

    return call


def bessel_k(n, scaled=False):
    t = torch.linspace(0, 7, 2001, dtype=torch.float64)

    def call(x):
        z = x[..., None].double()
        return torch.trapezoid(torch.exp(-z * (torch.cosh(t) - float(scaled))) * torch.cosh(n * t), t).to(x.dtype)

    return call


def bessel_i(scaled=False):
    def call(v, x):
        k = torch.arange(40, dtype=torch.float64)
        v, z = v.double().detach()[..., None], x.double()[..., None]
        terms = (2 * k + v) * torch.log(z / 2) - torch.lgamma(k + 1) - torch.lgamma(k + v + 1)
        return (torch.sum(torch.exp(terms), -1) * torch.exp(-x.double() * scaled)).to(x.dtype)

    return call


def zeta(s, q=None):
    """The sum of 20,000 terms, and the integral of the others with two corrections."""
    q = torch.ones_like(s) if q is None else q
    s, q, dtype = s.double()[..., None], q.double()[..., None], s.dtype
    k, a = torch.arange(20000, dtype=torch.float64), q + 20000
    rest = a ** (1 - s) / (s - 1) + a**-s / 2 + s * a ** (-s - 1) / 12
    return (torch.sum((q + k) ** -s, -1) + rest[..., 0]).to(dtype)


def gamma(x):
    sign = torch.where((x < 0) & (torch.floor(x) % 2 == 1), -1.0, 1.0)
    return sign.to(x.dtype) * torch.exp(torch.lgamma(x))


def of_order(name, n, torch_call, domain="positive", primitive=None):
    """A Bessel function of a whole order, or another function with an int."""
    return Row(
        f"special.{name} {n}",
        primitive or name,
        lambda xp, x: getattr(xp.special, name)(n, 2 * x),
        (Operand((2, 3), domain),),
        FLOATS,
        lambda x: of_scipy(name)(n, 2 * x.astype(np.float64)).astype(x.dtype),
        lambda x: torch_call(2 * x),
        order=3,
    )


def in_x(name, torch_call, primitive):
    """A function with a derivative by its last argument alone."""
    orders = np.asarray([[0.0, 1.0, 2.5], [3.0, 0.5, 4.0]])
    return Row(
        f"special.{name}",
        primitive,
        lambda xp, x: getattr(xp.special, name)(xp.asarray(orders, dtype=x.dtype, device=x.device), 3 * x),
        (Operand((2, 3), "positive"),),
        FLOATS,
        lambda x: of_scipy(name)(orders, 3 * x.astype(np.float64)).astype(x.dtype),
        lambda x: torch_call(torch.asarray(orders), 3 * x),
        order=3,
    )


def exp_integral(n):
    """By t = exp(u), and Gauss and Legendre's nodes."""
    nodes, weights = map(torch.asarray, np.polynomial.legendre.leggauss(120))
    u = 3 * (nodes + 1)

    def call(x):
        value = torch.exp(-x[..., None].double() * torch.exp(u) + (1 - n) * u)
        return torch.sum(3 * weights * value, -1).to(x.dtype)

    return call


def expi(x):
    k = torch.arange(1, 60, dtype=torch.float64)
    z = x.double()[..., None]
    terms = z**k * torch.exp(-torch.lgamma(k + 1)) / k
    return (np.euler_gamma + torch.log(x.double()) + torch.sum(terms, -1)).to(x.dtype)


def elliptic(power):
    """The mean over a period."""
    squares = torch.sin(torch.arange(400, dtype=torch.float64) * (np.pi / 400)) ** 2

    def call(m):
        return (np.pi / 2 * torch.mean((1 - m[..., None].double() * squares) ** power, -1)).to(m.dtype)

    return call


def lambertw(k=0):
    """SciPy's, and steps of Newton's method for the derivatives."""

    def call(z):
        w = torch.asarray(of_scipy("lambertw")(z.detach().double().numpy(), k).real)
        for _ in range(3):
            w = w - (w * torch.exp(w) - z.double()) / (torch.exp(w) * (w + 1))
        return w.to(z.dtype)

    return call


POLYNOMIALS = {
    "eval_legendre": (3, lambda x: (5 * x**3 - 3 * x) / 2),
    "eval_sh_legendre": (2, lambda x: (3 * (2 * x - 1) ** 2 - 1) / 2),
    "eval_chebyt": (3, lambda x: 4 * x**3 - 3 * x),
    "eval_chebyu": (3, lambda x: 8 * x**3 - 4 * x),
    "eval_hermite": (3, lambda x: 8 * x**3 - 12 * x),
    "eval_hermitenorm": (3, lambda x: x**3 - 3 * x),
    "eval_laguerre": (3, lambda x: 1 - 3 * x + 1.5 * x**2 - x**3 / 6),
}
WITH_PARAMETERS = {
    "eval_genlaguerre": lambda a, x: x**2 / 2 - (a + 2) * x + (a + 1) * (a + 2) / 2,
    "eval_gegenbauer": lambda a, x: 2 * a * (a + 1) * x**2 - a,
    "eval_jacobi": lambda a, b, x: (
        (a + 1) * (a + 2) / 2 + (a + 2) * (a + b + 3) * (x - 1) / 2 + (a + b + 3) * (a + b + 4) * (x - 1) ** 2 / 8
    ),
}


def of_parameters(name, theirs):
    count = theirs.__code__.co_argcount
    return Row(
        f"special.{name}",
        f"special.{name}",
        lambda xp, *arrays: getattr(xp.special, name)(2, *arrays),
        (Operand((2, 3), "positive"),) * count,
        FLOATS,
        lambda *raws: of_scipy(name)(2.0, *(x.astype(np.float64) for x in raws)).astype(raws[0].dtype),
        theirs,
        order=3,
    )


def _spherical(z):
    return (np.sin(z) - z * np.cos(z)) / z**3


ROWS = [
    *(row(name) for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "i0", "i1", "sinc")),
    *(row(name, "distinct") for name in ("i0e", "i1e")),
    row("expit", primitive="special.expit"),
    row("log_expit", torch_call=torch_functional.logsigmoid),
    row("erfinv", scale=0.4),
    *(row(name, scale=0.2, shift=0.5) for name in ("ndtri", "logit")),
    *(row(name, "positive") for name in ("gammaln", "entr")),
    row("digamma", "positive", torch_call=digamma),
    row("psi", "positive", primitive="digamma", torch_call=digamma),
    row("gammaln", scale=0.1, shift=-2.5),
    row("digamma", scale=0.1, shift=-2.5),
    row("xlogy", "real", "positive"),
    row("xlog1py", "real", "above -1"),
    row("betaln", "positive", "positive",
        torch_call=lambda a, b: torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)),
    row("rel_entr", "positive", "positive", torch_call=lambda x, y: x * torch.log(x / y)),
    row("kl_div", "positive", "positive", torch_call=lambda x, y: x * torch.log(x / y) - x + y),
    *(polygamma(n) for n in (0, 1, 2, 4)),
    *(of_order("jn", n, bessel_j(n)) for n in (0, 1, 2, 5)),
    *(of_order("yn", n, bessel_y(n)) for n in (0, 1, 2)),
    *(of_order("kn", n, bessel_k(n)) for n in (0, 1, 2, 5)),
    *(row(name, "positive", primitive="jn", torch_call=bessel_j(n)) for n, name in enumerate(("j0", "j1"))),
    *(row(name, "positive", primitive="yn", torch_call=bessel_y(n)) for n, name in enumerate(("y0", "y1"))),
    *(row(name, "positive", primitive="kn", torch_call=bessel_k(n)) for n, name in enumerate(("k0", "k1"))),
    *(row(name, "positive", primitive="kne", torch_call=bessel_k(n, True)) for n, name in enumerate(("k0e", "k1e"))),
    in_x("iv", bessel_i(), "iv"),
    in_x("ive", bessel_i(True), "ive"),
    row("erfcinv", scale=0.4, shift=1.0, torch_call=lambda x: torch.special.erfinv(1 - x)),
    row("gamma", "positive", torch_call=gamma),
    row("gamma", "positive", scale=4.0, torch_call=gamma)._replace(id="special.gamma of larger ones"),
    row("gamma", scale=0.1, shift=-2.5, torch_call=gamma),
    row("rgamma", scale=0.1, shift=-2.5, torch_call=lambda x: 1 / gamma(x)),
    row("rgamma", "positive", torch_call=lambda x: 1 / gamma(x)),
    row("exp1", "positive", torch_call=exp_integral(1)),
    *(of_order("expn", n, exp_integral(n)) for n in (1, 2, 4)),
    of_order("expn", 0, lambda x: torch.exp(-x) / x, primitive="special.expn"),
    row("expi", "positive", torch_call=expi),
    row("expi", scale=0.1, shift=-1.0, torch_call=lambda x: -exp_integral(1)(-x)),
    row("ellipk", scale=0.4, primitive="ellipkm1", torch_call=elliptic(-0.5)),
    row("ellipe", scale=0.4, torch_call=elliptic(0.5)),
    row("ellipkm1", "positive", torch_call=lambda p: elliptic(-0.5)(1 - p)),
    Row(
        "special.lambertw 0", "lambertw", lambda xp, x: xp.special.lambertw(x), (Operand((2, 3), "positive"),), FLOATS,
        lambda x: of_scipy("lambertw")(x).real.astype(x.dtype), lambertw(), order=3,
    ),
    Row(
        "special.lambertw -1", "lambertw", lambda xp, x: xp.special.lambertw(-0.1 * x, -1),
        (Operand((2, 3), "positive"),), FLOATS,
        lambda x: of_scipy("lambertw")(-0.1 * x, -1).real.astype(x.dtype), lambda x: lambertw(-1)(-0.1 * x), order=3,
    ),
    *(of_order(name, n, theirs, "real", f"special.{name}") for name, (n, theirs) in POLYNOMIALS.items()),
    *(of_parameters(name, theirs) for name, theirs in WITH_PARAMETERS.items()),
    *(
        row(name, "positive", "positive", primitive=f"special.{name}", torch_call=theirs)
        for name, theirs in (
            ("boxcox", lambda x, p: (x**p - 1) / p), ("boxcox1p", lambda x, p: ((1 + x) ** p - 1) / p),
            ("inv_boxcox", lambda y, p: (1 + p * y) ** (1 / p)),
            ("inv_boxcox1p", lambda y, p: (1 + p * y) ** (1 / p) - 1),
        )
    ),
    row("beta", "positive", "positive", primitive="special.beta",
        torch_call=lambda a, b: torch.exp(torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b))),
    row("poch", "positive", "positive", primitive="special.poch",
        torch_call=lambda a, b: torch.exp(torch.lgamma(a + b) - torch.lgamma(a))),
    row("binom", "positive", "positive", primitive="special.binom",
        torch_call=lambda n, k: gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))),
    Row(
        "special.factorial",
        "special.factorial",
        lambda xp, x: xp.special.factorial(x),
        (Operand((2, 3), "positive"),),
        FLOATS,
        lambda x: of_scipy("gamma")(x + 1),
        lambda x: gamma(x + 1),
        order=3,
    ),
    row("zeta", "positive", shift=1.2, primitive="special.zeta", torch_call=zeta),
    row("zeta", "positive", "positive", shift=1.2, primitive="special.zeta", torch_call=zeta),
    Row(
        "special.multigammaln",
        "special.multigammaln",
        lambda xp, x: xp.special.multigammaln(x + 2, 3),
        (Operand((2, 3), "positive"),),
        FLOATS,
        lambda x: np.vectorize(lambda v: of_scipy("multigammaln")(v, 3))(x.astype("float64") + 2).astype(x.dtype),
        lambda x: torch.special.multigammaln(x + 2, 3),
        order=3,
    ),
    Row(
        "special.gammasgn",
        "gammasgn",
        lambda xp, x: xp.special.gammasgn(3 * x),
        (Operand((2, 3)),),
        FLOATS,
        lambda x: of_scipy("gammasgn")(3 * x),
        differentiable=False,
    ),
    logsumexp({}),
    logsumexp({"axis": 1}),
    logsumexp({"axis": (0, -1), "keepdims": True}),
    logsumexp({"axis": -2}, weights=True),
    logsumexp({"keepdims": True}, weights=True),
    along("softmax", None, (1, 12)),
    along("softmax", -1, (2, 3, 2)),
    along("log_softmax", None, (1, 12)),
    along("log_softmax", (1, 2), (2, 6)),
    inner("_repeated_erfc", error_functions._repeated_erfc,
          lambda x: 1 / np.sqrt(np.pi) - x * of_scipy("erfcx")(x),
          lambda x: 1 / np.sqrt(np.pi) - x * torch.special.erfcx(x), "real", order=1),
    inner("_repeated_erfc", error_functions._repeated_erfc,
          lambda x: (of_scipy("erfcx")(x) * (1 + 2 * x * x) - 2 * x / np.sqrt(np.pi)) / 4,
          lambda x: (torch.special.erfcx(x) * (1 + 2 * x * x) - 2 * x / np.sqrt(np.pi)) / 4, "real", order=2),
    inner("_scaled", bessel_functions._scaled, lambda x: of_scipy("ive")(1, x) / x,
          lambda x: torch.special.i1e(x) / x, order=1),
    inner("_entire", bessel_functions._entire, lambda x: of_scipy("iv")(1, x) / x,
          lambda x: torch.special.i1(x) / x, order=1),
    inner("_spherical", bessel_functions._spherical, lambda x: _spherical(np.pi * x),
          lambda x: (torch.sin(np.pi * x) - np.pi * x * torch.cos(np.pi * x)) / (np.pi * x) ** 3, order=1),
    Row(
        "_log_abs_sum",
        "_log_abs_sum",
        lambda xp, a, b: special._log_abs_sum(a, b, axis=1)[0],
        (Operand((2, 3, 2)), Operand((2, 3, 2))),
        FLOATS,
        lambda a, b: of_scipy("logsumexp")(a, axis=1, b=b, return_sign=True)[0],
        lambda a, b: torch.log(torch.abs(torch.sum(b * torch.exp(a), 1))),
    ),
]  # fmt: skip
