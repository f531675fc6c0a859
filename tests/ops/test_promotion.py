"""Types of results: the standard's table, weak scalars, and the same on every backend."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.ops.table import primitives
from tests.oracle import torch
from xnn.dtypes import promote_dtypes
from xnn.errors import DTypeError

f32, f64, i64, i32, i8, u8, b = xp.float32, xp.float64, xp.int64, xp.int32, xp.int8, xp.uint8, xp.bool


def make(device, dtype):
    return xp.asarray([1, 0, 1], dtype=dtype, device=device)


ARRAYS = [
    (f32, f64, f64), (i64, f32, f32), (i64, f64, f64), (u8, i8, xp.int16), (i32, i64, i64), (xp.uint32, i32, i64),
    (xp.uint16, u8, xp.uint16), (b, f32, f32), (b, i8, i8), (b, b, b), (xp.complex64, f64, xp.complex128),
    (xp.complex64, f32, xp.complex64), (i64, xp.complex64, xp.complex64),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "common"), ARRAYS, ids=str)
def test_arrays(one, other, common, device):
    for x, y in ((one, other), (other, one)):
        operation = xp.bitwise_or if common is b else xp.add
        assert operation(make(device, x), make(device, y)).dtype is common
        assert xp.where(make(device, b), make(device, x), make(device, y)).dtype is common
        assert xp.concat([make(device, x), make(device, y)]).dtype is common
        assert xp.result_type(make(device, x), y) is common


def test_the_table_is_numpys_where_the_standard_speaks():
    standard = (i8, xp.int16, i32, i64, u8, xp.uint16, xp.uint32, xp.uint64, f32, f64)
    for x in standard:
        for y in standard:
            integer = [t for t in (x, y) if "integer" in t.kind]
            if len(integer) == 1:
                continue  # mixed kinds: ours is PyTorch's
            if {x.kind, y.kind} == {"signed integer", "unsigned integer"} and xp.uint64 in (x, y):
                continue
            assert promote_dtypes(x, y).name == np.promote_types(x.name, y.name).name


def test_uint64_with_a_signed_type_raises(device):
    x, y = xp.ones(2, dtype=xp.uint64, device=device), xp.ones(2, dtype=i64, device=device)
    with pytest.raises(DTypeError, match=r"uint64 and int64 have no common integer type. Cure: astype one of them\."):
        x + y


SCALARS = [
    (f32, 2.0, f32), (f32, 2, f32), (f32, True, f32), (f64, 2.0, f64), (i64, 2, i64), (i8, 2, i8), (u8, True, u8),
    (i64, 2.0, f32), (i8, 0.5, f32), (b, 2, i64), (b, 2.0, f32), (f32, 1j, xp.complex64), (f64, 1j, xp.complex128),
    (f32, np.float64(2.0), f32), (f32, np.float32(2.0), f32), (f32, np.int64(2), f32), (f64, np.float32(2.0), f64),
    (i64, np.float64(0.5), f64), (i32, np.int64(2), i32), (f32, np.bool_(True), f32), (i64, np.float32(0.5), f32),
    (b, np.int8(2), i8), (b, np.float64(2.0), f64), (i8, np.complex64(1j), xp.complex64),
    (f32, np.complex128(1j), xp.complex64),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "scalar", "common"), SCALARS, ids=lambda v: f"{type(v).__name__} {v}")
def test_scalars_are_weak(dtype, scalar, common, device):
    x = make(device, dtype)
    for result in (x * scalar, scalar * x, x + scalar, scalar + x, xp.multiply(x, scalar), xp.multiply(scalar, x)):
        assert result.dtype is common
        assert result.device is device
    assert xp.where(make(device, b), x, scalar).dtype is common
    assert xp.result_type(x, scalar) is common


def test_numpy_scalars_keep_their_type_where_no_array_has_their_kind(device):
    """NumPy is the oracle, but for a floating array beside an integer one of any size, which is as in PyTorch."""
    for dtype in (b, i8, i32, i64):
        for scalar in (np.float64(0.1), np.float32(0.1), np.complex128(1j)):
            x = xp.asarray([1, 0, 1], dtype=dtype, device=device)
            values = x.numpy()
            for result, expected in ((x + scalar, values + scalar), (scalar + x, scalar + values)):
                if result.dtype.name == expected.dtype.name:
                    assert result.tolist() == expected.tolist()
            assert (x + scalar).dtype.name == scalar.dtype.name
    raw = np.asarray([1.0, 2.0, 1e300])
    assert xp.where(raw > 1, raw[0], raw[1]).dtype == np.float64
    condition = xp.asarray(raw > 1, device=device)
    for one, other in (
        (raw[2], raw[0]),
        (raw[2], 0.5),
        (1, raw[2]),
        (np.float32(1), raw[2]),
        (np.int8(1), np.int16(2)),
    ):
        result, expected = xp.where(condition, one, other), np.where(raw > 1, one, other)
        assert (result.dtype.name, result.tolist()) == (expected.dtype.name, expected.tolist())
    assert xp.clip(xp.asarray([0, 1, 2], device=device), np.float64(0.5), None).dtype is f64


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_options_that_are_numpy_scalars_do_not_widen(name, device):
    if name == "float16" and xp.float16 not in device.backend.raw_dtypes:
        pytest.skip("it has no float16")
    x = xp.asarray([1.0, 2.0, 4.0], dtype=name, device=device, requires_grad=True)
    for result in (
        xp.std(x, correction=np.float64(1)),
        xp.var(x, correction=np.float64(0.5), axis=np.int64(0)),
        xp.linalg.vector_norm(x, ord=np.float64(3)),
    ):
        result.backward()
        assert (result.dtype.name, x.grad.dtype.name) == (name, name)


def test_an_int_that_the_type_cannot_hold_raises(device):
    for dtype, number in ((u8, 300), (u8, -1), (i8, 128), (i64, 2**63), (xp.uint64, -1)):
        x = make(device, dtype)
        message = rf"^{number} is out of bounds for {dtype.name}\. Cure: astype the array to a larger type\.$"
        for operation in (xp.add, xp.multiply, xp.maximum):
            with pytest.raises(DTypeError, match=message):
                operation(x, number)
        with pytest.raises(DTypeError, match=message):
            xp.result_type(number, dtype)
    assert xp.add(make(device, u8), 254).tolist() == [255, 254, 255]


def test_comparisons_take_any_int(device):
    x = make(device, u8)
    assert xp.less(x, 300).tolist() == [True, True, True]
    assert xp.greater_equal(-1, x).tolist() == [False, False, False]
    assert (x == 257).tolist() == [False, False, False]
    assert (make(device, i64) != 2).tolist() == [True, True, True]


COMPARISONS = (xp.equal, xp.not_equal, xp.less, xp.less_equal, xp.greater, xp.greater_equal)


@pytest.mark.parametrize("dtype", [u8, i8, i32, i64, xp.uint64, b], ids=str)
def test_comparisons_with_ints_beyond_the_type(dtype, device):
    x = make(device, dtype)
    for number in (-1, 300, 2**63, -(2**63) - 1, 2**64, -(2**70)):
        for compare in COMPARISONS:
            operator = getattr(np, compare.name)
            expected = [bool(operator(one, number)) for one in np.asarray([1, 0, 1], object)]
            assert compare(x, number).tolist() == expected
            assert device.backend.to_numpy(compare(x._data, number)).tolist() == expected
            turned = [bool(operator(number, one)) for one in np.asarray([1, 0, 1], object)]
            assert compare(number, x).tolist() == turned
        assert (x < number).device is device


def test_two_scalars_have_their_default_types(device):
    condition = make(device, b)
    for one, other, dtype in ((1.0, 0.0, f32), (1, 0, i64), (True, False, b), (1, 0.5, f32), (True, 2, i64)):
        result = xp.where(condition, one, other)
        assert result.dtype is dtype
        assert result.tolist() == [one, other, one]


@pytest.mark.parametrize("dtype", [i64, u8, b, f32, f64], ids=str)
@pytest.mark.parametrize(
    "name",
    [
        "exp",
        "log1p",
        "log2",
        "sqrt",
        "sin",
        "tanh",
        "acosh",
        "reciprocal",
        "mean",
        "std",
        "relu",
        "sigmoid",
        "softmax",
        "log_softmax",
    ],
)
def test_functions_of_floats_make_floats(name, dtype, device):
    function = getattr(xp, name, None) or primitives()[name]
    x = xp.asarray([1, 1, 1], dtype=dtype, device=device)
    assert function(x).dtype is (dtype if dtype.is_floating else f32)


@pytest.mark.parametrize(("dtype", "summed"), [(b, i64), (u8, xp.uint64), (i8, i64), (i32, i64), (f32, f32)], ids=str)
@pytest.mark.parametrize("name", ["sum", "prod", "cumulative_sum", "cumulative_prod"])
def test_what_is_summed(name, dtype, summed, device):
    function = getattr(xp, name)
    x = xp.asarray([1, 1, 0], dtype=dtype, device=device)
    expected = {"sum": 2, "prod": 0, "cumulative_sum": [1, 2, 2], "cumulative_prod": [1, 1, 0]}[name]
    assert function(x).dtype is summed
    assert function(x).tolist() == expected
    for wanted in (i8, xp.uint64, f64, xp.complex64):
        assert function(x, dtype=wanted).dtype is wanted
        assert function(x, dtype=wanted).tolist() == expected


@pytest.mark.parametrize("dtype", [i64, u8, b], ids=str)
def test_division_of_integers_is_floating(dtype, device):
    x = xp.asarray([1, 1], dtype=dtype, device=device)
    assert (x / x).dtype is f32
    assert (x / 2).dtype is f32
    assert xp.var(x).dtype is f32


def test_the_default_type_is_what_integers_become(device):
    xp.set_default_dtype(f64)
    try:
        assert (make(device, i64) * 0.5).dtype is f64
        assert xp.exp(make(device, i64)).dtype is f64
        assert (make(device, f32) * 0.5).dtype is f32
        assert xp.asarray([1.0], device=device).dtype is f64
    finally:
        xp.set_default_dtype(f32)


def test_the_default_type_is_a_floating_one():
    with pytest.raises(DTypeError, match="the default data type is float32 or float64; got int64"):
        xp.set_default_dtype(i64)


@pytest.mark.parametrize("value", [1.5, 2, True, 1j, np.float64(1.5), np.int64(2), np.bool_(True)], ids=repr)
def test_full_has_the_default_type_of_the_values_kind(value, device):
    """NumPy's scalars keep their own type."""
    dtype = {"b": b, "i": i64, "f": f32, "c": xp.complex64}[np.asarray(value).dtype.kind]
    dtype = xp.dtypes.as_dtype(value.dtype) if isinstance(value, np.generic) else dtype
    assert xp.full((2,), value, device=device).dtype is dtype


