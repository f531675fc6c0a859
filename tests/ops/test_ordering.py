"""What orders elements: compared with NumPy and PyTorch over what Hypothesis draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError


@st.composite
def arrays(draw, shapes=((4,), (1,), (3, 4), (2, 3, 1)), nan=True):
    dtype = draw(st.sampled_from(["float32", "float64", "int64"]))
    values = st.integers(-3, 3) if dtype == "int64" else st.sampled_from([0.0, 1.0, -2.0, 0.5, math.inf, -math.inf])
    if nan and dtype != "int64":
        values |= st.just(math.nan)
    x = draw(hnp.arrays(dtype, draw(st.sampled_from(shapes)), elements=values))
    return x[..., ::-1]


def assert_same(came, expected):
    assert came.numpy().dtype == expected.dtype
    assert_close(came.numpy(), np.asarray(expected))


@settings(max_examples=60, deadline=None)
@given(arrays(), st.sampled_from(["cummax", "cummin"]))
def test_running_extremes_as_pytorch(raw, name):
    for came, expected in zip(
        getattr(xp, name)(xp.asarray(raw, device="cpu"), -1),
        getattr(torch, name)(torch.tensor(raw.copy()), -1),
        strict=True,
    ):
        assert_same(came, expected.numpy())


@settings(max_examples=60, deadline=None)
@given(arrays(nan=False), st.booleans(), st.sampled_from(["topk", "kthvalue", "mode"]))
def test_chosen_values_as_pytorch(raw, flag, name):
    arguments = {"topk": (1, 0, flag), "kthvalue": (1, 0, flag), "mode": (0, flag)}[name]
    x = xp.asarray(raw, device="cpu")
    came = getattr(xp, name)(x, *arguments)
    expected = getattr(torch, name)(torch.tensor(raw.copy()), *arguments)
    assert_same(came.values, expected.values.numpy())
    wide = came.indices if name == "topk" or flag else xp.expand_dims(came.indices, 0)
    values = came.values if name == "topk" or flag else xp.expand_dims(came.values, 0)
    assert xp.array_equal(xp.take_along_axis(x, wide, axis=0), values)  # of equal ones another may be taken


@settings(max_examples=60, deadline=None)
@given(arrays(), st.booleans(), st.booleans())
def test_unique_consecutive_as_pytorch(raw, by_rows, with_all):
    dim = 0 if by_rows else None
    x = xp.asarray(raw, device="cpu")
    came = xp.unique_consecutive(x, with_all, with_all, dim)
    expected = torch.unique_consecutive(torch.tensor(raw.copy()), with_all, with_all, dim)
    for one, other in zip(came, expected, strict=True) if with_all else [(came, expected)]:
        assert_same(one, other.numpy())


@settings(max_examples=60, deadline=None)
@given(arrays(((4,), (3, 4), (0,), (2, 0))))
def test_orders_as_numpy(raw):
    x = xp.asarray(raw, device="cpu")
    assert_same(xp.lexsort((x, x)), np.lexsort((raw, raw)))
    assert_same(xp.lexsort((x, -x)), np.lexsort((raw, -raw)))
    if raw.shape[-1]:
        assert_same(xp.partition(x, 1), np.sort(raw))
        assert_same(xp.partition(x, [0, -1], axis=None), np.sort(raw, axis=None))
        assert xp.array_equal(xp.take_along_axis(x, xp.argpartition(x, 1)), xp.sort(x), equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(arrays(((2, 4), (2, 1), (2, 0))), arrays(((2, 3),)), st.sampled_from(["left", "right"]))
def test_search_in_rows(rows, values, side):
    rows = np.sort(rows, axis=-1)
    came = xp.searchsorted(xp.asarray(rows, device="cpu"), xp.asarray(values, device="cpu"), side)
    assert_same(came, np.stack([np.searchsorted(r, v, side) for r, v in zip(rows, values, strict=True)]))


def test_search_with_a_sorter(device):
    x = xp.asarray([[3.0, 1.0, 2.0], [5.0, 4.0, 6.0]], device=device)
    came = xp.searchsorted(x, xp.asarray([[2.0], [9.0]], device=device), sorter=xp.argsort(x))
    assert came.tolist() == [[1], [3]]


def test_logcumsumexp_of_large_numbers(device):
    x = xp.asarray([1000.0, 1000.0, -1000.0], dtype=xp.float64, device=device)
    assert_close(xp.logcumsumexp(x).numpy(), np.asarray([1000, 1000 + math.log(2), 1000 + math.log(2)]))


def test_sort_complex(device):
    x = np.asarray([1 + 2j, 1 - 1j, 0 + 5j, -3])
    assert_close(xp.sort_complex(xp.asarray(x, device=device)).numpy(), np.sort_complex(x))
    assert xp.sort_complex(xp.asarray([2, 1], device=device)).dtype is xp.complex64


def test_names_and_raw_arrays(device):
    x = xp.asarray([[1.0, 3.0], [2.0, 0.0]], device=device)
    assert xp.topk(x, 1, axis=0).values.tolist() == [[2.0, 3.0]]
    assert xp.topk([1, 3, 2], 2).indices.tolist() == [1, 2]
    values, indices = xp.cummax(np.asarray([1.0, 0.0, 2.0]))
    assert type(values) is type(indices) is np.ndarray
    assert type(xp.mode(np.asarray([1, 1, 2])).values) is not xp.Array


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: xp.topk(x, 4), BoundsError, "k is from 0 to 3"),
        (lambda x: xp.topk(x, -1), OptionError, "k is 0 or more"),
        (lambda x: xp.kthvalue(x, 0), OptionError, "k is 1 or more"),
        (lambda x: xp.topk(x, 1, 0, axis=1), OptionError, "axis and dim are one option"),
        (lambda x: xp.partition(x, 3), BoundsError, "kth is from -3 to 2"),
        (lambda x: xp.lexsort((x, x[0])), ShapeError, "of one shape"),
        (lambda x: xp.lexsort(()), ShapeError, "one key or more"),
        (lambda x: xp.mode(x[:, :0]), ShapeError, "one element or more"),
        (lambda x: xp.cummax(x, 2), BoundsError, "no axis 2"),
        (lambda x: xp.topk(x * 1j, 1), DTypeError, "real numbers"),
    ],
)
def test_errors(call, error, text, device):
    with pytest.raises(error, match=text):
        call(xp.ones((2, 3), device=device))
