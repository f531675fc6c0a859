"""Arguments as NumPy takes them: by position, in its order; lists and NumPy's ints for axes, shapes and shifts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import xnn as xp
from xnn.errors import DTypeError, OptionError

X = np.asarray([[[3.0, -1.0, 2.0], [0.5, 0.25, 8.0]]])

# Written once, for both: `m` is NumPy or xnn, `x` an array of either.
CALLS = {
    "sum": lambda m, x: m.sum(x, 1),
    "sum in a type": lambda m, x: m.sum(x, 0, m.float32),
    "prod": lambda m, x: m.prod(x, 2),
    "mean": lambda m, x: m.mean(x, (0, 1)),
    "mean of a list of axes": lambda m, x: m.mean(x, axis=(0, 1) if m is np else [0, 1]),
    "std": lambda m, x: m.std(x, 2, ddof=1),
    "var": lambda m, x: m.var(x, 1, ddof=1),
    "max": lambda m, x: m.max(x, 1, keepdims=True),
    "min": lambda m, x: m.min(x, -1),
    "any": lambda m, x: m.any(x, 1),
    "all": lambda m, x: m.all(x, 1),
    "argmin": lambda m, x: m.argmin(x, 2),
    "argmax": lambda m, x: m.argmax(x, np.int64(2)),
    "argsort": lambda m, x: m.argsort(x, 1),
    "sort": lambda m, x: m.sort(x, 1),
    "argsort by a kind": lambda m, x: m.argsort(x, 1, "stable"),
    "sort by a kind": lambda m, x: m.sort(x, axis=2, kind="mergesort"),
    "sort by no kind": lambda m, x: m.sort(x, 2, None),
    "meshgrid": lambda m, x: m.meshgrid(x[0, 0], x[0, 1], sparse=True)[0],
    "meshgrid of rows": lambda m, x: m.meshgrid(x[0, 0], x[0, 1], sparse=True, indexing="ij")[0],
    "a method by its kind": lambda m, x: x.argsort(-1, "stable"),
    "rows": lambda m, x: x.reshape(3, -1, order="C") + x.ravel("C")[0] + x.flatten(order="C")[1],
    "count_nonzero": lambda m, x: m.count_nonzero(x, 0),
    "cumulative_sum": lambda m, x: m.cumulative_sum(x, axis=1),
    "diff": lambda m, x: m.diff(x, 2),
    "diff along": lambda m, x: m.diff(x, 1, 1),
    "expand_dims": lambda m, x: m.expand_dims(x, 0),
    "expand_dims of several": lambda m, x: m.expand_dims(x, [0, 2] if m is xp else (0, 2)),
    "concat": lambda m, x: m.concat([x, x], 1),
    "stack": lambda m, x: m.stack((x, x), 1),
    "unstack": lambda m, x: m.unstack(x, axis=2)[1],
    "squeeze": lambda m, x: m.squeeze(x),
    "squeeze of one": lambda m, x: m.squeeze(x, 0),
    "flip": lambda m, x: m.flip(x),
    "flip along": lambda m, x: m.flip(x, 2),
    "roll": lambda m, x: m.roll(x, 1, 2),
    "roll several": lambda m, x: m.roll(x, [1, 2], [1, 2]),
    "repeat": lambda m, x: m.repeat(x, 2, 1),
    "repeat of a list": lambda m, x: m.repeat(x, [1, 2, 0], 2),
    "take": lambda m, x: m.take(x, [1, 0], 1),
    "take one": lambda m, x: m.take(x, 1, -1),
    "clip": lambda m, x: m.clip(x, 0, 1),
    "round": lambda m, x: m.round(x),
    "round to decimals": lambda m, x: m.round(x / 7, 2),
    "round to tens": lambda m, x: m.round(17 * x, -1),
    "reshape": lambda m, x: m.reshape(x, -1),
    "reshape to a list": lambda m, x: m.reshape(x, [2, -1]),
    "reshape to an array": lambda m, x: m.reshape(x, np.asarray([3, 2])),
    "reshape in an order": lambda m, x: m.reshape(x, (3, 2), "C"),
    "moveaxis": lambda m, x: m.moveaxis(x, [0, 1], [1, 2]),
    "permute_dims": lambda m, x: m.permute_dims(x, [2, 0, 1]),
    "broadcast_to": lambda m, x: m.broadcast_to(x, [4, 2, 3]),
    "tile": lambda m, x: m.tile(x, [1, 2]),
    "tensordot": lambda m, x: m.tensordot(x, x, ([1, 2], [1, 2])),
    "where": lambda m, x: m.where(x > 1)[2],
    "where of three": lambda m, x: m.where(x > 1, x, 0.0),
    "tril": lambda m, x: m.tril(x, 1),
    "triu": lambda m, x: m.triu(x, 1),
    "zeros_like": lambda m, x: m.zeros_like(x, m.float32),
    "ones_like": lambda m, x: m.ones_like(x, m.int64),
    "full_like": lambda m, x: m.full_like(x, 7, m.int64),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_called_as_numpys(name, device):
    result, expected = CALLS[name](xp, xp.asarray(X, device=device)), CALLS[name](np, X)
    assert result.dtype.name == expected.dtype.name
    assert result.shape == expected.shape
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


MADE = {
    "zeros": lambda m: m.zeros(3, m.int64),
    "ones": lambda m: m.ones([2, 3], m.float64),
    "full": lambda m: m.full((2,), 7, m.int64),
    "full of a list of sizes": lambda m: m.full([2, np.int64(3)], 7.0, m.float32),
    "zeros of an array of sizes": lambda m: m.zeros(np.asarray([2, 3]), m.float32),
    "arange": lambda m: m.arange(1, 9, 2, m.int64),
    "linspace": lambda m: m.linspace(0.0, 1.0, dtype=m.float64),
    "linspace without its end": lambda m: m.linspace(0.0, 1.0, 5, False, dtype=m.float64),
    "eye": lambda m: m.eye(3, 4, 1, m.float32),
    "asarray": lambda m: m.asarray([1, 2], m.float32),
    "array": lambda m: m.array([[1, 2]], m.float64),
}


@pytest.mark.parametrize("name", MADE)
def test_made_as_numpys(name, device):
    with xp.use_device(device):
        made, expected = MADE[name](xp), MADE[name](np)
    assert (made.dtype.name, made.shape) == (expected.dtype.name, expected.shape)
    np.testing.assert_allclose(made.numpy(), expected, rtol=1e-12)


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=4, min_side=0), elements=st.floats(-1e3, 1e3)), st.data())
def test_axes_of_any_kind(values, data):
    """Of an empty or a non-contiguous array, and of a list, a tuple, or one of NumPy's ints."""
    values = values.swapaxes(0, -1)
    axes = data.draw(st.lists(st.integers(0, values.ndim - 1), unique=True, min_size=1))
    for given_axes in (axes, tuple(axes), [np.int64(a) for a in axes], [a - values.ndim for a in axes]):
        np.testing.assert_allclose(xp.sum(values, given_axes), np.sum(values, tuple(axes)), rtol=1e-12, atol=1e-9)
        np.testing.assert_array_equal(xp.flip(values, given_axes), np.flip(values, tuple(axes)))
    np.testing.assert_array_equal(xp.sort(values, np.int32(axes[0])), np.sort(values, axes[0]))
    np.testing.assert_array_equal(xp.squeeze(values), np.squeeze(values))
    np.testing.assert_array_equal(xp.round(values, 2), np.round(values, 2))