def test_types_are_found_by_many_names():
    for dtype in (f32, f64, i64, u8, b):
        name = dtype.name
        for form in (dtype, name, np.dtype(name), getattr(np, name)):
            assert xp.dtypes.as_dtype(form) is dtype
    assert [xp.dtypes.as_dtype(t) for t in (bool, int, float, complex)] == [b, i64, f32, xp.complex64]
    with pytest.raises(DTypeError, match="'float8' is not a data type"):
        xp.dtypes.as_dtype("float8")


@pytest.mark.needs("torch")
def test_types_are_found_by_pytorchs():
    optional.module("torch")
    for dtype in (f32, f64, i64, u8, b):
        assert xp.dtypes.as_dtype(getattr(torch, dtype.name)) is dtype


def test_a_cast_keeps_the_graph(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    xp.sum(xp.astype(x, f64) ** 2).backward()
    assert x.grad.dtype is f32
    assert x.grad.tolist() == [2.0, 4.0]
    x.grad = None
    y = x * (3 + 1j)
    assert y.dtype is xp.complex64
    xp.sum(xp.real(y * y)).backward()  # 8 x**2
    assert x.grad.dtype is f32
    assert x.grad.tolist() == [16.0, 32.0]


def test_what_is_not_floating_is_not_on_the_graph(device):
    x = xp.asarray([1.0, -2.0], device=device, requires_grad=True)
    for y in (x > 0, xp.isnan(x), xp.argmax(x), xp.astype(x, i64), xp.sign(x), xp.floor(x)):
        assert not y.requires_grad
