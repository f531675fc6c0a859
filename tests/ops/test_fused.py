"""Fused operations: kernels against definitions, and against torch.nn.functional, over drawn options."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.ops.compare import assert_like_torch, quiet
from tests.ops.kernels import assert_kernel_keeps_the_definition
from tests.oracle import F, torch
from xnn.ops import classification, conv, folding, linear, pooling

drawn = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
dtypes = st.sampled_from(["float32", "float64"])
sizes = st.integers(1, 3)
pairs = st.tuples(sizes, sizes)


def numbers(shape, seed, dtype, ties=False):
    random = np.random.default_rng(seed)
    return (random.integers(0, 3, shape) if ties else random.uniform(-2, 2, shape)).astype(dtype)


@st.composite
def options(draw, pooling=False):
    """A shape (N, C, H, W), and options with which at least one window fits."""
    kernel_size, stride, dilation = draw(pairs), draw(pairs), draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    most = [k // 2 for k in kernel_size] if pooling else [2, 2]
    padding = tuple(draw(st.integers(0, m)) for m in most)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for d, k, p in zip(dilation, kernel_size, padding, strict=True)]
    if pooling:  # a window of padding alone has no maximum: PyTorch's backward pass then writes out of bounds
        least = [max(n, d) for n, d in zip(least, dilation, strict=True)]
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *(n + draw(st.integers(0, 3)) for n in least))
    return shape, {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}


@pytest.mark.needs("torch")
@drawn
@given(st.lists(st.integers(0, 3), min_size=0, max_size=2), st.integers(0, 4), st.integers(1, 3), st.booleans(), dtypes)
def test_linear(lead, n, m, has_bias, dtype):
    raws = [numbers((*lead, n), 1, dtype), numbers((m, n), 2, dtype), *[numbers((m,), 3, dtype)] * has_bias]
    assert_like_torch(lambda xp, *a: linear.linear(*a), F.linear, raws, xp.backends.find_device("cpu"))
    if dtype == "float64":
        xp.check_gradients(linear.linear, *(xp.asarray(r, device="cpu") for r in raws))


@pytest.mark.needs("torch")
@drawn
@given(options(), sizes, st.integers(1, 2), st.booleans(), dtypes)
def test_conv(window, outputs, groups, has_bias, dtype):
    (n, c, *size), options = window
    kernel_size = options.pop("kernel_size")
    raws = [
        numbers((n, c * groups, *size), 1, dtype),
        numbers((outputs * groups, c, *kernel_size), 2, dtype),
        *[numbers((outputs * groups,), 3, dtype)] * has_bias,
    ]
    assert_like_torch(
        lambda xp, *a: conv.conv(*a, **options, groups=groups),
        lambda *a: F.conv2d(*a, **options, groups=groups),
        raws,
        xp.backends.find_device("cpu"),
    )


@settings(drawn, max_examples=8)
@given(options(), st.integers(1, 2))
def test_conv_has_derivatives_of_both_orders(window, groups):
    (n, c, *size), options = window
    kernel_size = options.pop("kernel_size")
    x = numbers((n, c * groups, *size), 1, "float64")
    weight = numbers((groups, c, *kernel_size), 2, "float64")
    xp.check_gradients(
        lambda x, w: conv.conv(x, w, None, **options, groups=groups),
        xp.asarray(x, device="cpu"),
        xp.asarray(weight, device="cpu"),
    )


@pytest.mark.needs("torch")
@drawn
@given(options(pooling=True), st.booleans(), dtypes)
def test_max_pool(window, ties, dtype):
    shape, options = window
    raws = [numbers(shape, 1, dtype, ties)]
    assert_like_torch(
        lambda xp, x: pooling.max_pool(x, **options),
        lambda x: F.max_pool2d(x, **options),
        raws,
        xp.backends.find_device("cpu"),
    )


@drawn
@given(options(pooling=True), st.integers(0, 99))
def test_max_pool_with_nan_and_infinities(window, seed):
    shape, options = window
    """Against the definition: with NaN and padding, PyTorch 2.13 writes beyond its memory."""
    x = np.random.default_rng(seed).choice([np.nan, np.inf, 0.0, 1.0], shape)
    with quiet():
        assert_kernel_keeps_the_definition("max_pool", [x], options, xp.backends.find_device("cpu"))


@pytest.mark.needs("torch")
@drawn
@given(st.integers(1, 4), st.integers(1, 5), st.lists(sizes, max_size=2), st.floats(0.1, 200), dtypes)
def test_cross_entropy(n, classes, rest, scale, dtype):
    x = numbers((n, classes, *rest), 1, dtype) * np.asarray(scale, dtype)
    target = np.random.default_rng(2).integers(0, classes, (n, *rest))
    assert_like_torch(
        lambda xp, x, t: classification.softmax_cross_entropy(x, t),
        lambda x, t: F.cross_entropy(x, t, reduction="none"),
        [x, target],
        xp.backends.find_device("cpu"),
    )


@settings(drawn, max_examples=15)
@given(options(pooling=True), dtypes)
def test_unfold_and_fold_are_transposes(window, dtype):
    shape, options = window
    x = numbers(shape, 1, dtype)
    columns = folding.unfold(x, **options)
    y = numbers(columns.shape, 2, dtype)
    options = {k: v for k, v in options.items() if k != "kernel_size"}
    folded = folding.fold(y, size=shape[2:], **options)
    np.testing.assert_allclose(np.vdot(columns, y), np.vdot(x, folded), rtol=1e-4, atol=1e-4)


POOLS = [
    ((1, 1, 1, 1), {"kernel_size": (1, 1), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}),
    ((1, 1, 3, 5), {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 1), "dilation": (1, 1)}),
    ((2, 1, 4, 4), {"kernel_size": (3, 3), "stride": (3, 3), "padding": (0, 0), "dilation": (1, 1)}),
]


@pytest.mark.needs("torch")
@pytest.mark.parametrize(("shape", "options"), POOLS)
def test_max_pool_on_every_device(shape, options, device):
    for ties in (False, True):
        raws = [numbers(shape, 1, "float64", ties)]
        assert_like_torch(
            lambda xp, x: pooling.max_pool(x, **options), lambda x: F.max_pool2d(x, **options), raws, device
        )
    raws[0][0, 0, 0, 0] = np.nan
    with quiet():
        assert_like_torch(
            lambda xp, x: pooling.max_pool(x, **options), lambda x: F.max_pool2d(x, **options), raws, device
        )


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_more_classes_than_a_label_can_count(dtype, device):
    x = np.random.default_rng(1).uniform(-1, 1, (2, 300)).astype(np.float32)
    target = np.asarray([3, 44], dtype)
    came = xp.losses.cross_entropy(xp.asarray(x, device=device), xp.asarray(target, device=device))
    expected = F.cross_entropy(torch.tensor(x), torch.tensor(target).long())
    np.testing.assert_allclose(float(came), float(expected), rtol=1e-5)
