"""Attention of several heads: what `nn.MultiheadAttention` and `multi_head_attention_forward` do to sequences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from xnn.arguments import check_arrays, check_floating, number, whole
from xnn.array_object import Array
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import raw_of
from xnn.errors import OptionError, ShapeError
from xnn.ops import attention
from xnn.ops.creation import arange, ones, zeros
from xnn.ops.data_types import dtype_of
from xnn.ops.elementwise import add
from xnn.ops.linear_algebra import matmul
from xnn.ops.logic import logical_and, logical_not
from xnn.ops.manipulation import broadcast_to, concat, expand_dims, permute_dims, reshape, squeeze
from xnn.ops.searching import where
from xnn.ops.statistical import mean
from xnn.typing import A, AnyArray

from ._attention import check_mask, check_types, repeat_heads
from ._dropout import dropout
from ._indices import check_type, own_array
from ._linear import linear

__all__ = ["multi_head_attention_forward"]


class Heads(NamedTuple):
    """The parameters of attention with several heads: E = num_heads head_dim, and E' = num_kv_heads head_dim."""

    name: str  # of whom errors speak
    num_heads: int
    num_kv_heads: int
    head_dim: int
    in_proj_weight: Any  # (E + 2 E', E), of queries, keys and values; or None, and then
    own_weights: tuple[Any, Any, Any]  # (E, E), (E', kdim), (E', vdim)
    in_proj_bias: Any  # (E + 2 E',), or None
    bias_k: Any  # (1, 1, E'), or None
    bias_v: Any
    add_zero_attn: bool
    dropout: float
    out_proj: Callable[[Any], Any]
    static_k: Any = None  # (N num_kv_heads, S, head_dim), in the place of projected keys; or None
    static_v: Any = None


class Masks(NamedTuple):
    """Who does not attend to whom, as the caller gives it."""

    key_padding_mask: Any
    attn_mask: Any
    is_causal: bool


def multi_head_attention_forward(
    query: A,
    key: AnyArray,
    value: AnyArray,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: AnyArray | None,
    in_proj_bias: AnyArray | None,
    bias_k: AnyArray | None,
    bias_v: AnyArray | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: AnyArray,
    out_proj_bias: AnyArray | None,
    training: bool = True,
    key_padding_mask: AnyArray | None = None,
    need_weights: bool = True,
    attn_mask: AnyArray | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: AnyArray | None = None,
    k_proj_weight: AnyArray | None = None,
    v_proj_weight: AnyArray | None = None,
    static_k: AnyArray | None = None,
    static_v: AnyArray | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Array, Array | None]:
    """Attention of several heads with given parameters, as PyTorch's; `nn.MultiheadAttention` keeps them.

    Args:
        query: (L, N, E), floating-point; or all three without N.
        key: (S, N, kdim), of the same type.
        value: (S, N, vdim), of the same type.
        embed_dim_to_check: E.
        num_heads: the number H of heads, which divides E.
        in_proj_weight: (3 E, E), of queries, keys and values; None with use_separate_proj_weight.
        in_proj_bias: (3 E,), or None.
        bias_k: (1, 1, E), a key behind all others; or None.
        bias_v: (1, 1, E), its value; or None.
        add_zero_attn: whether a key and a value of zeros stand behind all others.
        dropout_p: the probability with which a weight is dropped, in training.
        out_proj_weight: (E, E).
        out_proj_bias: (E,), or None.
        training: whether weights are dropped.
        key_padding_mask: (N, S), or (S,): keys that are left out, True; or numbers that are added.
        need_weights: whether the weights are given as well, else None.
        attn_mask: (L, S), or (N H, L, S): who does not attend to whom, True; or numbers that are added.
        use_separate_proj_weight: whether the next three stand in the place of in_proj_weight.
        q_proj_weight: (E, E).
        k_proj_weight: (E, kdim).
        v_proj_weight: (E, vdim).
        static_k: (N H, S, E / H), keys of the heads in the place of those projected; or None.
        static_v: (N H, S, E / H), values likewise.
        average_attn_weights: whether weights are the mean of heads.
        is_causal: position l attends to positions up to l, if there is no attn_mask; with one, that alone counts.

    Returns:
        (L, N, E), and weights (N, L, S), or (N, H, L, S) without average_attn_weights; None without need_weights.

    Raises:
        OptionError: for heads that do not divide E, weights that are missing, or a dropout_p that is not from 0 to 1.
        ShapeError, DTypeError: for arrays that do not fit.
    """
    name = "multi_head_attention_forward"
    size, count = whole("embed_dim_to_check", embed_dim_to_check, 1), whole("num_heads", num_heads, 1)
    if size % count:
        raise OptionError(f"{name}: num_heads divides embed_dim_to_check; got {count} and {size}")
    own = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else (None, None, None)
    packed = None if use_separate_proj_weight else in_proj_weight
    if packed is None and any(w is None for w in own):
        missing = "q_proj_weight, k_proj_weight and v_proj_weight" if use_separate_proj_weight else "in_proj_weight"
        raise OptionError(f"{name} takes {missing} with {use_separate_proj_weight=}; got None")
    if (bias_k is None) != (bias_v is None):
        raise OptionError(f"{name} takes bias_k and bias_v, or neither; got one of them. Cure: both.")
    dropout_p = number(name, "dropout_p", dropout_p)
    if not 0 <= dropout_p <= 1:
        raise OptionError(f"{name} takes a probability dropout_p from 0 to 1; got {dropout_p}")
    heads = Heads(
        name=name,
        num_heads=count,
        num_kv_heads=count,
        head_dim=size // count,
        in_proj_weight=packed,
        own_weights=own,
        in_proj_bias=in_proj_bias,
        bias_k=bias_k,
        bias_v=bias_v,
        add_zero_attn=add_zero_attn,
        dropout=dropout_p if training else 0.0,
        out_proj=lambda x: linear(x, out_proj_weight, out_proj_bias),
        static_k=static_k,
        static_v=static_v,
    )
    widths = [size if w is None else w.shape[-1] for w in own]
    check_sequences(name, query, key, value, (size, widths[1], widths[2]), batch_first=False)
    _check_parameters(heads, size, widths, {"out_proj_weight": out_proj_weight, "out_proj_bias": out_proj_bias}, query)
    masks = Masks(key_padding_mask, attn_mask, is_causal)
    found = multihead_attention(heads, query, key, value, masks, average_attn_weights if need_weights else None)
    given = (query, key, value, packed, *own, in_proj_bias, bias_k, bias_v, out_proj_weight, out_proj_bias)
    if any(isinstance(x, Tracked) for x in (*given, static_k, static_v)):
        return found
    out, weights = found
    return out._data, None if weights is None else weights._data


