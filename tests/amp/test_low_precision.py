"""float16 and bfloat16 without autocast: layers keep their type, sums are in float32, random numbers are drawn."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import lacks_half, low_types, needs_torch
from tests.conftest import one_of_each, why_not
from tests.nn.compare import arrays, cotangent, flat, made
from tests.nn.table import ROWS
from tests.tolerances import RELATIVE, assert_close
from xnn.errors import DTypeError, OptionError
from xnn.random import Generator
from xnn_backends import find_device

WITHOUT_HALF = {"parametrizations.orthogonal"}  # LAPACK has no half precision, and PyTorch none on the CPU
# One of each kind: each layer compiles its kernels for float16 anew.
ON_CUDA = {"Linear", "LayerNorm", "GRUCell", "Softmax", "Embedding"}


def pytest_generate_tests(metafunc):
    """`low`: each device of the matrix with each of its low types; `row`: the layers that are called there."""
    if "low" not in metafunc.fixturenames:
        return
    usable = [row for row in one_of_each(metafunc.config) if why_not(row, metafunc.config) is None]
    places = [(row, dtype) for row in usable for dtype in low_types(find_device(row))]
    if "row" in metafunc.fixturenames:
        made = [(row, place) for place in places for row in ROWS if is_called(row, place)]
        ids = [f"{row.name}-{'-'.join(place)}" for row, place in made]
        metafunc.parametrize(("row", "low"), made, ids=ids, indirect=["low"])
    else:
        metafunc.parametrize("low", places, ids="-".join, indirect=True)


def is_called(row, place):
    return row.name not in WITHOUT_HALF and (row.name in ON_CUDA or not place[0].startswith("cupy"))


@pytest.fixture
def low(request):
    """A low type, and a device that has it."""
    device, dtype = request.param
    return getattr(xp, dtype), find_device(device)


# ---- layers ----


def called(layer, case, device, dtype):
    """Inputs, outputs and parameters of a call by path, after a backward pass from all outputs."""
    wide = arrays(device, "float32")

    def make(wanted, seed):
        x = wide(wanted, seed)
        return xp.asarray(x.detach(), dtype=dtype, requires_grad=True) if x.dtype.is_floating else x

    inputs, keywords = made(case.inputs, make), made(case.keywords, make, 100)
    outputs = flat(layer(*inputs, **keywords), "output")
    seeds = {path: cotangent(np.empty(x.shape), i) for i, (path, x) in enumerate(outputs.items())}
    total = [
        xp.sum(x * xp.asarray(seeds[path], dtype=x.dtype, device=device))
        for path, x in outputs.items()
        if x.requires_grad
    ]
    if total:
        xp.astype(sum(total[1:], total[0]), xp.float32).backward()
    leaves = {**flat(inputs, "input"), **flat(keywords, "keyword"), **dict(layer.named_parameters())}
    return outputs, {path: x for path, x in leaves.items() if isinstance(x, xp.Array)}  # not lengths, which are ints


def test_layers_keep_their_type(row, low):
    """Outputs, gradients and buffers, forward and backward, and finite."""
    low, device = low
    xp.random.manual_seed(0)
    layer = row.ours(row.cases[0], device, "float32").to(dtype=low)
    with np.errstate(over="ignore"):
        outputs, leaves = called(layer, row.cases[0], device, low)
    floating = {path: x for path, x in outputs.items() if x.dtype.is_floating}
    assert {x.dtype for x in floating.values()} <= {low}
    for path, x in {**floating, **leaves}.items():
        grad = x.grad if x.is_leaf else None
        assert grad is None or grad.dtype is low, f"the gradient of {path} is {grad.dtype.name}"
        for values in (x.detach(), grad):
            assert values is None or bool(xp.all(xp.isfinite(values))), path
    assert {x.dtype for x in layer.buffers() if x.dtype.is_floating} <= {low}


# ---- sums ----


REDUCTIONS = {
    "sum": (lambda x: xp.sum(x, axis=0), lambda x: x.sum(0)),
    "mean": (lambda x: xp.mean(x, axis=0), lambda x: x.mean(0)),
    "var": (lambda x: xp.var(x, axis=0), lambda x: x.var(0)),
    "std": (lambda x: xp.std(x, axis=0), lambda x: x.std(0)),
    "cumulative_sum": (lambda x: xp.cumulative_sum(x, axis=0)[-1], lambda x: x.sum(0)),
    "vector_norm": (lambda x: xp.linalg.vector_norm(x, axis=0), lambda x: np.sqrt((x * x).sum(0))),
    "matmul": (lambda x: xp.matmul(x.T, x), lambda x: x.T @ x),
    "vecdot": (lambda x: xp.vecdot(x, x, axis=0), lambda x: (x * x).sum(0)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_many_numbers_are_added_up_in_float32(name, low):
    """In float16 itself a sum of 20,000 numbers near 1/10 stops growing at 256."""
    low, device = low
    values = np.random.default_rng(0).uniform(0.05, 0.15, (20000, 2))
    function, reference = REDUCTIONS[name]
    x = xp.asarray(values, dtype=low, device=device)
    came = function(x)
    assert came.dtype is low
    assert_close(xp.astype(came, xp.float64).numpy(), reference(xp.astype(x, xp.float64).numpy()), low.name)


@pytest.mark.parametrize("name", ["prod", "cumulative_prod"])
def test_many_numbers_are_multiplied_in_float32(name, low):
    low, device = low
    if device.backend.name == "torch":
        pytest.skip("PyTorch rounds each product on the CPU")
    x = xp.asarray(1 + np.random.default_rng(0).uniform(-0.01, 0.01, 3000), dtype=low, device=device)
    came = getattr(xp, name)(x)
    came = came if name == "prod" else came[-1]
    assert_close(came.numpy(), np.prod(x.numpy().astype(np.float64)), low.name)


def test_variances_of_large_numbers(low):
    low, device = low
    x = xp.asarray(1000 + 16 * np.random.default_rng(0).random(3000), dtype=low, device=device)
    wide = xp.astype(x, xp.float64).numpy()
    assert_close(xp.astype(xp.var(x), xp.float64).numpy(), wide.var(), low.name)
    assert_close(xp.astype(xp.std(x), xp.float64).numpy(), wide.std(), low.name)


@pytest.mark.parametrize("form", ["name", "DType"])
def test_a_type_to_sum_in_has_a_name(form, low):
    low, device = low
    wanted = low.name if form == "name" else low
    x = xp.ones((3,), device=device)
    for function in (xp.sum, xp.prod, xp.cumulative_sum, xp.cumulative_prod):
        assert function(x, dtype=wanted).dtype is low


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "prod"])
def test_derivatives_of_reductions(name, low):
    low, device = low
    values = np.random.default_rng(1).uniform(0.5, 1.5, (3, 4))
    found = []
    for t in (low, xp.float64):
        x = xp.asarray(xp.asarray(values, dtype=low, device=device), dtype=t, requires_grad=True)
        xp.sum(getattr(xp, name)(x, axis=1)).backward()
        assert x.grad.dtype is t
        found.append(xp.astype(x.grad, xp.float64).numpy())
    assert_close(*found, low.name)


NORMS = {
    "LayerNorm": lambda device: xp.nn.LayerNorm(600, device=device),
    "RMSNorm": lambda device: xp.nn.RMSNorm(600, device=device),
    "GroupNorm": lambda device: xp.nn.GroupNorm(1, 2, device=device),
    "BatchNorm1d": lambda device: xp.nn.BatchNorm1d(2, device=device),
}


@pytest.mark.parametrize("name", NORMS)
def test_norms_of_large_numbers(name, low):
    """Their squares are beyond float16; their variance is not."""
    low, device = low
    if name in ("GroupNorm", "BatchNorm1d") and device.backend.name == "cupy":
        pytest.skip("compiles what the others have shown to work")
    values = np.random.default_rng(0).uniform(-400, 400, (3, 2, 600))
    x = xp.asarray(values, dtype=low, device=device, requires_grad=True)
    y = NORMS[name](device).to(dtype=low)(x)
    expected = NORMS[name](device).to(dtype=xp.float64)(xp.astype(x.detach(), xp.float64))
    assert y.dtype is low
    assert_close(xp.astype(y.detach(), xp.float64).numpy(), expected.detach().numpy(), low.name)
    xp.sum(y * y).backward()
    assert bool(xp.all(xp.isfinite(x.grad)))


def test_softmax_of_more_classes_than_float16_counts(low):
    low, device = low
    x = xp.zeros((70000,), dtype=low, device=device)
    logs = xp.nn.functional.log_softmax(x, -1)
    assert float(xp.astype(logs[0], xp.float64)) == pytest.approx(-np.log(70000), rel=xp.finfo(low).eps)
    total = xp.sum(xp.nn.functional.softmax(x, -1), dtype=xp.float64)
    assert float(total) == pytest.approx(1.0, rel=70000 * 2.0**-24)  # 1 / 70000 is subnormal in float16


SPECIAL = [
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "ndtr",
    "ndtri",
    "log_ndtr",
    "gammaln",
    "digamma",
    "i0",
    "i1",
    "i0e",
    "i1e",
]


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name, low):
    """Through float32: their coefficients have more digits, and their powers go beyond float16."""
    low, device = low
    function = getattr(xp.special, name)
    points = [0.05, 0.3, 0.6, 0.95] if name in ("erfinv", "ndtri") else [0.25, 1.5, 3.0, 7.0, 9.5]
    if name not in ("erfinv", "ndtri", "gammaln", "digamma", "erfcx"):
        points += [-x for x in points]
    x = xp.asarray(points, dtype=low, device=device)
    came = function(x)
    assert came.dtype is low
    expected = function(xp.astype(x, xp.float64)).numpy()
    eps, smallest = xp.finfo(low).eps, xp.finfo(low).smallest_normal * xp.finfo(low).eps
    np.testing.assert_allclose(xp.astype(came, xp.float64).numpy(), expected, rtol=eps, atol=smallest)


# ---- random numbers ----


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_draws_are_those_of_float32_rounded(name, low):
    low, device = low
    wide, narrow = Generator(3), Generator(3)
    expected = getattr(wide, name)((5, 7), -2.0, 3.0, dtype="float32", device=device)
    came = getattr(narrow, name)((5, 7), -2.0, 3.0, dtype=low, device=device)
    assert came.dtype is low
    assert came.tolist() == xp.astype(expected, low).tolist()
    assert wide.state_dict() == narrow.state_dict()


def test_draws_of_a_type_that_is_not_there():
    generator = Generator(1)
    for draw in (generator.uniform, generator.normal):
        with pytest.raises(DTypeError, match="numpy has no bfloat16"):
            draw(3, dtype="bfloat16", device="numpy:cpu")
        with pytest.raises(OptionError, match=r"^random numbers are float16, bfloat16, float32, float64; got int64$"):
            draw(3, dtype="int64", device="numpy:cpu")
    assert generator.state_dict() == {"seed": 1, "block": 0}  # nothing was drawn


def test_dropout_drops_the_same_in_every_type(low):
    low, device = low
    masks = []
    for t in (low, xp.float32):
        y = xp.nn.functional.dropout(xp.ones((50,), dtype=t, device=device), 0.5, generator=Generator(1))
        assert y.dtype is t
        masks.append(y.tolist())
    assert masks[0] == masks[1]


def test_layers_are_made_in_the_type(low):
    """With the numbers that float32 draws, rounded."""
    low, device = low
    xp.random.manual_seed(1)
    layer = xp.nn.Linear(5, 3, dtype=low, device=device)
    xp.random.manual_seed(1)
    wide = xp.nn.Linear(5, 3, device=device)
    assert layer.weight.dtype is layer.bias.dtype is low
    np.testing.assert_allclose(layer.weight.tolist(), wide.weight.tolist(), atol=RELATIVE[low.name])


def test_strict_has_no_half_precision(device):
    if not lacks_half(device):
        pytest.skip(f"{device} has float16")
    with pytest.raises(DTypeError, match=r"^strict has no float16; it has bool, int8"):
        xp.nn.Linear(2, 2, device=device).to(dtype=xp.float16)


# ---- bfloat16, which NumPy lacks ----


@needs_torch
def test_bfloat16_can_be_looked_at():
    """As float32, which holds the same numbers."""
    x = xp.asarray([1.5, -2.25], dtype="bfloat16", device="torch:cpu", requires_grad=True)
    assert repr(x) == "Array([ 1.5  -2.25], dtype=bfloat16, device='torch:cpu', requires_grad=True)"
    assert x.tolist() == [1.5, -2.25]
    assert float(x[0].detach()) == x[0].item() == 1.5
    for copied in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert copied.dtype is xp.bfloat16
        assert copied.tolist() == [1.5, -2.25]
    assert copied.requires_grad
    with pytest.raises(DTypeError, match=r"NumPy has no bfloat16\. Cure: cast to float32 before\."):
        x.detach().numpy()
    with pytest.raises(DTypeError, match=r"NumPy has no bfloat16"):
        x.detach().to_device("numpy:cpu")
