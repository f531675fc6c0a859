"""Averages, and statistics without NaN: compared with NumPy over what Hypothesis draws; options; errors; kinks."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.ops.compare import quiet
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError, ShapeError

NAMES = "nansum nanprod nanmean nanvar nanstd nanmin nanmax nanargmin nanargmax nancumsum nancumprod average ptp"
NUMBERS = st.sampled_from([math.nan, 0.0, 1.0, -2.5, 3.0, 0.5, -0.25])


@st.composite
def arrays(draw):
    """Arrays of which some are empty, of shape (), or not contiguous, with NaN."""
    dtype = draw(st.sampled_from(["float32", "float64", "int64"]))
    shape = draw(st.sampled_from([(), (0,), (3,), (2, 3), (2, 0, 3), (1, 4)]))
    x = draw(hnp.arrays(dtype, shape, elements=NUMBERS if dtype[0] == "f" else st.integers(-9, 9)))
    return x[..., ::-1] if x.ndim and draw(st.booleans()) else x


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(NAMES.split()), arrays(), st.booleans(), st.booleans())
def test_as_numpy(name, raw, along, keepdims):
    options = {"axis": -1} if along and raw.ndim else {}
    if "cum" not in name:
        options["keepdims"] = keepdims
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = np.asarray(getattr(np, name)(raw, **options))
        except ZeroDivisionError:  # NumPy's average divides by the number of results, which may be none of some
            return
        except ValueError:
            with pytest.raises(ShapeError), quiet():
                getattr(xp, name)(xp.asarray(raw, device="numpy:cpu"), **options)
            return
        came = getattr(xp, name)(xp.asarray(raw, device="numpy:cpu"), **options)
        same = getattr(xp, name)(raw, **options)
    if raw.dtype == "int64" and expected.dtype == "float64":
        expected = expected.astype("float32")
    assert (came.shape, came.dtype.name) == (expected.shape, expected.dtype.name)
    assert_close(came.numpy(), expected)
    assert_close(np.asarray(same), expected)
    assert not isinstance(same, xp.Array)


@pytest.mark.parametrize("rowvar", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ddof", [None, 0, 1, 2])
@pytest.mark.parametrize("weighted", ["", "f", "a", "fa"])
def test_cov_as_numpy(rowvar, bias, ddof, weighted, device):
    random = np.random.default_rng(0)
    raw, more = random.random((4, 4)), random.random((4, 4))
    options = {"rowvar": rowvar, "bias": bias, "ddof": ddof}
    options |= {"fweights": np.asarray([1, 2, 3, 2])} if "f" in weighted else {}
    options |= {"aweights": np.asarray([0.5, 1.0, 0.3, 2.0])} if "a" in weighted else {}
    ours = {k: xp.asarray(v, device=device) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    came = xp.cov(xp.asarray(raw, device=device), xp.asarray(more, device=device), **ours)
    assert_close(came.numpy(), np.cov(raw, more, **options))


@pytest.mark.parametrize("shape", [(4,), (1, 4), (4, 1)])
@pytest.mark.parametrize("rowvar", [True, False])
def test_cov_of_one_variable(shape, rowvar, device):
    raw = np.random.default_rng(0).random(shape)
    with warnings.catch_warnings(), np.errstate(all="ignore"), quiet():
        warnings.simplefilter("ignore")
        for name in ("cov", "corrcoef"):
            expected = getattr(np, name)(raw, rowvar=rowvar)
            came = getattr(xp, name)(xp.asarray(raw, device=device), rowvar=rowvar).numpy()
            assert came.shape == expected.shape
            assert_close(came, expected)


def test_average_takes_lists_and_weights_of_some_axes(device):
    raw = np.arange(12.0).reshape(2, 3, 2)
    weights = np.arange(1.0, 7.0).reshape(2, 3)
    x = xp.asarray(raw, device=device)
    w = xp.asarray(weights, device=device)
    assert_close(xp.average(x, axis=(2, 1), weights=w).numpy(), np.average(raw, axis=(2, 1), weights=weights))
    assert_close(xp.average(x, axis=0, weights=[1.0, 3.0]).numpy(), np.average(raw, axis=0, weights=[1.0, 3.0]))
    assert float(xp.average([1.0, 2.0], weights=[3.0, 1.0])) == 1.25


def test_derivatives_leave_nan_out(device):
    x = xp.asarray([1.0, math.nan, 3.0], dtype=xp.float64, device=device)
    for name, expected in {
        "nansum": [1, 0, 1],
        "nanprod": [3, 0, 1],
        "nanmean": [0.5, 0, 0.5],
        "nanvar": [-1, 0, 1],
        "nanstd": [-0.5, 0, 0.5],
        "nanmin": [1, 0, 0],
        "nanmax": [0, 0, 1],
    }.items():
        assert_close(xp.grad(getattr(xp, name))(x).numpy(), np.asarray(expected, "float64"))
    same = xp.asarray([2.0, math.nan, 2.0], dtype=xp.float64, device=device)
    assert xp.grad(xp.nanstd)(same).numpy().tolist() == [0.0, 0.0, 0.0]


def test_errors(device):
    x = xp.ones((2, 3), device=device)
    with pytest.raises(ShapeError, match="average: weights have the shape of a"):
        xp.average(x, axis=0, weights=xp.ones((3,), device=device))
    with pytest.raises(ShapeError, match="fweights has one number for each of 3 observations"):
        xp.cov(x, fweights=xp.ones((2,), dtype=xp.int64, device=device))
    with pytest.raises(ShapeError, match="at most two dimensions"):
        xp.cov(xp.ones((2, 2, 2), device=device))
    with pytest.raises(OptionError, match="ddof is an int"):
        xp.cov(x, ddof=0.5)
    with pytest.raises(DTypeError, match="real numbers"):
        xp.nanmax(xp.ones((2,), dtype=xp.complex64, device=device))
    with pytest.raises(ShapeError, match="all elements are NaN"):
        xp.nanargmax(x * math.nan).tolist()  # a GPU says it when it is waited for
