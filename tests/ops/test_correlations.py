"""Convolutions and correlations: compared with NumPy over what Hypothesis draws; NaN at the ends; errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError
from xnn.ops import correlations

NAMES = st.sampled_from(["convolve", "correlate"])
MODES = st.sampled_from(["full", "same", "valid"])
NUMBERS = st.sampled_from([np.nan, np.inf, -2.0, -0.5, 0.0, 1.0, 3.0])


def sequences(dtype, elements):
    return hnp.arrays(dtype, st.integers(1, 7), elements=elements)


FLOATS = sequences("float64", NUMBERS)
OTHERS = st.one_of(
    sequences("int64", st.integers(-5, 5)),
    sequences("bool", st.booleans()),
    sequences("complex128", st.builds(complex, st.integers(-3, 3), st.integers(-3, 3))),
    sequences("float64", st.integers(-3, 3)),
)


@settings(max_examples=200, deadline=None)
@given(NAMES, st.one_of(st.tuples(FLOATS, FLOATS), st.tuples(OTHERS, OTHERS)), MODES, st.booleans())
def test_as_numpy(name, pair, mode, reverse):
    a, v = (x[:: -1 if reverse else 1] for x in pair)
    with np.errstate(invalid="ignore"):
        expected = getattr(np, name)(a, v, mode)
        came = getattr(xp, name)(xp.asarray(a, device="numpy:cpu"), xp.asarray(v, device="numpy:cpu"), mode)
    weak = {a.dtype.kind, v.dtype.kind} in ({"i", "f"}, {"b", "f"}, {"i", "c"}, {"b", "c"}, {"f", "c"})
    assert weak or came.dtype.name == expected.dtype.name
    assert came.shape == expected.shape
    assert_close(came.numpy(), expected.astype(came.numpy().dtype))


def test_nan_stays_where_it_overlaps(device):
    x = xp.asarray([1.0, 2.0, 3.0], device=device)
    v = xp.asarray([1.0, np.nan], device=device)
    np.testing.assert_array_equal(xp.convolve(x, v).numpy(), [1.0, np.nan, np.nan, np.nan])
    v = xp.asarray([np.nan, 1.0, 2.0], device=device)  # "same" has no product of x[0] and v[0]
    slope = xp.grad(lambda x: xp.sum(xp.convolve(x, v, "same")))(x)
    assert slope[0].item() == 3.0


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_in_blocks(mode, monkeypatch, device):
    monkeypatch.setattr(correlations, "ELEMENTS", 12)
    a, v = np.cos(np.arange(20.0)), np.sin(np.arange(5.0))
    for one, other in ((a, v), (v, a), (a, a)):
        came = xp.correlate(xp.asarray(one, device=device), xp.asarray(other, device=device), mode)
        assert_close(came.numpy(), np.correlate(one, other, mode))


def test_numbers_and_lists():
    assert xp.convolve(2.0, [1.0, 3.0]).tolist() == [2.0, 6.0]
    assert isinstance(xp.convolve(np.ones(3), np.ones(2)), np.ndarray)


def test_errors(device):
    x = xp.ones((3,), device=device)
    with pytest.raises(OptionError, match="mode is 'full', 'same' or 'valid'; got 'whole'"):
        xp.convolve(x, x, "whole")
    with pytest.raises(ShapeError, match=r"sequences \(n,\) of 1 or more elements; got \(3,\) and \(0,\)"):
        xp.correlate(x, x[:0])
    with pytest.raises(ShapeError, match=r"got \(3, 1\)"):
        xp.convolve(x[:, None], x)


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
