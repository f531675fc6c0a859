"""Why a call failed, by the shapes of its arrays and its options: what primitives name as `explain`.

Each is asked after a library has refused the call, and raises the error that has the rule, what came, and the cure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xnn.autograd.refusals import integer, sizes_of
from xnn.errors import OptionError, ShapeError

Shapes = Sequence[tuple[int, ...]]


def explain_reshape(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for another number of elements."""
    (old,), new = shapes, sizes_of(static["shape"], "reshape", least=-1)
    known, count = math.prod(n for n in new if n != -1), math.prod(old)
    if new.count(-1) > 1 or (count % known if -1 in new and known else count != known):
        raise ShapeError(
            f"reshape keeps the number of elements; got shape {old}, of {count}, for {new}. "
            "Cure: -1 for one of the sizes, which then follows from the others."
        )


def explain_broadcast(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for sizes that are neither those asked for nor 1."""
    new = sizes_of(static["shape"], "broadcast_to")
    raise ShapeError(
        f"broadcast_to repeats along dimensions of size 1, and new ones in front; got shape {shapes[0]} for {new}. "
        "Cure: xnn.reshape, or xnn.expand_dims, before."
    )


def explain_permute(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for axes that are not all there are."""
    raise ShapeError(
        f"permute_dims names each dimension once; got axes={static['axes']} for shape {shapes[0]}. "
        f"Cure: {tuple(reversed(range(len(shapes[0]))))} turns all round; xnn.moveaxis moves one."
    )


def explain_squeeze(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for a dimension of another size."""
    raise ShapeError(
        f"squeeze removes dimensions of size 1; got axis={static['axis']} for shape {shapes[0]}. "
        "Cure: x[0], or another reduction, for a larger one."
    )


def explain_roll(shapes: Shapes, static: dict[str, Any]) -> None:
    """OptionError for shifts that are no ints, or not as many as there are axes."""
    shift, axis = static["shift"], static["axis"]
    for one in shift if isinstance(shift, tuple) else (shift,):
        integer("roll", "shift", one)
    if isinstance(shift, tuple) and (not isinstance(axis, tuple) or len(axis) != len(shift)):
        raise OptionError(
            f"roll takes a shift for each axis, or one for all; got {shift=} for {axis=}. Cure: one of each."
        )


def explain_concat(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for arrays that differ elsewhere than at the axis."""
    raise ShapeError(
        f"concat joins shapes that are equal but for the size at axis={static['axis']}; got "
        f"{' and '.join(map(str, shapes))}. Cure: xnn.reshape, xnn.expand_dims, or axis=None, which flattens them."
    )


def explain_matmul(shapes: Shapes, static: dict[str, Any]) -> None:
    """ShapeError for sizes that differ where they are summed over, and for arrays of shape ()."""
    one, other = shapes
    if not one or not other:
        raise ShapeError(f"matmul takes vectors and matrices; got shapes {one} and {other}. Cure: x1 * x2.")
    if one[-1] != other[max(len(other) - 2, 0)]:
        turns = len(other) > 1 and one[-1] == other[-1]
        raise ShapeError(
            f"matmul takes (..., n, k) and (..., k, m); got {one} and {other}, where k is {one[-1]} and "
            f"{other[max(len(other) - 2, 0)]}. Cure: {'x1 @ x2.mT' if turns else 'x.mT, or xnn.reshape'}."
        )
    raise ShapeError(
        f"matmul broadcasts the dimensions before the last two; got {one} and {other}. Cure: xnn.expand_dims of one."
    )
