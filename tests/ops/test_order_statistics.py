"""Quantiles: compared with NumPy over what Hypothesis draws, by every method; derivatives; errors."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError
from xnn.ops.order_statistics import METHODS

NUMBERS = st.sampled_from([math.nan, 0.0, 1.0, -2.5, 3.0, 0.5, -0.25])


@st.composite
def arrays(draw):
    """Arrays of which some are of shape (), or not contiguous, with NaN."""
    dtype = draw(st.sampled_from(["float32", "float64", "int64"]))
    shape = draw(st.sampled_from([(), (1,), (4,), (2, 5), (2, 3, 2)]))
    x = draw(hnp.arrays(dtype, shape, elements=NUMBERS if dtype[0] == "f" else st.integers(-9, 9)))
    return x[..., ::-1] if x.ndim and draw(st.booleans()) else x


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["quantile", "nanquantile"]),
    arrays(),
    st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0, [0.0, 0.3, 1.0], [[0.1], [0.5]]]),
    st.sampled_from(METHODS),
    st.booleans(),
    st.booleans(),
)
def test_as_numpy(name, raw, q, method, along, keepdims):
    axis = -1 if along and raw.ndim else None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = np.asarray(getattr(np, name)(raw, q, axis=axis, method=method, keepdims=keepdims))
        came = getattr(xp, name)(xp.asarray(raw), q, axis=axis, method=method, keepdims=keepdims)
        same = getattr(xp, name)(raw, q, axis=axis, method=method, keepdims=keepdims)
    if raw.dtype == "int64" and expected.dtype == "float64":
        expected = expected.astype("float32")
    elif raw.dtype.kind == "f":
        expected = expected.astype(raw.dtype)
    assert (came.shape, came.dtype.name) == (expected.shape, expected.dtype.name)
    assert_close(came.numpy(), expected)
    assert_close(np.asarray(same), expected)
    assert not isinstance(same, xp.Array)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["quantile", "nanquantile", "percentile", "nanpercentile"]),
    arrays(),
    st.sampled_from([0.0, 0.4, [0.2, 0.6, 1.0], np.asarray([0.2, 0.75], "float32")]),
    st.sampled_from(["int64", "float32", "float64"]),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_weights_as_numpy(name, raw, q, dtype, along, keepdims, data):
    axis = -1 if along and raw.ndim else None
    q = np.asarray(q) * 100 if "percentile" in name else np.asarray(q)
    shape = raw.shape[-1:] if axis == -1 and data.draw(st.booleans()) else raw.shape
    weights = data.draw(hnp.arrays(dtype, shape, elements=st.integers(0, 3)))
    options = {"axis": axis, "method": "inverted_cdf", "keepdims": keepdims}
    wide = np.broadcast_to(weights, raw.shape)  # as of rows NumPy's nanquantile takes no weights of one row
    x = xp.asarray(raw, device="numpy:cpu")
    points = xp.asarray(q, device="numpy:cpu") if q.dtype == "float32" else q.tolist()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = np.asarray(getattr(np, name)(raw, q, weights=wide, **options))
        except ValueError:
            with pytest.raises(OptionError, match="weights from 0 on, finite and not all 0"):
                getattr(xp, name)(x, points, weights=weights, **options).numpy()
            return
    came = getattr(xp, name)(x, points, weights=weights, **options)
    assert (came.shape, came.dtype.name) == (expected.shape, expected.dtype.name)
    np.testing.assert_array_equal(came.numpy(), expected)


def test_weights_of_several_dimensions(device):
    raw = np.random.default_rng(0).permutation(np.arange(24.0)).reshape(2, 3, 4)
    weights = np.random.default_rng(1).integers(0, 4, (4, 2))
    options = {"axis": (2, 0), "method": "inverted_cdf"}
    x, w = xp.asarray(raw, device=device), xp.asarray(weights, device=device)
    expected = np.quantile(raw, 0.3, weights=weights, **options)
    assert_close(xp.quantile(x, 0.3, weights=w, **options).numpy(), expected)
    assert_close(xp.quantile(x, 0.3, weights=weights.tolist(), **options).numpy(), expected)


@pytest.mark.parametrize("method", METHODS)
def test_shares_in_float32_jump_where_numpys_do(method, device):
    for n in range(1, 12):
        raw, q = np.arange(n) ** 2.0, np.arange(n + 1, dtype="float32") / n
        came = xp.quantile(xp.asarray(raw, device=device), xp.asarray(q, device=device), method=method)
        assert_close(came.numpy(), np.quantile(raw, q, method=method), dtype="float32")


def test_the_derivative_by_q(device):
    x = xp.asarray([3.0, 1.0, 2.0, 7.0], dtype=xp.float64, device=device)
    q = xp.asarray([0.2, 0.9], dtype=xp.float64, device=device)
    slopes = xp.grad(lambda q: xp.sum(xp.quantile(x, q)))(q)
    assert_close(slopes.numpy(), np.asarray([3.0, 12.0]))
    outside = xp.quantile(x, xp.asarray([-0.1, 0.0, 1.5], device=device))
    assert np.isnan(outside.numpy()).tolist() == [True, False, True]


def test_errors(device):
    x = xp.ones((2, 0), device=device)
    with pytest.raises(ShapeError, match="median of no elements is no number"):
        xp.median(x)
    with pytest.raises(OptionError, match="percentile: q is from 0 to 100; got 101"):
        xp.percentile(xp.ones((2,), device=device), 101)
    with pytest.raises(OptionError, match="weights by the method 'inverted_cdf' alone; got 'linear'"):
        xp.quantile(xp.ones((2,), device=device), 0.5, weights=[1, 2])
    with pytest.raises(ShapeError, match=r"quantile: weights have the shape of a.*got \(3,\)"):
        xp.quantile(xp.ones((2,), device=device), 0.5, weights=[1, 2, 3], method="inverted_cdf")
    with pytest.raises(OptionError, match="quantile: method is"):
        xp.quantile(xp.ones((2,), device=device), 0.5, method="nothing")
