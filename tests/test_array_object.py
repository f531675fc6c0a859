"""class Array: attributes, operators, indexing, copies."""

import copy
import math
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import DTypeError, GraphError, ShapeError

pytestmark = pytest.mark.every_device


def make(device, values=(1.0, 2.0, 3.0), **options):
    return xp.asarray(list(values), device=device, **options)


# ---- attributes ----


def test_attributes(device):
    x = xp.zeros((2, 3, 4), device=device)
    assert (x.shape, x.ndim, x.size) == ((2, 3, 4), 3, 24)
    assert x.dtype is xp.float32
    assert x.device is device
    assert isinstance(x.shape, tuple)
    assert x.mT.shape == (2, 4, 3)
    assert xp.zeros((2, 3), device=device).T.shape == (3, 2)
    assert x.__array_namespace__() is xp
    with pytest.warns(UserWarning, match=r"x\.T is of matrices; this array has shape \(2, 3, 4\)\. Cure: x\.mT"):
        assert x.T.shape == (4, 3, 2)


def test_a_number_is_not_written_to(device):
    """`total += x` gives another Array, as NumPy's scalars do; arrays, and leaves, are written to."""
    total = xp.sum(make(device))
    kept = [total]
    total += 1
    assert kept[0].item() + 1 == total.item()
    on_graph = xp.sum(xp.asarray([1.0, 2.0], device=device, requires_grad=True))
    before = on_graph
    on_graph *= 2
    assert (before.item(), on_graph.item()) == (3.0, 6.0)
    leaf = xp.asarray(1.0, device=device, requires_grad=True)
    same = leaf
    with xp.no_grad():
        leaf -= 0.5
    assert same is leaf
    assert same.item() == 0.5
    count = xp.asarray(2, device=device)
    with pytest.raises(DTypeError):
        count += 0.5


def test_requires_grad(device):
    x = make(device)
    assert (x.requires_grad, x.is_leaf, x.grad) == (False, True, None)
    x.requires_grad = True
    y = 2 * x
    assert (x.is_leaf, y.is_leaf, y.requires_grad) == (True, False, True)
    assert y.detach().requires_grad is False
    x.requires_grad = False
    assert not (2 * x).requires_grad
    with pytest.raises(GraphError, match=r"only a leaf of its own can stop requiring a gradient.*Cure: x\.detach\(\)"):
        y.requires_grad = False

    def turned_off(x):
        x.requires_grad = False
        return xp.sum(x * x)

    for transform in (xp.grad, xp.jacobian, xp.hessian):
        with pytest.raises(GraphError, match=r"no argument of a function that is differentiated\. Cure"):
            transform(turned_off)(make(device))
    with pytest.raises(DTypeError, match=r"real or complex; this one is int64\. Cure: x = xnn\.astype"):
        make(device, (1, 2)).requires_grad = True
    with pytest.raises(DTypeError, match="this one is bool"):
        xp.asarray([True], device=device, requires_grad=True)
    assert xp.asarray([1j], device=device, requires_grad=True).requires_grad


def test_a_gradient_may_be_set(device):
    x = make(device, requires_grad=True)
    host = np.asarray([1.0, 2.0, 3.0])
    given = xp.asarray(host, device=device)._data  # of float64, as NumPy makes them
    x.grad = given
    assert isinstance(x.grad, xp.Array)
    assert (x.grad.dtype, x.grad.device, x.grad.tolist()) == (xp.float32, device, [1.0, 2.0, 3.0])
    xp.sum(x).backward()
    assert x.grad.tolist() == [2.0, 3.0, 4.0]
    assert xp.asarray(given).tolist() == [1.0, 2.0, 3.0]
    x.grad = xp.ones(3, device=device)
    x.grad = None
    if device.backend.name == "numpy":
        x.grad = host
        host[:] = 0.0
        assert x.grad.tolist() == [1.0, 2.0, 3.0]


