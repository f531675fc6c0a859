"""Functions on pytrees, under the names of JAX's `jax.tree`, and pytrees as vectors."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from xnn.errors import DTypeError, ShapeError

from .call import count_leaves, is_raw, lifted
from .graph import Tracked, frontend
from .operands import SCALARS, copied
from .pytree import Structure, alike
from .pytree import flatten as flattened
from .pytree import unflatten as unflattened

__all__ = ["ravel_pytree"]

T = TypeVar("T")


def flatten(tree: Any) -> tuple[list[Any], Structure | None]:
    """The leaves of a pytree, in order, and its structure, which `unflatten` takes.

    Example:
        >>> import xnn as xp
        >>> leaves, structure = xp.tree.flatten({"a": 1, "b": [2, 3]})
        >>> leaves, xp.tree.unflatten(structure, [x * 10 for x in leaves])
        ([1, 2, 3], {'a': 10, 'b': [20, 30]})
    """
    return flattened(tree)


def unflatten(structure: Structure | None, leaves: Sequence[Any]) -> Any:
    """The pytree of a structure with these leaves.

    Raises:
        ShapeError: for another number of leaves.
    """
    count, leaves = count_leaves(structure), list(leaves)
    if len(leaves) != count:
        raise ShapeError(f"tree.unflatten takes {count} leaves for {structure or '*'}; got {len(leaves)}")
    return unflattened(structure, leaves)


def leaves(tree: Any) -> list[Any]:
    """The leaves of a pytree, in order."""
    return flattened(tree)[0]


def structure(tree: Any) -> Structure | None:
    """The structure of a pytree, without its leaves; None where it is a leaf itself."""
    return flattened(tree)[1]


def map(function: Callable[..., Any], tree: T, *rest: Any) -> T:
    """The pytree of what a function gives for each leaf.

    Args:
        function: of a leaf, and those at its place in the other trees.
        tree: any pytree.
        rest: pytrees of the same structure.

    Raises:
        ShapeError: for a tree of another structure.

    Example:
        >>> import xnn as xp
        >>> xp.tree.map(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
        {'a': 11, 'b': [22]}
    """
    first, shape = flattened(tree)
    columns = [first]
    for other in rest:
        found, own = flattened(other)
        if not alike(own, shape):
            raise ShapeError(f"tree.map takes trees of one structure, {shape or '*'}; got {own or '*'}")
        columns.append(found)
    back: T = unflattened(shape, [function(*row) for row in zip(*columns, strict=True)])
    return back


def reduce(function: Callable[[Any, Any], Any], tree: Any, *initial: Any) -> Any:
    """What functools.reduce gives for the leaves of a pytree, in order.

    Raises:
        TypeError: for no leaves and no initial value.
    """
    return functools.reduce(function, leaves(tree), *initial)


def ravel_pytree(tree: T) -> tuple[Any, Callable[[Any], T]]:
    """A pytree of arrays as one vector, and the function that makes the pytree of such a vector; both differentiable.

    Args:
        tree: of Arrays, raw arrays of one library, and Python numbers, of any shapes, on one device.

    Returns:
        (vector, unravel): the vector has the elements of all leaves, in order, in their common type; `unravel(vector)`
        has the tree's structure and shapes, and each leaf's type again.

    Raises:
        DTypeError: for a leaf that is no array or number. ShapeError: for a vector of another size.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> vector, unravel = xp.ravel_pytree({"w": np.ones((2, 2)), "b": np.zeros(2)})
        >>> vector
        array([0., 0., 1., 1., 1., 1.])
        >>> unravel(2 * vector)["w"]
        array([[2., 2.],
               [2., 2.]])
    """
    found, shape = flattened(tree)
    for leaf in found:
        if not (isinstance(leaf, Tracked) or is_raw(leaf) or type(leaf) in SCALARS):
            raise DTypeError(f"ravel_pytree takes a pytree of arrays and numbers; got {type(leaf).__name__} in it")
    is_raws = not [x for x in found if isinstance(x, Tracked)] and bool([x for x in found if is_raw(x)])
    xp = frontend.xp
    arrays = [lifted(leaf) for leaf in found]
    like = next((x for x in arrays if isinstance(x, Tracked)), None)
    arrays = [
        x if isinstance(x, Tracked) else xp.asarray(x, device=None if like is None else like._device) for x in arrays
    ]
    shapes, dtypes = [x.shape for x in arrays], [x.dtype for x in arrays]
    ends, size = [], 0
    for s in shapes:
        size += math.prod(s)
        ends.append(size)

    def unravel(vector: Any) -> T:
        given = lifted(vector)
        if not isinstance(given, Tracked) or tuple(given._data.shape) != (size,):
            came = getattr(vector, "shape", type(vector).__name__)
            raise ShapeError(f"unravel takes a vector of shape {(size,)}; got {came}")
        parts = [
            xp.astype(xp.reshape(given[end - math.prod(s) : end], s), dtype, copy=False)
            for s, dtype, end in zip(shapes, dtypes, ends, strict=True)
        ]
        back: T = unflattened(shape, parts if given is vector else [copied(x._data, x._device) for x in parts])
        return back

    if not arrays:
        return xp.zeros((0,)), unravel
    vector = xp.concat([xp.reshape(xp.astype(x, xp.result_type(*arrays), copy=False), (-1,)) for x in arrays])
    return (copied(vector._data, vector._device) if is_raws else vector), unravel
