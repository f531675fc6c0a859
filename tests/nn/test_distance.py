"""Distances at zero vectors, equal rows and short lengths; labels as vectors; errors."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import assert_like_torch, quiet
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, LabelError, OptionError, ShapeError
from xnn.nn import functional as F

inf = math.inf
ZERO, SHORT, LONG = [0.0, 0.0, 0.0], [3e-9, -4e-9, 0.0], [3e5, 4e5, -1e5]


def same(name, *lists, **options):
    """The same function of both on the same numbers."""
    return (
        lambda xp, *x: getattr(F, name)(*x, **options),
        lambda *x: getattr(torch_functional, name)(*x, **options),
        lists,
    )


POINTS = {
    "cosine of a zero vector": same("cosine_similarity", [ZERO, [1.0, 2, 3]], [[1.0, 2, 3], ZERO]),
    "cosine of two": same("cosine_similarity", [ZERO], [ZERO]),
    "cosine of short ones": same("cosine_similarity", [SHORT, [1.0, 2, 3]], [[1.0, 2, 3], SHORT]),
    "cosine of two short ones": same("cosine_similarity", [SHORT], [[1e-9, 0.0, 0.0]]),
    "cosine, eps above the lengths": same("cosine_similarity", [[3.0, 4.0]], [[1.0, 2.0]], eps=10.0),
    "cosine of long ones": same("cosine_similarity", [LONG], [[1.0, -2.0, 1e6]]),
    "distance of equal ones": same("pairwise_distance", [[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]),
    **{
        f"distance of equal ones, p={p}, eps=0": same("pairwise_distance", [[1.0, 2.0], [3.0, 0.0]],
                                                      [[1.0, 2.0], [3.0, 4.0]], p=p, eps=0.0)
        for p in (1.0, 1.5, 2.0, 3.0, inf)
    },
    "normalize zeros": same("normalize", [ZERO, [1.0, 2, 2]]),
    "normalize short ones": same("normalize", [SHORT], eps=1e-8),
    "normalize, eps above the length": same("normalize", [[3.0, 4.0]], eps=10.0),
    "normalize, eps the length": same("normalize", [[3.0, 4.0]], eps=5.0),
    "normalize zeros by p=1": same("normalize", [[0.0, 0.0], [0.0, -4.0]], p=1),
    "normalize zeros by p=inf": same("normalize", [[0.0, 0.0], [3.0, -4.0]], p=inf),
    "normalize ties by p=inf": same("normalize", [[4.0, -4.0]], p=inf),
    "normalize one number": same("normalize", 4.0, dim=0),
    "normalize one number, the last dimension": same("normalize", -2.0, p=1, dim=-1),
    "normalize by p=0": same("normalize", [[4.0, 0.0, -4.0]], p=0),
    **{
        f"pdist of equal rows, p={p}": same("pdist", [[3.0, 4.0], [3.0, 4.0], [1.0, 5.0], [-1.0, 6.0]], p=p)
        for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf)
    },
}  # fmt: skip


@pytest.mark.needs("torch")
@pytest.mark.parametrize("id", POINTS)
def test_special_points_are_pytorchs(id, device):
    """Values, and gradients that stay finite."""
    call, torch_call, lists = POINTS[id]
    for dtype in ("float32", "float64"):
        with quiet():
            assert_like_torch(call, torch_call, [np.asarray(v, dtype) for v in lists], device)


@pytest.mark.parametrize("count", range(7))
def test_pdist_takes_the_pairs_in_order(count, device):
    x = np.random.default_rng(0).normal(size=(count, 2))
    expected = [np.abs(x[i] - x[j]).sum() for i in range(count) for j in range(i + 1, count)]
    assert_close(F.pdist(xp.asarray(x, device=device), 1).numpy(), np.asarray(expected).reshape(-1))


# ---- labels as vectors ----


@pytest.fixture
def asynchronous(device):
    """Whether looking at a value waits for the device, so that checks are put off; none is left behind."""
    xp.synchronize(device)
    yield device.is_asynchronous
    xp.synchronize(device)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_one_hot_is_pytorchs(dtype, device):
    labels = np.asarray([[0, 3], [2, 1]])
    for count in (-1, 4, 7):
        came = F.one_hot(xp.asarray(labels.astype(dtype), device=device), count)
        assert came.dtype is xp.int64
        assert came.device is device
        assert came.tolist() == torch_functional.one_hot(torch.tensor(labels), count).tolist()


def test_one_hot_counts_more_classes_than_a_label_can(device):
    came = F.one_hot(xp.asarray([255, 3], dtype=xp.uint8, device=device), 300)
    assert xp.argmax(came, axis=1).tolist() == [255, 3]
    assert F.one_hot(xp.asarray([0, 0], device=device), -1).shape == (2, 1)


@pytest.mark.parametrize("labels", [(0, 3), (-1, 0), (2**40, 0)], ids=str)
def test_a_label_out_of_range_raises(labels, device, asynchronous):
    """At once, or else at the next wait."""
    with pytest.raises(LabelError) as raised:
        F.one_hot(xp.asarray(labels, device=device), 3).tolist()
    assert str(raised.value) == (
        "one_hot takes labels from 0 to 2, for 3 classes; another one came. "
        "Cure: count classes from 0, or give a larger num_classes."
    )
    if not asynchronous:
        with pytest.raises(LabelError):
            F.one_hot(xp.asarray(labels, device=device), 3)


# ---- errors ----


def ones(*shape, dtype=None):
    return xp.ones(shape, device="cpu", dtype=dtype or xp.float32)


ERRORS = [
    (
        lambda: nn.CosineSimilarity()(ones(2, 3), ones(2, 4)),
        ShapeError,
        "cosine_similarity takes x1 and x2 of shapes that broadcast, sizes equal or 1 from the last one on; "
        "got (2, 3) and (2, 4)",
    ),
    (
        lambda: nn.CosineSimilarity(2)(ones(2, 3), ones(3)),
        ShapeError,
        "cosine_similarity: dim is a dimension of the input, from -2 to 1 for shape (2, 3); got 2. "
        "Cure: -1 is the last one.",
    ),
    (
        lambda: F.cosine_similarity(ones(2, 3), ones(2, 3, dtype=xp.int64)),
        DTypeError,
        "cosine_similarity takes floating-point x2; got int64 of shape (2, 3). Cure: xnn.astype(x2, xnn.float32).",
    ),
    (
        lambda: F.pairwise_distance(ones(2, dtype=xp.int64), ones(2)),
        DTypeError,
        "pairwise_distance takes floating-point x1; got int64 of shape (2,). Cure: xnn.astype(x1, xnn.float32).",
    ),
    (
        lambda: nn.PairwiseDistance()(ones(2, 3), ones(3, 3)),
        ShapeError,
        "pairwise_distance takes x1 and x2 of shapes that broadcast, sizes equal or 1 from the last one on; "
        "got (2, 3) and (3, 3)",
    ),
    (
        lambda: F.pairwise_distance(ones(), ones()),
        ShapeError,
        "pairwise_distance takes vectors along the last dimension, (N, D) or (D,); got two arrays ()",
    ),
    (
        lambda: F.normalize(ones(3)),
        ShapeError,
        "normalize: dim is a dimension of the input, from -1 to 0 for shape (3,); got 1. Cure: -1 is the last one.",
    ),
    (
        lambda: F.normalize(ones(2, 3, dtype=xp.int64)),
        DTypeError,
        "normalize takes floating-point input; got int64 of shape (2, 3). Cure: xnn.astype(input, xnn.float32).",
    ),
    (lambda: F.pdist(ones(3)), ShapeError, "pdist takes rows, of shape (N, M); got shape (3,)"),
    (lambda: F.pdist(ones(3, 2), -1.0), OptionError, "pdist takes p of at least 0; got -1.0"),
    (
        lambda: F.one_hot(ones(2)),
        DTypeError,
        "one_hot takes integer labels; got float32. Cure: xnn.astype(tensor, xnn.int64).",
    ),
    (
        lambda: F.one_hot(ones(0, 2, dtype=xp.int64)),
        ShapeError,
        "one_hot cannot tell the classes of no labels, shape (0, 2). Cure: num_classes.",
    ),
    (
        lambda: F.one_hot(ones(2, dtype=xp.int64), -2),
        OptionError,
        "num_classes, unless it is -1, is an int of at least 1; got -2",
    ),
    (
        lambda: F.one_hot(ones(2, dtype=xp.int64), 0),
        OptionError,
        "num_classes, unless it is -1, is an int of at least 1; got 0",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == text


@pytest.mark.parametrize("name", ["cosine_similarity", "pairwise_distance", "normalize", "pdist", "one_hot"])
def test_no_array(name):
    with pytest.raises(TypeError, match=f"{name} takes arrays; (x1|input|tensor) is a list"):
        getattr(F, name)([1.0], *[ones(1)] * (name in ("cosine_similarity", "pairwise_distance")))


def test_repr():
    assert repr(nn.CosineSimilarity()) == "CosineSimilarity(dim=1, eps=1e-08)"
    assert repr(nn.PairwiseDistance(1)) == "PairwiseDistance(p=1, eps=1e-06, keepdim=False)"
