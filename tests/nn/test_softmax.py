"""Softmax at infinities and in other types; sparsemax by its paper; what gumbel_softmax chooses; errors."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.nn.rows.softmax import sparsemax
from tests.ops.compare import assert_like_torch, quiet
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import functional as F

inf, nan = math.inf, math.nan


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
@pytest.mark.parametrize(
    ("points", "dim"),
    [
        ([[1e4, -1e4, 0.0], [1e4, 1e4 - 1, 1e4]], 1),
        ([[-inf, 0.0, 1.0], [2.0, -inf, -inf]], 1),
        ([[inf, 0.0, 1.0], [-inf, -inf, -inf], [nan, 0.0, 1.0]], 1),
        (3.0, 0),
        (3.0, -1),
        (np.empty((3, 0)), 1),
        (np.empty((3, 0)), 0),
        (np.empty((0, 3)), 1),
    ],
    ids=lambda x: str(np.shape(x)),
)
def test_softmax_at_special_points_is_pytorchs(name, points, dim, device):
    for dtype in ("float32", "float64"):
        with quiet():
            assert_like_torch(
                lambda xp, x: getattr(F, name)(x, dim),
                lambda x: getattr(torch_functional, name)(x, dim),
                [np.asarray(points, dtype)],
                device,
            )


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_softmax_in_another_type(name, device):
    for dtype, wanted in (("int64", "float64"), ("float32", "float64"), ("float64", "float32")):
        x = np.asarray([[1, 2, 4]], dtype)
        came = getattr(F, name)(xp.asarray(x, device=device), 1, dtype=wanted)
        assert came.dtype.name == wanted
        expected = getattr(torch_functional, name)(torch.tensor(x), 1, dtype=getattr(torch, wanted))
        assert_close(came.numpy(), expected.numpy())
    with pytest.raises(DTypeError, match=f"{name} gives floating-point numbers; got dtype int64. Cure: xnn.float32"):
        getattr(F, name)(xp.ones((2,), device=device), 0, dtype=xp.int64)


def test_the_dimension_of_softmax_is_required():
    with pytest.raises(TypeError, match="dim"):
        F.softmax(xp.ones((2,), device="cpu"))
    with pytest.raises(TypeError, match="dim"):
        nn.Softmax()
    with pytest.raises(OptionError, match="softmax: dim is an int; got None"):
        F.softmax(xp.ones((2,), device="cpu"), None)


def test_sparsemax_of_two_is_that_of_the_paper(device):
    """Martins & Astudillo, 2016, section 2.2: the first of sparsemax((t, 0)) is (t + 1) / 2, cut at 0 and 1."""
    t = np.linspace(-1.6, 1.6, 17)
    x = xp.asarray(np.stack([t, np.zeros(17)], 1), device=device, requires_grad=True)
    y = F.sparsemax(x)
    assert_close(y.detach().numpy()[:, 0], np.clip((t + 1) / 2, 0, 1))
    xp.sum(y[:, 0]).backward()
    assert_close(x.grad.numpy()[:, 0], np.where(np.abs(t) < 1, 0.5, 0.0))


def test_sparsemax_is_the_nearest_point_of_the_simplex(device):
    """Ties, one element, large and infinite ones; and the Jacobian of the paper's equation 9, s - s s.T / sum(s)."""
    random = np.random.default_rng(0)
    for x in (random.normal(size=(6, 9)), np.zeros((1, 4)), np.ones((3, 1)), 1e4 + random.normal(size=(2, 5))):
        came = F.sparsemax(xp.asarray(x, device=device)).numpy()
        assert_close(came, sparsemax(x))
        assert_close(came.sum(-1), np.ones(len(x)))
    row = xp.asarray([0.3, -inf, 0.1, -4.0], device=device, dtype=xp.float64)
    assert_close(F.sparsemax(row).numpy(), [0.6, 0.0, 0.4, 0.0])
    support = np.asarray([1.0, 0, 1, 0])
    jacobian = xp.jacobian(F.sparsemax)(row).numpy()
    assert_close(jacobian, np.diag(support) - np.outer(support, support) / 2)
    assert F.sparsemax(xp.ones((0, 3), device=device)).shape == (0, 3)
    with quiet():
        assert np.isnan(F.sparsemax(xp.asarray([nan, 1.0], device=device)).numpy()).all()


# ---- gumbel_softmax ----


