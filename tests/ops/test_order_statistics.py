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
    with pytest.raises(OptionError, match="quantile: method is"):
        xp.quantile(xp.ones((2,), device=device), 0.5, method="nothing")
