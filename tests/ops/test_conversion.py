"""What `asarray` and others make of what has a data type, or a mask, or is no number: NumPy is the oracle."""

import array
import collections
import datetime
import decimal
import fractions

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import losses, nn
from xnn.errors import DeviceMismatchError, DTypeError, GraphError, RangeError, ShapeError, XnnError

raw = np.asarray([1.0, 1e300, 16777217.0])  # float32 has the first of these


class Interface:
    """An object with `__array_interface__` alone, as image libraries have."""

    def __init__(self, values):
        self.values = values
        self.__array_interface__ = values.__array_interface__


class Table:
    """An object with `__array__` alone, as tables have."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype) if dtype else self.values


class Capsule:
    """An object with DLPack's methods alone."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


def same(x, expected):
    """The values to the last digit, and the type."""
    expected = np.asarray(expected)
    assert (x.dtype.name, x.shape, x.tolist()) == (expected.dtype.name, expected.shape, expected.tolist())


# ---- what has a type keeps it ----

TYPED = {
    "list": [raw, raw],
    "nested": [[raw], [raw]],
    "tuple": (raw, raw),
    "with numbers": [raw, [1.0, 2.0, 3.0]],
    "with ints": [[1, 2, 3], raw],
    "scalar": np.float64(0.1),
    "scalars": [np.float64(0.1), np.float64(1e300)],
    "scalar and numbers": [0.2, np.float64(0.1), 3],
    "0-d": [np.asarray(0.1), 0.2],
    "float16": np.float16(0.1),
    "float32 scalars": [np.float32(0.1), np.float32(0.2)],
    "complex": [np.complex128(1e300j), 1.0],
    "int8": [np.int8(1), np.int8(2)],
    "bool": [np.bool_(True), False],
    "uint8 rows": [np.ones(2, np.uint8), np.zeros(2, np.uint8)],
    "mixed types": [np.ones(2, np.int16), np.ones(2, np.uint8)],
    "deque": collections.deque([np.float64(0.1)]),
    "buffers": [array.array("d", [0.1, 1e300])] * 2,
    "buffer": array.array("d", [0.1, 1e300]),
    "memoryview": memoryview(raw),
    "__array__": Table(raw),
    "__array__ in a list": [Table(raw), Table(raw)],
    "__array_interface__": Interface(raw),
    "__dlpack__": Capsule(raw),
    "big-endian": np.asarray([0.1, 1e300], ">f8"),
    "big-endian in a list": [np.asarray([0.1, 1e300], ">f8"), [1.0, 2.0]],
    "big-endian scalar": np.asarray([0.1], ">f8")[0],
    "integers of a table": Table(np.asarray([[1, True], [2, False]], object)),
    "reals of a table": Table(np.asarray([[0.1, True], [2, False]], object)),
    "matrix": np.asarray([[0.1, 0.2]]).view(np.matrix),
    "range": [range(3), range(3)],
    "empty": [raw[:0], raw[:0]],
}


def plain(obj):
    """What NumPy makes of it: the oracle; it knows no Python number as weak within a list."""
    if isinstance(obj, Table):
        return np.asarray(obj.values.tolist()) if obj.values.dtype == object else obj.values
    if isinstance(obj, (Interface, Capsule)):
        return obj.values
    if isinstance(obj, (list, tuple, collections.deque)):
        return [plain(x) for x in obj]
    return np.asarray(obj).astype(np.asarray(obj).dtype.newbyteorder("=")) if isinstance(obj, np.ndarray) else obj


@pytest.mark.parametrize("name", TYPED)
def test_what_has_a_type_keeps_it(name, device):
    if name == "float16" and xp.float16 not in device.backend.raw_dtypes:
        pytest.skip("it has no float16")
    x = xp.asarray(TYPED[name], device=device)
    assert x.device is device
    same(x, plain(TYPED[name]))
    given = xp.asarray(TYPED[name], dtype="complex128", device=device)
    assert given.tolist() == np.asarray(plain(TYPED[name])).astype(np.complex128).tolist()