def test_what_is_no_gradient_is_refused(device):
    x = make(device, requires_grad=True)
    small, elsewhere = xp.ones(2, device=device), "strict:device1" if str(device) != "strict:device1" else "numpy:cpu"
    away = xp.ones(3, device=elsewhere)
    for value, error, message in (
        (small, ShapeError, r"its array's shape and type, \(3,\) and float32; got \(2,\) and float32"),
        (small._data, ShapeError, r"x\.grad: the gradient has the array's shape \(3,\); got \(2,\)"),
        (xp.ones(3, dtype=xp.float64, device=device), ShapeError, r"got \(3,\) and float64"),
        (away, xp.errors.DeviceMismatchError, "Cure"),
        (away._data, xp.errors.DeviceMismatchError, "Cure"),
        (1.0, ShapeError, r"the array's shape \(3,\); got 1\.0, a number\. Cure: an array of it"),
        (np.float64(1.0), ShapeError, r"got 1\.0, a number\. Cure: an array of it"),
        ([1.0, 1.0, 1.0], TypeError, r"x\.grad takes arrays.*; got list\. Cure: xnn\.asarray"),
        ("ones", TypeError, r"x\.grad takes arrays.*; got str\. Cure: xnn\.asarray"),
        (xp.asarray([1j, 0, 0], device=device)._data, DTypeError, r"complex.* Cure: xnn\.real"),
    ):
        with pytest.raises(error, match=message):
            x.grad = value
    assert x.grad is None


def test_a_number_is_a_gradient_of_a_number(device):
    for seed in (2, 2.0, np.float64(2.0)):
        x = make(device, requires_grad=True)
        y = xp.sum(x * x)
        y.backward(seed)
        assert x.grad.tolist() == (4 * x).tolist()
    x = xp.asarray(3.0, device=device, requires_grad=True)
    with pytest.raises(DTypeError, match="complex"):
        x.grad = 1j


def test_the_shape_is_not_assigned_to(device):
    with pytest.raises(AttributeError, match=r"Cure: x = x\.reshape\(\(3, 1\)\)"):
        make(device).shape = (3, 1)


# ---- making ----


@pytest.mark.needs("torch")
def test_asarray_takes_much(device):
    for source in (1.5, np.float32(1.5), np.asarray(1.5, np.float32), torch.tensor(1.5), make(device, (1.5,))[0]):
        x = xp.asarray(source, device=device)
        assert (x.shape, x.dtype, x.device, x.item()) == ((), xp.float32, device, 1.5)
    assert xp.asarray([[1, 2], [3, 4]], device=device).dtype is xp.int64
    assert xp.asarray([True], device=device).dtype is xp.bool
    assert xp.asarray([1j], device=device).dtype is xp.complex64
    assert xp.asarray(np.arange(3.0), device=device).dtype is xp.float64
    assert xp.asarray([1, 2], dtype="float64", device=device).dtype is xp.float64
    assert xp.asarray([make(device)[0], 2], device=device).tolist() == [1.0, 2.0]


def test_asarray_keeps_where_an_array_is(device):
    x = make(device)
    assert xp.asarray(x) is x
    assert xp.asarray(x._data).device is (device if device.backend.name != "numpy" else xp.get_default_device())


