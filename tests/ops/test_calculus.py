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
