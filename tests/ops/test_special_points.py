"""Element-wise and statistical functions at kinks, zeros and infinities: value and gradient are PyTorch's.

tests/ops/test_against_torch.py has those that there are from the beginning.
"""

import math

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import assert_like_torch, gradients, quiet
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.autograd import check_gradients

inf, nan = math.inf, math.nan


def same(name, *lists, of_torch=None, **options):
    """A function that both have under one name."""
    return (
        lambda xp, *x: getattr(xp, name)(*x, **options),
        of_torch or getattr(torch, name),
        lists,
    )


STD = {"correction": 0}

REAL = {
    "hypot at 0": same("hypot", [0.0, 3, 0, -3], [0.0, 0, -2, 4]),
    "hypot of infinities": same("hypot", [inf, 1, -inf], [1.0, inf, inf]),
    "hypot of huge numbers": same("hypot", [3e30, 3e-30], [4e30, 4e-30]),
    "atan2 at 0": same("atan2", [0.0, 0.0, -0.0, 1, 0], [0.0, -0.0, -0.0, 0, 1]),
    "atan2 of infinities": same("atan2", [inf, 1], [1.0, inf]),
    "copysign at 0": same("copysign", [0.0, -0.0, 2, -2, 3], [-1.0, 1, -1, -1, 0]),
    "logaddexp of infinities": same("logaddexp", [-inf, inf, -inf, inf, -inf], [-inf, inf, 0.0, 0, inf]),
    "logaddexp of far numbers": same("logaddexp", [1000.0, 1, -1000, 0], [-1000.0, 1, 1000, 1e-12]),
    "remainder by infinity": same("remainder", [3.0, 0], [inf, inf]),
    "log2": same("log2", [0.0, 1, inf, -1]),
    "log10": same("log10", [0.0, 1, inf, -1]),
    "asin at its ends": same("asin", [-1.0, 1, 0, 2]),
    "acos at its ends": same("acos", [-1.0, 1, 0, -2]),
    "atan": same("atan", [-inf, inf, 0, 1]),
    "acosh at its end": same("acosh", [1.0, inf, 0]),
    "asinh": same("asinh", [0.0, inf, -inf, 1e-20]),
    "atanh at its ends": same("atanh", [1.0, -1, 0]),
    "sinh": same("sinh", [-inf, 0.0, inf]),
    "cosh": same("cosh", [-inf, 0.0, inf]),
    "tan": same("tan", [0.0, math.pi / 2]),
    "clip": same("clip", [0.0, 1, 2, 3, 4, inf, nan], min=1.0, max=3.0, of_torch=lambda x: torch.clamp(x, 1.0, 3.0)),
    "clip below alone": same("clip", [0.0, 1, 2, nan], max=1.0, of_torch=lambda x: torch.clamp(x, max=1.0)),
    "clip to arrays": same(
        "clip",
        [0.0, 1, 2, 3, 4, nan, 0, 1, 2],
        [1.0, 1, 1, 1, 1, 1, 1, 1, 1],
        [3.0, 3, 3, 3, 3, 3, 1, 1, 1],
        of_torch=torch.clamp,
    ),
    "clip to crossed bounds": same("clip", [2.0, 5, 0, 1, 4], [4.0] * 5, [1.0] * 5, of_torch=torch.clamp),
    "clip between an array and a number": (
        lambda xp, x, a: xp.clip(x, a, 2.0),
        lambda x, a: torch.clamp(x, a, torch.tensor(2.0, dtype=x.dtype)),
        [[0.0, 1, 2, 3], [1.0, 1, 1, 1]],
    ),
    "real": (lambda xp, x: xp.real(x), lambda x: 1 * x, [[1.0, -0.0]]),
    "conj": (lambda xp, x: xp.conj(x), lambda x: 1 * x, [[1.0, -0.0]]),
    "prod": same("prod", [2.0, 3, 4]),
    "prod with a zero": same("prod", [2.0, 0, 4]),
    "prod with two zeros": same("prod", [0.0, 3, 0]),
    "prod with zeros, by rows": (
        lambda xp, x: xp.prod(x, axis=1),
        lambda x: torch.prod(x, 1),
        [[[1.0, 2, 3], [0, 2, 3], [0, 0, 3], [0, 0, 0]]],
    ),
    "prod over two of three": (
        lambda xp, x: xp.prod(x, axis=(0, 2)),
        lambda x: x.permute(1, 0, 2).reshape(2, 4).prod(1),
        [[[[1.0, 2], [0, 3]], [[4, 5], [6, 0]]]],
    ),
    "prod of one": (lambda xp, x: xp.prod(x, axis=0), lambda x: torch.prod(x, 0), [[0.0]]),
    "cumulative_prod": (lambda xp, x: xp.cumulative_prod(x), lambda x: torch.cumprod(x, 0), [[2.0, 3, 4, 5, 6, 7]]),
    "cumulative_prod with a zero": (
        lambda xp, x: xp.cumulative_prod(x),
        lambda x: torch.cumprod(x, 0),
        [[2.0, 0, 4, 5, 6]],
    ),
    "cumulative_prod with zeros": (
        lambda xp, x: xp.cumulative_prod(x, axis=-2),
        lambda x: torch.cumprod(x, -2),
        [[[1.0, 0], [0, 2], [3, 0], [0, 0], [5, 6], [7, 8], [0, 1]]],
    ),
    "std of equal numbers": same("std", [2.0, 2, 2], of_torch=lambda x: torch.std(x, correction=0)),
    "std of equal rows": (
        lambda xp, x: xp.std(x, axis=1, correction=1),
        lambda x: torch.std(x, 1, correction=1),
        [[[2.0, 2, 2], [1, 2, 4]]],
    ),
    "remainder by either infinity": (
        lambda xp, x, y: xp.remainder(x, y),
        torch.remainder,
        [[1.0, -1, 1, -1, 0, 5], [-inf, inf, inf, -inf, -inf, -3]],
    ),
    "max with NaN": (lambda xp, x: xp.max(x, axis=1), lambda x: torch.amax(x, 1), [[[1.0, nan, 3], [2, 2, 1]]]),
    "min with all equal": (lambda xp, x: xp.min(x), torch.amin, [[[1.0, 1], [1, 1]]]),
}