def test_asarray_refuses():
    with pytest.raises(DTypeError, match="asarray takes numbers and bools; got"):
        xp.asarray("text")
    with pytest.raises(ValueError, match="inhomogeneous"):
        xp.asarray([[1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="copy=False cannot change the type to float64"):
        xp.asarray(make("cpu"), dtype=xp.float64, copy=False)
    with pytest.raises(ValueError, match="copy=False cannot move from numpy:cpu to strict:device1"):
        xp.asarray(make("cpu"), device="strict:device1", copy=False)


def test_a_copy_is_another_array(device):
    x = make(device)
    y = xp.asarray(x, copy=True)
    y += 1.0
    assert x.tolist() == [1.0, 2.0, 3.0]
    flags = xp.asarray([True, False], device=device)
    assert xp.asarray(flags, copy=True).tolist() == [True, False]


@pytest.mark.needs("torch")
def test_a_copy_of_a_foreign_array_shares_no_memory():
    source = torch.tensor([1.0, 2.0])
    copied, shared = xp.asarray(source), xp.asarray(source, copy=False)
    source += 10
    assert copied.tolist() == [1.0, 2.0]
    assert shared.tolist() == [11.0, 12.0]


def test_a_copy_on_the_graph_stays_on_it(device):
    x = make(device, requires_grad=True)
    xp.sum(xp.asarray(x, copy=True) * 2).backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


# ---- hashes ----


def test_it_is_not_hashable():
    x = make("cpu", requires_grad=True)
    for unhashable in (make("cpu"), 2 * x, x.detach()):
        with pytest.raises(TypeError, match=r"unhashable type: 'Array'.*Cure: id\(x\)"):
            hash(unhashable)


def test_leaves_are_told_apart_by_identity(device):
    one, twin = make(device, requires_grad=True), make(device, requires_grad=True)
    rates = {one: 0.1, twin: 0.2}
    xp.sum(one * twin).backward()
    with xp.no_grad():
        one += 1.0
    assert (rates[one], rates[twin], len({one, twin, one})) == (0.1, 0.2, 2)
    assert (one == twin).tolist() == [False, False, False]


# ---- containers ----


def test_length_iteration_and_containment(device):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert 2.0 in make(device)
    assert 9.0 not in make(device)
    zero = xp.asarray(1.0, device=device)
    with pytest.raises(TypeError, match=r"an array of shape \(\) has no length"):
        len(zero)
    with pytest.raises(TypeError, match="has no length"):
        list(zero)


def test_iteration_is_on_the_graph(device):
    x = make(device, requires_grad=True)
    total = sum(i * v for i, v in enumerate(x))
    total.backward()
    assert x.grad.tolist() == [0.0, 1.0, 2.0]


def test_indexing(device):
    values = np.arange(24.0).reshape(2, 3, 4)
    x = xp.asarray(values, device=device)
    keys = [1, -1, (0, 2), (slice(None), 1), ..., (..., 1), None, (None, 1, None), (slice(0, 2), slice(None, None, 2)),
            np.int64(1), (1, 2, 3), (0, slice(1, 1))]  # fmt: skip
    for key in keys:
        assert_close(x[key].numpy(), values[key])
    assert x[1, 2, 3].shape == ()
    mask = values > 11
    assert_close(x[xp.asarray(mask, device=device)].numpy(), values[mask])
    flat = xp.asarray(values.ravel(), device=device)
    assert_close(flat[xp.asarray([0, 5, 5], device=device)].numpy(), values.ravel()[[0, 5, 5]])


def test_indexing_out_of_range_raises(device):
    for key in (3, -4, (0, 0)):
        with pytest.raises(IndexError):
            make(device)[key]


# ---- operators ----

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
INTEGER = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
}


@pytest.mark.parametrize("name", [*BINARY, *INTEGER])
def test_binary_operators(name, device):
    operation, dtype = (BINARY[name], np.float64) if name in BINARY else (INTEGER[name], np.int64)
    a, b = np.asarray([5, 2, 7], dtype), np.asarray([2, 2, 3], dtype)
    x, y = xp.asarray(a, device=device), xp.asarray(b, device=device)
    scalar = dtype(2).item()
    for came, expected in (
        (operation(x, y), operation(a, b)),
        (operation(x, scalar), operation(a, scalar)),
        (operation(scalar, x), operation(scalar, a)),
        (operation(x, y._data), operation(a, b)),
        (operation(x, dtype(2)), operation(a, scalar)),
    ):
        assert came.device is device
        assert_close(came.numpy(), expected)


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"])
def test_operators_in_place(name, device):
    dtype = np.float64 if name in BINARY else np.int64
    a, b = np.asarray([5, 2, 7], dtype), np.asarray([2, 2, 3], dtype)
    names = {"a": xp.asarray(a, device=device), "b": xp.asarray(b, device=device)}
    before = names["a"]
    exec(f"a {name}= b", names)
    assert names["a"] is before
    assert_close(names["a"].numpy(), {**BINARY, **INTEGER}[name](a, b))


def test_matrix_products(device):
    a, b = np.arange(6.0).reshape(2, 3), np.arange(9.0).reshape(3, 3)
    x, y = xp.asarray(a, device=device), xp.asarray(b, device=device)
    assert_close((x @ y).numpy(), a @ b)
    assert_close((x._data @ y).numpy() if device.backend.name == "numpy" else (x @ y).numpy(), a @ b)
    x @= y
    assert_close(x.numpy(), a @ b)
    with pytest.raises(TypeError, match="matmul takes arrays; got a Python"):
        x @ 2.0


def test_unary_operators(device):
    x = make(device, (-1.5, 2.0))
    assert ((-x).tolist(), (+x).tolist(), abs(x).tolist()) == ([1.5, -2.0], [-1.5, 2.0], [1.5, 2.0])
    assert (~xp.asarray([True, False], device=device)).tolist() == [False, True]
    assert (~xp.asarray([0, 5], device=device)).tolist() == [-1, -6]


def test_operators_leave_strangers_to_their_own_methods():
    class Stranger:
        def __radd__(self, other):
            return "radd"

        def __eq__(self, other):
            return "eq"

        __hash__ = None

    x = make("cpu")
    assert x + Stranger() == "radd"
    assert (x == Stranger()) == "eq"
    assert (x == None) is False  # noqa: E711
    assert (x != "text") is True
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "text"
    with pytest.raises(TypeError, match="not supported between"):
        x < "text"  # noqa: B015


def test_numpy_arrays_on_the_left(device):
    host, x = np.ones(3, np.float32), make(device)
    if device.backend.name == "numpy":
        result = host + x
        assert isinstance(result, xp.Array)
        assert result.tolist() == [2.0, 3.0, 4.0]
    else:
        with pytest.raises(xp.errors.DeviceMismatchError, match="numpy:cpu"):
            host + x


# ---- copies and pickles ----


def test_copies(device):
    for requires_grad in (False, True):
        x = make(device, requires_grad=requires_grad)
        for twin in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
            assert (twin.device, twin.dtype, twin.requires_grad) == (device, xp.float32, requires_grad)
            assert twin.tolist() == x.tolist()
            with xp.no_grad():
                twin += 1.0
            assert x.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "float32", "float64", "complex64"])