def test_python_numbers_beside_what_has_a_type_are_weak(device):
    cases = [([np.int8(1), 3], "int8"), ([np.float32(1), 0.1], "float32"), ([np.int8(1), 0.5], "float32"),
             ([np.bool_(True), 2], "int64"), ([np.complex64(1), 0.1], "complex64"), ([np.float32(1), 1j], "complex64"),
             ([np.int64(1), np.float32(1)], "float32")]  # fmt: skip
    for obj, dtype in cases:
        assert xp.asarray(obj, device=device).dtype.name == dtype
        assert np.allclose(xp.asarray(obj, device=device).tolist(), obj)
    with pytest.raises(DTypeError, match=r"300 is out of bounds for int8\. Cure"):
        xp.asarray([np.int8(1), 300], device=device)
    with pytest.raises(DTypeError, match=r"uint64 and int64 have no common integer type\. Cure"):
        xp.asarray([np.uint64(2**63), np.int64(-1)], device=device)


def test_lists_of_arrays(device):
    x = xp.asarray(raw, device=device)
    same(xp.asarray([x, x]), np.asarray([raw, raw]))
    same(xp.asarray([[x], [raw]]), np.asarray([[raw], [raw]]))
    same(xp.asarray([x, [1.0, 2.0, 3.0]]), np.asarray([raw, [1.0, 2.0, 3.0]]))
    same(xp.asarray([x[0], 0.1, x._data[0]]), np.asarray([1.0, 0.1, 1.0]))
    same(xp.asarray([x._data, x._data], device=device), np.asarray([raw, raw]))
    assert xp.asarray([x, x]).device is device
    assert str(xp.asarray([x, x], device="numpy:cpu").device) == "numpy:cpu"
    same(xp.asarray([x[::2], x[::2]], dtype="float32", device=device), np.asarray([raw[::2], raw[::2]], "float32"))
    other = xp.asarray(raw, device="strict:device2")
    with pytest.raises(DeviceMismatchError, match="asarray works on arrays of one device; got"):
        xp.asarray([x, other])


def test_lists_of_arrays_stay_on_the_graph(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    for make in (xp.asarray, xp.array):
        made = make([[x[0], 3.0], [x[1] * x[0], x[1]]])
        assert (made.device, made.requires_grad, made.shape) == (device, True, (2, 2))
    found = xp.jacobian(lambda x: xp.asarray([x, x * x]))(xp.asarray([1.0, 3.0], device=device))
    assert found.tolist() == [[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 6.0]]]
    with pytest.raises(GraphError, match="asarray with requires_grad=True would leave the graph unseen"):
        xp.grad(lambda x: xp.sum(xp.asarray([x, x], requires_grad=True)))(x.detach())


@pytest.mark.needs("torch")
def test_a_list_of_tensors_on_their_graph():
    with pytest.raises(GraphError, match=r"the graph of torch unseen: .* Cure: x\.detach"):
        xp.asarray([torch.ones(2, requires_grad=True)])


def test_ragged_lists(device):
    for obj in (
        [[1.0], [1.0, 2.0]],
        [raw, raw[:2]],
        [raw, 1.0],
        [xp.ones(2, device=device), xp.ones(3, device=device)],
    ):
        with pytest.raises(ShapeError, match=r"asarray takes lists of one length at each depth; got .*\. Cure: pad"):
            xp.asarray(obj, device=device)


