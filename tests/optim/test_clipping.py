"""Clipping of gradients beside PyTorch's, and what it refuses."""

import math
import re

import numpy as np
import pytest

import xnn as xp
from tests import parity
from tests.optim.table import SHAPES
from tests.oracle import torch
from xnn import optim
from xnn.errors import DTypeError, GraphError, OptionError
from xnn.nn import Parameter

ORDERS = [2.0, 1, 3.0, 0.5, math.inf, "inf"]


def parameters(device, dtype="float64", scale=1.0):
    """With gradients, but for the last one; and PyTorch's."""
    random = np.random.default_rng(3)
    values = [np.asarray(random.normal(size=shape), dtype) for shape in SHAPES]
    grads = [np.asarray(scale * random.normal(size=shape), dtype) for shape in SHAPES]
    params = [Parameter(xp.asarray(v, device=device)) for v in values]
    leaves = [torch.tensor(v, requires_grad=True) for v in values]
    for p, t, g in list(zip(params, leaves, grads, strict=True))[:-1]:
        p.grad, t.grad = xp.asarray(g, device=device), torch.tensor(g)
    return params, leaves


def assert_same(name, params, leaves, dtype):
    assert params[-1].grad is None
    for p, t in list(zip(params, leaves, strict=True))[:-1]:
        assert (p.grad.dtype.name, p.grad.device) == (dtype, p.device)
        parity.compare("clipping", name, p.grad.numpy(), t.grad.numpy())


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm_type", ORDERS, ids=str)
@pytest.mark.parametrize("max_norm", [0.5, 1000.0])
def test_clip_grad_norm(max_norm, norm_type, dtype, device):
    params, leaves = parameters(device, dtype)
    came = optim.clip_grad_norm_(params, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(leaves, max_norm, norm_type)
    assert (came.device, came.shape, came.dtype.name) == (device, (), dtype)
    parity.compare("clipping", "clip_grad_norm_", came.numpy(), expected.numpy())
    assert_same("clip_grad_norm_", params, leaves, dtype)


@pytest.mark.needs("torch")
def test_clip_grads_with_a_norm_that_is_known(device):
    params, leaves = parameters(device)
    norm = optim.get_total_norm([p.grad for p in params[:2]], 1.0)
    expected = torch.nn.utils.get_total_norm([t.grad for t in leaves[:2]], 1.0)
    parity.compare("clipping", "get_total_norm", norm.numpy(), expected.numpy())
    optim.clip_grads_with_norm_(iter(params), 0.1, norm)
    torch.nn.utils.clip_grads_with_norm_(leaves, 0.1, expected)
    assert_same("clip_grads_with_norm_", params, leaves, "float64")


@pytest.mark.needs("torch")
@pytest.mark.parametrize("clip_value", [0.3, 0, 100.0])
def test_clip_grad_value(clip_value, device):
    params, leaves = parameters(device)
    optim.clip_grad_value_(params, clip_value)
    torch.nn.utils.clip_grad_value_(leaves, clip_value)
    assert_same("clip_grad_value_", params, leaves, "float64")


def test_one_parameter(device):
    p = Parameter(xp.asarray([3.0, 4.0], device=device))
    p.grad = xp.asarray([3.0, -4.0], device=device)
    before = p.grad
    assert float(optim.get_total_norm(p.grad)) == 5.0
    assert float(optim.clip_grad_norm_(p, 2.5)) == 5.0
    parity.compare("clipping", "clip_grad_norm_", p.grad.numpy(), np.float32([1.5, -2.0]))
    optim.clip_grad_value_(p, 1.75)
    parity.compare("clipping", "clip_grad_value_", p.grad.numpy(), np.float32([1.5, -1.75]))
    assert before.tolist() == [3.0, -4.0]  # who holds the old gradient keeps it


def test_without_gradients():
    p = Parameter(xp.asarray([3.0, 4.0], device="cpu"))
    for params in ([p], []):
        with xp.use_device("cpu"):
            assert float(optim.clip_grad_norm_(params, 1.0)) == 0.0
        optim.clip_grad_value_(params, 1.0)
    assert p.grad is None


@pytest.mark.parametrize("norm_type", [2.0, math.inf])
def test_empty_gradients(norm_type, device):
    p = Parameter(xp.zeros((0, 3), device=device))
    p.grad = xp.zeros((0, 3), device=device)
    assert float(optim.clip_grad_norm_(p, 1.0, norm_type)) == 0.0
    assert p.grad.shape == (0, 3)


@pytest.mark.needs("torch")
@pytest.mark.parametrize(("grad", "max_norm"), [([300.0, 400.0], 1.0), ([3e-4, 4e-4], 1e-5)])
@pytest.mark.parametrize("place", ["numpy:cpu", "torch:cpu"])
def test_float16_whose_squares_are_out_of_range(grad, max_norm, place):
    t, p = torch.ones(2, dtype=torch.float16), Parameter(xp.ones((2,), dtype="float16", device=place))
    p.grad, t.grad = xp.asarray(grad, dtype="float16", device=place), torch.tensor(grad, dtype=torch.float16)
    came, expected = optim.clip_grad_norm_(p, max_norm), torch.nn.utils.clip_grad_norm_([t], max_norm)
    assert (came.dtype, float(came)) == (xp.float16, float(expected))
    np.testing.assert_allclose(p.grad.numpy(), t.grad.numpy(), rtol=2e-3, atol=1e-7)


def test_a_norm_that_is_a_python_number(device):
    p = Parameter(xp.asarray([3.0, 4.0], device=device))
    p.grad = xp.asarray([3.0, -4.0], device=device)
    optim.clip_grads_with_norm_(p, 2.5, 5.0)
    parity.compare("clipping", "clip_grads_with_norm_", p.grad.numpy(), np.float32([1.5, -2.0]))


@pytest.mark.every_device
def test_several_devices_and_types(device):
    here, there = (
        Parameter(xp.asarray([3.0], dtype="float64", device="numpy:cpu")),
        Parameter(xp.ones(2, device=device)),
    )
    here.grad = xp.asarray([3.0], dtype="float64", device="numpy:cpu")
    there.grad = xp.asarray([0.0, 4.0], dtype="float32", device=device)
    norm = optim.clip_grad_norm_([here, there], 2.5)
    assert (norm.device, norm.dtype, float(norm)) == (here.device, xp.float64, 5.0)
    parity.compare("clipping", "clip_grad_norm_", here.grad.numpy(), [1.5], "float32")
    parity.compare("clipping", "clip_grad_norm_", there.grad.numpy(), np.float32([0.0, 2.0]))
    assert (there.grad.dtype, there.grad.device) == (xp.float32, device)


def test_complex_gradients(device):
    p = Parameter(xp.asarray([1j, 2.0], dtype="complex128", device=device))
    p.grad = xp.asarray([3j, 4.0], dtype="complex128", device=device)
    assert float(optim.clip_grad_norm_(p, 2.5)) == 5.0
    parity.compare("clipping", "clip_grad_norm_", p.grad.numpy(), [1.5j, 2.0], "complex64")


@pytest.mark.needs("torch")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # NaN, as PyTorch's
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_norm_that_is_not_finite(wrong, device):
    params, leaves = parameters(device)
    params[0].grad = xp.full(params[0].shape, wrong, dtype="float64", device=device)
    leaves[0].grad = torch.full_like(leaves[0], wrong)
    message = r"the norm of order 2 of the gradients is not finite, so they cannot be clipped\. Cure: a smaller"
    if device.is_asynchronous:
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
        with pytest.raises(GraphError, match=message):
            xp.synchronize(device)
    else:
        with pytest.raises(GraphError, match=message):
            optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    with pytest.raises(RuntimeError, match="non-finite"):
        torch.nn.utils.clip_grad_norm_(leaves, 1.0, error_if_nonfinite=True)
    params[0].grad = xp.full(params[0].shape, wrong, dtype="float64", device=device)
    params[1].grad = xp.ones((4,), dtype="float64", device=device)
    leaves[1].grad = torch.ones(4, dtype=torch.float64)
    optim.clip_grad_norm_(params, 1.0)
    torch.nn.utils.clip_grad_norm_(leaves, 1.0)
    np.testing.assert_array_equal(params[1].grad.numpy(), leaves[1].grad.numpy())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: optim.clip_grad_norm_(p, -1.0), "max_norm is a number of at least 0; got -1.0"),
        (lambda p: optim.clip_grad_norm_(p, "1"), "max_norm is a number of at least 0; got '1'"),
        (lambda p: optim.clip_grad_norm_(p, 1.0, 0), "norm_type is a number above 0, or inf; got 0"),
        (lambda p: optim.clip_grad_norm_(p, 1.0, "two"), "norm_type is a number above 0, or inf; got 'two'"),
        (lambda p: optim.get_total_norm([p.grad], -math.inf), "norm_type is a number above 0, or inf; got -inf"),
        (lambda p: optim.clip_grad_value_(p, -0.5), "clip_value is a number of at least 0; got -0.5"),
        (lambda p: optim.clip_grad_value_(p, math.nan), "clip_value is a number of at least 0; got nan"),
    ],
)
def test_numbers_that_make_no_sense(call, message):
    p = Parameter(xp.asarray([3.0, 4.0], device="cpu"))
    p.grad = xp.asarray([3.0, -4.0], device="cpu")
    with pytest.raises(OptionError, match=re.escape(message)):
        call(p)
    assert p.grad.tolist() == [3.0, -4.0]


def test_complex_gradients_are_on_no_side_of_a_bound(device):
    """PyTorch's clamp refuses them too."""
    real, p = (Parameter(xp.asarray([3.0], dtype=dtype, device=device)) for dtype in ("float32", "complex64"))
    real.grad, p.grad = xp.asarray([3.0], device=device), xp.asarray([3j], dtype="complex64", device=device)
    with pytest.raises(DTypeError, match=r"of real numbers; got complex64\. Cure: real\(x\), or abs\(x\), before\."):
        optim.clip_grad_value_([real, p], 1.0)
    assert real.grad.tolist() == [3.0]
