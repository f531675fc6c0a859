"""Counts: compared with NumPy over what Hypothesis draws; errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from xnn.errors import DTypeError, ShapeError


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 12), st.booleans())
def test_bincount_as_numpy(numbers, minlength, reverse):
    raw = np.asarray(numbers, "int64")[:: -2 if reverse else 1]
    expected = np.bincount(raw, minlength=minlength)
    came = xp.bincount(xp.asarray(raw), minlength=minlength)
    assert came.dtype.name == "int64"
    assert came.numpy().tolist() == expected.tolist()
    assert xp.bincount(raw, minlength=minlength).tolist() == expected.tolist()


def test_errors(device):
    with pytest.raises(DTypeError, match="bincount takes integers"):
        xp.bincount(xp.ones((2,), device=device))
    with pytest.raises(ShapeError, match="negative ones"):
        xp.bincount(xp.asarray([-1, 2], device=device))
    with pytest.raises(ShapeError, match="of one shape"):
        xp.bincount(xp.asarray([1, 2], device=device), weights=xp.ones((3,), device=device))