def test_numbers_of_creation_functions(device):
    tenth = np.float64(0.1)
    same(xp.full((2,), tenth, device=device), np.full((2,), tenth))
    same(xp.full((2,), np.int16(3), device=device), np.full((2,), np.int16(3)))
    same(xp.full_like(xp.ones(2, dtype="float32", device=device), tenth), np.full_like(np.ones(2, "float32"), tenth))
    steps = xp.arange(tenth, np.float64(1), tenth, device=device)
    assert steps.dtype is xp.float64
    assert_close(steps.numpy(), np.arange(tenth, 1, tenth))
    same(xp.arange(np.int32(3), device=device), np.arange(3))
    same(xp.linspace(tenth, 1, 3, device=device), np.linspace(tenth, 1, 3))
    assert xp.arange(xp.asarray(2.0, dtype="float64", device=device), device=device).dtype is xp.float64
    assert xp.linspace(np.float32(0), 1, 3, device=device).dtype is xp.float32
    assert xp.linspace(np.complex128(1j), 1, 3, device=device).dtype is xp.complex128


# ---- pandas, xarray ----


@pytest.mark.needs("pandas")
def test_pandas(device):
    pd = optional.module("pandas")
    for obj in (
        pd.Series(raw), pd.DataFrame({"a": raw, "b": raw}), pd.Index(raw), pd.Series([1, 2], dtype="Int64"),
        pd.Series([1.5, 2], dtype="Float64"), pd.DataFrame({"a": [1, 2], "b": [0.1, 0.2]}), pd.Series([True, False]),
        pd.Series([1, 2], dtype="int8"),
    ):  # fmt: skip
        same(xp.asarray(obj, device=device), obj.to_numpy())
    same(xp.asarray([pd.Series(raw), raw], device=device), np.asarray([raw, raw]))
    same(xp.asarray(pd.DataFrame({"a": [0.1, 2], "b": [True, False]}), device=device), [[0.1, 1.0], [2.0, 0.0]])
    nullable = pd.Series([1, None], dtype="Int64")
    if np.asarray(nullable).dtype == object:  # as in older versions
        with pytest.raises(DTypeError, match=r"with NAType in it\. Cure: x\.fillna"):
            xp.asarray(nullable, device=device)
    else:
        missing = xp.asarray(nullable, device=device)
        assert missing.dtype is xp.float64
        assert np.isnan(missing.tolist()[1])
    for obj, odd in (
        (pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), "str"),
        (pd.Series([1, pd.NA], dtype=object), "NAType"),
    ):
        with pytest.raises(DTypeError, match=rf"got (DataFrame|Series), with {odd} in it\. Cure: "):
            xp.asarray(obj, device=device)


PANDAS = {
    "x * series": lambda xp, pd, x, s: x * s,
    "series * x": lambda xp, pd, x, s: s * x,
    "x + frame": lambda xp, pd, x, s: x + pd.DataFrame({"a": s, "b": s, "c": s}),
    "x < series": lambda xp, pd, x, s: x < s,
    "index - x": lambda xp, pd, x, s: pd.Index([1, 2, 3]) - x,
    "x @ series": lambda xp, pd, x, s: x @ s,
    "where": lambda xp, pd, x, s: xp.where(x > 0, x, s),
    "maximum": lambda xp, pd, x, s: xp.maximum(s, x),
    "interp": lambda xp, pd, x, s: xp.interp(x, s, s),
}


@pytest.mark.needs("pandas")
@pytest.mark.parametrize("name", PANDAS)
def test_pandas_beside_an_array_is_as_numpys_arrays_are(name, device):
    pd = optional.module("pandas")
    values, call = np.asarray([1.5, 2.5, 3.5]), PANDAS[name]
    x, series = xp.asarray(values, device=device), pd.Series([1.0, 2.0, 3.0])
    if str(device) != "numpy:cpu":
        with pytest.raises(DeviceMismatchError, match="arrays of one device"):
            call(xp, pd, x, series)
        return
    came = call(xp, pd, x, series)
    assert isinstance(came, xp.Array)
    np.testing.assert_allclose(came.numpy(), np.asarray(call(np, pd, values, series)))
    if came.dtype is xp.float64:
        xp.check_gradients(lambda x: call(xp, pd, x, series), x)