def multihead_attention(
    heads: Heads, query: Any, key: Any, value: Any, masks: Masks, averaged: bool | None, batch_first: bool = False
) -> tuple[Any, Any]:
    """Outputs, and weights: the mean of heads if `averaged`, of each if False, or None."""
    is_batch = len(query.shape) == 3
    is_self = query is key and key is value
    query, key, value = (own_array(x, heads.name) for x in (query, key, value))
    if is_self:
        query = batched(query, batch_first)
        query = key = value = finite(heads.name, query, masks.key_padding_mask, is_batch)
    else:
        query, key, value = (batched(x, batch_first) for x in (query, key, value))
        key, value = (finite(heads.name, x, masks.key_padding_mask, is_batch) for x in (key, value))
        key, value = _finite_keys(heads, query, key, value, masks.attn_mask)
    q, k, v = _keys_and_values(heads, *_projected(heads, query, key, value, is_self))
    mask = _mask(heads, q, k, masks, is_batch)
    weights = dropout(attention.attention_weights(q, k, mask, scale=heads.head_dim**-0.5), heads.dropout)
    out = permute_dims(matmul(weights, v), (0, 2, 1, 3))
    out = heads.out_proj(reshape(out, (*out.shape[:2], heads.num_heads * heads.head_dim)))
    shown = None if averaged is None else mean(weights, axis=1) if averaged else weights
    if shown is not None and not is_batch:
        shown = squeeze(shown, axis=0)
    return unbatched(out, batch_first, is_batch), shown


def batched(x: Any, batch_first: bool) -> Any:
    """Sequences as (N, L, E)."""
    if len(x.shape) == 2:
        return expand_dims(x, axis=0)
    return x if batch_first else permute_dims(x, (1, 0, 2))


def unbatched(x: Any, batch_first: bool, is_batch: bool) -> Any:
    """Of (N, L, E) the layout that sequences came in."""
    if not is_batch:
        return squeeze(x, axis=0)
    return x if batch_first else permute_dims(x, (1, 0, 2))


# ---- what is attended to ----


