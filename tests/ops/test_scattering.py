"""Values put at positions: compared with NumPy over what Hypothesis draws; ties, zeros, order and errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["float32", "float64", "int64"]), st.sampled_from([(3, 0), (3, 1), (3, 6)]), st.data())
def test_put_along_axis_as_numpy(dtype, shape, data):
    raw = np.arange(12, dtype=dtype).reshape(4, 3).T  # not contiguous
    indices = data.draw(hnp.arrays("int64", shape, elements=st.integers(-4, 3)))
    values = data.draw(hnp.arrays(dtype, shape, elements=st.integers(-9, 9)))
    expected, added = raw.copy(), raw.copy()
    np.put_along_axis(expected, indices, values, 1)
    np.add.at(added, (np.arange(3)[:, None], indices), values)
    x, i, v = (xp.asarray(a, device="cpu") for a in (raw, indices, values))
    for came, wanted in [
        (xp.put_along_axis(x, i, v, 1), expected),
        (xp.put_along_axis(x, i, v, 1, reduce="add"), added),
    ]:
        assert came.dtype.name == dtype
        assert_close(came.numpy(), wanted)
    assert_close(x.numpy(), raw)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(0,), (5,), (5, 2)]), st.data())
def test_segments(shape, data):
    values = data.draw(hnp.arrays("float64", shape, elements=st.sampled_from([0.0, 1.0, -2.0, math.nan])))
    ids = data.draw(hnp.arrays("int64", shape[:1], elements=st.integers(-1, 4)))
    x, i = xp.asarray(values, device="cpu"), xp.asarray(ids, device="cpu")
    for name, reduce in [("sum", np.sum), ("prod", np.prod), ("max", np.max), ("min", np.min)]:
        empty = {"sum": 0, "prod": 1, "max": -math.inf, "min": math.inf}[name]
        expected = np.full((4, *shape[1:]), empty, "float64")
        for k in range(4):
            if (ids == k).any():
                expected[k] = reduce(values[ids == k], axis=0)
        assert_close(getattr(xp, f"segment_{name}")(x, i, 4).numpy(), expected)


def test_ties_and_zeros(device):
    x = xp.asarray([2.0, 2.0, 2.0, 1.0], dtype=xp.float64, device=device)
    ids = xp.asarray([0, 0, 0, 0], device=device)
    assert_close(xp.grad(lambda x: xp.sum(xp.segment_max(x, ids, 1)))(x).numpy(), np.asarray([1, 1, 1, 0]) / 3)
    x = xp.asarray([0.0, 2.0, 3.0, 0.0], dtype=xp.float64, device=device)
    ids = xp.asarray([0, 0, 0, 1], device=device)
    assert xp.grad(lambda x: xp.sum(xp.segment_prod(x, ids)))(x).tolist() == [6.0, 0.0, 0.0, 1.0]


def test_the_last_value_stays_and_has_the_derivative(device):
    x, i = xp.zeros(3, dtype=xp.float64, device=device), xp.asarray([1, 1, -1], device=device)
    values = xp.asarray([5.0, 6.0, 7.0], dtype=xp.float64, device=device)
    assert xp.scatter(x, 0, i, values).tolist() == [0.0, 6.0, 7.0]
    assert xp.grad(lambda v: xp.sum(xp.scatter(x, 0, i, v)))(values).tolist() == [0.0, 1.0, 1.0]


def test_sums_are_the_same_in_each_run(device):
    random = np.random.default_rng(0)
    x = xp.asarray(random.normal(size=3000).astype("float32"), device=device)
    ids = xp.asarray(random.integers(0, 3, 3000), device=device)
    runs = [xp.segment_sum(x, ids, 3).tolist() for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]
    raw = xp.segment_sum(np.ones(4), np.asarray([0, 1, 1, 5]), 2)
    assert type(raw) is np.ndarray
    assert raw.tolist() == [1.0, 2.0]
    assert xp.segment_mean([1, 3], [1, 1]).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x, i: xp.scatter(x, 0, x, 1.0), DTypeError, "takes integers for indices"),
        (lambda x, i: xp.scatter(x, 1, i, 1.0), BoundsError, "no axis 1"),
        (lambda x, i: xp.scatter(x, 0, i[None], 1.0), ShapeError, "as many dimensions as x"),
        (lambda x, i: xp.scatter(x, 0, i, x[:1]), ShapeError, "a value for each position"),
        (lambda x, i: xp.scatter_reduce(x, 0, i, x, "max"), OptionError, "reduce is one of sum"),
        (lambda x, i: xp.put_along_axis(x, i, x, 0, reduce="no"), OptionError, "reduce is one of assign"),
        (lambda x, i: xp.index_add(x, 0, i[None], x), ShapeError, r"an index \(n,\)"),
        (lambda x, i: xp.index_copy(x, 0, i, x[:1]), ShapeError, "slices of x"),
        (lambda x, i: xp.segment_sum(x, i[:1]), ShapeError, "one segment for each row"),
    ],
)
def test_errors(call, error, text, device):
    with pytest.raises(error, match=text):
        call(xp.ones(2, device=device), xp.asarray([0, 1], device=device))


def test_positions_beyond(device):
    with pytest.raises(BoundsError, match="positions along a dimension of size 2"):
        xp.scatter_add(xp.ones(2, device=device), 0, xp.asarray([2], device=device), 1.0).tolist()
    xp.synchronize(device)