@pytest.mark.needs("pandas")
def test_pandas_alone_gives_raw_arrays():
    pd = optional.module("pandas")
    for call in (lambda xp, s: xp.exp(s), lambda xp, s: xp.median(s), lambda xp, s: xp.sum(pd.DataFrame({"a": s}))):
        came = call(xp, pd.Series([1.0, 2.0]))
        assert type(came) is np.ndarray
        np.testing.assert_allclose(came, call(np, pd.Series([1.0, 2.0])))
    with pytest.raises(DTypeError, match="got Series, with str in it"):
        xp.exp(pd.Series(["a"]))


@pytest.mark.needs("xarray")
def test_functions_of_what_xarray_holds():
    """NumPy's ufunc is xarray's, which computes with the Array that it holds."""
    xr = optional.module("xarray")
    base = np.asarray([1.0, 2.0, 3.0])

    def f(x):
        held = xp.maximum(xp.sin(xr.DataArray(base, dims=["t"]) * x), 0.1)
        assert isinstance(held, xr.DataArray)
        return xp.sum(held.data)

    x = xp.asarray(0.7, dtype="float64", device="numpy:cpu")
    assert_close(f(x).numpy(), np.sum(np.maximum(np.sin(0.7 * base), 0.1)))
    xp.check_gradients(f, x)
    assert xp.sum(xr.DataArray(base)) == 6.0


@pytest.mark.needs("xarray")
def test_xarray(device):
    xr = optional.module("xarray")
    same(xp.asarray(xr.DataArray(raw, dims=["x"]), device=device), raw)
    same(xp.asarray(xr.DataArray(np.float64(0.1)), device=device), np.float64(0.1))


# ---- masks ----

MASKED = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
DOORS_OF_MASKS = {
    "asarray": lambda x: xp.asarray(MASKED),
    "asarray of a list": lambda x: xp.asarray([MASKED, MASKED]),
    "asarray of one": lambda x: xp.asarray(np.ma.masked),
    "asarray of a list with one": lambda x: xp.asarray([1.0, np.ma.masked]),
    "asarray of a table": lambda x: xp.asarray(Table(MASKED)),
    "from_dlpack": lambda x: xp.from_dlpack(MASKED),
    "full": lambda x: xp.full((2,), np.ma.masked),
    "alone": lambda x: xp.exp(MASKED),
    "multiply": lambda x: x * MASKED,
    "from the left": lambda x: MASKED * x,
    "one": lambda x: x + np.ma.masked,
    "less": lambda x: x < MASKED,
    "concat": lambda x: xp.concat([MASKED, MASKED]),
    "where": lambda x: xp.where(x > 0, x, MASKED),
    "an index": lambda x: x[np.ma.masked_array([0, 1], [False, True])],
    "assignment": lambda x: x.__setitem__(slice(None), MASKED),
    "a cotangent": lambda x: xp.asarray([1.0, 2.0, 3.0], requires_grad=True).backward(MASKED),
    "a parameter": lambda x: nn.Parameter(MASKED),
}


@pytest.mark.parametrize("name", DOORS_OF_MASKS)
def test_masks_are_not_lost(name, device):
    if name == "one" and device.backend.name == "cupy":
        pytest.skip("CuPy's rows take it as well; its words are those of the others")
    with pytest.raises(DTypeError, match=r"Its mask would be lost\. Cure: x\.filled\(value\), or x\.compressed\(\)"):
        DOORS_OF_MASKS[name](xp.ones(3, device=device))


def test_functions_of_networks_take_no_masks():
    for call in (lambda: nn.functional.relu(MASKED), lambda: losses.mse_loss(xp.ones(3), MASKED)):
        with pytest.raises(TypeError, match=r"takes arrays; \w+ is a MaskedArray"):
            call()
    with pytest.raises(TypeError):
        xp.grad(lambda x: xp.sum(x * x))(MASKED)


def test_numpys_matrices_are_no_operands():
    """Rules written with * would multiply them as matrices."""
    matrix = np.ones((1, 1)).view(np.matrix)
    for call in (lambda: xp.multiply(matrix, matrix), lambda: xp.ones((1, 1)) * matrix):
        with pytest.raises(DTypeError, match=r"got matrix\. Its \* is the matrix product\. Cure: np\.asarray"):
            call()


