"""Creation functions: every kind of object for asarray, default types, options, and the errors."""

import array
import ctypes
import inspect

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import DTypeError, GraphError, OptionError, RangeError, ShapeError

pytestmark = pytest.mark.every_device


def describe(x):
    return x.dtype.name, x.shape, x.tolist()


# ---- asarray ----

NESTED = [
    (True, "bool"), (2, "int64"), (2.5, "float32"), (2j, "complex64"), ([], "float32"),
    ([True, False], "bool"), ([True, 2], "int64"), ([1, 2.5], "float32"), ([True, 2.5], "float32"),
    ([1, 2j], "complex64"), ([1.5, 2j, True], "complex64"), ([[1, 2], [3, 4]], "int64"),
    (((1, 2.0), (3, 4)), "float32"), ([[], []], "float32"), (range(3), "int64"),
]  # fmt: skip


@pytest.mark.parametrize(("obj", "dtype"), NESTED, ids=repr)
def test_the_widest_kind_of_nested_lists(obj, dtype, device):
    x = xp.asarray(obj, device=device)
    assert (x.dtype.name, x.device) == (dtype, device)
    assert x.tolist() == np.asarray(obj).tolist()


@pytest.mark.parametrize(("obj", "dtype"), NESTED, ids=repr)
def test_the_default_type_is_the_one_that_is_set(obj, dtype, device):
    xp.set_default_dtype("float64")
    try:
        expected = {"float32": "float64", "complex64": "complex128"}.get(dtype, dtype)
        assert xp.asarray(obj, device=device).dtype.name == expected
    finally:
        xp.set_default_dtype("float32")


@pytest.mark.parametrize("dtype", [t.name for t in xp.__array_namespace_info__().dtypes(device="numpy:cpu").values()])
def test_a_list_in_each_type(dtype, device):
    x = xp.asarray([[0, 1], [1, 0]], dtype=dtype, device=device)
    assert x.dtype.name == dtype
    assert x.tolist() == [[0, 1], [1, 0]]


def test_large_integers_keep_all_their_digits(device):
    values = [0, 2**63 + 1, 2**64 - 1]
    assert xp.asarray(values, dtype=xp.uint64, device=device).tolist() == values
    for numbers in (values, [[1], [2**63]], (True, 2**64 - 1), [2**53 + 1]):
        x = xp.asarray(numbers, device=device)
        assert x.tolist() == np.asarray(numbers, dtype=object).tolist()
        assert "integer" in x.dtype.kind
    with pytest.raises(RangeError, match=r"-1 out of bounds for uint64\. Cure"):
        xp.asarray([2**63, -1], device=device)
    with pytest.raises(OverflowError):
        xp.asarray([300], dtype=xp.uint8, device=device)


BUFFERS = [
    (bytearray(b"\x01\x02"), "uint8"),
    (b"\x01\x02", "uint8"),
    (array.array("d", [1, 2]), "float64"),
    (array.array("f", [1, 2]), "float32"),
    (array.array("i", [1, 2]), "int32"),
    (memoryview(array.array("h", [1, 2])), "int16"),
    ((ctypes.c_double * 2)(1, 2), "float64"),
]


@pytest.mark.parametrize(("obj", "dtype"), BUFFERS, ids=lambda x: type(x).__name__)
def test_buffers_keep_their_type(obj, dtype, device):
    assert describe(xp.asarray(obj, device=device)) == (dtype, (2,), [1, 2])
    assert describe(xp.asarray(obj, dtype="int16", device=device)) == ("int16", (2,), [1, 2])


def test_a_buffer_is_copied_unless_that_is_refused():
    buffer = array.array("d", [1, 2])
    copied, copied_too = xp.asarray(buffer, device="cpu"), xp.asarray(buffer, device="cpu", copy=True)
    shared = xp.asarray(buffer, device="cpu", copy=False)
    buffer[0] = 5
    assert (copied.tolist(), copied_too.tolist(), shared.tolist()) == ([1, 2], [1, 2], [5, 2])


@pytest.mark.parametrize("kind", ["an Array", "a raw array"])
def test_array_copies(kind, device):
    x = xp.asarray([1.0, 2.0], device=device)
    source = x if kind == "an Array" else x._data
    for options, expected in (({}, [1.0, 2.0]), ({"copy": True}, [1.0, 2.0]), ({"copy": False}, None)):
        y = xp.array(source, device=device, **options)
        assert describe(y) == ("float32", (2,), [1.0, 2.0])
        shares = y is x or y._data is x._data
        assert shares is (expected is None)


def test_array_takes_what_asarray_takes(device):
    assert describe(xp.array([1, 2], dtype="int16", device=device)) == ("int16", (2,), [1, 2])
    leaf = xp.array([1.0, 2.0], device=device, requires_grad=True)
    xp.sum(leaf**2).backward()
    assert leaf.grad.tolist() == [2.0, 4.0]
    with pytest.raises(GraphError, match="requires_grad=True"):
        xp.grad(lambda x: xp.sum(xp.array(x, requires_grad=True)))(leaf)
    ours, theirs = inspect.signature(xp.array), inspect.signature(xp.asarray)
    own = {"copy": theirs.parameters["copy"].replace(default=True), "ndmin": ours.parameters["ndmin"]}
    assert {**theirs.parameters, **own} == dict(ours.parameters)


