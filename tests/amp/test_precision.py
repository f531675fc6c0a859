"""In which type an operation computes under autocast: beside torch.autocast on the CPU, and PyTorch's list for CUDA."""

import importlib
import pkgutil

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import needs_torch
from tests.oracle import F, torch
from xnn import losses, nn, ops
from xnn.amp.precision import FULL, LOW
from xnn.autograd import Primitive
from xnn.nn import functional

LOW_TYPES = ("float16", "bfloat16")


def drawn(*shape):
    return np.random.default_rng(len(shape)).uniform(0.1, 0.9, shape).astype(np.float32)


def ours(shape, dtype="float32"):
    return xp.asarray(drawn(*shape), dtype=dtype, device="torch:cpu", requires_grad=True)


def theirs(shape, dtype="float32"):
    return torch.tensor(drawn(*shape)).to(getattr(torch, dtype)).requires_grad_()


# ---- beside torch.autocast("cpu") ----

# name: what is called of ours, what of PyTorch's, the shapes of operands
PRODUCTS = {
    "matmul": (xp.matmul, torch.matmul, [(2, 3), (3, 4)]),
    "matmul of batches": (xp.matmul, torch.bmm, [(2, 2, 3), (2, 3, 4)]),
    "@": (lambda a, b: a @ b, lambda a, b: a @ b, [(2, 3), (3,)]),
    "vecdot": (xp.vecdot, torch.linalg.vecdot, [(2, 3), (2, 3)]),
    "linear": (functional.linear, F.linear, [(2, 3), (4, 3), (4,)]),
    "conv1d": (functional.conv1d, F.conv1d, [(1, 2, 6), (3, 2, 2), (3,)]),
    "conv2d": (functional.conv2d, F.conv2d, [(1, 2, 6, 6), (3, 2, 2, 2), (3,)]),
    "conv3d": (functional.conv3d, F.conv3d, [(1, 2, 3, 3, 3), (3, 2, 2, 2, 2)]),
    "conv_transpose1d": (functional.conv_transpose1d, F.conv_transpose1d, [(1, 2, 6), (2, 3, 2), (3,)]),
    "conv_transpose2d": (functional.conv_transpose2d, F.conv_transpose2d, [(1, 2, 6, 6), (2, 3, 2, 2)]),
    "prelu": (functional.prelu, F.prelu, [(2, 3), (1,)]),
}
# Others take the widest type: none of these casts.
OTHERS = {
    "add": (xp.add, torch.add, [(2, 3), (2, 3)]),
    "multiply": (xp.multiply, torch.mul, [(2, 3), (2, 3)]),
    "maximum": (xp.maximum, torch.maximum, [(2, 3), (2, 3)]),
    "concat": (lambda *xs: xp.concat(xs), lambda *xs: torch.cat(xs), [(2, 3), (2, 3)]),
    "stack": (lambda *xs: xp.stack(xs), lambda *xs: torch.stack(xs), [(2, 3), (2, 3)]),
    "relu": (functional.relu, F.relu, [(2, 3)]),
    "gelu": (functional.gelu, F.gelu, [(2, 3)]),
    "tanh": (xp.tanh, torch.tanh, [(2, 3)]),
    "sigmoid": (functional.sigmoid, F.sigmoid, [(2, 3)]),
    "max": (xp.max, torch.max, [(2, 3)]),
    "max_pool2d": (lambda x: functional.max_pool2d(x, 2), lambda x: F.max_pool2d(x, 2), [(1, 1, 4, 4)]),
    "reshape": (lambda x: xp.reshape(x, (6,)), lambda x: x.reshape(6), [(2, 3)]),
}
# In float32 on PyTorch's CPU, too.
LOSSES = {
    "mse_loss": (losses.mse_loss, F.mse_loss),
    "l1_loss": (losses.l1_loss, F.l1_loss),
    "huber_loss": (losses.huber_loss, F.huber_loss),
    "smooth_l1_loss": (losses.smooth_l1_loss, F.smooth_l1_loss),
    "kl_div": (losses.kl_div, F.kl_div),
    "poisson_nll_loss": (losses.poisson_nll_loss, F.poisson_nll_loss),
    "binary_cross_entropy": (losses.binary_cross_entropy, F.binary_cross_entropy),
    "binary_cross_entropy_with_logits": (
        losses.binary_cross_entropy_with_logits,
        F.binary_cross_entropy_with_logits,
    ),
}


