"""Attention as a layer."""

from __future__ import annotations

from typing import Any

from xnn.arguments import flagged, number, whole
from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.ops.creation import empty
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import init
from .functional._indices import check_type
from .functional._multihead import Heads, Masks, batched, check_sequences, finite, multihead_attention, unbatched
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
        masks = Masks(key_padding_mask, attn_mask, is_causal)
        wanted = average_attn_weights if need_weights else None
        return multihead_attention(self._heads(), query, key, value, masks, wanted, batch_first=self.batch_first)

    def without_padding(self, x: Array, key_padding_mask: AnyArray | None) -> Array:
        """An Array of the layout of queries, with 0 for NaN and infinities in padding."""
        if key_padding_mask is None:
            return x
        clean = finite(type(self).__name__, batched(x, self.batch_first), key_padding_mask, len(x.shape) == 3)
        return unbatched(clean, self.batch_first, len(x.shape) == 3)

    def _heads(self) -> Heads:
        return Heads(
            name=type(self).__name__,
            num_heads=self.num_heads,
            num_kv_heads=self.num_kv_heads,
            head_dim=self.head_dim,
            in_proj_weight=self.in_proj_weight,
            own_weights=(self.q_proj_weight, self.k_proj_weight, self.v_proj_weight),
            in_proj_bias=self.in_proj_bias,
            bias_k=self.bias_k,
            bias_v=self.bias_v,
            add_zero_attn=self.add_zero_attn,
            dropout=self.dropout if self.training else 0.0,
            out_proj=self.out_proj,
        )

    def _check(self, query: Any, key: Any, value: Any) -> None:
        sizes = (self.embed_dim, self.kdim, self.vdim)
        check_sequences(type(self).__name__, query, key, value, sizes, batch_first=self.batch_first)
        check_type(type(self).__name__, "query", query, self.out_proj.weight)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"