def test_array_of_so_many_dimensions_at_least(device):
    for obj in (2.0, [1.0, 2.0], [[1.0, 2.0]]):
        for ndmin in range(4):
            x = xp.array(obj, ndmin=ndmin, device=device)
            assert describe(x) == ("float32", np.array(obj, ndmin=ndmin).shape, np.array(obj, ndmin=ndmin).tolist())
    leaf = xp.array([1.0, 2.0], ndmin=2, device=device, requires_grad=True)
    xp.sum(leaf**2).backward()
    assert leaf.grad.tolist() == [[2.0, 4.0]]


def test_a_gradient_goes_through_array(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    y = xp.array(x)
    y[0] = 5.0
    xp.sum(3.0 * y).backward()
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 2.0], [0.0, 3.0])


def test_a_numpy_array_is_cast_or_shared(device):
    values = np.asarray([1.5, 2.5])
    assert describe(xp.asarray(values, dtype="float32", device=device)) == ("float32", (2,), [1.5, 2.5])
    with pytest.raises(ValueError, match=r"copy=False cannot change the type to float32|without a copy"):
        xp.asarray(values, dtype="float32", device=device, copy=False)
    swapped = values.astype(">f8")
    assert describe(xp.asarray(swapped, device=device)) == ("float64", (2,), [1.5, 2.5])
    assert describe(xp.asarray(swapped, dtype="float32", device=device)) == ("float32", (2,), [1.5, 2.5])


@pytest.mark.needs("torch")
def test_types_of_one_library_only():
    optional.module("torch")
    x = xp.asarray([1.0, 2.0], dtype="bfloat16", device="torch:cpu")
    assert x._data.dtype == torch.bfloat16
    with pytest.raises(DTypeError, match="numpy has no bfloat16"):
        xp.asarray([1.0, 2.0], dtype="bfloat16", device="numpy:cpu")


