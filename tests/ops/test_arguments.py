"""What functions are given: numbers in the place of arrays, axes that are not there, arrays of types that none has."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.oracle import torch
from xnn.errors import BoundsError, DTypeError, GraphError
from xnn_backends import DeviceMismatchError

# ---- numbers and lists in the place of arrays ----

L = [[1.0, -2.0], [0.5, 4.0]]
OF_LISTS = {
    "exp": lambda m: m.exp(0.5), "exp of a list": lambda m: m.exp(L), "sqrt": lambda m: m.sqrt(3),
    "maximum": lambda m: m.maximum(0.0, 1), "add": lambda m: m.add(1, 2), "add of a list": lambda m: m.add(L, [1, 2]),
    "sum": lambda m: m.sum([1, 2, 3]), "sum in a type": lambda m: m.sum([1, 2], dtype=m.float64),
    "mean": lambda m: m.mean((1.0, 2.0)), "max": lambda m: m.max(L, 1), "matmul": lambda m: m.matmul(L, L),
    "where": lambda m: m.where([True, False], 1.0, [2.0, 3.0]), "sort": lambda m: m.sort(L, 0),
    "stack": lambda m: m.stack([1.0, 2.0]), "concat": lambda m: m.concat([L, [[1.0, 2.0]]]),
    "expand_dims": lambda m: m.expand_dims(1.0, 0), "take": lambda m: m.take(L, [1], 1),
    "take_along_axis": lambda m: m.take_along_axis(m.asarray(L), m.asarray([[1], [0]]), axis=1),
    "moveaxis": lambda m: m.moveaxis(L, 0, 1), "repeat": lambda m: m.repeat(1.0, 2),
    "broadcast_arrays": lambda m: m.broadcast_arrays(1.0, L)[0], "meshgrid": lambda m: m.meshgrid([1, 2], [3])[0],
    "cumulative_sum": lambda m: m.cumulative_sum([1.0, 2.0]), "cumulative_prod": lambda m: m.cumulative_prod([1, 2]),
    "zeros_like": lambda m: m.zeros_like(L), "full_like": lambda m: m.full_like([1, 2], 3),
    "sign": lambda m: m.sign(-2.0),
    "searchsorted": lambda m: m.searchsorted([1.0, 2.0], 1.5), "diff": lambda m: m.diff([1, 4, 9]),
    "clip": lambda m: m.clip(L, 0, [1.0, 2.0]), "fft": lambda m: m.fft.fft(m.asarray([1.0, 2.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_LISTS)
def test_numbers_and_lists_are_arrays(name, device):
    with xp.use_device(device):
        result, expected = OF_LISTS[name](xp), np.asarray(OF_LISTS[name](np))
    assert isinstance(result, xp.Array)
    assert result.device is device
    assert (result.shape, result.dtype.kind[0]) == (expected.shape, xp.asarray(expected).dtype.kind[0])
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_lists_beside_arrays(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    for result in (x + (pair := [1, 2]), pair + x, xp.add(x, (1, 2)), xp.add(pair, x)):
        assert (result.device, result.dtype, result.tolist()) == (device, xp.float32, [2.0, 4.0])
    assert (x == [1, 3]).tolist() == [True, False]
    xp.mean([x[0], 3 * x[1], 2.0]).backward()
    np.testing.assert_allclose(x.grad.tolist(), [1 / 3, 1], rtol=1e-6)
    y = xp.zeros((2, 2), device=device)
    y[0] = [1, 2]
    assert y.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert type(xp.add(x._data, [1, 2])) is type(x._data)
    for wrong in (["a"], [None], "text", {"a": 1}):
        with pytest.raises(DTypeError, match=r"takes (arrays|numbers) and .*; got \w+\. Cure"):
            xp.add(x, wrong)


def test_numpys_scalars_are_raw():
    """Of scalars alone a scalar, as NumPy's own; with lists or arrays a raw array."""
    raw = np.asarray([1.0, 2.0, 3.0])
    for kind, result, expected in (
        (np.float64, xp.exp(raw[0]), np.exp(raw[0])),
        (np.float64, xp.maximum(0.0, raw[1]), 2.0),
        (np.float64, xp.log(np.sum(raw**2) / 3), np.log(np.sum(raw**2) / 3)),
        (np.ndarray, xp.mean([raw[0], raw[1]]), 1.5),
        (np.ndarray, xp.sum([raw, raw]), 12.0),
        (np.ndarray, xp.sum(raw), 6.0),
    ):
        assert type(result) is kind
        assert result.dtype == np.float64
        np.testing.assert_allclose(result, expected)


def test_a_host_array_in_a_list_does_not_mix():
    with pytest.raises(DeviceMismatchError, match="add works on arrays of one device"):
        xp.add(xp.ones(2, device="strict:device1"), [np.ones(2), np.ones(2)])


def test_indices_of_any_kind(device):
    values = np.arange(12.0).reshape(3, 4)
    x = xp.asarray(values, device=device)
    for key in (
        ((0, 1), (1, 2)), (slice(None), (0, 2)), [True, False, True], np.asarray([2, 0]), np.asarray([2, 0], ">i4"),
        values > 5, (np.asarray([0, 1]), 2), np.asarray([True, False, True]), [[0, 1], [2, 0]], np.int64(1),
    ):  # fmt: skip
        assert x[key].tolist() == values[key].tolist()
    pd = optional.module("pandas")
    assert x[pd.Series([2, 1])].tolist() == values[[2, 1]].tolist()
    assert x[pd.Series([True, False, True])].tolist() == values[[0, 2]].tolist()
    x[np.asarray([0, 1])] = 7
    assert x[0, 0].item() == x[1, 3].item() == 7