def test_pickles_of_every_type(dtype, device):
    x = xp.asarray([1, 0], dtype=dtype, device=device)
    twin = pickle.loads(pickle.dumps(x))
    assert twin.dtype is x.dtype
    assert twin.tolist() == x.tolist()
    assert pickle.loads(pickle.dumps(x.dtype)) is x.dtype
    assert pickle.loads(pickle.dumps(device)) is device


def test_a_pickle_of_a_device_that_is_not_there_opens_elsewhere(device):
    blob = pickle.dumps(make(device)).replace(
        str(device).encode(), b"cupy:cuda:9"[: len(str(device))].ljust(len(str(device)), b"9")
    )
    assert pickle.loads(blob).device is xp.get_default_device()


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, lambda y: copy.deepcopy({"y": [y]})["y"][0]])
def test_a_copy_does_not_leave_the_graph(take, device):
    """As in PyTorch's clone: the values are its own, the gradient is the original's."""
    x = make(device, requires_grad=True)
    y = 2 * x
    twin = take(y)
    twin += 1.0
    assert (y.tolist(), twin.tolist()) == ([2.0, 4.0, 6.0], [3.0, 5.0, 7.0])
    xp.sum(y + 2 * twin).backward()
    assert x.grad.tolist() == [6.0, 6.0, 6.0]


def test_a_pickle_would_leave_the_graph(device):
    y = 2 * make(device, requires_grad=True)
    with pytest.raises(GraphError, match=r"a pickle would leave the graph unseen.*Cure: x\.detach\(\)"):
        pickle.dumps([y])
    assert pickle.loads(pickle.dumps(y.detach())).tolist() == [2.0, 4.0, 6.0]


# ---- constants ----


def test_constants():
    assert (xp.pi, xp.e, xp.inf, xp.newaxis) == (math.pi, math.e, math.inf, None)
    assert math.isnan(xp.nan)
