"""The inspection API, finfo and iinfo, kinds and casts of data types."""

import numpy as np
import pytest

import xnn as xp
from xnn.errors import DeviceError, DTypeError, OptionError

pytestmark = pytest.mark.every_device

STANDARD = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
            "complex64", "complex128"]  # fmt: skip
INTEGERS = [name for name in STANDARD if "int" in name]


# ---- the namespace ----


def test_capabilities():
    assert xp.__array_namespace_info__().capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": 64,
    }


def test_as_many_dimensions_as_it_says(device):
    assert (xp.ones((1,) * 64, device=device) + 1).ndim == 64


def test_devices(device):
    info = xp.__array_namespace_info__()
    assert device in info.devices()
    assert isinstance(info.devices(), tuple)
    with xp.use_device(device):
        assert info.default_device() is device


def test_default_dtypes(device):
    info = xp.__array_namespace_info__()
    found = info.default_dtypes(device=device)
    assert found == info.default_dtypes() == info.default_dtypes(device=str(device))
    assert found == {
        "real floating": xp.float32, "complex floating": xp.complex64, "integral": xp.int64, "indexing": xp.int64,
    }  # fmt: skip
    made = xp.asarray([1.0, 2.0], device=device), xp.asarray([1j], device=device), xp.asarray([1], device=device)
    assert [x.dtype for x in (*made, xp.argmax(made[0]))] == list(found.values())
    xp.set_default_dtype("float64")
    try:
        assert info.default_dtypes()["complex floating"] is xp.complex128
    finally:
        xp.set_default_dtype("float32")
    with pytest.raises(DeviceError, match="'nowhere' is not a device"):
        info.default_dtypes(device="nowhere")


def test_dtypes(device):
    info = xp.__array_namespace_info__()
    found = info.dtypes(device=device)
    missing = {"uint16", "uint32", "uint64"} if device.backend.name == "torch" else set()
    assert found == {name: getattr(xp, name) for name in STANDARD if name not in missing}
    for dtype in found.values():
        assert xp.zeros(1, dtype=dtype, device=device).dtype is dtype
    assert set(info.dtypes(device=device, kind="integral")) == set(INTEGERS) - missing
    assert set(info.dtypes(device=device, kind=("bool", "real floating"))) == {"bool", "float32", "float64"}
    assert info.dtypes(device=device, kind=()) == {}
    with pytest.raises(OptionError, match="'number' is not a kind of data type"):
        info.dtypes(kind="number")


def test_version():
    assert xp.__array_api_version__ == "2025.12"
    x = xp.ones(1, device="cpu")
    for version in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        assert x.__array_namespace__(api_version=version) is xp
    for version in ("2020.10", "2026.12", "newest", 2025):
        with pytest.raises(ValueError, match=r"xnn follows the revisions 2021\.12, .*2025\.12 of the standard; got"):
            x.__array_namespace__(api_version=version)


# ---- limits ----


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "complex64", "complex128"])
def test_finfo(name):
    expected = np.finfo(name)
    for given in (xp.dtypes.as_dtype(name), name, np.dtype(name)):
        found = xp.finfo(given)
        assert found.dtype.name == expected.dtype.name
        for field in ("bits", "eps", "max", "min", "smallest_normal"):
            value = getattr(found, field)
            assert type(value) is (int if field == "bits" else float)
            assert value == getattr(expected, field), field


def test_finfo_of_bfloat16():
    found = xp.finfo("bfloat16")
    assert (found.bits, found.eps, found.smallest_normal) == (16, 2.0**-7, 2.0**-126)
    assert found.max == -found.min == 3.3895313892515355e38


@pytest.mark.parametrize("name", INTEGERS)
def test_iinfo(name):
    found, expected = xp.iinfo(getattr(xp, name)), np.iinfo(name)
    assert (found.bits, found.max, found.min) == (expected.bits, expected.max, expected.min)
    assert {type(found.bits), type(found.max), type(found.min)} == {int}
    assert found.dtype is getattr(xp, name)


