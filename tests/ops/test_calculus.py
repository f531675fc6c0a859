"""Interpolation and integrals: compared with NumPy over what Hypothesis draws; options; errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
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


SAMPLES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=3, max_side=4).flatmap(
    lambda shape: st.one_of(
        hnp.arrays("float64", shape, elements=NUMBERS),
        hnp.arrays("complex128", shape, elements=st.builds(complex, st.integers(-3, 3), st.integers(-3, 3))),
    )
)


@settings(max_examples=200, deadline=None)
@given(SAMPLES, st.data(), st.sampled_from([1, 2]))
def test_gradient_as_numpy(raw, data, edge_order):
    raw = raw[..., ::-1]
    axes = data.draw(st.sampled_from([None, 0, -1, tuple(range(raw.ndim))]))
    wanted = range(raw.ndim) if axes is None else np.atleast_1d(axes)
    places = [np.cumsum(np.arange(raw.shape[i]) * 0.5 + 0.25) for i in wanted]
    steps = data.draw(st.sampled_from([(), (0.5,), (0.5,) * len(places), tuple(places), (*places[:-1], 2)]))
    with np.errstate(invalid="ignore"):
        expected = np.gradient(raw, *steps, axis=axes, edge_order=edge_order)
        came = xp.gradient(xp.asarray(raw, device="numpy:cpu"), *steps, axis=axes, edge_order=edge_order)
    assert isinstance(came, tuple) == isinstance(expected, (tuple, list))
    pairs = zip(came, expected, strict=True) if isinstance(came, tuple) else [(came, expected)]
    for one, other in pairs:
        assert (one.shape, one.dtype.name) == (other.shape, other.dtype.name)
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-12, atol=1e-13)  # of constants NumPy's is not quite 0


@settings(max_examples=200, deadline=None)
@given(
    SHAPES.filter(bool).flatmap(lambda shape: hnp.arrays("float64", shape, elements=NUMBERS)),
    st.sampled_from([{}, {"discont": 4.0}, {"discont": 1.0}, {"axis": 0}, {"period": 3.0}, {"period": 4}]),
)
def test_unwrap_as_numpy(raw, options):
    expected = np.unwrap(raw[..., ::-1], **options)
    came = xp.unwrap(xp.asarray(raw[..., ::-1], device="numpy:cpu"), **options)
    assert (came.shape, came.dtype.name) == (expected.shape, "float64")
    assert_close(came.numpy(), expected)


@given(st.lists(st.integers(-20, 20), max_size=8), st.sampled_from([3, 4, 7, np.int64(4)]))
def test_unwrap_of_integers_as_numpy(numbers, period):
    raw = np.asarray(numbers, "int64")
    came, expected = xp.unwrap(xp.asarray(raw), period=period), np.unwrap(raw, period=period)
    assert came.dtype.name == expected.dtype.name == "int64"
    assert came.tolist() == expected.tolist()


def test_unwrap_of_unsigned_integers(device):
    came = xp.unwrap(xp.asarray([0, 3, 2], dtype="uint8", device=device), period=4)
    assert (came.dtype.name, came.tolist()) == ("int64", [0, -1, -2])


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
    with pytest.raises(OptionError, match="edge_order is 1 or 2; got 3"):
        xp.gradient(x, edge_order=3)
    with pytest.raises(OptionError, match="one for each of 1 axes; got 2"):
        xp.gradient(x, 1.0, 2.0)
    with pytest.raises(OptionError, match="places for each axis; got those of one"):
        xp.gradient(xp.ones((3, 3), device=device), x)
    with pytest.raises(ShapeError, match="3 or more samples along each axis with edge_order=2; got 2"):
        xp.gradient(x[:2], edge_order=2)
    with pytest.raises(ShapeError, match=r"the places of 3 samples; got shape \(2,\)"):
        xp.gradient(x, x[:2])


def test_numpys_scalars_beside_arrays(device):
    x = xp.asarray([0.0, 1.0], device=device)
    assert xp.interp(np.float32(0.5), x, x).item() == 0.5
    assert xp.polyval(x, np.int64(2)).item() == 1.0
    assert xp.gradient(x, np.float32(0.5)).tolist() == [2.0, 2.0]
