"""Large arguments, kinks of second derivatives, and half precision: beside PyTorch, mostly in float64."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.oracle import F, torch
from tests.tolerances import assert_close
from xnn.errors import ShapeError
from xnn.nn import functional

OFFSETS = pytest.mark.parametrize("offset", [1e4, 1e5, 1e9, -1e9, 1e30])


def leaf(x, device, dtype):
    return xp.asarray(np.asarray(x, dtype), device=device, requires_grad=True)


@pytest.mark.needs("torch")
@OFFSETS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_of_logaddexp_is_a_softmax(offset, dtype, device):
    values = np.asarray([[0.0, 1.0, -3.0], [0.0, 0.5, 2.0]]) + offset
    a, b = (leaf(x, device, dtype) for x in values)
    xp.sum(xp.logaddexp(a, b)).backward()
    expected = torch.softmax(torch.tensor(values.astype(dtype)), 0)
    assert_close(a.grad.numpy(), expected[0].numpy())
    assert_close(b.grad.numpy(), expected[1].numpy())


@pytest.mark.needs("torch")
@OFFSETS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_of_logsumexp_is_a_softmax(offset, dtype, device):
    values = (np.asarray([[0.0] * 5, [1.0, -2.0, 0.5, 0.0, 1.0]]) + offset).astype(dtype)
    weights = np.asarray([[1.0, 2.0, 0.5, 0.0, 1.0]] * 2, dtype)
    a, b = leaf(values, device, dtype), xp.asarray(weights, device=device)
    expected = torch.softmax(torch.tensor(values), 1).numpy()
    xp.sum(xp.special.logsumexp(a, axis=1)).backward()
    assert_close(a.grad.numpy(), expected)
    for options in ({}, {"return_sign": True}):
        a.grad = None
        found = xp.special.logsumexp(a, axis=1, b=b, **options)
        xp.sum(found[0] if options else found).backward()
        weighted = weights * expected
        assert_close(a.grad.numpy(), weighted / weighted.sum(1, keepdims=True))


def test_the_second_derivative_of_logsumexp_of_large_numbers(device):
    """That of numbers that differ as much, near 0."""
    x = xp.asarray([1.0, -0.5, 0.25], dtype=xp.float64, device=device)
    near, far = (xp.hessian(xp.special.logsumexp)(x + c).numpy() for c in (0.0, 2.0**40))
    assert_close(far, near)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", ["elu", "celu", "selu"])
def test_derivatives_of_exponential_units_at_0_are_pytorchs(name, order, device):
    raw = np.asarray([0.0, -0.0, -1.0, 2.0])
    options = {} if name == "selu" else {"alpha": 1.5}
    call, theirs = getattr(functional, name), getattr(F, name)

    def derivative(f):
        return xp.grad(lambda x: xp.sum(f(x)))

    f, y = (lambda x: call(x, **options)), None
    t = torch.tensor(raw, requires_grad=True)
    y = theirs(t, **options)
    for _ in range(order):
        f = derivative(f)
        (y,) = torch.autograd.grad(y.sum(), t, create_graph=True)
    x = xp.asarray(raw, device=device)
    assert_close(f(x).numpy(), y.detach().numpy())


# ---- norms ----

NORM = xp.linalg.vector_norm
SMOOTH = {
    "norm squared": (lambda x: NORM(x) ** 2, lambda t: (t * t).sum(), (3,)),
    "norm times itself": (lambda x: xp.square(NORM(x)), lambda t: (t * t).sum(), (3,)),
    "norms of rows": (lambda x: xp.sum(NORM(x, axis=1) ** 2), lambda t: (t * t).sum(), (2, 2)),
    "norm to the fourth": (lambda x: NORM(x) ** 4, lambda t: (t * t).sum() ** 2, (2,)),
    "Frobenius norm squared": (lambda x: xp.linalg.matrix_norm(x) ** 2, lambda t: (t * t).sum(), (2, 2)),
    "std squared": (lambda x: xp.std(x) ** 2, lambda t: torch.var(t, correction=0), (3,)),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("start", [0.0, 1.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_a_root_that_is_squared_has_the_second_derivatives_of_what_is_under_it(name, start, device):
    """Of numbers that are all the same, where the root itself has a kink; and of others."""
    call, smooth, shape = SMOOTH[name]
    raw = start * np.random.default_rng(0).uniform(0.5, 1, shape)
    expected = torch.autograd.functional.hessian(smooth, torch.tensor(raw)).numpy()
    x = xp.asarray(raw, device=device)
    assert_close(xp.hessian(call)(x).numpy(), expected)
    along = xp.ones_like(x)
    _, product = xp.jvp(xp.grad(call), (x,), (along,))
    assert_close(product.numpy(), expected.sum(tuple(range(len(shape), 2 * len(shape)))))


def test_a_norm_has_no_second_derivative_at_0(device):
    """It is 0, as the first one."""
    assert not np.any(xp.hessian(NORM)(xp.zeros((2,), dtype=xp.float64, device=device)).numpy())


@pytest.mark.needs("torch")
@pytest.mark.parametrize("ord", [2, 3, 1.5, 0.5, -1])
@pytest.mark.parametrize(
    ("dtype", "size"), [("float32", 1e30), ("float32", 1e-30), ("float64", 1e200), ("float64", 1e-200)]
)
def test_norms_neither_overflow_nor_underflow_on_the_way(ord, dtype, size, device):
    unit = np.asarray([[3.0, -4.0, 1.0], [1.0, 2.0, 2.0], [0.5, 0.25, 1.0]])
    sizes = np.asarray([[size], [1.0], [-size]])
    t = torch.tensor(unit, requires_grad=True)
    expected = torch.linalg.vector_norm(t, ord=ord, dim=1)
    expected.sum().backward()
    x = xp.asarray((unit * sizes).astype(dtype), device=device, requires_grad=True)
    with np.errstate(all="ignore"):
        norm = NORM(x, axis=1, ord=ord)
    xp.sum(norm).backward()
    assert_close(norm.detach().numpy() / np.abs(sizes[:, 0]), expected.detach().numpy(), dtype)
    assert_close(x.grad.numpy(), (t.grad.numpy() * np.sign(sizes)).astype(dtype))


@pytest.mark.needs("torch")
@pytest.mark.parametrize("n", [0, 1, -1, 3])
def test_the_power_of_a_matrix_stays_on_the_graph(n, device):
    raw = np.random.default_rng(0).uniform(-1, 1, (2, 3, 3))
    x = leaf(raw, device, "float64")
    t = torch.tensor(raw, requires_grad=True)
    y, expected = xp.linalg.matrix_power(x, n), torch.linalg.matrix_power(t, n)
    assert y.requires_grad
    assert_close(y.detach().numpy(), expected.detach().numpy())
    xp.sum(y * y).backward()
    (theirs,) = torch.autograd.grad((expected * expected).sum(), t, allow_unused=True) if n else (torch.zeros_like(t),)
    assert_close(x.grad.numpy(), theirs.numpy())


@pytest.mark.parametrize("n", [0, 1, 2])
def test_diff_with_ends_is_numpys(n, device):
    x, ends = np.asarray([[1.0, 4.0, 9.0]]), {"prepend": np.asarray([[0.0]]), "append": np.asarray([[2.0, 5.0]])}
    came = xp.diff(xp.asarray(x, device=device), n=n, **{k: xp.asarray(v, device=device) for k, v in ends.items()})
    assert_close(came.numpy(), np.diff(x, n=n, **ends))


@pytest.mark.parametrize("name", ["tril", "triu"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_triangles_are_of_matrices(name, shape, device):
    with pytest.raises(ShapeError, match=rf"{name} takes matrices, of shape \(\.\.\., m, n\); got shape \(3?,?\)"):
        getattr(xp, name)(xp.ones(shape, device=device))


# ---- unsigned integers ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16"])
def test_what_is_negated_is_no_integer(dtype, device):
    if getattr(xp.dtypes, dtype) not in device.backend.raw_dtypes:
        pytest.skip(f"{device.backend.name} has no {dtype}")
    raw = np.asarray([0, 1, 3, 100], dtype)
    raw[3] = np.iinfo(dtype).min if dtype == "int8" else 100
    came = functional.softmin(xp.asarray(raw, device=device), 0)
    assert_close(came.numpy(), F.softmin(torch.tensor(raw.astype(np.float32)), 0).numpy())
    assert_close(functional.sign(xp.asarray(raw, device=device)).numpy(), np.sign(raw.astype(np.float32)))


# ---- half precision ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("scale", [1.0, 4.0, 10.0])
@pytest.mark.parametrize("mask", [None, "bool", "number"])
def test_attention_in_half_precision_is_as_near_as_pytorchs(scale, mask, device):
    """Scores, and the sums of their exponentials, are float32: of large scores float16 keeps no decimal."""
    if xp.dtypes.float16 not in device.backend.raw_dtypes:
        pytest.skip(f"{device.backend.name} has no float16")
    random = np.random.default_rng(0)
    q, k, v = (random.standard_normal((4, 64, 64)).astype(np.float16) for _ in range(3))
    q, k = (np.asarray(scale, np.float16) * x for x in (q, k))
    kept = random.random((64, 64)) < 0.8
    masks = {"bool": kept, "number": np.where(kept, 0.5, -math.inf).astype(np.float16)}
    given = None if mask is None else masks[mask]
    arrays = [xp.asarray(x, device=device, requires_grad=True) for x in (q, k, v)]
    own = None if given is None else xp.asarray(given, device=device)
    out = functional.scaled_dot_product_attention(*arrays, own)
    leaves = [torch.tensor(x.astype(np.float64), requires_grad=True) for x in (q, k, v)]
    wide = given if given is None or mask == "bool" else given.astype(np.float64)
    exact = F.scaled_dot_product_attention(*leaves, None if wide is None else torch.tensor(wide))
    assert out.dtype == xp.float16
    assert_close(out.detach().numpy(), exact.detach().numpy(), "float16")
    g = random.standard_normal(q.shape).astype(np.float16)
    out.backward(xp.asarray(g, device=device))
    exact.backward(torch.tensor(g.astype(np.float64)))
    for x, t in zip(arrays, leaves, strict=True):
        assert_close(x.grad.numpy(), t.grad.numpy(), "float16")