def test_limits_of_an_arrays_type(device):
    x = xp.ones(2, dtype=xp.complex128, device=device)
    assert xp.finfo(x) == xp.finfo(x._data) == xp.finfo(xp.float64)
    assert xp.iinfo(xp.ones(2, dtype=xp.int8, device=device)).max == 127


def test_limits_of_the_other_kind():
    with pytest.raises(DTypeError, match=r"finfo is of floating-point types; got int8\. Cure: iinfo"):
        xp.finfo(xp.int8)
    for name in ("float32", "bool"):
        with pytest.raises(DTypeError, match=f"iinfo is of integer types; got {name}"):
            xp.iinfo(name)


# ---- kinds, casts ----


@pytest.mark.parametrize("name", STANDARD)
def test_isdtype(name):
    dtype = getattr(xp, name)
    for kind in (
        "bool",
        "signed integer",
        "unsigned integer",
        "integral",
        "real floating",
        "complex floating",
        "numeric",
    ):
        expected = np.isdtype(np.dtype(name), kind)
        assert xp.isdtype(dtype, kind) is expected
        assert xp.isdtype(dtype, (kind, "bool")) is (expected or name == "bool")
    assert xp.isdtype(dtype, dtype)
    assert xp.isdtype(dtype, ("bool", dtype))
    assert not xp.isdtype(dtype, ())


def test_isdtype_refuses():
    with pytest.raises(OptionError, match=r"'float' is not a kind of data type\. Cure: one of bool, "):
        xp.isdtype(xp.float32, "float")
    with pytest.raises(DTypeError, match="is not a data type"):
        xp.isdtype("nothing", "bool")


@pytest.mark.parametrize("one", STANDARD)
@pytest.mark.parametrize("other", STANDARD)
def test_can_cast(one, other):
    low, high = getattr(xp, one), getattr(xp, other)
    same_kind = np.isdtype(np.dtype(one), "integral") == np.isdtype(np.dtype(other), "integral")
    if same_kind and "bool" not in (one, other):
        assert xp.can_cast(low, high) is np.can_cast(one, other)
    try:
        assert xp.can_cast(low, high) is (xp.result_type(low, high) is high)
    except DTypeError:
        assert not xp.can_cast(low, high)


def test_can_cast_an_array(device):
    x = xp.ones(2, dtype=xp.float32, device=device)
    for source in (x, x._data):
        assert xp.can_cast(source, xp.complex64)
        assert not xp.can_cast(source, xp.int64)
        assert xp.can_cast(source, "bfloat16") is False


def test_astype(device):
    x = xp.asarray([0.0, 1.5, -2.0], device=device)
    for source in (x, x._data):
        assert xp.astype(source, xp.float32, copy=False) is source
        assert xp.astype(source, xp.float32) is not source
        assert xp.asarray(xp.astype(source, xp.bool), device=device).tolist() == [False, True, True]
        assert xp.asarray(xp.astype(source, xp.complex64), device=device).tolist() == [0, 1.5, -2]
    moved = xp.astype(x, xp.float64, device="numpy:cpu")
    assert (moved.dtype, str(moved.device)) == (xp.float64, "numpy:cpu")
    z = xp.asarray([0, 1j], device=device)
    assert xp.astype(z, xp.bool).tolist() == [False, True]
    with pytest.raises(DTypeError, match=r"complex numbers are not cast to real ones, .*got complex64 for float32"):
        xp.astype(z, xp.float32)


def test_the_gradient_of_a_cast_to_complex_is_real(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    z = xp.astype(x, xp.complex128)
    xp.sum(xp.real(z * z * (1 + 1j))).backward()
    assert x.grad.dtype is xp.float32
    assert x.grad.tolist() == [2.0, 4.0]


def test_result_type_needs_a_type():
    with pytest.raises(ValueError, match="result_type needs an array or a data type"):
        xp.result_type(1, 2.0)
    assert xp.result_type(xp.int8, 1) is xp.int8
