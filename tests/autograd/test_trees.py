"""Pytrees as such, and as vectors."""

import collections

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import DTypeError, ShapeError

Point = collections.namedtuple("Point", "x y")
TREE = {"w": [np.arange(6.0).reshape(2, 3), np.float64(7.0)], "p": Point(np.asarray([8.0, 9.0]), ()), "none": None}


def arrays(device):
    return xp.tree.map(lambda leaf: xp.asarray(leaf, device=device), TREE)


def test_what_is_flattened_is_put_together_again():
    leaves, structure = xp.tree.flatten(TREE)
    assert [np.shape(leaf) for leaf in leaves] == [(2,), (2, 3), ()]  # of the sorted keys
    assert xp.tree.leaves(TREE)[0] is TREE["p"].x
    assert xp.tree.structure(TREE) == structure
    again = xp.tree.unflatten(structure, leaves)
    assert again["p"].x is TREE["p"].x
    assert list(again) == list(TREE)
    with pytest.raises(ShapeError, match=r"takes 3 leaves for dict\(.*; got 2"):
        xp.tree.unflatten(structure, leaves[:2])


def test_the_order_of_a_dict_is_that_of_its_sorted_keys():
    one, other = {"b": 1, "a": 2}, {"a": 2, "b": 1}
    assert xp.tree.leaves(one) == xp.tree.leaves(other) == [2, 1]
    assert xp.tree.map(lambda x, y: x - y, one, other) == {"a": 0, "b": 0}
    assert list(xp.tree.map(lambda x: x, one)) == ["b", "a"]
    assert xp.tree.leaves(collections.OrderedDict(one)) == [1, 2]
    assert xp.tree.leaves({"b": 1, 2: 3}) == [1, 3]  # which do not compare


def test_a_function_of_leaves():
    twice = xp.tree.map(lambda x, y: x + y, TREE, TREE)
    assert_close(twice["p"].x, [16.0, 18.0])
    assert twice["none"] is None
    assert xp.tree.reduce(lambda total, x: total + np.sum(x), TREE, 0.0) == 39.0
    with pytest.raises(ShapeError, match=r"trees of one structure, list\(\*\); got list\(\*, \*\)"):
        xp.tree.map(lambda x, y: x, [1], [1, 2])


def test_a_vector_of_all(device):
    tree = arrays(device)
    vector, unravel = xp.ravel_pytree(tree)
    assert_close(vector.numpy(), [8.0, 9.0, *range(6), 7.0])
    assert vector.device is device
    again = unravel(vector * 2)
    assert isinstance(again["p"], Point)
    assert_close(again["w"][0].numpy(), 2 * TREE["w"][0])
    assert again["w"][1].shape == ()

    def loss(vector):
        return xp.sum(unravel(vector)["p"].x ** 3) + unravel(vector)["w"][1]

    expected = np.asarray([3 * 64.0, 3 * 81.0, *[0.0] * 6, 1.0])
    assert_close(xp.grad(loss)(vector).numpy(), expected)
    gradient = xp.grad(lambda tree: xp.sum(xp.ravel_pytree(tree)[0] ** 2))(tree)
    assert_close(gradient["w"][0].numpy(), 2 * TREE["w"][0])


def test_raw_arrays_stay_raw_and_types_come_back():
    tree = [np.asarray([1, 2]), np.asarray([0.5], "float32"), 3.0]
    vector, unravel = xp.ravel_pytree(tree)
    assert type(vector) is np.ndarray
    again = unravel(vector)
    assert [type(leaf) for leaf in again[:2]] == [np.ndarray, np.ndarray]
    assert [leaf.dtype.name for leaf in again[:2]] == ["int64", "float32"]
    again[0][0] = 5
    assert tree[0][0] == 1
    vector[0] = 7
    assert tree[0][0] == 1
    empty, unravel = xp.ravel_pytree({})
    assert empty.shape == (0,)
    assert unravel(empty) == {}


def test_errors():
    with pytest.raises(DTypeError, match="takes a pytree of arrays and numbers; got str in it"):
        xp.ravel_pytree({"a": "b"})
    _, unravel = xp.ravel_pytree([xp.ones(2), xp.ones(3)])
    with pytest.raises(ShapeError, match=r"takes a vector of shape \(5,\); got \(4,\)"):
        unravel(xp.ones(4))
