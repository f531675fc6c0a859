"""`setitem` and `scatter_add` of each backend, against NumPy's own."""

import numpy as np
import pytest

from tests.tolerances import assert_close

pytestmark = pytest.mark.every_device

ROWS, COLUMNS = 4, 3
SINGLE = {  # each element at most once
    "int": 2,
    "negative int": -1,
    "slice": slice(1, 3),
    "slice with a step": slice(0, None, 2),
    "empty slice": slice(2, 2),
    "ellipsis": ...,
    "ints": (1, 2),
    "int and slice": (slice(None), 1),
    "ellipsis and int": (..., -2),
    "new axis": (None, slice(1, 3)),
    "nothing": (),
    "array": np.array([2, 0]),
    "negative array": np.array([-1, 0]),
    "empty array": np.array([], int),
    "array of no dimensions": np.array(1),
    "array of two dimensions": np.array([[0, 1], [3, 2]]),
    "two arrays": (np.array([0, 1, 3]), np.array([1, 1, 2])),
    "slice and array": (slice(1, None), np.array([2, 0])),
    "array and slice": (np.array([2, 0]), slice(0, 2)),
    "int and array": (1, np.array([2, 0])),
    "mask of rows": np.array([True, False, True, True]),
    "mask of nothing": np.zeros(ROWS, bool),
    "mask of elements": np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 3 == 0,
}
DUPLICATE = {  # elements more than once: each time counts
    "array": np.array([0, 2, 0, 0]),
    "negative array": np.array([-1, 3, -4, 0]),
    "array of two dimensions": np.array([[1, 1], [1, 2]]),
    "two arrays": (np.array([0, 0, 3, 0]), np.array([1, 1, 2, 1])),
    "broadcast arrays": (np.array([[0], [0]]), np.array([1, 1])),
    "slice and array": (slice(None), np.array([1, 1, 1])),
    "int and array": (-1, np.array([2, 2])),
    "array and slice": (np.array([2, 2]), slice(0, None, 2)),
    "new axis": (None, np.array([1, 1])),
    "many": np.arange(600) % ROWS,
}
STANDARD = ("ints", "ellipsis and int", "int and slice", "mask of elements", "two arrays", "broadcast arrays")


def cases(table):
    return pytest.mark.parametrize("key", table.values(), ids=table.keys())


def on(device, key):
    """The key with its arrays on the device."""
    if isinstance(key, tuple):
        return tuple(on(device, part) for part in key)
    return device.backend.from_numpy(key, device) if isinstance(key, np.ndarray) else key


def made(shape, dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype.startswith("c") else 0)
    return np.asarray(x).astype(dtype)


def assert_changed(device, function, reference, key, x, value):
    """`function` of the backend gives what `reference` makes of a copy, and leaves its arguments alone."""
    backend = device.backend
    expected = x.copy()
    reference(expected, key, value)
    there, put = backend.from_numpy(x, device), backend.from_numpy(value, device)
    with device.scope():
        result = function(there, on(device, key), put)
    assert backend.device_of(result) is device
    assert result.dtype == there.dtype
    assert_close(backend.to_numpy(result), expected)
    np.testing.assert_array_equal(backend.to_numpy(there), x)
    np.testing.assert_array_equal(backend.to_numpy(put), value)


def set_item(x, key, value):
    x[key] = value


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@cases(SINGLE | {f"{name}, repeated": key for name, key in DUPLICATE.items()})
def test_scatter_add(device, key, dtype):
    x = made((ROWS, COLUMNS), dtype)
    value = made(x[key].shape, dtype)
    assert_changed(device, device.backend.xp.scatter_add, np.add.at, key, x, value)


def test_scatter_add_of_complex_numbers(device):
    for dtype in ("complex64", "complex128"):
        x = made((ROWS, COLUMNS), dtype)
        for key in DUPLICATE.values():
            value = made(x[key].shape, dtype)
            assert_changed(device, device.backend.xp.scatter_add, np.add.at, key, x, value)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@cases(DUPLICATE)
def test_scatter_add_of_integers(device, key, dtype):
    x = np.arange(ROWS * COLUMNS, dtype=dtype).reshape(ROWS, COLUMNS)
    value = np.arange(x[key].size, dtype=dtype).reshape(x[key].shape) - 4
    assert_changed(device, device.backend.xp.scatter_add, np.add.at, key, x, value)


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@cases(SINGLE)
def test_setitem(device, key, dtype):
    x = made((ROWS, COLUMNS), dtype)
    value = ~x[key] if dtype == "bool" else x[key] + x.dtype.type(3)
    assert_changed(device, device.backend.xp.setitem, set_item, key, x, np.asarray(value))


@cases({name: SINGLE[name] for name in ("slice", "array", "mask of rows", "int and slice", "slice and array")})
def test_values_are_broadcast(device, key):
    x = made((ROWS, COLUMNS), "float32")
    for shape in ((), (1,), x[key].shape[-1:]):
        value = made(shape, "float32")
        assert_changed(device, device.backend.xp.scatter_add, np.add.at, key, x, value)
        assert_changed(device, device.backend.xp.setitem, set_item, key, x, value)


@cases({name: DUPLICATE[name] for name in ("array", "two arrays", "slice and array")})
def test_layouts(device, key):
    """The array's memory need not be in order, nor the value's."""
    xp, x = device.backend.xp, made((COLUMNS, ROWS), "float64")
    expected = x.T.copy()
    value = made(expected[key].shape[::-1], "float64")
    np.add.at(expected, key, value.T)
    with device.scope():
        there = device.backend.from_numpy(x, device).T
        axes = tuple(reversed(range(value.ndim)))
        put = xp.permute_dims(device.backend.from_numpy(value, device), axes)
        result = xp.scatter_add(there, on(device, key), put)
    assert_close(device.backend.to_numpy(result), expected)


def test_many_dimensions(device):
    x = made((2, 3, 4, 5), "float32")
    key = (slice(None), np.array([2, 0, 2]), slice(1, 3), np.array([4, 4, 4]))
    assert_changed(device, device.backend.xp.scatter_add, np.add.at, key, x, made(x[key].shape, "float32"))


def test_one_dimension_and_none(device):
    scatter_add = device.backend.xp.scatter_add
    assert_changed(device, scatter_add, np.add.at, np.array([1, 1]), made((3,), "float32"), made((2,), "float32"))
    assert_changed(device, scatter_add, np.add.at, (), made((), "float32"), made((), "float32"))
    assert_changed(device, scatter_add, np.add.at, ..., made((0, 2), "float32"), made((0, 2), "float32"))


def test_getitem(device):
    x = made((ROWS, COLUMNS), "float32")
    there = device.backend.from_numpy(x, device)
    for name, key in (SINGLE | DUPLICATE).items():
        try:
            with device.scope():
                came = device.backend.normalise(device.backend.xp.getitem(there, on(device, key)))
        except IndexError:
            # what the standard does not promise
            assert device.backend.name == "strict"
            assert name not in STANDARD
            continue
        np.testing.assert_array_equal(device.backend.to_numpy(came), x[key], strict=True)