@pytest.mark.parametrize("source", [[1j], np.asarray([1j]), 1j, [1.0, 1j]], ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_complex_numbers_do_not_become_real(source, dtype, device):
    for obj in (source, xp.asarray(source, device=device)):
        with pytest.raises(DTypeError, match=r"complex numbers are not cast to real ones.*Cure: xnn\.real\(x\) or"):
            xp.asarray(obj, dtype=dtype, device=device)
    assert xp.asarray(source, dtype="bool", device=device).dtype is xp.bool


@pytest.mark.parametrize("obj", ["1", ["1"], [{}], {1: 2}, None], ids=repr)
@pytest.mark.parametrize("dtype", [None, "float32"])
def test_what_is_no_number(obj, dtype):
    with pytest.raises(DTypeError, match="asarray takes numbers and bools; got"):
        xp.asarray(obj, dtype=dtype, device="cpu")


@pytest.mark.needs("torch")
def test_a_complex_leaf(device):
    z = xp.asarray([1 + 2j], device=device, requires_grad=True)
    assert z.requires_grad
    xp.sum(xp.real(z * z)).backward()
    twin = torch.tensor([1 + 2j], requires_grad=True)
    (twin * twin).real.sum().backward()
    assert_close(z.grad.numpy(), twin.grad.numpy())


# ---- by shape and value ----


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_filled(name, device):
    make = getattr(xp, name)
    for shape in ((), 3, (3,), (2, 0), (2, 3)):
        x = make(shape, device=device)
        assert (x.shape, x.dtype, x.device) == (shape if isinstance(shape, tuple) else (shape,), xp.float32, device)
        assert make(shape, dtype=xp.complex128, device=device).dtype is xp.complex128
    if name != "empty":
        assert make((2,), dtype=xp.int8, device=device).tolist() == [float(name == "ones")] * 2


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like", "full_like"])
def test_like(name, device):
    fill = (7,) if name == "full_like" else ()
    x = xp.ones((2, 3), dtype=xp.int16, device=device)
    for source in (x, x._data):
        y = getattr(xp, name)(source, *fill)
        assert (y.shape, y.dtype, y.device) == ((2, 3), xp.int16, device)
    y = getattr(xp, name)(x, *fill, dtype=xp.float64, device="numpy:cpu")
    assert (y.shape, y.dtype, str(y.device)) == ((2, 3), xp.float64, "numpy:cpu")
    assert getattr(xp, name)(xp.ones(2, device=device, dtype=xp.float32), *fill).requires_grad is False


def test_linspace(device):
    for options in ({}, {"endpoint": False}):
        for start, stop, num in ((0, 1, 5), (2.0, -2.0, 4), (0, 1, 1), (0, 1, 0), (0, 1 + 2j, 3), (1j, 0, 4)):
            x = xp.linspace(start, stop, num, device=device, **options)
            is_complex = isinstance(start, complex) or isinstance(stop, complex)
            assert x.dtype is (xp.complex64 if is_complex else xp.float32)
            assert_close(x.tolist(), np.linspace(start, stop, num, **options), "float32")
    assert xp.linspace(0, 1, 3, dtype=xp.float64, device=device).dtype is xp.float64


def test_arange(device):
    cases = [((5,), "int64"), ((2, 5), "int64"), ((5, 2, -1), "int64"), ((0.0, 1, 0.25), "float32"), ((5, 2), "int64")]
    for arguments, dtype in cases:
        x = xp.arange(*arguments, device=device)
        assert describe(x) == (dtype, x.shape, np.arange(*arguments).tolist())
    assert xp.arange(3, dtype=xp.float64, device=device).dtype is xp.float64


def test_eye(device):
    for arguments, options in (((3,), {}), ((2, 3), {"k": 1}), ((3, 2), {"k": -1}), ((2, 2), {"k": 5}), ((0, 2), {})):
        assert xp.eye(*arguments, **options, device=device).tolist() == np.eye(*arguments, **options).tolist()


def test_a_default_device_counts_for_all(device):
    with xp.use_device(device):
        made = [xp.zeros(1), xp.eye(1), xp.full(1, 2), xp.asarray([1]), xp.arange(1), xp.linspace(0, 1, 2)]
        assert {x.device for x in made} == {device}


# ---- from arrays ----


def test_meshgrid_of_no_and_of_one(device):
    assert xp.meshgrid() == ()
    x = xp.asarray([1, 2], device=device)
    for indexing in ("xy", "ij"):
        (only,) = xp.meshgrid(x, indexing=indexing)
        assert only.tolist() == [1, 2]
        one, other = xp.meshgrid(x, xp.asarray([0.5], device=device), indexing=indexing)
        assert (one.dtype, other.dtype) == (xp.int64, xp.float32)


def test_meshgrid_refuses(device):
    x = xp.ones((2, 2), device=device)
    with pytest.raises(ShapeError, match=r"meshgrid takes arrays of one dimension; got shape \(2, 2\)"):
        xp.meshgrid(x)
    with pytest.raises(OptionError, match="meshgrid's indexing is 'xy' or 'ij'; got 'yx'"):
        xp.meshgrid(x[0, :], indexing="yx")


def test_raw_arrays_stay_raw(device):
    raw = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)._data
    for result in (xp.tril(raw), *xp.meshgrid(raw[0, :], raw[1, :]), *xp.unstack(raw), xp.tile(raw, (2,))):
        assert isinstance(result, device.backend.array_type)


def test_the_value_of_full_keeps_its_gradient(device):
    value = xp.asarray(3.0, device=device, requires_grad=True)
    x = xp.full((2, 2), value, device=device)
    xp.sum(x * x).backward()
    assert value.grad.item() == 24.0
    y = xp.full_like(x.detach(), value)
    assert (y.shape, y.requires_grad, y.device) == ((2, 2), True, device)
    with pytest.raises(ShapeError, match=r"full takes one value; got an array of shape \(2, 2\)"):
        xp.full((2, 2), x)


def test_numbers_that_are_arrays(device):
    n = xp.asarray(3, device=device)
    assert xp.arange(n, device=device).tolist() == [0, 1, 2]
    assert xp.linspace(xp.asarray(0.0, device=device), n, 4, device=device).tolist() == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(GraphError, match="would lose the gradient of the array that it is given"):
        xp.arange(xp.asarray(3.0, device=device, requires_grad=True))
    for call in (lambda x: xp.arange(x), lambda x: xp.linspace(0.0, x, 3)):
        with pytest.raises(TypeError, match="takes numbers; got str"):
            call("3")


@pytest.mark.parametrize("endpoint", [True, False])
def test_numbers_between_arrays(device, endpoint):
    start, stop = np.asarray([0.5, -1.0]), np.asarray([[1.25], [3.0]])
    one, other = (xp.asarray(x, device=device, requires_grad=True) for x in (start, stop))
    for axis in (0, -1, 1):
        came = xp.linspace(one, other, 4, endpoint, axis=axis)
        assert_close(came.detach().numpy(), np.linspace(start, stop, 4, endpoint, axis=axis))
    assert xp.all(xp.linspace(one, other, 4)[-1] == other)
    xp.check_gradients(lambda a, b: xp.linspace(a, b, 5, endpoint), one.detach(), other.detach())
    gradient = xp.grad(lambda a: xp.sum(xp.linspace(0.0, a, 3) ** 2))(xp.asarray(2.0, device=device))
    assert gradient.item() == 2 * (0.5 * 1 + 2)
    assert xp.linspace(one, 1, 0).shape == (0, 2)
    assert xp.linspace(one.detach(), 1, 1, dtype="float32").dtype is xp.float32
