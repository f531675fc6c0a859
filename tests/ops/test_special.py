"""Special functions: special points, errors against mpmath, kernels against definitions, and SciPy's way to them."""

import math

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.backends.processes import run
from tests.ops.compare import assert_like_torch, gradients, quiet
from tests.ops.kernel_rows.special import BOUNDS
from tests.ops.kernels import definition_of
from tests.ops.table import primitives
from tests.oracle import torch
from tests.tolerances import RELATIVE, assert_close
from xnn.errors import DTypeError, OptionError

inf, nan = math.inf, math.nan
EVERYWHERE = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 30.0, -30.0, inf, -inf, nan]

# ---- special points ----

VALUES = {
    **dict.fromkeys((
        "erf", "erfc", "erfcx", "erfinv", "ndtr", "ndtri", "log_ndtr", "expit", "log_expit", "logit", "entr", "i0e",
        "i1e", "sinc", "gammaln", "digamma", "psi"), EVERYWHERE),
    "i0": [x for x in EVERYWHERE if not math.isinf(x)],  # where SciPy's is NaN
    "i1": [x for x in EVERYWHERE if not math.isinf(x)],
}  # fmt: skip


def by_scipy(name):
    return getattr(optional.module("scipy.special"), name)


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VALUES)
def test_values_are_scipys(name, dtype, device):
    points = np.asarray(VALUES[name], dtype)
    with quiet():
        came = getattr(xp.special, name)(xp.asarray(points, device=device)).numpy()
        assert came.dtype == dtype
        expected = by_scipy(name)(points.astype("float64")).astype(dtype)
        for x, one, other in zip(points, came, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=RELATIVE[dtype], atol=1e-15, err_msg=f"{name}({x})")


PAIRS = [0.0, 1.0, -1.0, 0.5, 2.0, 1e4, inf, -inf, nan]


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", ["rel_entr", "kl_div", "xlogy", "xlog1py", "betaln"])
def test_values_of_pairs_are_scipys(name, device):
    points = [p for p in PAIRS if p >= 0] if name == "betaln" else PAIRS  # of NaN and a pole, SciPy's betaln is inf
    x, y = (v.ravel() for v in np.meshgrid(points, points))
    with quiet():
        came = getattr(xp.special, name)(xp.asarray(x, device=device), xp.asarray(y, device=device)).numpy()
        expected = by_scipy(name)(x, y)
    for a, b, one, other in zip(x, y, came, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-15, err_msg=f"{name}({a}, {b})")


def test_bessel_functions_at_infinity(device):
    x = xp.asarray([inf, -inf], device=device)
    assert xp.special.i0(x).tolist() == [inf, inf]
    assert xp.special.i1(x).tolist() == [inf, -inf]