def test_gumbel_softmax_chooses_by_the_probabilities():
    xp.random.manual_seed(0)
    p = np.asarray([0.1, 0.2, 0.7])
    logits = xp.asarray(np.tile(np.log(p), (20_000, 1)), device="numpy:cpu")
    hard = F.gumbel_softmax(logits, hard=True).numpy()
    assert set(np.unique(hard)) == {0.0, 1.0}
    assert_close(hard.sum(1), np.ones(20_000))
    assert abs(hard.mean(0) - p).max() < 0.015
    soft = F.gumbel_softmax(logits, tau=0.5).numpy()
    assert_close(soft.sum(1), np.ones(20_000))
    assert abs((soft == soft.max(1, keepdims=True)).mean(0) - p).max() < 0.015
    cold = F.gumbel_softmax(logits, tau=0.01).numpy()
    assert (cold.max(1) > 0.99).mean() > 0.95


def test_the_noise_of_gumbel_softmax_has_gumbels_moments():
    """-log(-log(u)): its mean is Euler's constant, its variance pi**2 / 6; the difference of two is logistic."""
    for dtype in (xp.float32, xp.float64):
        x = xp.zeros((100_000, 2), dtype=dtype, device="numpy:cpu")
        soft = F.gumbel_softmax(x, generator=xp.random.Generator(5)).numpy().astype("float64")
        difference = np.log(soft[:, 0] / soft[:, 1])
        assert abs(difference.mean()) < 0.03
        assert abs(difference.var() - math.pi**2 / 3) < 0.06


class Zeros(xp.random.Generator):
    """A stream of the least number that there is."""

    def uniform(self, shape=(), *bounds, dtype=None, device=None):
        return xp.zeros(shape, dtype=dtype, device=device)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_noise_of_gumbel_softmax_is_finite(dtype, device):
    """Where u is 0, and -log(-log(1 - u)) would be infinite."""
    x = xp.zeros((2,), dtype=dtype, device=device)
    assert F.gumbel_softmax(x, generator=Zeros(0)).tolist() == [0.5, 0.5]


def test_gumbel_softmax_straight_through(device):
    x = xp.asarray([[0.3, 1.0, -0.5], [2.0, 0.1, 0.0]], device=device, dtype=xp.float64, requires_grad=True)
    g = xp.asarray([[1.0, -2.0, 0.5], [0.3, 0.2, 0.1]], device=device, dtype=xp.float64)
    slopes = []
    for hard in (True, False):
        x.grad = None
        y = F.gumbel_softmax(x, 0.7, hard, dim=0, generator=xp.random.Generator(3))
        xp.sum(g * y).backward()
        slopes.append(x.grad.numpy())
        assert_close(xp.sum(y, axis=0).detach().numpy(), np.ones(3))
        assert (set(np.unique(y.detach().numpy())) == {0.0, 1.0}) is hard
    assert_close(*slopes)
    expected = F.gumbel_softmax(x.detach().to_device("numpy:cpu"), 0.7, dim=0, generator=xp.random.Generator(3))
    assert_close(F.gumbel_softmax(x.detach(), 0.7, dim=0, generator=xp.random.Generator(3)).numpy(), expected.numpy())
    assert isinstance(F.gumbel_softmax(g._data, hard=True), device.backend.array_type)
    for hard in (True, False):  # one number counts as (1,), as in PyTorch
        one = F.gumbel_softmax(xp.asarray(0.3, device=device), hard=hard, dim=0)
        assert (one.shape, float(one)) == ((), 1.0)


# ---- errors ----


def ones(*shape, dtype=None):
    return xp.ones(shape, device="cpu", dtype=dtype or xp.float32)


ERRORS = [
    (
        lambda: nn.Softmax(2)(ones(2, 3)),
        ShapeError,
        "softmax: dim is a dimension of the input, from -2 to 1 for shape (2, 3); got 2. Cure: -1 is the last one.",
    ),
    (
        lambda: nn.Sparsemax(2)(ones(2, 3)),
        ShapeError,
        "sparsemax: dim is a dimension of the input, from -2 to 1 for shape (2, 3); got 2. Cure: -1 is the last one.",
    ),
    (
        lambda: nn.Softmax2d()(ones(2, 3)),
        ShapeError,
        "Softmax2d takes images, (N, C, H, W) or (C, H, W); got shape (2, 3)",
    ),
    (lambda: F.gumbel_softmax(ones(2), 0.0), OptionError, "gumbel_softmax takes a temperature tau above 0; got 0.0"),
    (
        lambda: F.gumbel_softmax(ones(2, dtype=xp.int64)),
        DTypeError,
        "gumbel_softmax takes floating-point logits; got int64 of shape (2,). Cure: xnn.astype(logits, xnn.float32).",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == text
