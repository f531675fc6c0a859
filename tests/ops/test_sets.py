"""Set functions at special points: NaN, signed zeros, complex numbers, no elements; and their gradients."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch

nan, inf = math.nan, math.inf


def parts(x):
    """Everything that unique_all says, and that the other functions say the same."""
    found = xp.unique_all(x)
    assert found._fields == ("values", "indices", "inverse_indices", "counts")
    assert [part.dtype for part in found] == [x.dtype, xp.int64, xp.int64, xp.int64]
    assert {part.device for part in found} == {x.device}
    assert found.inverse_indices.shape == x.shape
    counts, inverse = xp.unique_counts(x), xp.unique_inverse(x)
    assert counts._fields == ("values", "counts")
    assert inverse._fields == ("values", "inverse_indices")
    for values in (counts.values, inverse.values, xp.unique_values(x)):
        np.testing.assert_array_equal(values.numpy(), found.values.numpy())
    assert counts.counts.tolist() == found.counts.tolist()
    assert inverse.inverse_indices.tolist() == found.inverse_indices.tolist()
    np.testing.assert_array_equal(xp.take(found.values, xp.reshape(found.inverse_indices, (-1,))).numpy(),
                                  xp.reshape(x, (-1,)).numpy())  # fmt: skip
    np.testing.assert_array_equal(xp.take(xp.reshape(x, (-1,)), found.indices).numpy(), found.values.numpy())
    return [part.tolist() for part in found]


def test_no_nan_equals_another(device):
    values, indices, inverse, counts = parts(xp.asarray([nan, 1.0, nan, 1.0, inf], device=device))
    assert values[:2] == [1.0, inf]
    assert all(map(math.isnan, values[2:]))
    assert (indices, inverse, counts) == ([1, 4, 0, 2], [2, 0, 3, 0, 1], [2, 1, 1, 1])


def test_signed_zeros_are_equal(device):
    values, indices, _, counts = parts(xp.asarray([0.0, -0.0, 2.0, -0.0], device=device))
    assert (values, indices, counts) == ([0.0, 2.0], [0, 2], [3, 1])


def test_complex_numbers_in_order_of_their_parts(device):
    z = [1 + 1j, 1 - 1j, -1 + 5j, 1 + 1j, complex(-0.0, 0.0), 0j]
    values, indices, _, counts = parts(xp.asarray(z, device=device))
    assert values == [-1 + 5j, 0j, 1 - 1j, 1 + 1j]
    assert (indices, counts) == ([2, 4, 1, 0], [1, 2, 1, 2])
    z = [complex(1, nan), complex(nan, 1), 1 + 1j, complex(1, nan), 1 + 1j]
    values, _, _, counts = parts(xp.asarray(z, device=device))
    assert (values[0], counts) == (1 + 1j, [2, 1, 1, 1])


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0, 3), (2, 3)])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "complex64"])
def test_shapes(shape, dtype, device):
    raw = (np.arange(math.prod(shape)) % 4).astype(dtype).reshape(shape)
    found = parts(xp.asarray(raw, device=device))
    expected = np.unique(raw, return_index=True, return_inverse=True, return_counts=True)
    assert found == [part.tolist() for part in expected]


def test_raw_arrays_stay_raw(device):
    raw = xp.asarray([2, 1, 2], device=device)._data
    for part in (*xp.unique_all(raw), xp.unique_values(raw), xp.isin(raw, raw)):
        assert isinstance(part, device.backend.array_type)


def test_the_gradient_goes_to_the_first_of_equal_ones(device):
    raw = np.asarray([[3.0, 1.0], [3.0, 2.0]])
    x = xp.asarray(raw, device=device, requires_grad=True)
    found = xp.unique_all(x)
    assert not any(part.requires_grad for part in found[1:])
    xp.sum(found.values**3).backward()
    assert x.grad.tolist() == [[27.0, 3.0], [0.0, 12.0]]


def test_isin(device):
    x, y = xp.asarray([[1, 2], [3, 4]], device=device), xp.asarray([3, 1, 9], device=device)
    assert xp.isin(x, y).tolist() == [[True, False], [True, False]]
    assert xp.isin(x, y, invert=True).tolist() == [[False, True], [False, True]]
    assert xp.isin(x, xp.asarray([], dtype=xp.int64, device=device)).tolist() == [[False, False]] * 2
    assert (xp.isin(x, 2).tolist(), xp.isin(2, x).tolist()) == ([[False, True], [False, False]], True)
    assert xp.isin(xp.astype(x, xp.int8), xp.astype(y, xp.uint8)).tolist() == [[True, False], [True, False]]
    assert xp.isin(1, [1, 2]).tolist() is True


def test_isin_of_floats(device):
    x = xp.asarray([nan, 0.5, -0.0], device=device)
    assert xp.isin(x, xp.asarray([nan, 0.0], device=device)).tolist() == [False, False, True]


@pytest.mark.needs("torch")
def test_ties_of_sort_have_torchs_gradient(device):
    raw = np.asarray([2.0, 1.0, 2.0, 1.0, nan, -inf])
    weights = np.arange(1.0, 7.0)
    for descending in (False, True):
        x = xp.asarray(raw, device=device, requires_grad=True)
        twin = torch.tensor(raw, requires_grad=True)
        out = xp.sort(x, descending=descending)
        expected = torch.sort(twin, descending=descending, stable=True).values
        np.testing.assert_array_equal(xp.isnan(out).tolist(), torch.isnan(expected).tolist())
        xp.sum(xp.asarray(weights, device=device) * xp.where(xp.isnan(out), 0.0, out)).backward()
        (torch.tensor(weights) * torch.where(torch.isnan(expected), 0.0, expected)).sum().backward()
        assert x.grad.tolist() == twin.grad.tolist()


@pytest.mark.parametrize("function", [xp.sort, xp.argsort])
def test_sorting_needs_an_axis(function, device):
    for x, axis in ((xp.asarray(1.0, device=device), -1), (xp.ones((2, 3), device=device), 2)):
        with pytest.raises(IndexError, match=f"sort: an array of {x.ndim} dimensions has no axis {axis}"):
            function(x, axis=axis)
