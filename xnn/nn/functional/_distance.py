"""Distances, similarities, and what has the length 1."""

from __future__ import annotations

from typing import Any

from xnn.arguments import check_arrays, check_floating, dim_of, number
from xnn.array_object import Array
from xnn.autograd.operands import device_of
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import arange
from xnn.ops.elementwise import add, divide, floor_divide, multiply, subtract
from xnn.ops.extrema import clip, maximum
from xnn.ops.indexing import take
from xnn.ops.manipulation import broadcast_to, reshape
from xnn.ops.norms import vector_norm
from xnn.ops.searching import searchsorted
from xnn.ops.statistical import sum as sum_of
from xnn.typing import A, AnyArray

from ._noise import beside

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def _common_shape(name: str, x1: Any, x2: Any, *, takes_complex: bool = False) -> tuple[int, ...]:
    """The shape to which two floating-point arrays broadcast."""
    check_arrays(name, x1=x1, x2=x2)
    check_floating(name, "x1", x1, takes_complex=takes_complex)
    check_floating(name, "x2", x2, takes_complex=takes_complex)
    shapes = tuple(x1.shape), tuple(x2.shape)
    count = max(map(len, shapes))
    pairs = list(zip(*((*(1,) * (count - len(s)), *s) for s in shapes), strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise ShapeError(
            f"{name} takes x1 and x2 of shapes that broadcast, sizes equal or 1 from the last one on; "
            f"got {shapes[0]} and {shapes[1]}"
        )
    return tuple(b if a == 1 else a for a, b in pairs)


def cosine_similarity(x1: A, x2: AnyArray, dim: int = 1, eps: float = 1e-8) -> A:
    """The cosine of the angle between vectors: sum(x1 * x2) / (max(norm(x1), eps) * max(norm(x2), eps)).

    PyTorch's. `xnn.losses.cosine_similarity` is Keras's loss: the negative cosine, with `axis`.

    Args:
        x1: any shape, floating-point.
        x2: of a shape that broadcasts with x1's.
        dim: the dimension of the vectors, in the common shape.
        eps: the least length that is divided by. As in PyTorch, the derivative goes through a shorter length all the
            same; through that of a zero vector there is none.

    Returns:
        the common shape, without `dim`.

    Raises:
        ShapeError: if the shapes do not broadcast, or have no such dimension.
        DTypeError: if x1 or x2 are not floating-point.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[3.0, 4.0], [0.0, 0.0]], device="cpu")
        >>> [round(y, 4) for y in xp.nn.functional.cosine_similarity(x, xp.ones((2,), device="cpu")).tolist()]
        [0.9899, 0.0]
    """
    shape, eps = _common_shape("cosine_similarity", x1, x2), number("cosine_similarity", "eps", eps)
    axis = dim_of("cosine_similarity", "dim", dim, shape or (1,))
    if not shape:
        return multiply(_unit(x1, None, eps), _unit(x2, None, eps))
    x1, x2 = broadcast_to(x1, shape), broadcast_to(x2, shape)
    # each by its own length, not the product by both: that would overflow
    return sum_of(multiply(_unit(x1, axis, eps), _unit(x2, axis, eps)), axis=axis)


def _unit(x: Any, axis: int | None, eps: float) -> Any:
    length = vector_norm(x, axis=axis, keepdims=True)
    fixed = length.detach() if isinstance(length, Array) else length
    return divide(x, add(length, subtract(maximum(fixed, eps), fixed)))


def pairwise_distance(x1: A, x2: AnyArray, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> A:
    """The p-norm of x1 - x2 + eps, along the last dimension.

    Args:
        x1: (N, D) or (D,), floating-point.
        x2: of a shape that broadcasts with x1's.
        p: of the norm; inf and -inf give the largest and the smallest difference, 0 counts those that are not 0.
        eps: added to each difference; that of equal numbers then has a derivative.
        keepdim: whether the last dimension stays, with size 1.

    Returns:
        (N,) or (); (N, 1) or (1,) with `keepdim`.

    Raises:
        ShapeError: if the shapes do not broadcast, or are both ().
        DTypeError: if x1 or x2 are not floating-point.
    """
    shape = _common_shape("pairwise_distance", x1, x2, takes_complex=True)
    if not shape:
        raise ShapeError("pairwise_distance takes vectors along the last dimension, (N, D) or (D,); got two arrays ()")
    p, eps = number("pairwise_distance", "p", p), number("pairwise_distance", "eps", eps)
    return vector_norm(add(subtract(x1, x2), eps), axis=-1, keepdims=keepdim, ord=p)  # type: ignore[return-value]  # the kind of the first


def normalize(input: A, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> A:
    """input / max(norm(input), eps), with the p-norm along `dim`.

    Args:
        input: any shape, which is kept; floating-point.
        p: of the norm.
        dim: the dimension, or several, of the vectors.
        eps: the least length that is divided by; a shorter one has no derivative.

    Raises:
        ShapeError: if input has no such dimension.
        DTypeError: if input is not floating-point.
    """
    check_arrays("normalize", input=input)
    check_floating("normalize", "input", input, takes_complex=True)
    p, eps = number("normalize", "p", p), number("normalize", "eps", eps)
    shape = tuple(input.shape)
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = tuple(dim_of("normalize", "dim", d, shape or (1,)) for d in dims)
    if not shape:  # one number counts as (1,), as in PyTorch
        return reshape(normalize(reshape(input, (1,)), p, dim, eps), ())
    return divide(input, clip(vector_norm(input, axis=axes, keepdims=True, ord=p), min=eps))


def pdist(input: A, p: float = 2.0) -> A:
    """The p-norm of the difference of each two rows: of 0 and 1, 0 and 2, ..., 1 and 2, ...

    Args:
        input: (N, M), floating-point.
        p: of the norm, at least 0.

    Returns:
        (N (N - 1) / 2,). The distance of equal rows has the derivative 0. Unlike PyTorch's, that of p = inf is
        shared by equally large differences.

    Raises:
        ShapeError: for another number of dimensions.
        OptionError: for a negative p.
        DTypeError: if input is not floating-point.
    """
    check_arrays("pdist", input=input)
    check_floating("pdist", "input", input, takes_complex=True)
    if len(input.shape) != 2:
        raise ShapeError(f"pdist takes rows, of shape (N, M); got shape {tuple(input.shape)}")
    p = number("pdist", "p", p)
    if not p >= 0:
        raise OptionError(f"pdist takes p of at least 0; got {p}")
    count = input.shape[0]
    # pair k is of row i, whose pairs begin at i (2 N - i - 1) / 2, and another; made on the device, nothing is copied
    device = device_of(input, "pdist")
    pairs, rows = (arange(n, device=device) for n in (count * (count - 1) // 2, count))
    starts = floor_divide(multiply(rows, subtract(2 * count - 1, rows)), 2)
    one = subtract(searchsorted(starts[: max(count - 1, 1)], pairs, side="right"), 1)
    other = add(add(subtract(pairs, take(starts, one)), one), 1)
    first, second = (take(input, beside(input, i), axis=0) for i in (one, other))
    return vector_norm(subtract(first, second), axis=-1, ord=p)
