"""The protocol's part on arrays: to and from NumPy, from device to device, and their data types."""

import numpy as np
import pytest

from tests.conftest import ROWS, why_not
from xnn_backends import DType, Namespace, dtypes, find_device, get_backend
from xnn_backends.errors import DTypeError
from xnn_backends.protocol import HOST_MEMORY

pytestmark = pytest.mark.every_device

SHAPES = [(), (0,), (1,), (5,), (2, 0, 3), (2, 3, 4)]


def values(shape, name):
    """Distinct values of a data type, negative and complex ones too."""
    count = int(np.prod(shape))
    flat = np.arange(count) - (2 if name.startswith(("int", "float", "complex")) else 0)
    if name.startswith("complex"):
        flat = flat * (1 - 2j)
    return (flat % 2 == 0 if name == "bool" else flat.astype(name)).reshape(shape)


def names(device):
    """The data types of a backend that NumPy has, too."""
    found = [dtype.name for dtype in device.backend.raw_dtypes]
    assert {dtype.name for dtype in dtypes.STANDARD} <= set(found)
    return [name for name in found if name != "bfloat16"]


def assert_there(x, device, expected):
    """x is an array of the device, with these values and their type."""
    backend = device.backend
    assert isinstance(x, backend.array_type)
    assert backend.device_of(x) is device
    assert backend.dtype_of(x) is dtypes.BY_NAME[expected.dtype.name]
    assert tuple(x.shape) == expected.shape
    back = backend.to_numpy(x)
    assert type(back) is np.ndarray
    assert back.dtype == expected.dtype
    np.testing.assert_array_equal(back, expected, strict=True)


# ---- to and from NumPy ----


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("copy", [None, True])
def test_round_trip(device, shape, copy):
    for name in names(device):
        x = values(shape, name)
        assert_there(device.backend.from_numpy(x, device, copy=copy), device, x)


LAYOUTS = {
    "transposed": lambda x: x.T,
    "Fortran's order": np.asfortranarray,
    "every second": lambda x: x[:, ::2],
    "backwards": lambda x: x[::-1, ::-1],
    "broadcast": lambda x: np.broadcast_to(x[0], (3, 4)),
    "read-only": lambda x: _read_only(x),
    "big-endian": lambda x: x.astype(">f4"),
    "unaligned": lambda x: _unaligned(x),
}


def _read_only(x):
    x.flags.writeable = False
    return x


def _unaligned(x):
    memory = np.zeros(x.nbytes + 1, np.uint8)
    moved = memory[1:].view(x.dtype).reshape(x.shape)
    moved[...] = x
    assert not moved.flags.aligned
    return moved


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("copy", [None, True, False])
def test_layouts(device, layout, copy):
    x = LAYOUTS[layout](values((3, 4), "float32"))
    expected = x.astype("float32")
    try:
        there = device.backend.from_numpy(x, device, copy=copy)
    except ValueError:
        assert copy is False  # only where a copy was forbidden
        return
    assert_there(there, device, expected)
    if copy is False:
        assert np.shares_memory(device.backend.to_numpy(there), x)
    np.testing.assert_array_equal(x, expected)


def test_copy_is_made(device):
    x = values((2, 3), "float64")
    expected = x.copy()
    there = device.backend.from_numpy(x, device, copy=True)
    x[...] = 9
    assert_there(there, device, expected)


def test_no_copy(device):
    """On the host memory is shared, and elsewhere copy=False is refused."""
    x = values((2, 3), "float64")
    if device.backend.dlpack_device(device)[0] == HOST_MEMORY:
        for copy in (None, False):
            there = device.backend.from_numpy(x, device, copy=copy)
            x[0, 0] = 9
            assert_there(there, device, x)
            assert np.shares_memory(device.backend.to_numpy(there), x)
            assert np.shares_memory(device.backend.to_numpy(there), device.backend.to_numpy(there))
    else:
        message = "an array of the host cannot be put on a GPU without a copy; leave out copy=False"
        with pytest.raises(ValueError, match=f"^{message}$"):
            device.backend.from_numpy(x, device, copy=False)


@pytest.mark.parametrize("layout", ["big-endian", "read-only", "backwards"])
def test_copy_that_torch_and_numpy_need(layout):
    x = LAYOUTS[layout](values((3, 4), "float32"))
    torch, numpy = get_backend("torch"), get_backend("numpy")
    if torch.report("cpu").usable:
        with pytest.raises(ValueError, match=r"^PyTorch takes this array only by a copy; leave out copy=False$"):
            torch.from_numpy(x, torch.device("cpu"), copy=False)
    if layout == "big-endian":
        with pytest.raises(ValueError, match=r"^an array of >f4 is put into the machine's byte order only by a copy$"):
            numpy.from_numpy(x, numpy.device("cpu"), copy=False)


class Mine(np.ndarray):
    """A user's subclass."""


def test_subclasses_become_plain_arrays(device):
    x = values((2, 3), "float32")
    assert_there(device.backend.from_numpy(x.view(Mine), device), device, x)
    there = device.backend.from_numpy(x.view(Mine), device)
    assert type(there) is device.backend.array_type


def test_read_only_stays_unchanged(device):
    """Nobody writes into memory that NumPy says is read-only."""
    x = np.broadcast_to(np.float32(1), (3,))
    there = device.backend.from_numpy(x, device)
    changed = device.backend.xp.setitem(there, 0, 5.0)
    np.testing.assert_array_equal(device.backend.to_numpy(changed), [5, 1, 1])
    np.testing.assert_array_equal(x, [1, 1, 1])


