"""What functions are given: numbers in the place of arrays, axes that are not there, arrays of types that none has."""

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from xnn.errors import BoundsError, DTypeError, GraphError

# ---- a number is no array ----

OF_ARRAYS = {
    "stack": lambda x: xp.stack([1.0, x]),
    "concat": lambda x: xp.concat([x, 1.0]),
    "expand_dims": lambda x: xp.expand_dims(1.0, axis=0),
    "take": lambda x: xp.take(1.0, xp.asarray([0])),
    "take_along_axis": lambda x: xp.take_along_axis(1.0, x),
    "moveaxis": lambda x: xp.moveaxis(1.0, 0, 0),
    "repeat": lambda x: xp.repeat(1.0, 2),
    "broadcast_arrays": lambda x: xp.broadcast_arrays(1.0, x),
    "meshgrid": lambda x: xp.meshgrid(x, 1.0),
    "cumulative_sum": lambda x: xp.cumulative_sum(1.0),
    "cumulative_prod": lambda x: xp.cumulative_prod(1.0),
    "empty_like": lambda x: xp.empty_like(1.0),
    "full_like": lambda x: xp.full_like(1.0, 2.0),
    "zeros_like": lambda x: xp.zeros_like(1.0),
    "ones_like": lambda x: xp.ones_like(1.0),
    "searchsorted": lambda x: xp.searchsorted(1.0, x),
    "diff": lambda x: xp.diff(1.0),
    "polygamma": lambda x: xp.special.polygamma(xp.asarray([0, 1]), 2.0),
}


@pytest.mark.parametrize("name", OF_ARRAYS)
def test_a_number_is_no_array(name, device):
    with pytest.raises(TypeError, match=rf"^{name.split()[0]} takes an array; got (float|int)\. Cure: xnn\.asarray"):
        OF_ARRAYS[name](xp.ones(2, device=device))


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

UNKNOWN = [np.asarray([1.0], ">f4"), np.asarray([None]), np.asarray([1], np.longdouble), np.asarray(["a"]),
           np.asarray([0], "M8[s]")]  # fmt: skip


@pytest.mark.parametrize("x", UNKNOWN, ids=lambda x: str(x.dtype))
def test_raw_arrays_of_unknown_types(x):
    for call in (xp.exp, xp.sign, xp.mean, lambda x: xp.add(x, 1.0), lambda x: xp.add(x, np.ones(1))):
        with pytest.raises(
            DTypeError, match=r"arrays of .* are not supported; numpy has bool, .*Cure: cast before\."
        ) as error:
            call(x)
        assert str(x.dtype) in str(error.value)


def test_what_asarray_takes_and_refuses(device):
    assert xp.asarray(np.asarray([1.0, 2.0], ">f4"), device=device).dtype is xp.float32
    for x in UNKNOWN[1:]:
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
