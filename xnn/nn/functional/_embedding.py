"""Embeddings: rows of a table by their numbers, and sums, means and maxima of bags of them."""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn.arguments import check_arrays, check_floating, number, whole
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import raw_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import embedding as primitives
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.searching import where
from xnn.typing import A, AnyArray

from ._indices import check_device, check_integers, require_between, require_offsets, together

__all__ = ["embedding", "embedding_bag"]

MODES = ("sum", "mean", "max")


def embedding(
    input: AnyArray,
    weight: A,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> A:
    """The rows of `weight` at the numbers in `input`.

    Args:
        input: any shape (...), integers from 0 to num_embeddings - 1.
        weight: (num_embeddings, embedding_dim), floating-point.
        padding_idx: a row that gets no gradient; a negative one counts from the end.
        max_norm: rows that are looked up and are longer get this length first: `weight` is changed in place, outside of
            the graph, as in PyTorch.
        norm_type: the p of the p-norm that measures them.
        scale_grad_by_freq: whether a row's gradient is divided by how often `input` has it.
        sparse: False; a gradient is an array of the shape of `weight`, with its zeros.

    Returns:
        (..., embedding_dim).

    Raises:
        ShapeError: if weight has not two dimensions, or no row.
        DTypeError: if input is not of integers, or weight not floating-point.
        OptionError: for a padding_idx that is no row, a max_norm below 0, a norm_type that is not positive, or sparse.
        BoundsError: for a number that is no row: at once on the CPU; on a GPU what is looked up is NaN, and the next
            call that waits for the device (float(loss), synchronize) raises.

    Example:
        >>> import xnn as xp
        >>> table = xp.asarray([[0.0, 1.0], [2.0, 3.0]], device="cpu")
        >>> xp.nn.functional.embedding(xp.asarray([1, 1], device="cpu"), table).tolist()
        [[2.0, 3.0], [2.0, 3.0]]
    """
    check_dense("embedding", sparse)
    padding_idx = _check("embedding", input, weight, padding_idx)
    _renormalise("embedding", weight, input, max_norm, norm_type)
    return primitives.embedding(weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)


def embedding_bag(
    input: AnyArray,
    weight: A,
    offsets: AnyArray | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: Literal["sum", "mean", "max"] = "mean",
    sparse: bool = False,
    per_sample_weights: AnyArray | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> A:
    """Sums, means or maxima of rows of `weight` over bags of numbers, without a gap for short bags.

    Args:
        input: (B, N), integers from 0 to num_embeddings - 1, a bag in each row; or (N,), the bags one after another.
        weight: (num_embeddings, embedding_dim), floating-point.
        offsets: (B,), integers: where in an input (N,) each bag begins, from 0 on, never falling; None for (B, N).
        max_norm: see `embedding`.
        norm_type: see `embedding`.
        scale_grad_by_freq: see `embedding`; not with "max". PyTorch's own divides by numbers of other rows.
        mode: "sum", "mean" or "max", by column; of a bag without rows 0.
        sparse: see `embedding`.
        per_sample_weights: the shape of input, the type of weight: factors of the rows; with "sum" alone.
        include_last_offset: whether offsets has a last element more, the size of input.
        padding_idx: a row that counts as absent; a negative one counts from the end.

    Returns:
        (B, embedding_dim).

    Raises:
        ShapeError: if shapes do not fit, or offsets are missing or too many.
        DTypeError: if input or offsets are not of integers, weight not floating-point, or per_sample_weights of
            another type.
        OptionError: for another mode, per_sample_weights without "sum", scale_grad_by_freq with "max", and for what
            `embedding` refuses.
        BoundsError: for a number that is no row, and offsets that do not rise from 0 to the size of input; on a GPU
            later, as for `embedding`.
    """
    check_dense("embedding_bag", sparse)
    padding_idx = _check("embedding_bag", input, weight, padding_idx, takes_complex=mode != "max")
    if mode not in MODES:
        raise OptionError(f'embedding_bag: mode is "sum", "mean" or "max"; got {mode!r}')
    if mode == "max" and scale_grad_by_freq:
        raise OptionError('embedding_bag: scale_grad_by_freq is for the modes "sum" and "mean"; got mode "max"')
    fits, starts = _check_bags(input, offsets, include_last_offset)
    if per_sample_weights is not None:
        _check_factors(input, weight, per_sample_weights, mode)
    _renormalise("embedding_bag", weight, input, max_norm, norm_type)
    operands = together("embedding_bag", weight, input, starts, per_sample_weights)
    out = primitives.embedding_bag(*operands, mode=mode, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
    return out if fits is None else where(fits, out, math.nan)


def _check(name: str, input: Any, weight: Any, padding_idx: int | None, *, takes_complex: bool = True) -> int | None:
    """Numbers, table and padding_idx, which is given back counted from 0."""
    check_arrays(name, input=input, weight=weight)
    check_integers(name, "input", input)
    check_floating(name, "weight", weight, takes_complex=takes_complex)
    check_device(name, weight, input)
    shape = tuple(weight.shape)
    if len(shape) != 2 or not shape[0]:
        raise ShapeError(f"{name} takes a weight (num_embeddings, embedding_dim) of at least one row; got {shape}")
    require_between(name, "numbers in input", input, 0, shape[0] - 1, f"a table of more than {shape[0]} rows")
    return padding_idx if padding_idx is None else find_row(name, padding_idx, shape[0])


def check_dense(name: str, sparse: bool) -> None:
    """Raise OptionError if gradients are wanted that leave out zeros."""
    if sparse:
        raise OptionError(f"{name} has gradients of the shape of weight; got sparse=True. Cure: leave it out.")


def find_row(name: str, padding_idx: int, count: int) -> int:
    """The row that padding_idx means, counted from 0; OptionError where there is none."""
    row = padding_idx if type(padding_idx) is int else whole("padding_idx", padding_idx, -count)
    if not -count <= row < count:
        raise OptionError(f"{name}: padding_idx is a row of the table, from {-count} to {count - 1}; got {row}")
    return row % count


def check_norm(name: str, max_norm: float | None, norm_type: float) -> None:
    """Raise OptionError unless rows can be given that length."""
    if max_norm is not None and not number(name, "max_norm", max_norm) >= 0:
        raise OptionError(f"{name}: max_norm is a length of at least 0, or None; got {max_norm}")
    if not number(name, "norm_type", norm_type) > 0:
        raise OptionError(f"{name}: norm_type is the p of a p-norm, above 0; got {norm_type}")


def _renormalise(name: str, weight: Any, input: Any, max_norm: float | None, norm_type: float) -> None:
    """Shorten the rows that are looked up, in the array that the caller holds."""
    check_norm(name, max_norm, norm_type)
    if max_norm is None:
        return
    new = primitives.renormalised(
        raw_of(weight, name)[0], raw_of(input, name)[0], max_norm=float(max_norm), norm_type=float(norm_type)
    )
    if isinstance(weight, Tracked):
        weight._data = new  # the graph goes on as if nothing had happened, as in PyTorch
    else:
        weight[...] = new


def _check_bags(input: Any, offsets: Any, include_last_offset: bool) -> tuple[Any, Any]:
    """Whether the offsets can be, a raw bool array, and where bags begin; None and None for bags in rows."""
    shape = tuple(input.shape)
    if offsets is None:
        if len(shape) != 2 or include_last_offset:
            raise ShapeError(
                f"embedding_bag takes input (B, N), or (N,) with offsets; got shape {shape} without offsets. "
                "Cure: offsets, where in input each bag begins."
            )
        return None, None
    check_arrays("embedding_bag", offsets=offsets)
    check_integers("embedding_bag", "offsets", offsets)
    check_device("embedding_bag", input, offsets)
    least = int(include_last_offset) or int(shape != (0,))
    if len(shape) != 1 or len(offsets.shape) != 1 or offsets.shape[0] < least:
        raise ShapeError(
            f"embedding_bag takes input (N,) with offsets (B,){' and one more' * include_last_offset}; "
            f"got shapes {shape} and {tuple(offsets.shape)}. Cure: no offsets for input (B, N)."
        )
    fits = require_offsets("embedding_bag", offsets, shape[0], include_last_offset)
    return fits, offsets[:-1] if include_last_offset else offsets


def _check_factors(input: Any, weight: Any, factors: Any, mode: str) -> None:
    check_arrays("embedding_bag", per_sample_weights=factors)
    if mode != "sum":
        raise OptionError(f'embedding_bag: per_sample_weights are for mode "sum"; got mode {mode!r}')
    if tuple(factors.shape) != tuple(input.shape):
        raise ShapeError(
            f"embedding_bag takes per_sample_weights of the shape of input, {tuple(input.shape)}; "
            f"got {tuple(factors.shape)}"
        )
    if not agree(factors, weight):
        raise DTypeError(
            f"embedding_bag takes per_sample_weights of the type of weight, {dtype_of(weight).name}; "
            f"got {dtype_of(factors).name}"
        )
