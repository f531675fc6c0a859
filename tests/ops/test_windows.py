"""Window functions: compared with NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import OptionError

NAMES = {"hanning": (), "hamming": (), "blackman": (), "bartlett": (), "kaiser": (8.6,)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_and_devices(name, dtype, device):
    came = getattr(xp, name)(7, *NAMES[name], dtype=dtype, device=device)
    assert came.device is device
    assert came.dtype.name == dtype
    assert_close(came.numpy(), getattr(np, name)(7, *NAMES[name]))
    assert getattr(xp, name)(3, *NAMES[name]).dtype is xp.get_default_dtype()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(NAMES)), st.integers(-1, 40), st.sampled_from([0.0, 1.0, 5.0, 14.0]))
def test_as_numpy(name, count, beta):
    arguments = (count, beta) if name == "kaiser" else (count,)
    assert_close(getattr(xp, name)(*arguments, dtype="float64").numpy(), getattr(np, name)(*arguments))


def test_errors(device):
    with pytest.raises(OptionError, match="hanning: M is an int"):
        xp.hanning(2.5, device=device)
