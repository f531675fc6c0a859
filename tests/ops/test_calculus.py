"""Interpolation and integrals: compared with NumPy over what Hypothesis draws; options; errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError

SHAPES = st.sampled_from([(), (0,), (3,), (2, 3)])
NUMBERS = st.sampled_from([math.nan, -9.0, -2.0, -0.5, 0.0, 0.3, 1.0, 4.0, 9.0])


@settings(max_examples=200, deadline=None)
@given(
    SHAPES.flatmap(lambda shape: hnp.arrays("float64", shape, elements=NUMBERS)),
    st.lists(st.integers(-5, 5), min_size=1, max_size=5, unique=True),
    st.sampled_from([{}, {"left": -1.0}, {"right": 7.0}, {"left": 2.0, "right": 3.0}, {"period": 11.0}]),
)
def test_interp_as_numpy(raw, points, options):
    if len(points) == 1:
        raw = np.nan_to_num(raw)  # of one point NumPy gives the value there for NaN, too
    points = np.sort(np.asarray(points, "float64"))
    values = np.sin(points)
    expected = np.asarray(np.interp(raw[..., ::-1] if raw.ndim else raw, points, values, **options))
    x = xp.asarray(raw[..., ::-1] if raw.ndim else raw)
    came = xp.interp(x, xp.asarray(points), xp.asarray(values), **options)
    assert (came.shape, came.dtype.name) == (expected.shape, "float64")
    assert_close(came.numpy(), expected)


def test_errors(device):
    x = xp.ones((3,), device=device)
    with pytest.raises(ShapeError, match="interp takes xp and fp of one shape"):
        xp.interp(x, x, x[:2])
    with pytest.raises(OptionError, match="a period is not 0"):
        xp.interp(x, x, x, period=0)
    with pytest.raises(OptionError, match="initial is 0 or None"):
        xp.cumulative_trapezoid(x, initial=1)
    with pytest.raises(ShapeError, match="x has as many points as y"):
        xp.trapezoid(x, x[:2])


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_images_are_convolved_as_scipys(mode, device):
    scipy, random = optional.module("scipy.signal"), np.random.default_rng(0)
    for shape, window in (((4, 5), (2, 3)), ((4, 5), (1, 1)), ((5, 4, 3), (2, 4, 1))):
        a, v = random.normal(size=shape), random.normal(size=window)
        x, w = xp.asarray(a, device=device), xp.asarray(v, device=device)
        assert_close(xp.convolve(x, w, mode).numpy(), scipy.convolve(a, v, mode, method="direct"))
        if mode != "same":
            assert_close(xp.convolve(w, x, mode).numpy(), scipy.convolve(v, a, mode, method="direct"))
    xp.check_gradients(lambda x, w: xp.convolve(x, w, mode), x, w)


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("mode", ["full", "valid"])
def test_named_dimensions_are_convolved(mode, device):
    scipy, random = optional.module("scipy.signal"), np.random.default_rng(1)
    images, windows = random.normal(size=(2, 3, 6, 5)), random.normal(size=(3, 4, 2, 3))
    came = xp.convolve(
        xp.asarray(images, device=device), xp.asarray(windows, device=device), mode,
        axes=([2, 3], [2, 3]), dot_axes=([1], [0]),
    )  # fmt: skip
    for i in range(2):
        for j in range(4):
            each = [scipy.convolve(images[i, k], windows[k, j], mode, method="direct") for k in range(3)]
            assert_close(came[i, j].numpy(), sum(each))
    turned = xp.convolve(windows, images, mode, axes=([2, 3], [2, 3]), dot_axes=([0], [1]))
    assert_close(np.swapaxes(turned, 0, 1), came.numpy())
    product = xp.convolve(images, windows, axes=([], []), dot_axes=([1], [0]))
    assert_close(product, np.tensordot(images, windows, axes=([1], [0])))


def test_refusals_of_convolve():
    x = np.ones((3, 4))
    with pytest.raises(ShapeError, match="one array is larger in each dimension"):
        xp.convolve(x, np.ones((2, 5)), "valid")
    with pytest.raises(ShapeError, match="dimensions in pairs"):
        xp.convolve(x, x, axes=([0], [0, 1]))