COMPLEX = {
    "abs at 0": same("abs", [0j, 3 + 4j, -2, 1j]),
    "sign at 0": same("sign", [0j, 3 + 4j, -2, 1j], of_torch=torch.sgn),
    "sqrt": same("sqrt", [-4 + 1j, 2 - 3j, -1j]),
    "pow at 0": (lambda xp, x, y: xp.pow(x, y), torch.pow, [[0j, 0j, 2 + 1j], [2 + 0j, 0.5 + 0j, 1 - 1j]]),
    "pow 2 of 0": (lambda xp, x: x**2, lambda x: x**2, [[0j, 1 + 1j]]),
    "pow 0 of 0": (lambda xp, x: x**0, lambda x: x**0, [[0j, 1 + 1j]]),
    "pow (1 + 2j)": (lambda xp, x: x ** (1 + 2j), lambda x: x ** (1 + 2j), [[0.5 + 1j, -1 - 1j]]),
    "(1 + 2j) to a power": (lambda xp, x: (1 + 2j) ** x, lambda x: (1 + 2j) ** x, [[0.5 + 1j, 0j, -1 - 1j]]),
    "0j to a power": (lambda xp, x: 0j**x, lambda x: torch.pow(0j, x), [[2 + 0j, 0.5 + 0j]]),
    **{f"{name} left of 0": same(name, [-2 + 1j, -2 - 1j, -0.5 + 0.1j]) for name in ("acosh", "asinh", "atanh", "log")},
    **{f"{name} far off": same(name, [3 + 2j, -3 - 2j, 0.1 + 4j]) for name in ("asin", "acos", "atan")},
    "prod with zeros": same("prod", [0j, 2 + 1j, 1 - 1j]),
    "cumulative_prod with zeros": (
        lambda xp, x: xp.cumulative_prod(x),
        lambda x: torch.cumprod(x, 0),
        [[1 + 1j, 0j, 2 - 1j, 0j, 1j]],
    ),
    "imag, real and conj": (
        lambda xp, x: xp.real(x) * xp.imag(x) + xp.conj(x),
        lambda x: x.real * x.imag + x.conj(),
        [[1 + 2j, -1j, 0j]],
    ),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", REAL)
def test_real(name, device):
    call, torch_call, lists = REAL[name]
    for dtype in ("float32", "float64"):
        with quiet():
            assert_like_torch(call, torch_call, [np.asarray(v, dtype) for v in lists], device)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", COMPLEX)
def test_complex(name, device):
    call, torch_call, lists = COMPLEX[name]
    for dtype in ("complex64", "complex128"):
        with quiet():
            assert_like_torch(call, torch_call, [np.asarray(v, dtype) for v in lists], device)


@pytest.mark.needs("torch")
def test_real_and_complex_operands_get_gradients_of_their_own_types(device):
    for name in ("add", "subtract", "multiply", "divide", "pow"):
        raws = [np.asarray([0.5, 2.0]), np.asarray([1 + 2j, -1 + 0.5j])]
        for order in (raws, raws[::-1]):
            assert_like_torch(lambda xp, a, b, n=name: getattr(xp, n)(a, b), getattr(torch, name), order, device)


@pytest.mark.parametrize("name", ["var", "std"])
def test_a_complex_variance_has_the_right_gradient(name, device):
    """The standard has variances of real numbers alone; so has array-api-strict."""
    raws = [np.asarray([1 + 2j, -1 + 0.5j, 3j])]
    call, torch_call = (lambda xp, x: getattr(xp, name)(x)), (lambda x: getattr(torch, name)(x, correction=0))
    if device.backend.name == "strict":
        with pytest.raises(TypeError, match=f"^{name}: .*real floating"):
            gradients(call, raws, device)
    else:
        assert_like_torch(call, torch_call, raws, device)


@pytest.mark.parametrize("name", ["prod", "cumulative_prod"])
def test_products_with_zeros_are_right_at_higher_orders(name, device):
    for values in ([0.0, 2, 3, 4], [0.0, 2, 0, 4], [1.0, 0, 0, 0]):
        x = xp.asarray(values, dtype=xp.float64, device=device)
        check_gradients(getattr(xp, name), x, order=3)


# Where PyTorch gives NaN, or 0, and there is a derivative.
BETTER = {
    "copysign of infinity": (lambda xp, x, y: xp.copysign(x, y), [[inf, -inf], [-1.0, -1]], [[-1.0, 1], [0, 0]]),
    "atan2 of huge numbers": (lambda xp, x, y: xp.atan2(x, y), [[1e200], [1e200]], [[5e-201], [-5e-201]]),
}


@pytest.mark.parametrize("name", BETTER)
def test_better_than_torch(name, device):
    call, lists, slopes = BETTER[name]
    raws = [np.asarray(v) for v in lists]
    value, found = gradients(call, raws, device)
    weight = np.random.default_rng(7).uniform(-1, 1, value.shape)
    for came, slope in zip(found, slopes, strict=True):
        assert_close(came / weight, slope)


@pytest.mark.parametrize("name", ["var", "std"])
def test_without_degrees_of_freedom_the_derivative_is_nan(name, device):
    with quiet(), pytest.warns((RuntimeWarning, UserWarning)) if device.backend.name != "cupy" else quiet():
        _, (slope,) = gradients(lambda xp, x: getattr(xp, name)(x, correction=1.0), [np.asarray([3.0])], device)
    assert np.isnan(slope).all()


def test_the_mean_of_more_than_float16_can_count(device):
    if xp.dtypes.float16 not in device.backend.raw_dtypes:
        pytest.skip(f"{device.backend.name} has no float16")
    x = xp.asarray(np.ones(70000, np.float16), device=device, requires_grad=True)
    xp.mean(x).backward(xp.asarray(np.asarray(1000.0, np.float16), device=device))
    np.testing.assert_allclose(x.grad.numpy(), 1 / 70, rtol=1e-2)


@pytest.mark.needs("torch")
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # NumPy's, for the mean of no elements
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize("axis", [0, 1])
def test_empty(name, axis, device):
    along = {"cumulative_sum": torch.cumsum, "cumulative_prod": torch.cumprod}.get(name, getattr(torch, name, None))
    assert_like_torch(
        lambda xp, x: getattr(xp, name)(x, axis=axis), lambda x: along(x, axis), [np.empty((0, 3))], device
    )
