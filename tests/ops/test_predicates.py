"""NumPy's predicates, compared with NumPy's over what Hypothesis draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from xnn.errors import DTypeError

SPECIAL = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, 1 + 1e-6, 1e-9, -3.0])
SHAPES = st.sampled_from([(), (0,), (3,), (2, 3), (1, 3)])


@st.composite
def pairs(draw):
    found = []
    for _ in range(2):
        dtype = draw(st.sampled_from(["float64", "int64", "complex128", "uint8"]))
        values = st.integers(0, 3) if dtype in ("int64", "uint8") else SPECIAL
        if dtype == "complex128":
            values = st.builds(complex, SPECIAL, st.sampled_from([0.0, 1.0]))
        x = draw(hnp.arrays(dtype, draw(SHAPES), elements=values))
        found.append(x[..., ::-1] if x.ndim else x)
    return found


@settings(max_examples=150, deadline=None)
@given(pairs(), st.booleans())
def test_of_two(raws, equal_nan):
    a, b = (xp.asarray(x, device="cpu") for x in raws)
    assert xp.array_equal(a, b, equal_nan=equal_nan) is bool(np.array_equal(*raws, equal_nan=equal_nan))
    assert xp.array_equiv(a, b) is bool(np.array_equiv(*raws))
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return
    with np.errstate(invalid="ignore"):
        expected = np.asarray(np.isclose(*raws, equal_nan=equal_nan))
        came = xp.isclose(a, b, equal_nan=equal_nan)
        assert xp.allclose(a, b, equal_nan=equal_nan) is bool(expected.all())
    assert came.dtype is xp.bool
    np.testing.assert_array_equal(came.numpy(), expected)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["isposinf", "isneginf", "isreal", "iscomplex", "isrealobj", "iscomplexobj"]), pairs())
def test_of_one(name, raws):
    raw = raws[0]
    if name in ("isposinf", "isneginf") and raw.dtype.kind == "c":
        with pytest.raises(DTypeError, match="of real numbers"):
            getattr(xp, name)(xp.asarray(raw, device="cpu"))
        return
    came, expected = getattr(xp, name)(xp.asarray(raw, device="cpu")), getattr(np, name)(raw)
    if isinstance(came, bool):
        assert came is bool(expected)
    else:
        np.testing.assert_array_equal(came.numpy(), expected)


def test_numbers_and_lists(device):
    x = xp.asarray([0.1, 0.2], dtype=xp.float64, device=device)
    assert xp.allclose(x, [0.1, 0.2], rtol=1e-15, atol=0)
    assert xp.allclose(x[0], 0.1, 1e-15, 0)
    assert xp.allclose(1, 1.0)
    assert not xp.allclose(xp.asarray([1, 250], dtype=xp.uint8, device=device), [2, 250])
    assert xp.array_equal([1, 2], np.asarray([1, 2]))
    assert not xp.array_equal(x, "text")
    assert not xp.array_equal([[1], [1, 2]], [1])
    assert xp.array_equal(xp.ones(2, dtype=xp.uint64, device="cpu"), xp.ones(2, dtype=xp.int64, device="cpu"))
    assert [xp.isscalar(v) for v in (3, 2.0, "a", np.float32(1), 1j)] == [True] * 5
    assert [xp.isscalar(v) for v in (xp.asarray(1.0, device=device), [1], None, np.asarray(1))] == [False] * 4
    assert xp.iscomplexobj([1j])
    assert xp.isrealobj(2.0)
