"""Data types in the habits of NumPy: comparisons, NumPy's functions that take one, and calls."""

import copy
import pickle

import numpy as np
import pytest

import xnn
from xnn.errors import DTypeError, RangeError
from xnn.ops import type_names
from xnn_backends.dtypes import BY_NAME, SPELLINGS

DTYPES = [pytest.param(dtype, id=name) for name, dtype in BY_NAME.items()]
NUMPYS = [pytest.param(dtype, id=name) for name, dtype in BY_NAME.items() if name != "bfloat16"]


# ---- comparisons ----


@pytest.mark.parametrize("dtype", NUMPYS)
def test_equal(dtype):
    numpys = np.dtype(dtype.name)
    for same in (dtype, dtype.name, numpys, numpys.type, numpys.str, numpys.char):
        assert dtype == same
        assert same == dtype
        assert (dtype != same) is False
        assert (same != dtype) is False


@pytest.mark.parametrize("dtype", DTYPES)
def test_not_equal(dtype):
    others = [other for name, other in BY_NAME.items() if other is not dtype]
    others += [other.name for other in others]
    others += [np.dtype(name) for name in BY_NAME if name not in ("bfloat16", dtype.name)]
    for other in others:
        assert dtype != other
        assert other != dtype
        assert (dtype == other) is False


@pytest.mark.parametrize(
    "other",
    [None, 3, 4.0, "", "f", "<f", "float8", object, str, Ellipsis, [1.0], ("float64",), np.dtype(">f8"),
     np.dtype([("a", "f8")]), np.dtype("U8"), np.ones(2), np.float64(1), xnn, type("d", (), {}), type("float", (), {})],
    ids=repr,
)  # fmt: skip
def test_what_is_not_equal(other):
    assert (xnn.float64 == other) is False
    assert (xnn.float64 != other) is True


def test_arrays_are_no_types(device):
    x = xnn.ones(2, dtype=xnn.float64, device=device)
    assert (xnn.float64 == x) is False
    assert (xnn.float64 == x.dtype) is True


@pytest.mark.needs("torch")
def test_torchs():
    import torch

    for name in ("bool", "int8", "int64", "uint8", "float16", "bfloat16", "float32", "float64", "complex64"):
        assert getattr(xnn, name) == getattr(torch, name)
        assert getattr(torch, name) == getattr(xnn, name)
    assert xnn.float32 != torch.float64


def test_pythons_types_mean_what_they_mean_as_dtype():
    """The default type, where NumPy has float64: as the docstring of as_dtype says."""
    try:
        for default in (xnn.float64, xnn.float32):
            xnn.set_default_dtype(default)
            for python in (bool, int, float, complex):
                x = xnn.zeros(1, dtype=python, device="cpu")
                assert x.dtype == python
                assert x.dtype is xnn.zeros(1, dtype=python.__name__, device="cpu").dtype
                assert x.dtype is xnn.asarray(python(1), device="cpu").dtype
    finally:
        xnn.set_default_dtype(xnn.float32)
    assert xnn.float64 != "float"


@pytest.mark.parametrize("dtype", DTYPES)
def test_hash(dtype):
    assert {dtype.name: 1}[dtype] == 1
    assert {dtype: 1}[dtype.name] == 1
    assert len({dtype, dtype.name}) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_object(dtype):
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert copy.deepcopy(dtype) is dtype
    assert xnn.result_type(dtype, dtype) is dtype


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_are_numpys(name):
    spelled = getattr(np, name, name) if len(name) > 2 else name
    assert SPELLINGS[name].name == np.dtype(spelled).name
    assert xnn.zeros(1, dtype=name, device="cpu").dtype is SPELLINGS[name]


# ---- in NumPy's functions ----


@pytest.mark.parametrize("dtype", NUMPYS)
def test_numpy_takes_it(dtype):
    wanted = np.dtype(dtype.name)
    assert np.dtype(dtype) is wanted
    assert np.zeros(3, dtype=dtype).dtype is wanted
    assert np.ones(2).astype(dtype).dtype is wanted
    assert np.issubdtype(dtype, np.generic)
    assert (dtype.dtype, dtype.itemsize) == (wanted, wanted.itemsize)


def test_numpy_has_no_bfloat16():
    assert xnn.bfloat16.itemsize == 2
    with pytest.raises(DTypeError, match=r"NumPy has no bfloat16\. Cure: float32"):
        np.zeros(3, dtype=xnn.bfloat16)


# ---- calls ----


CALLS = [
    ("float64", 0.1), ("float32", [1, 2]), ("bool", 1), ("int64", [2.7, -2.7]), ("int8", True), ("complex64", 1),
    ("uint8", np.float32(2.5)), ("float32", np.arange(3.0)), ("float64", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "obj"), CALLS)
