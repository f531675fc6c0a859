"""What `__array_namespace_info__` says, and that it is so."""

import pytest

import xnn
from tests.array_api.standard import DTYPES
from xnn_backends import find_device

pytestmark = pytest.mark.every_device

info = xnn.__array_namespace_info__()
KINDS = {
    "bool": {"bool"},
    "signed integer": {"int8", "int16", "int32", "int64"},
    "unsigned integer": {"uint8", "uint16", "uint32", "uint64"},
    "integral": {name for name in DTYPES if "int" in name},
    "real floating": {"float32", "float64"},
    "complex floating": {"complex64", "complex128"},
    "numeric": set(DTYPES) - {"bool"},
}


def test_capabilities():
    found = info.capabilities()
    assert found.keys() == {"boolean indexing", "data-dependent shapes", "max dimensions"}
    x = xnn.reshape(xnn.arange(4), (2, 2))
    assert found["boolean indexing"] == (x[x > 1].tolist() == [2, 3])
    assert found["data-dependent shapes"] == (xnn.unique_values(x).shape == (4,))
    assert xnn.ones((1,) * found["max dimensions"], device="cpu").ndim == found["max dimensions"]


def test_the_default_device_is_where_arrays_are_made(device):
    assert xnn.zeros(()).device is info.default_device()
    with xnn.use_device(device):
        assert info.default_device() is device
        assert xnn.zeros(()).device is device


def test_every_device_is_one(device):
    assert device in info.devices()
    for found in info.devices():
        assert find_device(str(found)) is found


def test_the_default_types_are_what_creation_gives(device):
    found = info.default_dtypes(device=device)
    assert found == {
        "real floating": xnn.float32, "complex floating": xnn.complex64, "integral": xnn.int64, "indexing": xnn.int64,
    }  # fmt: skip
    x = xnn.ones((2,), device=device)
    assert x.dtype is found["real floating"]
    assert xnn.asarray(1j, device=device).dtype is found["complex floating"]
    assert xnn.asarray(1, device=device).dtype is xnn.arange(2, device=device).dtype is found["integral"]
    assert xnn.argmax(x).dtype is xnn.nonzero(x)[0].dtype is found["indexing"]


def test_types_of_a_device(device):
    found = info.dtypes(device=device)
    assert found.keys() <= set(DTYPES)
    missing = {"uint16", "uint32", "uint64"} if device.backend.name == "torch" else set()
    assert set(DTYPES) - found.keys() == missing
    for name, dtype in found.items():
        assert dtype is getattr(xnn, name)
        x = xnn.ones((2,), dtype=dtype, device=device)
        assert xnn.all(x == x)


@pytest.mark.parametrize("kind", [*KINDS, ("bool", "signed integer"), (), None], ids=str)
def test_kinds(kind, device):
    names = {None: set(DTYPES), **KINDS}
    wanted = set().union(*(KINDS[k] for k in kind)) if isinstance(kind, tuple) else names[kind]
    has = info.dtypes(device=device).keys()
    assert info.dtypes(device=device, kind=kind).keys() == wanted & has


def test_without_a_device_the_default_one_is_meant(device):
    with xnn.use_device(device):
        assert info.dtypes() == info.dtypes(device=device)
        assert info.default_dtypes() == info.default_dtypes(device=device)
