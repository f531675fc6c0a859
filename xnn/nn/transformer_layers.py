"""The layers of which transformers are built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.ops.elementwise import add
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from .attention import MultiheadAttention
from .dropout import Dropout
from .functional._indices import own_array
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]

Activation: TypeAlias = Literal["relu", "gelu"] | Callable[[Any], Any]


def activation_of(name: str, activation: Activation) -> Callable[[Any], Any]:
    """The function that is meant; OptionError for none."""
    if activation in ("relu", "gelu"):
        activation = getattr(F, str(activation))
    if not callable(activation):
        raise OptionError(f'{name}: activation is "relu", "gelu" or a function of an array; got {activation!r}')
    return activation


class _Layer(Module):
    """What both have: self-attention, and a network for each position, around which inputs go past and are added."""

    attends_to_memory = False  # whether a second attention stands behind the first
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        where: dict[str, Any] = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        if self.attends_to_memory:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **where)
        self.norm_first = norm_first
        parts = range(1, 4 if self.attends_to_memory else 3)
        for i in parts:
            self.register_module(f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, **where))
        for i in parts:
            self.register_module(f"dropout{i}", Dropout(dropout))
        self.activation = activation_of(type(self).__name__, activation)

    def _block(self, x: Any, part: Callable[[Any], Any], norm: Module, dropout: Module) -> Any:
        """x + part(norm(x)), or norm(x + part(x))."""
        if self.norm_first:
            return add(x, dropout(part(norm(x))))
        return norm(add(x, dropout(part(x))))

    def _each_position(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a network of two linear layers for each position; each is added to its input and normalised.

    Vaswani et al., Attention is all you need, 2017; with norm_first Xiong et al., On layer normalization in the
    transformer architecture, 2020.

    Args:
        d_model: the size of each position's features.
        nhead: the number of heads, which divides d_model.
        dim_feedforward: the size between the two linear layers.
        dropout: the probability with which elements are dropped, in training.
        activation: between the two linear layers: "relu", "gelu" or a function of an array.
        layer_norm_eps: of the normalisations.
        batch_first: whether arrays are (N, L, d_model) in the place of (L, N, d_model).
        norm_first: whether inputs of the parts are normalised, not the sums behind them.
        bias: whether linear layers and normalisations add one.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        self_attn, linear1, linear2, norm1, norm2, dropout, dropout1, dropout2: the parts.

    Shapes: (L, N, d_model) or (L, d_model), kept.

    Called as `layer(src, src_mask=None, src_key_padding_mask=None, is_causal=False)`; masks as `attn_mask` and
    `key_padding_mask` of `MultiheadAttention`.

    Raises:
        OptionError: for sizes that are no ints of at least 1, or do not divide, and another activation.
        ShapeError, DTypeError: see `MultiheadAttention`.
    """

    @flagged
    def forward(
        self,
        src: AnyArray,
        src_mask: AnyArray | None = None,
        src_key_padding_mask: AnyArray | None = None,
        is_causal: bool = False,
    ) -> Array:
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        src = self.self_attn.without_padding(own_array(src, "TransformerEncoderLayer"), src_key_padding_mask)
        x = self._block(src, attend, self.norm1, self.dropout1)
        return self._block(x, self._each_position, self.norm2, self.dropout2)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to what an encoder gave, then a network of two linear layers for each position.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device,
            dtype: see `TransformerEncoderLayer`.

    Attributes:
        self_attn, multihead_attn, linear1, linear2, norm1, norm2, norm3, dropout, dropout1, dropout2, dropout3: parts.

    Shapes: tgt (L, N, d_model), kept; memory (S, N, d_model). Without N for one sequence.

    Called as `layer(tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None,
    memory_key_padding_mask=None, tgt_is_causal=False, memory_is_causal=False)`; masks as `attn_mask` and
    `key_padding_mask` of `MultiheadAttention`.

    Raises: what `TransformerEncoderLayer` raises.
    """

    attends_to_memory = True
    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    @flagged
    def forward(
        self,
        tgt: AnyArray,
        memory: AnyArray,
        tgt_mask: AnyArray | None = None,
        memory_mask: AnyArray | None = None,
        tgt_key_padding_mask: AnyArray | None = None,
        memory_key_padding_mask: AnyArray | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Array:
        def attend(x: Any) -> Any:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def look(x: Any) -> Any:
            return self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )[0]

        memory = own_array(memory, "TransformerDecoderLayer")
        tgt = self.self_attn.without_padding(own_array(tgt, "TransformerDecoderLayer"), tgt_key_padding_mask)
        x = self._block(tgt, attend, self.norm1, self.dropout1)
        x = self._block(x, look, self.norm2, self.dropout2)
        return self._block(x, self._each_position, self.norm3, self.dropout3)