SPECIAL = {
    "erf": (torch.special.erf, [[0.0, -3.0, 30.0, inf, -inf, nan]]),
    "erfc": (torch.special.erfc, [[0.0, -3.0, 20.0, inf, -inf, nan]]),
    "erfinv": (torch.special.erfinv, [[0.0, 1.0, -1.0, 0.999, 2.0]]),
    "ndtri": (torch.special.ndtri, [[0.0, 1.0, 0.5, 1e-10, -1.0]]),
    "logit": (torch.special.logit, [[0.0, 1.0, 0.5, 1e-10, -1.0, 2.0]]),
    "expit": (torch.special.expit, [[0.0, 1000.0, -1000.0, inf, -inf]]),
    "log_expit": (torch.nn.functional.logsigmoid, [[0.0, 1000.0, -1000.0]]),
    "entr": (torch.special.entr, [[0.0, -1.0, 0.5, 1.0]]),
    "xlogy": (torch.special.xlogy, [[0.0, 0.0, 0.0, 1.0, -1.0], [0.0, 2.0, -1.0, 0.0, 2.0]]),
    "xlog1py": (torch.special.xlog1py, [[0.0, 0.0, 0.0, 1.0, -1.0], [-1.0, 2.0, -2.0, -1.0, 2.0]]),
    "gammaln": (torch.special.gammaln, [[1.0, 2.0, 1e10, -1.0, 0.0]]),
    "i0": (torch.special.i0, [[0.0, 1e-5, -30.0]]),
    "i0e": (torch.special.i0e, [[0.0, 1e-5, -30.0]]),
    "i1": (torch.special.i1, [[0.0, 1e-5, -30.0]]),
    "i1e": (torch.special.i1e, [[0.0, 1e-5, -30.0]]),
    "sinc": (torch.special.sinc, [[0.0, 1e-3, 1.5]]),
    "logsumexp": (lambda x: torch.logsumexp(x, 0), [[-inf, 0.0, 1.0]]),
    "softmax": (lambda x: torch.softmax(x, 0), [[1000.0, 1000.0, -1000.0, -inf]]),
    "log_softmax": (lambda x: torch.log_softmax(x, 0), [[1000.0, 999.0, -1000.0]]),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", SPECIAL)
def test_gradients_are_torchs(name, device):
    torch_call, lists = SPECIAL[name]
    with quiet():
        assert_like_torch(
            lambda xp, *a: getattr(xp.special, name)(*a), torch_call, [np.asarray(v) for v in lists], device
        )


@pytest.mark.parametrize(
    ("name", "x", "y", "slopes"),
    [("rel_entr", [0.0, 0.0, 1.0, -1.0], [0.0, 2.0, 0.0, 2.0], ([0, -inf, inf, nan], [0, 0, -inf, nan])),
     ("kl_div", [0.0, 0.0, 1.0, -1.0], [0.0, 2.0, 0.0, 2.0], ([0, -inf, inf, nan], [1, 1, -inf, nan]))],
)  # fmt: skip
def test_gradients_at_the_edge_of_entropies(name, x, y, slopes, device):
    a, b = (xp.asarray(v, dtype=xp.float64, device=device, requires_grad=True) for v in (x, y))
    with quiet():
        xp.sum(getattr(xp.special, name)(a, b)).backward()
    np.testing.assert_array_equal(a.grad.numpy(), slopes[0])
    np.testing.assert_array_equal(b.grad.numpy(), slopes[1])


def derivative(function, order):
    """The derivative of that order of an element-wise function."""
    for _ in range(order):
        function = xp.grad(lambda x, f=function: xp.sum(f(x)))
    return function


STABLE = {
    "sinc": ([0.0, 1e-4], lambda mp, x: mp.sincpi(x) if x else mp.mpf(1)),
    "i1": ([0.0, 1e-4, 0.3], lambda mp, x: mp.besseli(1, x)),
    "i0": ([0.0, 1e-4, 25.0], lambda mp, x: mp.besseli(0, x)),
    "log_ndtr": ([-1e6, -1e4, -30.0, 5.0], lambda mp, x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)),
    "erfcx": ([-2.0, 1.0, 30.0, 1e4], lambda mp, x: mp.exp(x * x) * mp.erfc(x)),
    "expit": ([-300.0, 0.0, 20.0], lambda mp, x: 1 / (1 + mp.exp(-x))),
    "log_expit": ([-300.0, 0.0, 20.0], lambda mp, x: -mp.log1p(mp.exp(-x))),
    "gammaln": ([1e-3, 1.0, 30.0], lambda mp, x: mp.loggamma(x)),
}


@pytest.mark.needs("mpmath")
@pytest.mark.parametrize("name", STABLE)
def test_derivatives_to_the_third_order_are_exact_where_it_is_hard(name, device):
    mpmath = optional.module("mpmath")
    points, reference = STABLE[name]
    x = xp.asarray(points, dtype=xp.float64, device=device)
    with mpmath.workdps(80):
        for order in (1, 2, 3):
            came = derivative(getattr(xp.special, name), order)(x).numpy()
            for point, one in zip(points, came, strict=True):
                step = mpmath.mpf(10) ** -12 * max(1, abs(point))
                expected = central(lambda t: reference(mpmath, t), mpmath.mpf(point), step, order)
                # mpmath's last digits go with the step: 80 - 3 * 12 are left, and the error of the step's square
                np.testing.assert_allclose(one, float(expected), rtol=1e-8, atol=1e-9, err_msg=f"{order} at {point}")


def central(function, x, h, order):
    """The derivative of a function of mpmath by central differences."""
    if order == 0:
        return function(x)
    return (central(function, x + h, h, order - 1) - central(function, x - h, h, order - 1)) / (2 * h)


# ---- how exact the definitions are: what their docstrings say, in units of epsilon ----

