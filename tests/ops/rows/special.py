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