def test_calls(name, obj, device):
    if getattr(xnn, name) not in device.backend.dtypes_on(device):
        pytest.skip(f"{device} has no {name}")
    with xnn.use_device(device):
        x = getattr(xnn, name)(obj)
    assert type(x) is xnn.Array
    assert (x.device, x.dtype.name) == (device, name)
    np.testing.assert_array_equal(x.numpy(), np.asarray(obj, dtype=name), strict=True)


def test_call_casts_on_the_graph(device):
    x = xnn.asarray([1.5, 2.5], dtype=xnn.float32, device=device, requires_grad=True)
    y = xnn.float16(x) if xnn.float16 in device.backend.raw_dtypes else xnn.float32(x)
    assert y.device is device
    xnn.sum(y).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_call_of_nothing():
    with xnn.use_device("cpu"):
        assert (xnn.float32().shape, xnn.float32().tolist(), xnn.bool().tolist()) == ((), 0.0, False)


def test_calls_refuse():
    with xnn.use_device("cpu"):
        with pytest.raises(RangeError, match="300 out of bounds for int8"):
            xnn.int8(300)
        with pytest.raises(DTypeError, match="complex numbers are not cast to real ones"):
            xnn.float32(1j)


# ---- names and kinds ----

ABSTRACT = (
    "floating", "integer", "inexact", "number", "complexfloating", "signedinteger", "unsignedinteger", "generic",
)  # fmt: skip


def test_names_are_numpys():
    names = set(type_names.__all__) - {*ABSTRACT, "dtype", "issubdtype"}
    assert len(names) >= 20
    for name in names:
        assert getattr(xnn, name).name == np.dtype(getattr(np, name)).name, name


@pytest.mark.parametrize("one", [*(p.values[0].name for p in NUMPYS), *ABSTRACT])
def test_issubdtype(one):
    numpys = getattr(np, one)
    for other in (*(p.values[0].name for p in NUMPYS), *ABSTRACT):
        expected = np.issubdtype(numpys, getattr(np, other))
        for first in (getattr(xnn, one), numpys):
            for second in (getattr(xnn, other), getattr(np, other)):
                assert xnn.issubdtype(first, second) is expected, (first, second)
        if other not in ABSTRACT:
            assert xnn.issubdtype(numpys, other) is expected


def test_issubdtype_of_what_numpy_lacks():
    assert xnn.issubdtype(xnn.bfloat16, np.floating)
    assert xnn.issubdtype(float, xnn.float32)
    with pytest.raises(DTypeError, match="'floaty' is not a data type"):
        xnn.issubdtype("floaty", np.floating)
    with pytest.raises(DTypeError, match="is not a data type"):
        xnn.issubdtype(xnn.float32, np.character)


@pytest.mark.parametrize("name", ABSTRACT)
def test_abstract_kinds_are_one_object(name):
    kind = getattr(xnn, name)
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert repr(kind) == f"xnn.{name}"
    with pytest.raises(DTypeError, match="is not a data type"):
        xnn.zeros(1, dtype=kind)


@pytest.mark.parametrize("spelled", ["float64", "f8", "double", np.float64, np.dtype("f8"), xnn.double])
def test_type_functions_take_what_means_a_type(spelled):
    assert xnn.promote_types(spelled, "f4") is xnn.float64
    assert xnn.result_type(spelled, np.int8, "float32") is xnn.float64
    assert xnn.can_cast("f4", spelled)
    assert not xnn.can_cast(spelled, np.float32)
    assert xnn.finfo(spelled).tiny == np.finfo(np.float64).tiny


def test_type_functions_take_pythons_types():
    assert xnn.result_type(float, np.int8) is xnn.float32
    assert xnn.promote_types(int, "int8") is xnn.int64
    assert xnn.finfo("float").eps == xnn.finfo(float).eps == np.finfo(np.float32).eps
    assert xnn.iinfo("int").max == xnn.iinfo(int).max == np.iinfo(int).max
    assert xnn.can_cast(int, float)


def test_constants(device):
    assert xnn.euler_gamma == np.euler_gamma
    assert isinstance(xnn.ones(2, device=device), xnn.ndarray)
    assert not isinstance(np.ones(2), xnn.ndarray)


def test_numpys_dtype_and_type():
    for meant in ("float32", np.float32, np.dtype("float32"), xnn.float32):
        assert xnn.dtype(meant) is xnn.float32
    assert xnn.ones(2).dtype.type is xnn.float32
    assert xnn.float32.type(3).dtype is xnn.float32
    with pytest.raises(DTypeError, match="is not a data type"):
        xnn.dtype("text")