EXACT = {
    "erf": (2, (-6, 6), lambda mp, x: mp.erf(x)),
    "erfc": (3, (-5, 9), lambda mp, x: mp.erfc(x)),
    "erfcx": (2, (-8, 40), lambda mp, x: mp.exp(x * x) * mp.erfc(x)),
    "erfinv": (3, (-0.999, 0.999), lambda mp, x: mp.erfinv(x)),
    "ndtr": (4, (-12, 8), lambda mp, x: mp.erfc(-x / mp.sqrt(2)) / 2),
    "ndtri": (3, (0.001, 0.999), lambda mp, p: -mp.sqrt(2) * mp.erfinv(1 - 2 * p)),
    "log_ndtr": (4, (-40, 8), lambda mp, x: mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)),
    "logit": (3, (0.001, 0.999), lambda mp, p: mp.log(p / (1 - p))),
    "gammaln": (2, (0.001, 60), lambda mp, x: mp.loggamma(x)),
    "digamma": (2, (2, 60), lambda mp, x: mp.digamma(x)),
    "polygamma": (4, (0.01, 40), lambda mp, x: mp.zeta(3, x) * -2),
    "i0": (10, (-50, 50), lambda mp, x: mp.besseli(0, x)),
    "i1": (10, (-50, 50), lambda mp, x: mp.besseli(1, x)),
    "i0e": (8, (-60, 60), lambda mp, x: mp.besseli(0, x) * mp.exp(-abs(x))),
    "i1e": (10, (-60, 60), lambda mp, x: mp.besseli(1, x) * mp.exp(-abs(x))),
    "sinc": (2, (-9.7, 9.7), lambda mp, x: mp.sincpi(x)),
    "erfcinv": (3, (0.001, 1.999), lambda mp, x: mp.erfinv(1 - x)),
    "gamma": (8, (0.001, 34), lambda mp, x: mp.gamma(x)),
    "rgamma": (12, (-9.7, 34), lambda mp, x: mp.rgamma(x)),
}


@pytest.mark.needs("mpmath")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_the_error_of_a_definition_is_what_its_docstring_says(name, dtype):
    mpmath = optional.module("mpmath")
    said, (low, high), reference = EXACT[name]
    points = np.random.default_rng(0).uniform(low, high, 150).astype(dtype)
    came = definition_of(primitives()[name])(points, **({"n": 2} if name == "polygamma" else {}))
    assert came.dtype == dtype
    with mpmath.workdps(400):
        for x, one in zip(points, came, strict=True):
            expected = reference(mpmath, mpmath.mpf(float(x)))
            error = abs((mpmath.mpf(float(one)) - expected) / expected) / float(np.finfo(dtype).eps)
            assert error <= said, f"{name}({x}): {float(error)} eps"


def test_a_normal_number_has_no_warning():
    """The branches that are not taken compute something usual: NumPy, which warns, is as quiet as SciPy."""
    points = np.asarray([-300.0, -40.5, -3.7, -1e-3, 0.0, 1e-3, 0.4, 0.6, 3.0, 9.0, 40.0, 300.0])
    for name in ("erf", "erfc", "erfinv", "ndtr", "ndtri", "log_ndtr", "logit", "gammaln", "digamma", "entr", "i0e",
                 "i1e", "i0", "i1", "sinc"):  # fmt: skip
        definition_of(primitives()[name])(points)
    for name in ("betaln", "rel_entr", "kl_div"):
        definition_of(primitives()[name])(np.repeat(points, 12), np.tile(points, 12))


# ---- kernels ----


def special_kernels(device):
    return sorted(set(device.backend.kernels) & set(BOUNDS))