# ---- axes that are not there ----

AXES = {
    "diff": lambda x: xp.diff(x, axis=4),
    "diff of a number": lambda x: xp.diff(x[0]),
    "stack": lambda x: xp.stack([x, x], axis=4),
    "expand_dims": lambda x: xp.expand_dims(x, axis=4),
    "take": lambda x: xp.take(x, xp.zeros(1, dtype=xp.int64, device=x.device), axis=4),
    "cumulative_sum": lambda x: xp.cumulative_sum(x, axis=4),
    "cumulative_prod": lambda x: xp.cumulative_prod(x[0], axis=0),
    "unstack": lambda x: xp.unstack(x, axis=4),
    "squeeze": lambda x: xp.squeeze(x, 4),
    "tensordot": lambda x: xp.tensordot(x, x, axes=5),
    "tensordot by a negative number": lambda x: xp.tensordot(x, x, axes=-1),
    "tensordot of named ones": lambda x: xp.tensordot(x, x, axes=((0,), (3,))),
}


@pytest.mark.parametrize("name", AXES)
def test_an_axis_that_is_not_there(name, device):
    with pytest.raises(BoundsError, match=f"^{name.split()[0]}: a"):
        AXES[name](xp.ones(2, device=device))


# ---- types ----

UNKNOWN = [np.asarray([None]), np.asarray([1], np.longdouble), np.asarray(["a"]),
           np.asarray([0], "M8[s]")]  # fmt: skip


@pytest.mark.parametrize("x", UNKNOWN, ids=lambda x: str(x.dtype))
def test_raw_arrays_of_unknown_types(x):
    for call in (xp.exp, xp.sign, xp.mean, lambda x: xp.add(x, 1.0), lambda x: xp.add(x, np.ones(1))):
        with pytest.raises(
            DTypeError, match=r"arrays of .* are not supported; numpy has bool, .*Cure: cast before\."
        ) as error:
            call(x)
        assert str(x.dtype) in str(error.value)


def test_bytes_in_the_other_order(device):
    odd, even = np.asarray([1.0, 2.0], ">f4"), np.asarray([1.0, 2.0], "<f4")
    for call in (xp.exp, xp.sign, xp.mean, lambda x: xp.add(x, 1.0), lambda x: xp.cumulative_sum(x), xp.flip):
        np.testing.assert_array_equal(call(odd), call(even))
        assert call(odd).dtype.isnative
    x = xp.ones(2, device="numpy:cpu")
    assert (x + odd).tolist() == [2.0, 3.0]


def test_what_asarray_takes_and_refuses(device):
    assert xp.asarray(np.asarray([1.0, 2.0], ">f4"), device=device).dtype is xp.float32
    for x in UNKNOWN:
        with pytest.raises(DTypeError, match="asarray takes numbers and bools; got"):
            xp.asarray(x, device=device)
        with pytest.raises(DTypeError, match="asarray takes numbers and bools; got"):
            xp.asarray(list(x), device=device)


def test_large_integers(device):
    for made in (
        xp.asarray(2**63, device=device),
        xp.full((), 2**63, device=device),
        xp.asarray(np.asarray(2**63, "Q"), device=device),
        xp.asarray(np.asarray(2**63, "L"), device=device),
    ):
        assert (made.dtype, made.item()) == (xp.uint64, 2**63)
    for make in (xp.asarray, lambda x, **options: xp.full((2,), x, **options)):
        with pytest.raises(
            DTypeError, match=r"no integer type holds 18446744073709551616\. Cure: dtype=xnn\.float64\."
        ):
            make(2**64, device=device)
        assert set(np.ravel(make(2**64, dtype=xp.float32, device=device).tolist())) == {2.0**64}
    with pytest.raises(DTypeError, match="no integer type holds -9223372036854775809"):
        xp.full((2,), -(2**63) - 1, device=device)
    with pytest.raises(DTypeError, match="no integer type holds 36893488147419103232"):
        xp.asarray([0, 2**65], dtype=xp.int64, device=device)


@pytest.mark.needs("torch")
def test_a_graph_of_torch_is_not_cut_off_unseen():
    x = torch.ones(2, requires_grad=True)
    for one in (x, 2 * x):
        with pytest.raises(
            GraphError, match=r"the graph of torch unseen: .* requires a gradient there\. Cure: x\.detach"
        ):
            xp.asarray(one)
    assert xp.asarray(x.detach()).tolist() == [1.0, 1.0]


# ---- memory ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    "call",
    [xp.positive, xp.conj, xp.clip, xp.real, lambda x: xp.linalg.matrix_power(x, 1)],
    ids=["positive", "conj", "clip", "real", "matrix_power"],
)
def test_results_have_memory_of_their_own(call):
    raw = torch.ones((2, 2))
    call(raw)[...] = 7
    assert raw.tolist() == [[1.0, 1.0]] * 2
    raw = torch.ones((2, 2), dtype=torch.complex64)
    xp.conj(raw)[...] = 7
    assert raw.tolist() == [[1.0, 1.0]] * 2


def test_no_axes_are_none(device):
    x = xp.asarray([[0, 2], [3, 0]], device=device)
    for keepdims in (False, True):
        assert xp.count_nonzero(x, axis=(), keepdims=keepdims).tolist() == [[0, 1], [1, 0]]
        assert xp.count_nonzero(x, axis=(), keepdims=keepdims).dtype is xp.int64