# ---- what is no number ----

NO_NUMBERS = [
    (decimal.Decimal("0.1"), r"got Decimal\. Cure: float\(x\)"),
    ([fractions.Fraction(1, 3)], r"got Fraction\. Cure: float\(x\)"),
    (datetime.datetime(2026, 1, 1), "got datetime"),
    (np.datetime64("2026-01-01"), r"got datetime64\[D\]\. Cure: the time since a start"),
    (np.timedelta64(1, "s"), r"got timedelta64\[s\]\. Cure: the time in a unit"),
    (np.longdouble(1), r"got float128|got longdouble|got float96"),
    (np.zeros(2, [("a", "f4"), ("b", "i4")]), r"Cure: one field at a time, x\['name'\]"),
    (np.asarray([1.5, 2], object), r"got object\. Cure: x\.astype\('float64'\)"),
    (np.asarray([1.5, None], object), r"got object, with NoneType in it\. Cure: a number in its place"),
    ("1.5", r"got str\. Cure: float\(x\)"),
    (["1", "2"], r"got str\. Cure: float\(x\)"),
    (None, r"got NoneType\. Cure: a number in its place"),
    ({1.0}, r"got set\. Cure: list\(x\)"),
    ((x for x in [1.0]), r"got generator\. Cure: list\(x\)"),
    ({"a": 1.0}, r"got dict\. Cure: list\(x\.values\(\)\)"),
]


@pytest.mark.parametrize(("obj", "message"), NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_what_is_no_number_says_so(obj, message):
    with pytest.raises(DTypeError, match=f"asarray takes numbers and bools; .*{message.removeprefix('got')}"):
        xp.asarray(obj)


def test_numbers_that_a_type_cannot_hold(device):
    for call in (
        lambda: xp.full((2,), -9, dtype=xp.uint8, device=device),
        lambda: xp.full((2,), 300, dtype="int8", device=device),
        lambda: xp.full_like(xp.ones(2, dtype="int8", device=device), 1000.5),
        lambda: xp.asarray([300], dtype="uint8", device=device),
    ):
        with pytest.raises(RangeError, match=r"out of bounds for u?int8\. Cure: a .*dtype"):
            call()
    for value, dtype in ((float("nan"), "int32"), (float("inf"), "uint8"), (1j, "int8"), (1j, "float32")):
        with pytest.raises(DTypeError, match=r"^full: .*Cure: a \w+ dtype"):
            xp.full((2,), value, dtype=dtype, device=device)
    with pytest.raises(DTypeError, match=r"Cure: a floating dtype"):
        xp.asarray(float("nan"), dtype="int8", device=device)
    assert issubclass(RangeError, OverflowError)
    assert issubclass(RangeError, XnnError)


# ---- memory ----


def test_what_the_caller_writes_to_later_reaches_no_gradient(device):
    """A raw array of any library, a tensor of PyTorch among them."""
    mine = xp.asarray([1.0, 2.0], device=device)._data
    x = xp.asarray(mine)
    w = xp.asarray([1.0, 1.0], device=x.device, requires_grad=True)
    loss = xp.sum(w * x)
    with device.scope():
        mine[...] = 7.0
    loss.backward()
    assert (x.tolist(), w.grad.tolist()) == ([1.0, 2.0], [1.0, 2.0])


@pytest.mark.needs("torch")
def test_a_tensor_is_copied_on_the_way_to_numpy():
    tensor = torch.asarray([1.0, 2.0])
    here, cast = xp.asarray(tensor, device="numpy:cpu"), xp.asarray(tensor, dtype="float32")
    shared = xp.asarray(tensor, copy=False)
    parameter = nn.Parameter(tensor)
    tensor += 10
    assert here.tolist() == cast.tolist() == parameter.tolist() == [1.0, 2.0]
    assert shared.tolist() == [11.0, 12.0]