def test_kernels_keep_the_definitions_at_special_points(device):
    points = [0.0, 1.0, -1.0, 0.5, 2.0, inf, nan]
    for name in special_kernels(device):
        if name == "betaln":  # of NaN and a pole, SciPy's is infinite
            points = [x for x in points if x >= 0]
        raws = [v.ravel() for v in np.meshgrid(*[np.asarray(points)] * len(BOUNDS[name]))]
        with quiet():
            primitive = primitives()[name]
            arrays = [device.backend.from_numpy(r, device) for r in raws]
            came, expected = (device.backend.to_numpy(p(*arrays)) for p in (primitive, definition_of(primitive)))
        np.testing.assert_allclose(came, expected, rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize(("name", "source", "least"), [("numpy", "scipy", 19), ("torch", "torch", 15)])
def test_backends_have_kernels(name, source, least):
    pytest.importorskip(source, reason=f"the kernels are {source}'s functions")
    assert len(special_kernels(xp.backends.find_device(f"{name}:cpu"))) >= least


def test_the_strict_backend_has_no_kernels():
    assert not special_kernels(xp.backends.find_device("strict:CPU_DEVICE"))


# ---- types and options ----

UNARY = ("erf", "expit", "log_expit", "gammaln", "digamma", "entr", "i0", "sinc", "logsumexp", "softmax", "ndtr")


@pytest.mark.parametrize("name", UNARY)
def test_types(name, device):
    function = getattr(xp.special, name)
    for given, came in (("float32", "float32"), ("float64", "float64"), ("int64", "float32"), ("uint8", "float32"),
                        ("bool", "float32")):  # fmt: skip
        assert function(xp.ones(3, dtype=given, device=device)).dtype.name == came
    raw = device.backend.from_numpy(np.ones(3), device)
    assert isinstance(function(raw), device.backend.array_type)


@pytest.mark.parametrize("name", ["erf", "gammaln", "i1", "logit", "log_expit"])
def test_complex_numbers_are_refused(name, device):
    with pytest.raises(DTypeError, match="this function is of real numbers; got complex64"):
        getattr(xp.special, name)(xp.ones(2, dtype=xp.complex64, device=device))


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr", "kl_div", "betaln"])
def test_scalars_are_weak(name, device):
    x = xp.asarray([0.5, 2.0], device=device)
    function = getattr(xp.special, name)
    for came in (function(x, 2.0), function(2, x)):
        assert came.dtype is xp.float32
    assert_close(function(2, x).numpy(), by_scipy(name)(2.0, x.numpy()).astype("float32"))


@pytest.mark.needs("scipy")
def test_polygamma_of_many_orders(device):
    n, x = np.asarray([[0], [1], [3]]), np.asarray([0.5, 2.5, -1.5])
    leaf = xp.asarray(x, device=device, requires_grad=True)
    came = xp.special.polygamma(xp.asarray(n, device=device), leaf)
    assert_close(came.detach().numpy(), by_scipy("polygamma")(n, x))
    xp.sum(came).backward()
    assert_close(leaf.grad.numpy(), by_scipy("polygamma")(n + 1, x).sum(axis=0))
    one = xp.special.polygamma(xp.asarray([[2]], device=device), leaf)
    assert_close(one.detach().numpy(), by_scipy("polygamma")([[2]], x))
    for wrong in (-1, 0.5):
        with pytest.raises(OptionError, match=f"polygamma has a whole order, at least 0; got {wrong}"):
            xp.special.polygamma(xp.asarray(wrong, device=device), leaf)


# ---- logsumexp ----

SUMS = {
    "infinities": [[-inf, -inf, 1.0], [inf, 1.0, 2.0], [-inf, -inf, -inf], [inf, -inf, 800.0], [nan, 1.0, 2.0]],
    "large": [[1000.0, 1000.0, 900.0], [-600.0, -600.0, -600.0], [0.0, -40.0, -50.0], [3.0, 1.0, 2.0], [0, 0, 0]],
}


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", SUMS)
def test_logsumexp_is_scipys(name, device):
    a = np.asarray(SUMS[name])
    b = np.asarray([1.0, -2.0, 0.5])
    x, w = xp.asarray(a, device=device), xp.asarray(b, device=device)
    with quiet():
        for axis in (None, 0, 1, (0, 1)):
            for keepdims in (False, True):
                came = xp.special.logsumexp(x, axis=axis, keepdims=keepdims).numpy()
                np.testing.assert_allclose(came, by_scipy("logsumexp")(a, axis=axis, keepdims=keepdims), rtol=1e-14)
            came = xp.special.logsumexp(x, axis=axis, b=w, return_sign=True)
            expected = by_scipy("logsumexp")(a, axis=axis, b=b, return_sign=True)
            for one, other in zip(came, expected, strict=True):
                np.testing.assert_allclose(one.numpy(), other, rtol=1e-13, atol=1e-15)
            np.testing.assert_allclose(
                xp.special.logsumexp(x, axis=axis, b=w).numpy(), by_scipy("logsumexp")(a, axis=axis, b=b), rtol=1e-13
            )


def test_a_weight_of_zero_leaves_out_what_is_not_finite(device):
    a, b = np.asarray([inf, nan, 1.0]), np.asarray([0.0, 0.0, 2.0])
    leaf = xp.asarray(a, device=device, requires_grad=True)
    came = xp.special.logsumexp(leaf, b=xp.asarray(b, device=device))
    assert_close(float(came.detach()), 1 + math.log(2))
    came.backward()
    assert_close(leaf.grad.numpy(), [0.0, 0.0, 1.0])


@pytest.mark.needs("scipy")
def test_logsumexp_of_complex_numbers(device):
    a = np.asarray([[1 + 2j, -1 + 3j], [800 - 1j, 799 + 0j]])
    b = np.asarray([1.0, -2.0])
    x, w = xp.asarray(a, device=device), xp.asarray(b, device=device)
    assert_close(xp.special.logsumexp(x, axis=1).numpy(), by_scipy("logsumexp")(a, axis=1))
    for one, other in zip(
        xp.special.logsumexp(x, axis=1, b=w, return_sign=True),
        by_scipy("logsumexp")(a, axis=1, b=b, return_sign=True),
        strict=True,
    ):
        assert_close(one.numpy(), other)


def test_the_sign_has_no_gradient_and_the_logarithm_has(device):
    a, b = np.asarray([0.3, 0.5]), np.asarray([1.0, -3.0])
    x, w = (xp.asarray(v, device=device, requires_grad=True) for v in (a, b))
    value, sign = xp.special.logsumexp(x, b=w, return_sign=True)
    value.backward(retain_graph=True)
    total = float(np.sum(b * np.exp(a)))
    assert_close(x.grad.numpy(), b * np.exp(a) / total)
    assert_close(w.grad.numpy(), np.exp(a) / total)
    x.grad = None
    (0 * value + sign).backward()
    assert x.grad.tolist() == [0, 0]


def test_logsumexp_of_nothing_is_minus_infinity(device):
    assert xp.special.logsumexp(xp.ones((2, 0), device=device), axis=1).tolist() == [-inf, -inf]
    assert float(xp.special.logsumexp(xp.asarray(2.5, device=device))) == 2.5
    with pytest.raises(TypeError, match="logsumexp takes"):
        xp.special.logsumexp("text")


def test_a_little_beside_much_counts(device):
    value, (slope,) = gradients(lambda xp, x: xp.special.logsumexp(x), [np.asarray([0.0, -60.0])], device)
    np.testing.assert_allclose(value, math.exp(-60), rtol=1e-14)
    assert slope[1] != 0


# ---- SciPy's way here, and ours to SciPy ----

DELEGATED = """
import numpy, scipy.special, xnn as xp
x = xp.asarray([0.2, 0.7], dtype=xp.float64, device="cpu", requires_grad=True)
for name in "erf erfc erfcx erfinv expit logit gammaln psi digamma entr i0 i0e i1 i1e ndtr ndtri log_ndtr".split():
    y = getattr(scipy.special, name)(x)
    assert isinstance(y, xp.Array) and y.requires_grad, name
for name in "betaln rel_entr kl_div xlogy xlog1py".split():
    y = getattr(scipy.special, name)(x, x)
    assert isinstance(y, xp.Array) and y.requires_grad, name
for name in "logsumexp softmax log_softmax sinc".split():
    y = getattr(scipy.special, name)(x)
    assert isinstance(y, xp.Array) and y.requires_grad, name
y = scipy.special.polygamma(xp.asarray([1, 2], device="cpu"), x)
assert isinstance(y, xp.Array) and y.requires_grad
print("all")
"""


@pytest.mark.needs("scipy")
def test_scipy_finds_them():
    optional.module("scipy.special")
    assert run(DELEGATED, SCIPY_ARRAY_API="1") == ["all"]


@pytest.mark.needs("scipy")
def test_scipy_is_imported_when_it_is_used():
    optional.module("scipy.special")
    program = (
        "import sys, xnn as xp\nx = xp.special.expit(xp.ones(2, device='cpu'))\nprint('scipy' in sys.modules)\n"
        "xp.special.erf(x)\nprint('scipy' in sys.modules)"
    )
    assert run(program) == ["False", "True"]
