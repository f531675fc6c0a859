"""Gradients against PyTorch's, at ordinary and at special points."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import assert_like_torch, gradients, quiet
from tests.ops.rows.row import INEXACT
from tests.ops.table import ROWS, operands, torch_reference
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn.ops import activation, linear, rectifier, softmax

inf, nan = math.inf, math.nan
DIFFERENTIABLE = [row for row in ROWS if row.differentiable]


@pytest.mark.of_parts
@pytest.mark.needs("torch")
@pytest.mark.parametrize("row", DIFFERENTIABLE, ids=lambda row: row.id)
def test_gradients(row, device):
    for dtype in [d for d in INEXACT if d in row.dtypes]:
        assert_like_torch(row.call, torch_reference(row), operands(row, dtype), device)


SPECIAL = {
    "relu at 0": (lambda xp, x: rectifier.relu(x), torch.relu, [[-1, -0.0, 0.0, 1]]),
    "abs at 0": (lambda xp, x: xp.abs(x), torch.abs, [[-1, -0.0, 0.0, 1, inf, -inf]]),
    "sign, times x": (lambda xp, x: x * xp.sign(x), lambda x: x * torch.sign(x), [[-2, 0.0, 3]]),
    "max with ties": (lambda xp, x: xp.max(x, axis=1), lambda x: torch.amax(x, 1), [[[1, 3, 3], [2, 2, 2]]]),
    "max of all with ties": (lambda xp, x: xp.max(x), torch.amax, [[[1, 3, 3], [2, 3, 2]]]),
    "min with ties": (lambda xp, x: xp.min(x, axis=0), lambda x: torch.amin(x, 0), [[[1, 3], [1, 2]]]),
    "max of infinities": (lambda xp, x: xp.max(x), torch.amax, [[-inf, inf, inf]]),
    "maximum with ties": (xp.maximum.__class__.__call__ and (lambda xp, x, y: xp.maximum(x, y)), torch.maximum,
                          [[1, 2, 3, inf], [3, 2, 1, inf]]),
    "minimum with ties": (lambda xp, x, y: xp.minimum(x, y), torch.minimum, [[1, 2, 3], [3, 2, 1]]),
    "maximum with NaN": (lambda xp, x, y: xp.maximum(x, y), torch.maximum, [[nan, 1.0], [1.0, nan]]),
    "sqrt at 0": (lambda xp, x: xp.sqrt(x), torch.sqrt, [[0.0, 4, inf]]),
    "log at 0": (lambda xp, x: xp.log(x), torch.log, [[0.0, 1, inf]]),
    "log1p": (lambda xp, x: xp.log1p(x), torch.log1p, [[-1.0, 1e-12, 0, 1e30]]),
    "expm1": (lambda xp, x: xp.expm1(x), torch.expm1, [[-100.0, 1e-12, 0, 1000]]),
    "exp": (lambda xp, x: xp.exp(x), torch.exp, [[-inf, -1000.0, 0, 1000]]),
    "division by zero": (lambda xp, x, y: x / y, torch.divide, [[1.0, -1, 0, 1], [0.0, 0, 0, inf]]),
    "reciprocal of zero": (lambda xp, x: xp.reciprocal(x), torch.reciprocal, [[0.0, -0.0, inf]]),
    "pow at 0": (lambda xp, x, y: x**y, torch.pow, [[0.0, 0, 0, 0, 2, 0], [0.0, 1, 2, 3, 0, 0.5]]),
    "pow 0 of 0": (lambda xp, x: x**0, lambda x: x**0, [[0.0, 1, -2]]),
    "pow 1 of 0": (lambda xp, x: x**1, lambda x: x**1, [[0.0, 1, -2]]),
    "pow 2 of 0": (lambda xp, x: x**2.0, lambda x: x**2.0, [[0.0, 1, -2]]),
    "pow 1/2 of 0": (lambda xp, x: x**0.5, lambda x: x**0.5, [[0.0, 4]]),
    "pow -1 of 0": (lambda xp, x: x**-1.0, lambda x: x**-1.0, [[0.0, 4]]),
    "0 to a power": (lambda xp, x: 0.0**x, lambda x: 0.0**x, [[0.0, 1, 2.5]]),
    "2 to a power": (lambda xp, x: 2.0**x, lambda x: 2.0**x, [[0.0, 1, -2.5]]),
    "pow of a negative base": (lambda xp, x, y: x**y, torch.pow, [[-2.0, -2], [2.0, 3]]),
    "remainder": (lambda xp, x, y: x % y, torch.remainder, [[-5.0, 5, 3], [3.0, -3, 0.7]]),
    "tanh": (lambda xp, x: xp.tanh(x), torch.tanh, [[-100.0, 0, 100, inf]]),
    "sigmoid": (lambda xp, x: activation.sigmoid(x), torch.sigmoid, [[-1000.0, -5, 0, 5, 1000, inf, -inf]]),
    "softmax": (lambda xp, x: softmax.softmax(x), lambda x: F.softmax(x, -1), [[1000.0, 1000, -1000, -inf]]),
    "log_softmax": (lambda xp, x: softmax.log_softmax(x), lambda x: F.log_softmax(x, -1), [[1000.0, 999, -1000]]),
    "where NaN is not taken": (
        lambda xp, x: xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0),
        lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), 0.0),
        [[-1.0, 4]],
    ),
    "NaN and infinities forward": (
        lambda xp, x, y: (x + y) * x - y,
        lambda x, y: (x + y) * x - y,
        [[nan, inf, -inf, 1], [1.0, 1, inf, nan]],
    ),
    "mean of one": (lambda xp, x: xp.mean(x), torch.mean, [[3.0]]),
    "var of equal numbers": (lambda xp, x: xp.var(x), lambda x: torch.var(x, correction=0), [[2.0, 2, 2]]),
}  # fmt: skip


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", SPECIAL)
def test_special_points(name, device):
    call, torch_call, lists = SPECIAL[name]
    for dtype in ("float32", "float64"):
        with quiet():
            assert_like_torch(call, torch_call, [np.asarray(v, dtype) for v in lists], device)


BINARY = {
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "remainder": torch.remainder,
}
SHAPES = [
    ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((1,), (2, 3)), ((2, 3), (1, 1)), ((), (2, 3)), ((2, 3), ()),
    ((), ()), ((1, 1, 1), (2,)), ((0, 3), (3,)), ((1, 3), (0, 1)), ((0,), ()), ((1,), (0,)), ((2, 0, 1), (1, 4)),
]  # fmt: skip


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", BINARY)
def test_broadcasting(name, device):
    random = np.random.default_rng(3)
    for shapes in SHAPES:
        raws = [random.uniform(0.5, 3, shape) for shape in shapes]
        assert_like_torch(lambda xp, a, b: getattr(xp, name)(a, b), BINARY[name], raws, device)


EMPTY = {
    "sum": (lambda xp, x: xp.sum(x, axis=0), lambda x: torch.sum(x, 0)),
    "sum all": (lambda xp, x: xp.sum(x), torch.sum),
    "matmul": (lambda xp, x: xp.matmul(xp.matrix_transpose(x), x), lambda x: x.mT @ x),
    "concat": (lambda xp, x: xp.concat([x, x]), lambda x: torch.concat([x, x])),
    "reshape": (lambda xp, x: xp.reshape(x, (3, 0)), lambda x: torch.reshape(x, (3, 0))),
    "exp": (lambda xp, x: xp.exp(x), torch.exp),
    "getitem": (lambda xp, x: x[:, 1], lambda x: x[:, 1]),
    "linear": (
        lambda xp, x: linear.linear(x, xp.ones((2, 3), dtype=xp.float64, device=x.device)),
        lambda x: F.linear(x, torch.ones((2, 3), dtype=torch.float64)),
    ),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", EMPTY)
def test_empty(name, device):
    call, torch_call = EMPTY[name]
    assert_like_torch(call, torch_call, [np.empty((0, 3))], device)


ZERO_D = {
    "exp": (lambda xp, x: xp.exp(x), torch.exp),
    "sum": (lambda xp, x: xp.sum(x), torch.sum),
    "max": (lambda xp, x: xp.max(x), torch.amax),
    "mean": (lambda xp, x: xp.mean(x), torch.mean),
    "reshape": (lambda xp, x: xp.reshape(x, (1, 1)), lambda x: torch.reshape(x, (1, 1))),
    "broadcast_to": (lambda xp, x: xp.broadcast_to(x, (2, 2)), lambda x: torch.broadcast_to(x, (2, 2))),
    "expand_dims": (lambda xp, x: xp.expand_dims(x, axis=0), lambda x: x[None]),
    "getitem": (lambda xp, x: x[None, ...], lambda x: x[None, ...]),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ZERO_D)
def test_zero_dimensions(name, device):
    call, torch_call = ZERO_D[name]
    assert_like_torch(call, torch_call, [np.asarray(1.5)], device)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["exp", "matmul", "sum", "conv", "max_pool"])
def test_inputs_that_are_not_contiguous(name, device):
    """The transpose, and every second element, of a larger array."""
    calls = {
        "exp": (lambda xp, x: xp.exp(x), torch.exp),
        "matmul": (lambda xp, x: x @ xp.matrix_transpose(x), lambda x: x @ x.mT),
        "sum": (lambda xp, x: xp.sum(x, axis=1), lambda x: x.sum(1)),
        "conv": (
            lambda xp, x: xp.nn.functional.conv2d(x, x[:1, :, :2, :2]),
            lambda x: F.conv2d(x, x[:1, :, :2, :2]),
        ),
        "max_pool": (lambda xp, x: xp.nn.functional.max_pool2d(x, 2), lambda x: F.max_pool2d(x, 2)),
    }
    call, torch_call = calls[name]
    wide = np.random.default_rng(5).permutation(2 * 8 * 6 * 2).reshape(2, 8, 6, 2) / 50
    assert_like_torch(
        lambda xp, x: call(xp, xp.permute_dims(x, (0, 3, 1, 2))[:, :, ::2, ::2]),
        lambda x: torch_call(x.permute(0, 3, 1, 2)[:, :, ::2, ::2]),
        [wide],
        device,
    )


def test_a_sum_in_another_type_gives_a_gradient_in_its_own(device):
    x = xp.asarray([1.0, 2.0], dtype=xp.float32, device=device, requires_grad=True)
    total = xp.sum(x, dtype=xp.float64)
    assert total.dtype is xp.float64
    total.backward()
    assert x.grad.dtype is xp.float32


def test_the_gradient_of_a_mixed_product_has_each_operands_type(device):
    x = xp.asarray([1.0, 2.0], dtype=xp.float32, device=device, requires_grad=True)
    y = xp.asarray([3.0, 4.0], dtype=xp.float64, device=device, requires_grad=True)
    xp.sum(x * y).backward()
    assert (x.grad.dtype, y.grad.dtype) == (xp.float32, xp.float64)
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.needs("torch")
def test_sigmoid_keeps_small_results_exact(device):
    value, (slope,) = gradients(lambda xp, x: xp.nn.functional.sigmoid(x), [np.float32([-30, -20])], device)
    expected = torch.sigmoid(torch.tensor([-30.0, -20])).numpy()
    assert_close(value / expected, [1.0, 1.0], "float32")
    assert np.all(slope != 0)


@pytest.mark.parametrize("name", ["var"])
def test_var_without_degrees_of_freedom_is_nan(name, device):
    with quiet(), pytest.warns((RuntimeWarning, UserWarning)) if device.backend.name != "cupy" else quiet():
        _, (slope,) = gradients(lambda xp, x: xp.var(x, correction=1.0), [np.asarray([3.0])], device)
    assert np.isnan(slope).all()
