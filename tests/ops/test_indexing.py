"""Indexing end to end: values, gradients, and positions that do not exist, on every row of the matrix."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

VALUES = np.arange(12.0).reshape(3, 4) / 7
KEYS = {
    "int": 1,
    "negative": -1,
    "slice": slice(0, 2),
    "past the end": slice(1, 99),
    "step": (slice(None), slice(0, 4, 2)),
    "new dimension": None,
    "ellipsis": (..., 2),
    "list": [0, 0, 2],
    "list and int": ([0, 0, 1], 1),
    "two lists": ([0, 0, 1], [1, 1, 3]),
    "list of bools": [True, False, True],
    "range": range(2),
    "empty list": [],
    "array": np.asarray([2, 0, 2]),
    "array after a slice": (slice(None), np.asarray([3, 3, 0])),
    "array and int": (np.asarray([2, 2]), 3),
    "matrix of positions": np.asarray([[0, 1], [1, 1]]),
    "mask": VALUES > 0.8,
    "mask of rows": np.asarray([True, False, True]),
    "mask of nothing": np.zeros((3, 4), bool),
    "mask of shape ()": np.asarray(True),
    "false mask of shape ()": np.asarray(False),
    "position of shape ()": np.asarray(2),
    "positions of shape ()": (np.asarray(-1), np.asarray(2)),
    "array and position of shape ()": (np.asarray([0, 2]), np.asarray(1)),
    "small integers": np.asarray([1, 0], np.uint8),
    "no positions": np.asarray([], np.int32),
    "two arrays that broadcast": (np.asarray([[0], [2]], np.int16), np.asarray([1, 3])),
    "no index": (),
    "two new dimensions": (None, slice(None), None, 2),
}
# PyTorch has no negative steps
BACKWARDS = {
    "backwards": slice(None, None, -1),
    "backwards from the end": (slice(None), slice(None, 0, -2)),
    "nothing backwards": (slice(0, 2, -1), ...),
    "backwards both": (slice(2, None, -2), slice(-1, -5, -3)),
    "backwards and new": (None, ..., slice(None, None, -3)),
    "backwards and array": (slice(None, None, -1), np.asarray([0, 3, 3])),
}
keys = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


def on(device, key):
    """The same index, with its NumPy arrays as Arrays of the device."""
    if isinstance(key, tuple):
        return tuple(on(device, k) for k in key)
    return xp.asarray(key, device=device) if isinstance(key, np.ndarray) else key


def of_torch(key):
    """The same index for torch, which takes int64, and small integers for masks."""
    if isinstance(key, np.ndarray) and key.dtype.kind in "iu":
        key = key.astype(np.int64)
    if isinstance(key, tuple):
        return tuple(map(of_torch, key))
    if isinstance(key, (list, range)):
        return torch.tensor(list(key), dtype=torch.int64 if not key or type(key[0]) is int else torch.bool)
    return torch.from_numpy(key) if isinstance(key, np.ndarray) else key


@pytest.mark.needs("torch")
@keys
def test_value_and_gradient(key, device):
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    out = x[on(device, key)]
    twin = torch.tensor(VALUES, requires_grad=True)
    expected = twin[of_torch(key)]
    assert_close(out.tolist(), expected.tolist())
    xp.sum(out**3).backward()
    (expected**3).sum().backward()
    assert_close(x.grad.tolist(), twin.grad.tolist())


@pytest.mark.needs("torch")
@keys
def test_gradients_of_assignment(key, device):
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    value = xp.asarray(5.0, dtype=xp.float64, device=device, requires_grad=True)
    y = x * 2
    y[on(device, key)] = value
    twin = torch.tensor(VALUES, requires_grad=True)
    twin_value = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    expected = twin * 2
    expected[of_torch(key)] = twin_value
    assert_close(y.tolist(), expected.tolist())
    xp.sum(y**2).backward()
    (expected**2).sum().backward()
    assert_close(x.grad.tolist(), twin.grad.tolist())
    places = np.zeros(VALUES.shape)
    places[key if not isinstance(key, range) else list(key)] = 1
    assert_close(value.grad.tolist(), 2 * 5 * places.sum())  # once for each place, however often it is named


def test_of_two_values_at_one_place_the_one_that_stayed_has_the_gradient(device):
    x = xp.zeros(2, device=device)
    value = xp.asarray([5.0, 7.0], device=device, requires_grad=True)
    x[xp.asarray([0, 0], device=device)] = value
    stayed = value.tolist().index(x.tolist()[0])
    xp.sum(x).backward()
    assert value.grad.tolist() == [float(i == stayed) for i in range(2)]


@pytest.mark.parametrize("position", [3, -4])
@pytest.mark.parametrize(
    "read",
    [
        lambda x, i: x[i],
        lambda x, i: x[:, None][i, 0],
        lambda x, i: x[..., None, i],
        lambda x, i: xp.take(x, i),
        lambda x, i: xp.take_along_axis(x, i),
    ],
    ids=["x[i]", "x[i, 0]", "x[..., i]", "take", "take_along_axis"],
)
def test_a_position_that_does_not_exist_is_an_error(read, position, device):
    x, index = xp.asarray([1.0, 2.0, 3.0], device=device), xp.asarray([position], device=device)
    with pytest.raises(IndexError) as error:
        read(x, index).tolist()
    if device.is_asynchronous:
        assert isinstance(error.value, BoundsError)
        assert str(error.value) == "positions along a dimension of size 3 are from -3 to 2; another one came"
    xp.synchronize(device)  # it is raised once


def test_a_mask_and_new_dimensions_do_not_shift_the_check(device):
    x = xp.asarray(np.ones((2, 3, 4)), device=device)
    mask = xp.asarray(np.ones((2, 3), bool), device=device)
    assert x[mask, xp.asarray([3] * 6, device=device)].shape == (6,)
    assert x[None, ..., xp.asarray([3], device=device)].shape == (1, 2, 3, 1)
    xp.synchronize(device)


def test_take_of_no_axis_is_of_all(device):
    assert xp.take(xp.asarray(VALUES, device=device), xp.asarray([5], device=device)).tolist() == [VALUES.ravel()[5]]


@pytest.mark.parametrize("indices", [0, [1, 0], [[0, 1], [1, 1]], [], (1,), range(2), np.int64(1)], ids=str)
def test_take_takes_what_numpys_does(indices, device):
    values = np.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = xp.asarray(values, device=device, requires_grad=True)
    for axis in (0, 1, None):
        taken = xp.take(x, indices, axis)
        expected = np.take(values, np.asarray(indices, int), axis)
        assert (taken.shape, taken.tolist()) == (expected.shape, expected.tolist())
    xp.sum(xp.take(x, indices, 0)).backward()
    assert xp.sum(x.grad).item() == 3 * np.size(indices)


def test_take_refuses(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    with pytest.raises(BoundsError, match="take: an array of 1 dimensions has no axis 1"):
        xp.take(x, xp.asarray([0], device=device), axis=1)
    with pytest.raises(DTypeError, match=r"take takes integers for indices; got 1\.0\. Cure: int\(index\)"):
        xp.take(x, 1.0)


def test_a_mask_and_one_value(device):
    mask = xp.asarray([[True, False], [False, True]], device=device)
    x = xp.ones((2, 2), device=device)
    x[mask] = -0.0
    assert xp.signbit(x).tolist() == mask.tolist()
    x[mask] = xp.asarray(3, device=device)
    assert x.tolist() == [[3.0, 1.0], [1.0, 3.0]]
    whole = xp.ones((2, 2), dtype=xp.int8, device=device)
    whole[mask] = 1.5
    assert (whole.tolist(), whole.dtype) == ([[1, 1], [1, 1]], xp.int8)
    with pytest.raises(IndexError):
        x[mask[:, :1]] = 0.0


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # NumPy's
def test_a_float_beyond_the_type_is_infinite(device):
    x, mask = xp.asarray([1.0, 2.0], device=device), xp.asarray([True, False], device=device)
    assert xp.where(mask, x, -1e40).tolist() == [1.0, -math.inf]
    assert xp.where(mask, 1e40, x).tolist() == [math.inf, 2.0]
    assert xp.full((2,), 1e40, device=device).tolist() == [math.inf] * 2
    for key in (0, mask):
        y = x + 0
        y[key] = 1e40
        assert y.tolist() == [math.inf, 2.0]


def test_take_along_axis_broadcasts(device):
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    out = xp.take_along_axis(x, xp.asarray([[0, 2]], device=device), axis=1)
    assert out.tolist() == VALUES[:, [0, 2]].tolist()
    xp.sum(out).backward()
    assert x.grad.tolist() == [[1.0, 0.0, 1.0, 0.0]] * 3
    with pytest.raises(ShapeError, match=r"indices of as many dimensions as x; got \(1,\) for \(3, 4\)"):
        xp.take_along_axis(x, xp.asarray([0], device=device), axis=1)


def test_what_the_user_writes_to_later_changes_no_gradient():
    """Arrays from outside are copied, where something reads them later."""
    buffer, index = np.ones(3), np.asarray([0, 0, 1])
    x = xp.asarray(buffer, device="cpu")
    leaf = xp.asarray(np.ones(3), device="cpu", requires_grad=True)
    y = xp.sum(leaf * buffer) + xp.sum(leaf[index])
    buffer[:], index[:] = 100.0, 2
    y.backward()
    assert leaf.grad.tolist() == [3.0, 2.0, 1.0]
    assert x.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.every_device
def test_asarray_copies_what_comes_from_numpy(device):
    values = np.ones(3)
    x = xp.asarray(values, device=device)
    values[:] = 5
    assert x.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("key", BACKWARDS.values(), ids=BACKWARDS)
def test_backwards(key, device):
    raw_key = tuple(key) if isinstance(key, tuple) else key
    expected = VALUES[raw_key]
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    out = x[on(device, key)]
    assert_close(out.tolist(), expected.tolist())
    xp.sum(out**3).backward()
    places = np.zeros(VALUES.shape)
    np.add.at(places, raw_key, 3 * expected**2)
    assert_close(x.grad.tolist(), places.tolist())
    y = x.detach() + 0
    y[on(device, key)] = xp.asarray(np.arange(expected.size).reshape(expected.shape), device=device)
    written = VALUES.copy()
    written[raw_key] = np.arange(expected.size).reshape(expected.shape)
    assert_close(y.tolist(), written.tolist())


def test_the_bounds_of_a_slice_may_be_arrays(device):
    x = xp.arange(6, device=device)
    two, five = xp.asarray(2, device=device), xp.asarray(5, dtype=xp.int8, device=device)
    assert x[two:five].tolist() == [2, 3, 4]
    assert x[:five:two].tolist() == [0, 2, 4]
    x[two:] = 0
    assert x.tolist() == [0, 1, 0, 0, 0, 0]
    with pytest.raises(TypeError, match=r"only an integer array of shape \(\) is an index"):
        x[xp.asarray([1], device=device) :]


def test_floats_are_no_index(device):
    x = xp.arange(3, device=device)
    with pytest.raises(DTypeError, match=r"x\[index\] takes integers and bools; got an array of float32"):
        x[xp.asarray([1.0], device=device)]
    for function in (xp.take, xp.take_along_axis):
        with pytest.raises(DTypeError, match="takes integers for indices; got float32"):
            function(x, xp.asarray([1.0], device=device))


@pytest.mark.parametrize("key", [np.zeros((3, 5), bool), np.zeros((3, 4, 1), bool), np.zeros(2, bool)], ids=np.shape)
def test_a_mask_has_the_sizes_of_the_array(key, device):
    with pytest.raises(IndexError):
        xp.asarray(VALUES, device=device)[xp.asarray(key, device=device)].tolist()


def test_a_size_of_a_mask_may_be_0(device):
    x = xp.asarray(VALUES, device=device)
    for shape, result in (((0,), (0, 4)), ((3, 0), (0,)), ((0, 4), (0,))):
        assert x[xp.zeros(shape, dtype=xp.bool, device=device)].shape == result


def test_what_is_assigned_is_cast(device):
    x = xp.asarray([1, 2, 3], device=device)
    x[0] = xp.asarray(7, dtype=xp.int8, device=device)
    x[1:] = xp.asarray([8, 9], dtype=xp.uint8, device=device)._data
    assert (x.tolist(), x.dtype) == ([7, 8, 9], xp.int64)
    z = xp.zeros(2, dtype=xp.complex64, device=device)
    real = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    z[...] = real
    xp.sum(xp.real(z * z)).backward()
    assert (real.grad.dtype, real.grad.tolist()) == (xp.float32, [2.0, 4.0])
    with pytest.raises(DTypeError, match="complex numbers are not cast to real ones"):
        real.detach()[0] = z[0]


def test_negative_and_small_positions_of_take(device):
    x = xp.asarray(VALUES, device=device, requires_grad=True)
    for dtype in (xp.int8, xp.uint8, xp.int32, xp.int64):
        index = xp.asarray([0, 2], dtype=dtype, device=device)
        assert_close(xp.take(x, index, axis=0).tolist(), VALUES[[0, 2]])
        assert_close(xp.take_along_axis(x, index[None, :], axis=1).tolist(), VALUES[:, [0, 2]])
    index = xp.asarray([-1, -4, 1], device=device)
    out = xp.take(x, index, axis=-1)
    assert_close(out.tolist(), VALUES[:, [-1, -4, 1]])
    xp.sum(out).backward()
    assert x.grad.tolist() == [[1.0, 1.0, 0.0, 1.0]] * 3
    along = xp.take_along_axis(x, xp.asarray([[-1], [0], [-3]], device=device), axis=1)
    assert_close(along.tolist(), [[VALUES[0, -1]], [VALUES[1, 0]], [VALUES[2, -3]]])


def test_take_along_axis_checks_its_axis(device):
    x, index = xp.ones((2, 3), device=device), xp.zeros((2, 3), dtype=xp.int64, device=device)
    with pytest.raises(BoundsError, match="take_along_axis: an array of 2 dimensions has no axis 2"):
        xp.take_along_axis(x, index, axis=2)
    with pytest.raises(ShapeError, match="shapes that broadcast have equal sizes, or 1"):
        xp.take_along_axis(x, xp.zeros((3, 1), dtype=xp.int64, device=device), axis=1)


def test_search_refuses(device):
    x = xp.asarray([1.0, 2.0], device=device)
    with pytest.raises(ShapeError, match=r"as many rows as v has; got shapes \(1, 2\) and \(2,\)"):
        xp.searchsorted(x[None, :], x)
    with pytest.raises(OptionError, match="searchsorted's side is 'left' or 'right'; got 'middle'"):
        xp.searchsorted(x, x, side="middle")
    with pytest.raises(ShapeError, match=r"nonzero is of arrays of one dimension or more; got shape \(\)"):
        xp.nonzero(x[0])


@pytest.mark.parametrize("side", ["left", "right"])
def test_nan_is_the_largest_where_one_searches(device, side):
    ordered, values = np.asarray([-1.0, 0.0, np.inf, np.nan, np.nan]), np.asarray([np.nan, 0.5, -0.0, np.inf, -np.inf])
    came = xp.searchsorted(xp.asarray(ordered, device=device), xp.asarray(values, device=device), side=side)
    assert came.tolist() == np.searchsorted(ordered, values, side=side).tolist()
    rows = xp.searchsorted(xp.asarray([ordered] * 2, device=device), xp.asarray([values] * 2, device=device), side=side)
    assert rows.tolist() == [came.tolist()] * 2


@pytest.mark.parametrize("key", [..., slice(None), slice(None, None, -1)], ids=str)
def test_a_value_with_leading_dimensions_of_size_1_gets_its_gradient(device, key):
    value = xp.asarray([[[1.0, 2.0, 3.0]]], device=device, requires_grad=True)
    x = xp.zeros(3, device=device)
    x[key] = value
    weights = xp.asarray([1.0, 10.0, 100.0], device=device)
    xp.sum(x * weights).backward()
    assert value.grad.tolist() == [[weights[key].tolist()]]