def _projected(heads: Heads, query: Any, key: Any, value: Any, is_self: bool) -> tuple[Any, Any, Any]:
    """Queries (N, L, E), keys and values (N, S, E') of the heads together."""
    e, kv = heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim
    parts = [slice(0, e), slice(e, e + kv), slice(e + kv, e + 2 * kv)]
    packed, bias = heads.in_proj_weight, heads.in_proj_bias
    if packed is not None and is_self:
        together = linear(query, packed, bias)
        q, k, v = (together[..., part] for part in parts)
        return q, k, v
    own = heads.own_weights if packed is None else [packed[part, :] for part in parts]
    biases = [None if bias is None else bias[part] for part in parts]
    q, k, v = map(linear, (query, key, value), own, biases)
    return q, k, v


def _keys_and_values(heads: Heads, q: Any, k: Any, v: Any) -> tuple[Any, Any, Any]:
    """(N, H, L, head_dim) and (N, H, S, head_dim), with what stands behind the keys, each as often as it serves."""
    size = heads.head_dim
    if heads.static_k is not None:
        k = _of_heads(heads, "static_k", heads.static_k, k)
    if heads.static_v is not None:
        v = _of_heads(heads, "static_v", heads.static_v, v)
    if heads.bias_k is not None:
        wide = (k.shape[0], 1, heads.num_kv_heads * size)
        k = concat([k, broadcast_to(heads.bias_k, wide)], axis=1)
        v = concat([v, broadcast_to(heads.bias_v, wide)], axis=1)
    q, k, v = _split(q, heads.num_heads, size), _split(k, heads.num_kv_heads, size), _split(v, heads.num_kv_heads, size)
    if heads.add_zero_attn:
        nothing = zeros((*k.shape[:2], 1, size), dtype=k.dtype, device=k.device)
        k, v = concat([k, nothing], axis=2), concat([v, nothing], axis=2)
    times = heads.num_heads // heads.num_kv_heads
    return q, repeat_heads(k, times), repeat_heads(v, times)


def _split(x: Any, count: int, size: int) -> Any:
    """(N, L, heads times size) as (N, heads, L, size)."""
    return permute_dims(reshape(x, (*x.shape[:2], count, size)), (0, 2, 1, 3))


def _of_heads(heads: Heads, argument: str, given: Any, projected: Any) -> Any:
    """(N H, S, head_dim), keys or values of the heads, as (N, S, E')."""
    count, of_heads = projected.shape[0], heads.num_kv_heads
    if len(given.shape) != 3 or (given.shape[0], given.shape[2]) != (count * of_heads, heads.head_dim):
        wanted = f"({count * of_heads}, S, {heads.head_dim})"
        raise ShapeError(f"{heads.name} takes {argument} of shape {wanted} here; got {tuple(given.shape)}")
    check_type(heads.name, argument, given, projected)
    apart = reshape(own_array(given, heads.name), (count, of_heads, given.shape[1], heads.head_dim))
    return reshape(permute_dims(apart, (0, 2, 1, 3)), (count, given.shape[1], of_heads * heads.head_dim))


# ---- masks ----


def finite(name: str, x: Any, key_padding_mask: Any, is_batch: bool) -> Any:
    """(N, S, E) with 0 for NaN and infinities in padding."""
    if key_padding_mask is None:
        return x
    shape = x.shape[:2] if is_batch else x.shape[1:2]
    return attention.finite_where_unattended(_checked(name, "key_padding_mask", key_padding_mask, x, [shape]), x)[0]


def _finite_keys(heads: Heads, query: Any, key: Any, value: Any, attn_mask: Any) -> Any:
    """Keys and values (N, S, ...) with 0 for NaN and infinities where attn_mask lets nobody attend."""
    if attn_mask is None:
        return key, value
    (count, length, _), keys = query.shape, key.shape[1]
    shapes = [(length, keys), (count * heads.num_heads, length, keys)]
    mask = _checked(heads.name, "attn_mask", attn_mask, query, shapes)
    if len(mask.shape) == 3:
        mask = reshape(mask, (count, heads.num_heads * length, keys))
    return attention.finite_where_unattended(mask, key, value, axes=(-2,))


