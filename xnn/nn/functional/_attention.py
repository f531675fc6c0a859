"""Attention."""

from __future__ import annotations

import math
from typing import Any

from xnn.arguments import check_arrays, check_floating, number
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops import attention
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.linear_algebra import matmul
from xnn.ops.manipulation import broadcast_to, expand_dims, reshape
from xnn.ops.promotion import check_real
from xnn.typing import A, AnyArray

from ._dropout import dropout
from ._indices import together

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: A,
    key: AnyArray,
    value: AnyArray,
    attn_mask: AnyArray | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> A:
    """softmax(scale query @ key.T + mask) @ value.

    Vaswani et al., Attention is all you need, 2017.

    Args:
        query: (..., H, L, E), floating-point; H for heads. Leading dimensions are any that broadcast, or none.
        key: (..., H, S, E), of the same type.
        value: (..., H, S, Ev), of the same type.
        attn_mask: broadcast to (..., H, L, S): bools that are True where there is attention, or numbers of the type of
            query that are added to the scores. Who may attend to nobody gets 0. Keys and values that nobody may
            attend to, NaN too, reach neither result nor gradient.
        dropout_p: the probability with which a weight is dropped. There is no training mode here: 0 for evaluation.
        is_causal: whether position l attends to positions up to l alone; then without attn_mask.
        scale: of the scores; None for 1 / sqrt(E).
        enable_gqa: whether key and value may have fewer heads, by a whole factor: each serves neighbours of query.

    Returns:
        (..., H, L, Ev).

    Raises:
        ShapeError: if shapes do not fit.
        DTypeError: if query is not floating-point, or key, value or mask of another type.
        OptionError: for a mask beside is_causal, or a dropout_p that is not from 0 to 1.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[1.0, 0.0], [0.0, 1.0]], device="cpu")
        >>> xp.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True).tolist()[0]
        [1.0, 0.0]
    """
    name = "scaled_dot_product_attention"
    check_arrays(name, query=query, key=key, value=value)
    check_floating(name, "query", query)
    check_types(name, query, key=key, value=value)
    if is_causal and attn_mask is not None:
        raise OptionError(f"{name} takes attn_mask or is_causal, not both. Cure: a mask that is causal as well.")
    if enable_gqa:
        key, value = shared_heads(name, query, key=key, value=value)
    scores = _check_shapes(name, query, key, value)
    if attn_mask is not None:
        check_mask(name, "attn_mask", attn_mask, query)
        if not fits_into(tuple(attn_mask.shape), scores):
            raise ShapeError(
                f"{name} takes an attn_mask that broadcasts to (..., L, S), here {scores}; "
                f"got shape {tuple(attn_mask.shape)}"
            )
    query, key, value, attn_mask = together(name, query, key, value, attn_mask)
    if attn_mask is not None:
        axes = (-2,) if len(attn_mask.shape) > 1 else ()
        key, value = attention.finite_where_unattended(attn_mask, key, value, axes=axes)
    elif is_causal:  # to keys behind the last query nobody attends
        length = tuple(query.shape)[-2]
        key, value = (x[..., :length, :] if tuple(x.shape)[-2] > length else x for x in (key, value))
    factor = 1 / math.sqrt(tuple(query.shape)[-1]) if scale is None else number(name, "scale", scale)
    weights = attention.attention_weights(query, key, attn_mask, scale=factor, is_causal=is_causal)
    return matmul(dropout(weights, dropout_p), value)  # type: ignore[return-value]  # the kind of the first


def check_types(name: str, query: Any, **others: Any) -> None:
    """Raise DTypeError unless all are of the type of query."""
    wanted = dtype_of(query)
    for argument, x in others.items():
        check_real(dtype_of(x))
        if not agree(x, query):
            raise DTypeError(
                f"{name} takes arrays of one type; query is {wanted.name}, {argument} {dtype_of(x).name}. "
                f"Cure: xnn.astype({argument}, xnn.{wanted.name})."
            )


def check_mask(name: str, argument: str, mask: Any, query: Any) -> None:
    """Raise DTypeError unless a mask is of bools, or of the type of query."""
    check_arrays(name, **{argument: mask})
    dtype, wanted = dtype_of(mask), dtype_of(query)
    check_real(dtype)
    if dtype.kind != "bool" and not agree(mask, query):
        # As numbers that are added to scores, 1 and 0 would say next to nothing.
        meaning = "True where it attends" if name == "scaled_dot_product_attention" else "True where it does not attend"
        raise DTypeError(
            f"{name} takes an {argument} of bools, or of the type of query, {wanted.name}; got {dtype.name}. "
            f"Cure: xnn.astype({argument}, {f'xnn.{wanted.name})' if dtype.is_floating else f'xnn.bool), {meaning}'}."
        )


def _check_shapes(name: str, query: Any, key: Any, value: Any) -> tuple[int, ...]:
    """The shape of the scores; ShapeError where there is none."""
    q, k, v = tuple(query.shape), tuple(key.shape), tuple(value.shape)
    if min(map(len, (q, k, v))) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ShapeError(
            f"{name} takes query (..., L, E), key (..., S, E) and value (..., S, Ev); got {q}, {k} and {v}"
        )
    lead = _broadcast(_broadcast(q[:-2], k[:-2]), v[:-2])
    if lead is None:
        raise ShapeError(
            f"{name}: the leading dimensions of query, key and value broadcast; got {q}, {k} and {v}. "
            "Cure: enable_gqa=True, where key and value have fewer heads."
        )
    return (*lead, q[-2], k[-2])


def _broadcast(one: tuple[int, ...] | None, other: tuple[int, ...]) -> tuple[int, ...] | None:
    """The common shape, or None."""
    if one is None:
        return None
    count = max(len(one), len(other))
    padded = [(1,) * (count - len(s)) + s for s in (one, other)]
    if any(a != b and 1 not in (a, b) for a, b in zip(*padded, strict=True)):
        return None
    return tuple(b if a == 1 else a for a, b in zip(*padded, strict=True))


def fits_into(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another one."""
    return _broadcast(shape, wanted) == wanted


def shared_heads(name: str, query: Any, **others: Any) -> list[Any]:
    """Key and value (..., h, S, E) with each head as often as it serves heads of query (..., H, L, E)."""
    found = []
    for argument, x in others.items():
        shape, heads = tuple(x.shape), tuple(query.shape)[-3] if len(query.shape) > 2 else 0
        if len(shape) < 3 or not heads or not shape[-3] or heads % shape[-3]:
            raise ShapeError(
                f"{name} shares heads of {argument} (..., h, S, E) among those of query (..., H, L, E), where h "
                f"divides H; got {shape} and {tuple(query.shape)}"
            )
        found.append(repeat_heads(x, heads // shape[-3]))
    return found


def repeat_heads(x: Any, times: int) -> Any:
    """Each head of (..., h, S, E) that often, beside itself: (..., h times, S, E)."""
    if times == 1:
        return x
    *lead, heads, length, size = x.shape
    wide = broadcast_to(expand_dims(x, axis=-3), (*lead, heads, times, length, size))
    return reshape(wide, (*lead, heads * times, length, size))
