"""Attention as a layer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from xnn.arguments import check_arrays, check_floating, flagged, number, whole
from xnn.array_object import Array
from xnn.autograd.operands import raw_of
from xnn.errors import OptionError, ShapeError
from xnn.ops import attention
from xnn.ops.creation import arange, empty, ones, zeros
from xnn.ops.data_types import dtype_of
from xnn.ops.elementwise import add
from xnn.ops.linear_algebra import matmul
from xnn.ops.logic import logical_and, logical_not
from xnn.ops.manipulation import broadcast_to, concat, expand_dims, permute_dims, reshape, squeeze
from xnn.ops.searching import where
from xnn.ops.statistical import mean
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from . import init
from .functional._attention import check_mask, check_types, repeat_heads
from .functional._indices import check_type, own_array
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention of several heads, each in a subspace of its own: W [softmax(q @ k.T / sqrt(E / H)) @ v of each] + b.

    Vaswani et al., Attention is all you need, 2017; with num_kv_heads Ainslie et al., GQA, 2023.

    Args:
        embed_dim: the size E of queries and outputs.
        num_heads: the number H of heads, which divides E.
        dropout: the probability with which a weight is dropped, in training.
        bias: whether the projections in and out add one.
        add_bias_kv: whether a learnt key and value stand behind all others.
        add_zero_attn: whether a key and value of zeros stand behind all others.
        kdim: the size of keys; None for E.
        vdim: the size of values; None for E.
        batch_first: whether arrays are (N, L, E) in the place of (L, N, E).
        num_kv_heads: how many heads keys and values have, a divisor of H: each serves H / num_kv_heads neighbouring
            heads of queries. None for H. PyTorch's layer lacks it.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        in_proj_weight: (3 E, E), of queries, keys and values one after another, drawn by `init.xavier_uniform_`; with
            kdim or vdim, in its place q_proj_weight (E, E), k_proj_weight (E, kdim) and v_proj_weight (E, vdim). With
            num_kv_heads, E num_kv_heads / H rows in the place of E for keys and values.
        in_proj_bias: (3 E,), 0 at first; or None.
        bias_k, bias_v: (1, 1, E), drawn by `init.xavier_normal_`; or None.
        out_proj: a `Linear(E, E)`, whose bias is 0 at first.

    Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim): to outputs (L, N, E), and weights (N, L, S), the mean
    of all heads, or (N, H, L, S). Without N for one sequence.

    Called as `layer(query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
    average_attn_weights=True, is_causal=False)`:

    - key_padding_mask: (N, S), or (S,) for one sequence: keys that are left out, True; or numbers that are added.
    - need_weights: whether the weights are given as well, else None.
    - attn_mask: (L, S), or (N H, L, S) for each head: who does not attend to whom, True; or numbers that are added.
    - average_attn_weights: whether weights are the mean of heads.
    - is_causal: position l attends to positions up to l, if there is no attn_mask; with one, that alone counts.

    Where a query may attend to no key, its weights and the attended value are 0; PyTorch's are NaN with need_weights.
    NaN and infinities in what masks leave out reach nothing.

    Raises:
        OptionError: for sizes that are no ints of at least 1, or do not divide, and a dropout that is not from 0 to 1.
        ShapeError, DTypeError: for arrays that do not fit.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.MultiheadAttention(8, 2, batch_first=True, device="cpu")
        >>> x = xp.ones((3, 5, 8), device="cpu")
        >>> out, weights = layer(x, x, x)
        >>> out.shape, weights.shape
        ((3, 5, 8), (3, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        num_kv_heads: int | None = None,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.embed_dim, self.num_heads = whole("embed_dim", embed_dim, 1), whole("num_heads", num_heads, 1)
        self.num_kv_heads = self.num_heads if num_kv_heads is None else whole("num_kv_heads", num_kv_heads, 1)
        if self.embed_dim % self.num_heads or self.num_heads % self.num_kv_heads:
            raise OptionError(
                "MultiheadAttention: num_heads divides embed_dim, and num_kv_heads num_heads; got "
                f"embed_dim {embed_dim}, num_heads {num_heads} and num_kv_heads {self.num_kv_heads}"
            )
        dropout = number("MultiheadAttention", "dropout", dropout)
        if not 0 <= dropout <= 1:
            raise OptionError(f"MultiheadAttention takes a probability dropout from 0 to 1; got {dropout}")
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self.head_dim = self.embed_dim // self.num_heads
        self.kdim = self.embed_dim if kdim is None else whole("kdim", kdim, 1)
        self.vdim = self.embed_dim if vdim is None else whole("vdim", vdim, 1)
        self.kv_size = self.num_kv_heads * self.head_dim

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        rows = self.embed_dim + 2 * self.kv_size
        self.is_packed = self.kdim == self.vdim == self.embed_dim
        self.in_proj_weight = self.q_proj_weight = self.k_proj_weight = self.v_proj_weight = None
        if self.is_packed:
            self.in_proj_weight = parameter(rows, self.embed_dim)
        else:
            self.q_proj_weight = parameter(self.embed_dim, self.embed_dim)
            self.k_proj_weight = parameter(self.kv_size, self.kdim)
            self.v_proj_weight = parameter(self.kv_size, self.vdim)
        self.in_proj_bias = parameter(rows) if bias else None
        self.out_proj = Linear(self.embed_dim, self.embed_dim, bias, device=device, dtype=dtype)
        self.bias_k = parameter(1, 1, self.kv_size) if add_bias_kv else None
        self.bias_v = parameter(1, 1, self.kv_size) if add_bias_kv else None
        self._fill()

    def _fill(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    @flagged
    def forward(
        self,
        query: AnyArray,
        key: AnyArray,
        value: AnyArray,
        key_padding_mask: AnyArray | None = None,
        need_weights: bool = True,
        attn_mask: AnyArray | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Array, Array | None]:
        self._check(query, key, value)
        is_batch = len(query.shape) == 3
        is_self = query is key and key is value
        query, key, value = (own_array(x, type(self).__name__) for x in (query, key, value))
        if is_self:
            query = key = value = self._finite(self._batched(query), key_padding_mask, is_batch)
        else:
            query, key, value = (self._batched(x) for x in (query, key, value))
            key, value = (self._finite(x, key_padding_mask, is_batch) for x in (key, value))
            key, value = self._finite_keys(query, key, value, attn_mask)
        q, k, v = self._project(query, key, value, is_self)
        if self.bias_k is not None and self.bias_v is not None:
            wide = (k.shape[0], 1, self.kv_size)
            k = concat([k, broadcast_to(self.bias_k, wide)], axis=1)
            v = concat([v, broadcast_to(self.bias_v, wide)], axis=1)
        q, k, v = self._heads(q, self.num_heads), self._heads(k, self.num_kv_heads), self._heads(v, self.num_kv_heads)
        if self.add_zero_attn:
            nothing = zeros((*k.shape[:2], 1, self.head_dim), dtype=k.dtype, device=k.device)
            k, v = concat([k, nothing], axis=2), concat([v, nothing], axis=2)
        k, v = (repeat_heads(x, self.num_heads // self.num_kv_heads) for x in (k, v))
        mask = self._mask(q, k, key_padding_mask, attn_mask, is_causal, is_batch)
        dropped = self.dropout if self.training else 0.0
        weights = attention.attention_weights(q, k, mask, scale=self.head_dim**-0.5)
        weights = F.dropout(weights, dropped)
        out = permute_dims(matmul(weights, v), (0, 2, 1, 3))
        out = self.out_proj(reshape(out, (*out.shape[:2], self.embed_dim)))
        if not need_weights:
            weights = None
        elif average_attn_weights:
            weights = mean(weights, axis=1)
        if not is_batch:
            return squeeze(out, axis=0), None if weights is None else squeeze(weights, axis=0)
        return (out if self.batch_first else permute_dims(out, (1, 0, 2))), weights

    def without_padding(self, x: Array, key_padding_mask: AnyArray | None) -> Array:
        """An Array of the layout of queries, with 0 for NaN and infinities in padding."""
        if key_padding_mask is None:
            return x
        clean = self._finite(self._batched(x), key_padding_mask, len(x.shape) == 3)
        if len(x.shape) == 2:
            return squeeze(clean, axis=0)
        return clean if self.batch_first else permute_dims(clean, (1, 0, 2))

    def _finite(self, x: Any, key_padding_mask: Any, is_batch: bool) -> Any:
        """(N, S, E) with 0 for NaN and infinities in padding."""
        if key_padding_mask is None:
            return x
        mask = self._checked("key_padding_mask", key_padding_mask, x, [x.shape[:2] if is_batch else x.shape[1:2]])
        return attention.finite_where_unattended(mask, x)[0]

    def _finite_keys(self, query: Any, key: Any, value: Any, attn_mask: Any) -> Any:
        """Keys and values (N, S, ...) with 0 for NaN and infinities where attn_mask lets nobody attend."""
        if attn_mask is None:
            return key, value
        (count, length, _), keys = query.shape, key.shape[1]
        mask = self._checked("attn_mask", attn_mask, query, [(length, keys), (count * self.num_heads, length, keys)])
        if len(mask.shape) == 3:
            mask = reshape(mask, (count, self.num_heads * length, keys))
        return attention.finite_where_unattended(mask, key, value, axes=(-2,))

    def _check(self, query: Any, key: Any, value: Any) -> None:
        name = type(self).__name__
        check_arrays(name, query=query, key=key, value=value)
        q, k, v = tuple(query.shape), tuple(key.shape), tuple(value.shape)
        order = "(N, {0}, {1})" if self.batch_first else "({0}, N, {1})"
        rule = ", ".join(
            f"{what} {order.format(*size)}"
            for what, size in (("query", ("L", self.embed_dim)), ("key", ("S", self.kdim)), ("value", ("S", self.vdim)))
        )
        batch = 0 if self.batch_first else 1
        is_right = (
            len(q) in (2, 3)
            and len(q) == len(k) == len(v)
            and (q[-1], k[-1], v[-1]) == (self.embed_dim, self.kdim, self.vdim)
            and k[:-1] == v[:-1]
            and (len(q) == 2 or q[batch] == k[batch])
        )
        if not is_right:
            raise ShapeError(f"{name} takes {rule}, or all without N; got {q}, {k} and {v}")
        check_floating(name, "query", query)
        check_types(name, query, key=key, value=value)
        check_type(name, "query", query, self.out_proj.weight)

    def _project(self, query: Any, key: Any, value: Any, is_self: bool) -> tuple[Any, Any, Any]:
        """Queries (N, L, E), keys and values (N, S, ...) of the heads together, of batches."""
        e, kv = self.embed_dim, self.kv_size
        ends = (0, e, e + kv, e + 2 * kv)
        if self.in_proj_weight is not None and is_self:
            together = F.linear(query, self.in_proj_weight, self.in_proj_bias)
            q, k, v = (together[..., start:end] for start, end in itertools.pairwise(ends))
            return q, k, v
        found = []
        own: tuple[Any, ...] = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        for x, part, (start, end) in zip((query, key, value), own, itertools.pairwise(ends), strict=True):
            weight = part if self.in_proj_weight is None else self.in_proj_weight[start:end, :]
            bias = None if self.in_proj_bias is None else self.in_proj_bias[start:end]
            found.append(F.linear(x, weight, bias))
        return found[0], found[1], found[2]

    def _batched(self, x: Any) -> Any:
        if len(x.shape) == 2:
            return expand_dims(x, axis=0)
        return x if self.batch_first else permute_dims(x, (1, 0, 2))

    def _heads(self, x: Any, count: int) -> Any:
        """(N, L, heads times size) as (N, heads, L, size)."""
        return permute_dims(reshape(x, (*x.shape[:2], count, self.head_dim)), (0, 2, 1, 3))

    def _mask(self, q: Any, k: Any, key_padding_mask: Any, attn_mask: Any, is_causal: bool, is_batch: bool) -> Any:
        """One mask for scores (N, H, L, S) of both: bools that are True where there is attention, or numbers."""
        count, heads, length, _ = q.shape
        added = self.add_zero_attn + (self.bias_k is not None)
        keys = k.shape[2] - added
        device = raw_of(q, type(self).__name__)[1]
        masks = []
        if key_padding_mask is not None:
            mask = self._checked("key_padding_mask", key_padding_mask, q, [(count, keys) if is_batch else (keys,)])
            masks.append(reshape(mask, (count, 1, 1, keys)))
        if attn_mask is not None:
            mask = self._checked("attn_mask", attn_mask, q, [(length, keys), (count * heads, length, keys)])
            masks.append(reshape(mask, (*((1, 1) if len(mask.shape) == 2 else (count, heads)), length, keys)))
        elif is_causal:
            rows, columns = arange(length, device=device), arange(keys, device=device)
            masks.append(reshape(columns, (1, 1, 1, keys)) <= reshape(rows, (1, 1, length, 1)))
        if not masks:
            return None
        if len(masks) == 2:
            masks = [_both(*masks)]
        mask = masks[0]
        if added:
            make = ones if dtype_of(mask).kind == "bool" else zeros
            extra = make((*mask.shape[:3], added), dtype=dtype_of(mask), device=device)
            mask = concat([mask, extra], axis=3)
        return mask

    def _checked(self, argument: str, mask: Any, query: Any, shapes: Sequence[tuple[int, ...]]) -> Any:
        """A mask of one of the shapes; bools turned round, so that True is attention."""
        check_mask(type(self).__name__, argument, mask, query)
        if tuple(mask.shape) not in shapes:
            wanted = " or ".join(map(str, shapes))
            raise ShapeError(f"{type(self).__name__} takes {argument} of shape {wanted} here; got {tuple(mask.shape)}")
        mask = own_array(mask, type(self).__name__)
        return logical_not(mask) if dtype_of(mask).kind == "bool" else mask

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"


def _both(one: Any, other: Any) -> Any:
    """Two masks as one: bools, or numbers if any is of numbers."""
    if dtype_of(one).kind == dtype_of(other).kind == "bool":
        return logical_and(one, other)
    if dtype_of(one).kind == "bool":
        one, other = other, one
    return where(other, one, -math.inf) if dtype_of(other).kind == "bool" else add(one, other)