def _mask(heads: Heads, q: Any, k: Any, masks: Masks, is_batch: bool) -> Any:
    """One mask for scores (N, H, L, S) of both: bools that are True where there is attention, or numbers."""
    count, number_of_heads, length, _ = q.shape
    added = heads.add_zero_attn + (heads.bias_k is not None)
    keys = k.shape[2] - added
    device = raw_of(q, heads.name)[1]
    found = []
    if masks.key_padding_mask is not None:
        shape = (count, keys) if is_batch else (keys,)
        mask = _checked(heads.name, "key_padding_mask", masks.key_padding_mask, q, [shape])
        found.append(reshape(mask, (count, 1, 1, keys)))
    if masks.attn_mask is not None:
        shapes = [(length, keys), (count * number_of_heads, length, keys)]
        mask = _checked(heads.name, "attn_mask", masks.attn_mask, q, shapes)
        found.append(reshape(mask, (*((1, 1) if len(mask.shape) == 2 else (count, number_of_heads)), length, keys)))
    elif masks.is_causal:
        rows, columns = arange(length, device=device), arange(keys, device=device)
        found.append(reshape(columns, (1, 1, 1, keys)) <= reshape(rows, (1, 1, length, 1)))
    if not found:
        return None
    mask = found[0] if len(found) == 1 else _both(*found)
    if not added:
        return mask
    make = ones if dtype_of(mask).kind == "bool" else zeros
    return concat([mask, make((*mask.shape[:3], added), dtype=dtype_of(mask), device=device)], axis=3)


def _checked(name: str, argument: str, mask: Any, query: Any, shapes: Sequence[tuple[int, ...]]) -> Any:
    """A mask of one of the shapes; bools turned round, so that True is attention."""
    check_mask(name, argument, mask, query)
    if tuple(mask.shape) not in shapes:
        wanted = " or ".join(map(str, shapes))
        raise ShapeError(f"{name} takes {argument} of shape {wanted} here; got {tuple(mask.shape)}")
    mask = own_array(mask, name)
    return logical_not(mask) if dtype_of(mask).kind == "bool" else mask


def _both(one: Any, other: Any) -> Any:
    """Two masks as one: bools, or numbers if any is of numbers."""
    if dtype_of(one).kind == dtype_of(other).kind == "bool":
        return logical_and(one, other)
    if dtype_of(one).kind == "bool":
        one, other = other, one
    return where(other, one, -math.inf) if dtype_of(other).kind == "bool" else add(one, other)


# ---- checks ----


def check_sequences(
    name: str, query: Any, key: Any, value: Any, sizes: tuple[int, int, int], batch_first: bool
) -> None:
    """Raise unless the sequences are floating-point, fit each other, and have elements of these sizes."""
    check_arrays(name, query=query, key=key, value=value)
    q, k, v = tuple(query.shape), tuple(key.shape), tuple(value.shape)
    batch = 0 if batch_first else 1
    is_right = (
        len(q) in (2, 3)
        and len(q) == len(k) == len(v)
        and (q[-1], k[-1], v[-1]) == sizes
        and k[:-1] == v[:-1]
        and (len(q) == 2 or q[batch] == k[batch])
    )
    if not is_right:
        order = "(N, {0}, {1})" if batch_first else "({0}, N, {1})"
        named = zip(("query", "key", "value"), "LSS", sizes, strict=True)
        rule = ", ".join(f"{what} {order.format(length, size)}" for what, length, size in named)
        raise ShapeError(f"{name} takes {rule}, or all without N; got {q}, {k} and {v}")
    check_floating(name, "query", query)
    check_types(name, query, key=key, value=value)


def _check_parameters(heads: Heads, size: int, widths: Sequence[int], out_proj: dict[str, Any], query: Any) -> None:
    """Raise unless weights and biases are of attention to E = size, and of the type of query."""
    own = zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), heads.own_weights, widths, strict=True)
    wanted = [
        ("in_proj_weight", heads.in_proj_weight, (3 * size, size)),
        *((argument, weight, (size, width)) for argument, weight, width in own),
        ("in_proj_bias", heads.in_proj_bias, (3 * size,)),
        ("bias_k", heads.bias_k, (1, 1, size)),
        ("bias_v", heads.bias_v, (1, 1, size)),
        ("out_proj_weight", out_proj["out_proj_weight"], (size, size)),
        ("out_proj_bias", out_proj["out_proj_bias"], (size,)),
    ]
    for argument, x, shape in wanted:
        if x is None:
            continue
        check_arrays(heads.name, **{argument: x})
        if tuple(x.shape) != shape:
            raise ShapeError(f"{heads.name} takes {argument} of shape {shape}; got {tuple(x.shape)}")
        check_types(heads.name, query, **{argument: x})
