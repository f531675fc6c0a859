"""Names of NumPy's that are other functions here, and what they are NumPy's for."""

import numpy as np
import pytest

import xnn as xp
from xnn.ops import aliases

FUNCTIONS = sorted(set(aliases.__all__) - {"permute", "promote_types"})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpy_has_the_name(name):
    assert callable(getattr(np, name))
    assert callable(getattr(xp, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_result_is_numpys(name):
    x = np.asarray([[0.25, 0.5], [0.75, 1.0]]) + (name == "arccosh")
    if name in ("invert", "bitwise_not"):
        operands = (np.asarray([1, 2]),)
    elif name in ("left_shift", "right_shift"):
        operands = (np.asarray([8, 16]), np.asarray([1, 2]))
    elif name in ("arctan2", "mod", "power", "true_divide"):
        operands = (x, 2 * x)
    else:
        operands = ([x, x],) if name == "concatenate" else (0.9 * x if name == "arctanh" else x,)
    arrays = [xp.tree.map(lambda x: xp.asarray(x, device="cpu"), operand) for operand in operands]
    for came in (getattr(xp, name)(*operands), getattr(xp, name)(*arrays)):
        came = came.numpy() if isinstance(came, xp.Array) else came
        np.testing.assert_allclose(came, getattr(np, name)(*operands))


def test_copies_are_copies():
    x = np.ones(3)
    y = xp.copy(x)
    y[0] = 2.0
    assert x[0] == 1.0
    leaf = xp.asarray(x, requires_grad=True)
    xp.sum(xp.copy(leaf) * 3).backward()
    assert leaf.grad.tolist() == [3.0] * 3


def test_attributes_as_functions():
    assert (xp.ndim([[1, 2]]), xp.shape(3.0), xp.size(xp.ones((2, 3))), xp.size(np.ones((2, 3)), 1)) == (2, (), 6, 3)
    assert xp.promote_types(xp.float32, "float64") is xp.float64
