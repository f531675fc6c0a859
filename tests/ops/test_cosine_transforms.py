"""Cosine and sine transforms: drawn sizes against SciPy, inverses, errors; the table has values and derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

NAMES = ("dct", "idct", "dst", "idst")


@pytest.mark.needs("scipy")
@given(st.sampled_from(NAMES), st.sampled_from([1, 2, 3, 4]), st.sampled_from(["backward", "ortho", "forward"]),
       st.tuples(st.integers(0, 3), st.integers(2, 9)), st.sampled_from(["float32", "float64"]),
       st.booleans())  # fmt: skip
def test_they_are_scipys(name, kind, norm, shape, dtype, turned):
    scipy = optional.module("scipy.fft")
    raw = np.random.default_rng(shape).normal(size=shape).astype(dtype)
    raw, axis = (raw.T, 0) if turned else (raw, -1)
    came = getattr(xp.fft, name)(xp.asarray(raw, device="numpy:cpu"), kind, axis, norm)
    assert (came.shape, came.dtype.name) == (raw.shape, dtype)
    if raw.size:
        assert_close(came.numpy(), getattr(scipy, name)(raw, kind, axis=axis, norm=norm))


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["dct", "dst"])
def test_inverses(name, kind, device):
    x = xp.asarray([[1.0, -2, 4, 0.5, 7]], dtype=xp.float64, device=device)
    for norm in ("backward", "ortho", "forward"):
        there = getattr(xp.fft, name)(x, kind, norm=norm)
        assert_close(getattr(xp.fft, f"i{name}")(there, kind, norm=norm).numpy(), x.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_types(name, device):
    assert getattr(xp.fft, name)(xp.asarray([1, 2, 3], device=device)).dtype is xp.float32
    raw = device.backend.from_numpy(np.ones((2, 3)), device)
    assert isinstance(getattr(xp.fft, name)(raw), device.backend.array_type)
    with pytest.raises(DTypeError):
        getattr(xp.fft, name)(xp.asarray([1j, 2, 3], device=device))


@pytest.mark.parametrize("name", NAMES)
def test_errors(name, device):
    call, x = getattr(xp.fft, name), xp.ones((2, 3), device=device)
    with pytest.raises(OptionError, match="type is 1, 2, 3 or 4; got 5"):
        call(x, 5)
    with pytest.raises(OptionError, match="norm is one of"):
        call(x, norm="none")
    with pytest.raises(BoundsError, match="no axis 2"):
        call(x, axis=2)
    with pytest.raises(ShapeError, match="elements or more"):
        call(x[:, :0])