@needs_torch
@pytest.mark.parametrize("low", LOW_TYPES)
@pytest.mark.parametrize("given", ["float32", "low", "mixed"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name, given, low):
    """The type of the result and of each gradient, and the value, for operands in float32, in the low type, in both."""
    function, reference, shapes = PRODUCTS[name]
    kinds = [low if given == "low" or (given == "mixed" and not i) else "float32" for i in range(len(shapes))]
    a = [ours(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
    b = [theirs(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
    with xp.amp.autocast(dtype=low):
        came = function(*a)
    with torch.autocast("cpu", dtype=getattr(torch, low)):
        expected = reference(*b)
    assert came.dtype.name == low == str(expected.dtype).removeprefix("torch.")
    assert_near(came, expected, low)
    xp.sum(came).backward()
    expected.sum().backward()
    for x, y in zip(a, b, strict=True):
        assert x.grad.dtype is x.dtype
        assert_near(x.grad, y.grad, low)


def assert_near(came, expected, low):
    """Within what some roundings of the low type make of the largest value."""
    wide = expected.detach().double().numpy()
    eps = xp.finfo(getattr(xp, low)).eps
    np.testing.assert_allclose(xp.astype(came.detach(), xp.float64).numpy(), wide, atol=4 * eps * np.abs(wide).max())


@needs_torch
@pytest.mark.parametrize("low", LOW_TYPES)
@pytest.mark.parametrize("name", OTHERS)
def test_others_take_the_widest_type(name, low):
    function, reference, shapes = OTHERS[name]
    for kinds in (["float32"] * 2, [low] * 2, [low, "float32"]):
        with xp.amp.autocast(dtype=low):
            came = function(*map(ours, shapes, kinds))
        with torch.autocast("cpu", dtype=getattr(torch, low)):
            expected = reference(*map(theirs, shapes, kinds))
        assert came.dtype.name == str(expected.dtype).removeprefix("torch.")


@needs_torch
@pytest.mark.parametrize("low", LOW_TYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, low):
    function, reference = LOSSES[name]
    a, b = [ours((2, 3), low), ours((2, 3), low)], [theirs((2, 3), low), theirs((2, 3), low)]
    with xp.amp.autocast(dtype=low):
        came = function(a[0], a[1].detach(), reduction="none")
    with torch.autocast("cpu", dtype=getattr(torch, low)):
        expected = reference(b[0], b[1].detach(), reduction="none")
    assert came.dtype is xp.float32
    assert expected.dtype == torch.float32
    np.testing.assert_allclose(came.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    xp.sum(came).backward()
    assert a[0].grad.dtype.name == low


@needs_torch
@pytest.mark.parametrize("low", LOW_TYPES)
def test_cross_entropy(low):
    logits, labels = ours((2, 3), low), xp.asarray([0, 2], device="torch:cpu")
    with xp.amp.autocast(dtype=low):
        loss = losses.cross_entropy(logits, labels)
    with torch.autocast("cpu", dtype=getattr(torch, low)):
        expected = F.cross_entropy(theirs((2, 3), low), torch.tensor([0, 2]))
    assert (loss.dtype, expected.dtype) == (xp.float32, torch.float32)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


# ---- "CUDA Ops that can autocast to float32", https://docs.pytorch.org/docs/stable/amp.html ----

ON_THE_LIST = {
    "__pow__": lambda x: x**3,
    "acos": xp.acos,
    "asin": xp.asin,
    "cosh": xp.cosh,
    "cumprod": xp.cumulative_prod,
    "cumsum": xp.cumulative_sum,
    "erfinv": xp.special.erfinv,
    "exp": xp.exp,
    "expm1": xp.expm1,
    "log": xp.log,
    "log10": xp.log10,
    "log1p": xp.log1p,
    "log2": xp.log2,
    "log_softmax": lambda x: functional.log_softmax(x, -1),
    "norm": xp.linalg.vector_norm,
    "pow": lambda x: xp.pow(x, x),
    "prod": xp.prod,
    "reciprocal": xp.reciprocal,
    "sinh": xp.sinh,
    "softmax": lambda x: functional.softmax(x, -1),
    "softplus": functional.softplus,
    "sum": xp.sum,
    "tan": xp.tan,
}


@pytest.mark.parametrize("name", ON_THE_LIST)
def test_what_pytorch_computes_in_float32_on_cuda(name):
    x = xp.asarray(drawn(5), dtype="float16", device="numpy:cpu", requires_grad=True)
    with xp.amp.autocast():
        came = ON_THE_LIST[name](x)
    wide = xp.astype(x.detach(), xp.float32)
    assert came.dtype is xp.float32
    assert came.detach().tolist() == ON_THE_LIST[name](wide).tolist()
    xp.sum(came).backward()
    assert x.grad.dtype is xp.float16


@pytest.mark.parametrize("function", [xp.mean, xp.var, xp.std, xp.special.logsumexp])
def test_what_adds_up_is_in_float32_as_well(function):
    x = xp.asarray(drawn(5), dtype="float16", device="numpy:cpu")
    with xp.amp.autocast():
        assert function(x).dtype is xp.float32


def test_a_wanted_type_is_given():
    x = xp.asarray(drawn(5), dtype="float16", device="numpy:cpu")
    with xp.amp.autocast():
        assert xp.sum(x, dtype=xp.float16).dtype is xp.float16
        assert xp.sum(x, dtype=xp.float64).dtype is xp.float64


def test_decompositions_work_in_half_precision():
    """LAPACK has none: PyTorch casts them on the CPU, too."""
    x = xp.asarray(drawn(3, 3) + 3 * np.eye(3), dtype="float16", device="numpy:cpu")
    with xp.amp.autocast():
        for function in (xp.linalg.inv, xp.linalg.det, xp.linalg.svdvals, lambda x: xp.linalg.solve(x, x), xp.fft.rfft):
            assert function(x).dtype in (xp.float32, xp.complex64)


# ---- float64, integers, complex numbers ----


@pytest.mark.parametrize("dtype", ["float64", "complex64", "complex128", "int64"])
def test_other_types_stay(dtype):
    x = xp.asarray([[1, 2], [3, 4]], dtype=dtype, device="numpy:cpu")
    with xp.amp.autocast():
        assert xp.matmul(x, x).dtype.name == dtype
        assert xp.sum(x).dtype.name == dtype
        if dtype == "float64":
            assert functional.linear(x, x).dtype.name == dtype
            assert xp.matmul(x, xp.astype(x, xp.float32)).dtype.name == dtype
            assert functional.linear(x, xp.astype(x, xp.float16)).dtype.name == dtype


# ---- the table ----


def primitives():
    """All primitives of xnn, by name."""
    for found in pkgutil.iter_modules(ops.__path__):
        module = importlib.import_module(f"{ops.__name__}.{found.name}")
        for value in vars(module).values():
            if isinstance(value, Primitive):
                yield found.name, value


PRIMITIVES = {primitive.name: (chapter, primitive) for chapter, primitive in primitives()}
NEURAL = set(ops.EXTENSIONS["neural"])
# Fused operations of several operands that compute in the widest of their types.
WIDEST = {
    "embedding_bag": "a weighted sum of rows; PyTorch casts nothing here",
    "grid_sample": "on PyTorch's list of what promotes to the widest type",
    "rotary": "element by element",
    "unpool": "moves values to where indices say",
}


def test_listed_names_are_primitives():
    assert not (LOW | FULL) - set(PRIMITIVES)
    assert not LOW & FULL


def test_fused_operations_of_several_operands_are_listed():
    """Else their operands would be cast to the widest type, which is right for a few only: see WIDEST."""
    fused = {
        name
        for name, (chapter, primitive) in PRIMITIVES.items()
        if chapter in NEURAL and primitive.definition is not None and primitive.arity > 1
    }
    assert "linear" in fused
    assert fused - LOW - FULL == set(WIDEST)


# ---- layers ----


def type_of_theirs(reference):
    """The type of PyTorch's result; None where its library has no bfloat16 LSTM for this processor."""
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return reference(theirs((5, 2, 3)))[0].dtype
    except RuntimeError as error:
        if "primitive" not in str(error):
            raise
        return None


@needs_torch
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers(name):
    layer, reference = getattr(nn, name)(3, 4, device="torch:cpu"), getattr(torch.nn, name)(3, 4)
    with xp.amp.autocast(dtype=xp.bfloat16):
        out, _ = layer(ours((5, 2, 3)))
    assert out.dtype is xp.bfloat16
    if name != "GRU":  # gru_cell is on the list for CUDA alone
        assert type_of_theirs(reference) in (torch.bfloat16, None)
    xp.sum(out).backward()
    assert {p.grad.dtype for p in layer.parameters()} == {xp.float32}


@needs_torch
@pytest.mark.parametrize("name", ["LayerNorm", "GroupNorm", "BatchNorm1d", "RMSNorm", "InstanceNorm1d"])
def test_norms(name):
    """In float32, which the two on PyTorch's list are; what they learn, and their statistics, stay float32."""
    arguments = {"LayerNorm": (6,), "GroupNorm": (2, 4), "RMSNorm": (6,)}.get(name, (4,))
    layer = getattr(nn, name)(*arguments, device="torch:cpu")
    x = ours((3, 4, 6), "float16")
    with xp.amp.autocast():
        y = layer(x)
    assert y.dtype is xp.float32
    xp.sum(y).backward()
    assert x.grad.dtype is xp.float16
    assert {a.dtype for a in (*layer.parameters(), *layer.buffers())} <= {xp.float32, xp.int64}


@needs_torch
def test_attention():
    layer = nn.MultiheadAttention(8, 2, batch_first=True, device="torch:cpu")
    x = ours((2, 5, 8))
    with xp.amp.autocast(dtype=xp.bfloat16):
        y, _ = layer(x, x, x)
    reference = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    reference.load_state_dict({name: torch.tensor(a.numpy()) for name, a in layer.state_dict().items()})
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected, _ = reference(*[theirs((2, 5, 8))] * 3)
    assert (y.dtype, expected.dtype) == (xp.bfloat16, torch.bfloat16)
    assert_near(y, expected, "bfloat16")
