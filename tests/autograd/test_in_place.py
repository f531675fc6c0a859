"""Assignment in place: the handle moves to a new node; a leaf refuses; other handles do not follow."""

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import DTypeError, GraphError

REFUSED = (
    "a leaf that requires a gradient cannot be changed in place while the graph is recorded. "
    r"Cure: inside `with xnn.no_grad\(\):`, or on a new array, y = x \+ 0\."
)


def add(x):
    x += 1.0


def assign(x):
    x[0] = 5.0


def scale(x):
    x *= 2.0


@pytest.mark.parametrize("change", [add, assign, scale])
def test_a_leaf_refuses_while_the_graph_is_recorded(change, device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    with pytest.raises(GraphError, match=REFUSED):
        change(x)
    assert x.tolist() == [1.0, 2.0]
    assert x.is_leaf


@pytest.mark.parametrize("change", [add, assign, scale])
def test_a_leaf_stays_a_leaf_under_no_grad(change, device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    xp.sum(x).backward()
    gradient = x.grad
    with xp.no_grad():
        change(x)
    assert x.tolist() != [1.0, 2.0]
    assert x.requires_grad
    assert x.is_leaf
    assert x.grad is gradient
    x.grad = None
    xp.sum(x * x).backward()
    assert_close(x.grad.numpy(), 2 * x.detach().numpy())


OPERATIONS = {
    "+=": lambda y, v: y.__iadd__(v),
    "-=": lambda y, v: y.__isub__(v),
    "*=": lambda y, v: y.__imul__(v),
    "/=": lambda y, v: y.__itruediv__(v),
    "**=": lambda y, v: y.__ipow__(v),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", OPERATIONS)
def test_operators_in_place_give_torchs_gradient(name, device):
    raws = np.asarray([1.5, 0.5, 2.0]), np.asarray([2.0, 3.0, 0.5])
    ours = [xp.asarray(r, device=device, requires_grad=True) for r in raws]
    theirs = [torch.tensor(r, requires_grad=True) for r in raws]
    for x, v in (ours, theirs):
        y = x * x
        y = OPERATIONS[name](y, v)
        (y * y).sum().backward() if isinstance(y, torch.Tensor) else xp.sum(y * y).backward()
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a.grad.numpy(), b.grad.numpy())


@pytest.mark.needs("torch")
def test_assignment_gives_torchs_gradient(device):
    raws = np.arange(6.0).reshape(2, 3), np.asarray([7.0, 8.0, 9.0])
    ours = [xp.asarray(r, device=device, requires_grad=True) for r in raws]
    theirs = [torch.tensor(r, requires_grad=True) for r in raws]
    for x, v in (ours, theirs):
        y = x * x
        y[0, :] = v * v
        y[1, 2] = 3.0
        y[:, 0] += 1.0
        z = y * y
        z.sum().backward() if isinstance(z, torch.Tensor) else xp.sum(z).backward()
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a.grad.numpy(), b.grad.numpy())


def test_assignment_of_what_is_on_the_graph_to_a_constant(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    y = xp.zeros((2, 2), device=device)
    y[1, :] = 3.0 * x
    assert y.requires_grad
    xp.sum(y).backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_the_operand_before_the_change_keeps_its_value(device):
    x = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    y = x + 0.0
    z = xp.sum(y * y)
    y[0] = 100.0
    z.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_other_handles_do_not_follow(device):
    x = xp.asarray([1.0, 2.0], device=device)
    same = x.detach()
    part = x[:1]
    copy = xp.asarray(x, copy=True)
    x += 1.0
    x[0] = 9.0
    assert (same.tolist(), part.tolist(), copy.tolist(), x.tolist()) == ([1.0, 2.0], [1.0], [1.0, 2.0], [9.0, 3.0])


def test_shape_and_type_stay(device):
    x = xp.asarray([1, 2], device=device)
    with pytest.raises(DTypeError, match=r"keeps shape and type, \(2,\) and int64; the result has \(2,\) and float32"):
        x += 0.5
    with pytest.raises(DTypeError, match=r"the result has \(3, 2\)"):
        x += xp.ones((3, 2), dtype=xp.int64, device=device)
    x[0] = 7
    assert x.tolist() == [7, 2]


def test_a_masked_assignment(device):
    x = xp.asarray([1.0, -2.0, 3.0, -4.0], device=device, requires_grad=True)
    y = 2 * x
    y[y < 0] = 0.0
    xp.sum(y).backward()
    assert y.tolist() == [2.0, 0.0, 6.0, 0.0]
    assert x.grad.tolist() == [2.0, 0.0, 2.0, 0.0]
    x.grad = None
    xp.sum(x[x > 0] ** 2).backward()
    assert x.grad.tolist() == [2.0, 0.0, 6.0, 0.0]


# ---- arrays of shape () ----

KEYS = {
    "()": lambda y: (),
    "...": lambda y: ...,
    "(...,)": lambda y: (...,),
    "None": lambda y: None,
    "(None, ..., None)": lambda y: (None, ..., None),
    "a mask": lambda y: y > 0,
    "a mask of nothing": lambda y: y > 1e9,
    "(a mask,)": lambda y: (y > 0,),
    "(None, a mask)": lambda y: (None, y > 0),
    "True": lambda y: True,
    "False": lambda y: False,
}
VALUES = {
    "an Array": lambda x: 2 * x,
    "an Array that is x": lambda x: x,
    "a square": lambda x: x * x,
    "a float": lambda x: 3.0,
    "an int": lambda x: 3,
    "a bool": lambda x: True,
}


def changed(key, value):
    """The function of the issue: y becomes a value and is read twice."""

    def function(x):
        y = x * x + 0
        y[key(y)] = value(x)
        z = y * y + y
        z[key(z)] += value(x)
        return z * y

    return function


@pytest.mark.needs("torch")
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("key", KEYS)
def test_an_assignment_to_shape_0(key, value, device):
    """Against PyTorch at first order, finite differences to the second, and forward mode."""
    function = changed(KEYS[key], VALUES[value])
    theirs = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    out = function(theirs)
    if out.requires_grad:
        out.backward()
    expected = 0.0 if theirs.grad is None else theirs.grad.item()
    x = xp.asarray(np.asarray(1.5), device=device)
    assert_close(function(x).numpy(), out.detach().numpy())
    assert_close(xp.grad(function)(x).numpy(), expected)
    assert_close(xp.jvp(function, (x,), (xp.ones_like(x),))[1].numpy(), expected)
    second = xp.grad(xp.grad(function))(x)
    assert_close(xp.jvp(xp.grad(function), (x,), (xp.ones_like(x),))[1].numpy(), second.numpy())
    xp.check_gradients(function, x)
    x.requires_grad = True
    loss = function(x)
    if loss.requires_grad:
        loss.backward()
    assert_close(0.0 if x.grad is None else x.grad.numpy(), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_an_assignment_to_shape_0_keeps_the_type(dtype, device):
    x = xp.asarray(1.5, dtype=dtype, device=device, requires_grad=True)
    y = x + 0
    y[()] = x * 2.0
    y[xp.real(y) > 0] += x
    z = xp.real(y * y + y[...] + y[()] * y[None][0])
    z.backward()
    assert (y.dtype.name, x.grad.dtype.name) == (dtype, dtype)
    assert_close(np.real(x.grad.numpy()), np.asarray(2 * 9 * 2 * 1.5 + 3, x.grad.numpy().real.dtype))


def test_an_assignment_to_shape_0_off_the_graph(device):
    for dtype, value in (("int64", 7), ("bool", True), ("float32", 7.5)):
        x = xp.zeros((), dtype=dtype, device=device)
        for key in ((), ..., x == 0):
            y = x + 0 if dtype != "bool" else x | False
            y[key] = value
            assert (y.item(), y.dtype.name, x.item()) == (value, dtype, 0)