def test_scalars_are_normalised(device):
    """Reductions and indexing give arrays of the backend's type, after `normalise`."""
    backend = device.backend
    x = backend.from_numpy(values((3,), "float32"), device)
    with device.scope():
        assert_there(backend.normalise(backend.xp.sum(x)), device, np.asarray(-3, "float32"))
        assert_there(backend.normalise(x[1]), device, np.asarray(-1, "float32"))


def test_host_of_views(device):
    """A view of an array, as it lies in the device's memory, comes back as it is seen."""
    x = values((3, 4), "float32")
    there = device.backend.from_numpy(x, device)
    with device.scope():
        assert_there(device.backend.xp.permute_dims(there, (1, 0)), device, x.T)
        assert_there(there[1:, ::2], device, x[1:, ::2])


@pytest.mark.needs("torch")
def test_lazily_conjugated_tensors(request):
    """PyTorch keeps conj and its imaginary part as flags on the same memory."""
    if reason := why_not("torch:cpu", request.config):
        pytest.skip(reason)
    import torch

    backend = get_backend("torch")
    conj = torch.asarray([1 + 2j, 3 - 4j]).conj()
    assert conj.is_conj()
    assert conj.imag.is_neg()
    np.testing.assert_array_equal(backend.to_numpy(conj), np.asarray([1 - 2j, 3 + 4j], "complex64"))
    np.testing.assert_array_equal(backend.to_numpy(conj.imag), np.asarray([-2, 4], "float32"))
    leaf = torch.ones(2, requires_grad=True)
    np.testing.assert_array_equal(backend.to_numpy(leaf), np.ones(2, "float32"))


@pytest.mark.needs("torch")
def test_bfloat16_of_torch(request):
    if reason := why_not("torch:cpu", request.config):
        pytest.skip(reason)
    import torch

    backend = get_backend("torch")
    x = torch.ones(2, dtype=torch.bfloat16)
    assert backend.dtype_of(x) is dtypes.bfloat16
    with pytest.raises(DTypeError, match=r"^NumPy has no bfloat16\. Cure: cast to float32 before\.$"):
        backend.to_numpy(x)


# ---- from device to device ----


@pytest.mark.parametrize("target", ROWS)
@pytest.mark.parametrize("shape", [(), (0, 2), (3, 4)])
def test_to_device(device, target, shape, request):
    if reason := why_not(target, request.config):
        pytest.skip(reason)
    target = find_device(target)
    for dtype in dtypes.STANDARD:
        expected = values(shape, dtype.name)
        x = device.backend.from_numpy(expected, device)
        moved = device.backend.to_device(x, target)
        assert_there(moved, target, expected)
        assert_there(x, device, expected)
        if target is device:
            assert moved is x


def test_to_device_of_a_view(device):
    x = values((3, 4), "float32")
    there = device.backend.from_numpy(x, device)
    with device.scope():
        view = device.backend.xp.permute_dims(there, (1, 0))[::2, :]
    for target in map(find_device, ("cpu", "strict:device2")):
        assert_there(device.backend.to_device(view, target), target, x.T[::2])


# ---- data types ----


def test_dtypes_are_one_to_one(device):
    backend = device.backend
    assert set(backend.raw_dtypes) >= set(dtypes.STANDARD)
    assert len(backend.known_dtypes) == len(backend.raw_dtypes)
    for dtype, raw in backend.raw_dtypes.items():
        assert backend.known_dtypes[raw] is dtype
        with device.scope():
            x = backend.xp.zeros(2, dtype=raw, device=None if device.needs_scope else device.raw)
        assert backend.dtype_of(x) is dtype


@pytest.mark.parametrize("x", [np.array(["a"]), np.array([None]), np.zeros(1, "M8[s]"), np.zeros(1, "i4,f4")])
def test_foreign_dtype(x):
    with pytest.raises(DTypeError) as error:
        get_backend("numpy").dtype_of(x)
    assert str(error.value).startswith(f"arrays of {x.dtype} are not supported; numpy has bool, int8, ")
    assert str(error.value).endswith("float16. Cure: cast before.")
    assert isinstance(error.value, TypeError)


def test_dtype_objects():
    import copy
    import pickle

    for name, dtype in dtypes.BY_NAME.items():
        assert pickle.loads(pickle.dumps(dtype)) is copy.deepcopy(dtype) is dtype
        assert repr(dtype) == f"xnn.{name}"
        assert dtype.bits == (8 if name == "bool" else int("".join(c for c in name if c.isdigit())))
        assert dtype.is_floating is name.startswith(("float", "complex", "bfloat"))
    assert {DType(name, "", 0) == dtype for name, dtype in dtypes.BY_NAME.items()} == {False}


# ---- the namespace ----


def test_namespace_looks_up_once():
    class Module:
        looked = 0

        def __getattr__(self, name):
            Module.looked += 1
            if name == "missing":
                raise AttributeError(name)
            return name

    xp = Namespace(Module(), sin="ours")
    assert (xp.sin, xp.cos, xp.cos, Module.looked) == ("ours", "cos", "cos", 1)
    with pytest.raises(AttributeError, match="missing"):
        _ = xp.missing


def test_namespace_says_where_an_array_is(device):
    """What `xp.device(x)` gives is what creation functions take."""
    xp = device.backend.xp
    x = device.backend.from_numpy(np.ones(3, np.float32), device)
    with device.scope():
        made = xp.zeros(3, device=xp.device(x))
    assert device.backend.device_of(made) is device