@given(st.lists(st.integers(-(2**20), 2**20)), st.integers(-4, 2))
def test_integers_are_rounded(numbers, decimals):
    raw = np.asarray(numbers, np.int64)
    np.testing.assert_array_equal(xp.round(raw, decimals), np.round(raw, decimals))


def test_what_is_refused(device):
    x = xp.asarray(X, device=device)
    with pytest.raises(OptionError, match=r"^var: ddof is NumPy's name for the correction; got both"):
        xp.var(x, correction=1, ddof=1)
    with pytest.raises(OptionError, match=r"^reshape is in row-major order, 'C'; got 'F'\. Cure"):
        xp.reshape(x, -1, "F")
    with pytest.raises(TypeError, match=r"^where takes x1 and x2, or neither; got one"):
        xp.where(x > 1, x)
    with pytest.raises(OptionError, match="round: decimals is an int"):
        xp.round(x, 1.5)
    with pytest.raises(DTypeError):
        xp.repeat(x, [0.5], 0)


def test_a_kind_of_sorting(device):
    x = xp.asarray(X, device=device)
    for function in (xp.sort, xp.argsort):
        with pytest.raises(OptionError, match=r"kind is one of quicksort, .*; got 'bogo'\. Cure: leave"):
            function(x, kind="bogo")
    assert np.sort(x, kind="stable").tolist() == np.sort(X, kind="stable").tolist()
