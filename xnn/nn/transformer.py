"""Transformers."""

from __future__ import annotations

import copy
import math
from typing import Any, cast

from xnn.arguments import check_arrays, flagged, whole
from xnn.array_object import Array
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import full
from xnn.ops.manipulation import triu
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from . import init
from .container import ModuleList
from .module import Module
from .normalization import LayerNorm
from .transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


def _copies(layer: Module, count: int) -> ModuleList:
    """Layers of the same values, each with its own."""
    return ModuleList(copy.deepcopy(layer) for _ in range(count))


class TransformerEncoder(Module):
    """Encoder layers one after another.

    Args:
        encoder_layer: a `TransformerEncoderLayer`, of which copies are made: they begin with the same values.
        num_layers: how many.
        norm: a layer behind the last one; or None.
        enable_nested_tensor: False; PyTorch's way past padding, on which no number depends, does not exist here.

    Attributes:
        layers: the copies.
        norm: the last layer; or None.

    Shapes: those of the layer: (L, N, d_model), kept.

    Called as `encoder(src, mask=None, src_key_padding_mask=None, is_causal=None)`; masks as `attn_mask` and
    `key_padding_mask` of `MultiheadAttention`. In evaluation PyTorch's may give 0 where a key is left out.

    Raises:
        OptionError: for a number of layers that is no int of at least 1, and for nested tensors.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, device="cpu")
        >>> encoder = xp.nn.TransformerEncoder(layer, 3)
        >>> encoder(xp.ones((2, 5, 8), device="cpu")).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = False,
    ) -> None:
        super().__init__()
        if enable_nested_tensor:
            raise OptionError(
                "TransformerEncoder has no nested tensors; got enable_nested_tensor=True. "
                "Cure: leave it out, and mask what is padding."
            )
        self.layers = _copies(encoder_layer, whole("num_layers", num_layers, 1))
        self.num_layers, self.norm = len(self.layers), norm

    @flagged
    def forward(
        self,
        src: AnyArray,
        mask: AnyArray | None = None,
        src_key_padding_mask: AnyArray | None = None,
        is_causal: bool | None = None,
    ) -> Array:
        out: Any = src
        for layer in self.layers:
            out = layer(out, mask, src_key_padding_mask, is_causal=bool(is_causal))
        return cast(Array, out if self.norm is None else self.norm(out))


class TransformerDecoder(Module):
    """Decoder layers one after another.

    Args:
        decoder_layer: a `TransformerDecoderLayer`, of which copies are made: they begin with the same values.
        num_layers: how many.
        norm: a layer behind the last one; or None.

    Attributes:
        layers: the copies.
        norm: the last layer; or None.

    Shapes: those of the layer: tgt (L, N, d_model), kept, and memory (S, N, d_model).

    Called as `decoder(tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None,
    memory_key_padding_mask=None, tgt_is_causal=None, memory_is_causal=False)`.

    Raises:
        OptionError: for a number of layers that is no int of at least 1.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, whole("num_layers", num_layers, 1))
        self.num_layers, self.norm = len(self.layers), norm

    @flagged
    def forward(
        self,
        tgt: AnyArray,
        memory: AnyArray,
        tgt_mask: AnyArray | None = None,
        memory_mask: AnyArray | None = None,
        tgt_key_padding_mask: AnyArray | None = None,
        memory_key_padding_mask: AnyArray | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Array:
        out: Any = tgt
        for layer in self.layers:
            out = layer(
                out,
                memory,
                tgt_mask,
                memory_mask,
                tgt_key_padding_mask,
                memory_key_padding_mask,
                bool(tgt_is_causal),
                memory_is_causal,
            )
        return cast(Array, out if self.norm is None else self.norm(out))


class Transformer(Module):
    """An encoder, and a decoder that attends to what it gave. Vaswani et al., Attention is all you need, 2017.

    Args:
        d_model: the size of each position's features.
        nhead: the number of heads, which divides d_model.
        num_encoder_layers: of the encoder.
        num_decoder_layers: of the decoder.
        dim_feedforward, dropout, activation: see `TransformerEncoderLayer`.
        custom_encoder: a module in the place of the encoder; or None.
        custom_decoder: a module in the place of the decoder; or None.
        layer_norm_eps, batch_first, norm_first, bias, device, dtype: see `TransformerEncoderLayer`.

    Attributes:
        encoder: a `TransformerEncoder` with a `LayerNorm` behind it.
        decoder: a `TransformerDecoder`, likewise. All weights are drawn by `init.xavier_uniform_`.

    Shapes: src (S, N, d_model) and tgt (L, N, d_model) to (L, N, d_model); without N for one sequence.

    Called as `model(src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None,
    tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None,
    memory_is_causal=False)`.

    Raises:
        OptionError, DTypeError: see `TransformerEncoderLayer`.
        ShapeError: for src and tgt of other sizes.

    Example:
        >>> import xnn as xp
        >>> model = xp.nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True, device="cpu")
        >>> src, tgt = xp.ones((3, 5, 8), device="cpu"), xp.ones((3, 4, 8), device="cpu")
        >>> model(src, tgt, tgt_is_causal=True).shape
        (3, 4, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
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
        options: tuple[Any, ...] = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
        )  # fmt: skip
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        if custom_encoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
            custom_encoder = TransformerEncoder(TransformerEncoderLayer(*options, **where), num_encoder_layers, norm)
        if custom_decoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
            custom_decoder = TransformerDecoder(TransformerDecoderLayer(*options, **where), num_decoder_layers, norm)
        self.encoder, self.decoder = custom_encoder, custom_decoder
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    @flagged
    def forward(
        self,
        src: AnyArray,
        tgt: AnyArray,
        src_mask: AnyArray | None = None,
        tgt_mask: AnyArray | None = None,
        memory_mask: AnyArray | None = None,
        src_key_padding_mask: AnyArray | None = None,
        tgt_key_padding_mask: AnyArray | None = None,
        memory_key_padding_mask: AnyArray | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Array:
        check_arrays("Transformer", src=src, tgt=tgt)
        one, other = tuple(src.shape), tuple(tgt.shape)
        batch = 0 if self.batch_first else 1
        if not (
            len(one) == len(other)
            and len(one) in (2, 3)
            and one[-1] == other[-1] == self.d_model
            and (len(one) == 2 or one[batch] == other[batch])
        ):
            order = "(N, {0}, {1})" if self.batch_first else "({0}, N, {1})"
            raise ShapeError(
                f"Transformer takes src {order.format('S', self.d_model)} and tgt {order.format('L', self.d_model)}, "
                f"or both without N; got {one} and {other}"
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: DeviceLike | None = None, dtype: DTypeLike | None = None
    ) -> Array:
        """A mask (sz, sz) with which position l attends to positions up to l: -infinity beyond, else 0.

        Example:
            >>> import xnn as xp
            >>> xp.nn.Transformer.generate_square_subsequent_mask(2, device="cpu").tolist()
            [[0.0, -inf], [0.0, 0.0]]
        """
        return triu(full((sz, sz), -math.inf, device=device, dtype=dtype), k=1)
