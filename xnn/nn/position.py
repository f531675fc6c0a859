"""Positions in a sequence, for attention, which does not see them."""

from __future__ import annotations

from xnn.arguments import whole
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, AnyArray

from . import functional as F
from .functional._position import check_base
from .module import Module

__all__ = ["RotaryEmbedding", "SinusoidalPositionalEncoding"]


class SinusoidalPositionalEncoding(Module):
    """Adds sine and cosine of position / base^(2 i / d_model), by turns; see `functional.sinusoidal_encoding`.

    Vaswani et al., Attention is all you need, 2017, section 3.5.

    Args:
        d_model: the number of features.
        batch_first: whether inputs are (N, L, d_model) in the place of (L, N, d_model).
        base: of the wavelengths.

    Shapes: (L, N, d_model) or (L, d_model), kept; of any length.

    Raises:
        OptionError: for a d_model that is no int of at least 1, or a base that is not positive.
        ShapeError, DTypeError: for inputs that do not fit.

    Example:
        >>> import xnn as xp
        >>> xp.nn.SinusoidalPositionalEncoding(2)(xp.zeros((1, 2), device="cpu")).tolist()
        [[0.0, 1.0]]
    """

    def __init__(self, d_model: int, batch_first: bool = False, base: float = 10000.0) -> None:
        super().__init__()
        self.d_model, self.batch_first, self.base = whole("d_model", d_model, 1), batch_first, base
        check_base("SinusoidalPositionalEncoding", base)

    def forward(self, input: A) -> A:
        shape = tuple(getattr(input, "shape", (self.d_model,)))
        if shape[-1:] != (self.d_model,):
            order = "(N, L, {0})" if self.batch_first else "(L, N, {0})"
            raise ShapeError(
                f"SinusoidalPositionalEncoding takes sequences {order.format(self.d_model)} or (L, {self.d_model}); "
                f"got shape {shape}"
            )
        return F.sinusoidal_encoding(input, self.batch_first, self.base)

    def extra_repr(self) -> str:
        return f"{self.d_model}, batch_first={self.batch_first}, base={self.base}"


class RotaryEmbedding(Module):
    """Turns pairs of features of queries and keys by their position; see `functional.rotary_embedding`.

    Su et al., RoFormer: Enhanced transformer with rotary position embedding, 2021.

    Args:
        dim: how many features are turned, the first ones; an even number.
        base: of the wavelengths.
        interleaved: whether a pair i are the features 2 i and 2 i + 1, as in the paper; else i and dim / 2 + i.

    Shapes: (..., L, E) with E of at least dim, kept.

    Called as `layer(input, positions=None)`; positions are integers that broadcast to (..., L), or None for 0, 1, ...

    Raises:
        OptionError: for a dim that is no even int of at least 2, or a base that is not positive.
        ShapeError, DTypeError: see `functional.rotary_embedding`.

    Example:
        >>> import xnn as xp
        >>> xp.nn.RotaryEmbedding(4)(xp.ones((2, 8, 5, 4), device="cpu")).shape
        (2, 8, 5, 4)
    """

    def __init__(self, dim: int, base: float = 10000.0, interleaved: bool = True) -> None:
        super().__init__()
        self.dim, self.base, self.interleaved = whole("dim", dim, 2), base, interleaved
        if self.dim % 2:
            raise OptionError(f"RotaryEmbedding turns pairs of features: dim is even; got {dim}")
        check_base("RotaryEmbedding", base)

    def forward(self, input: A, positions: AnyArray | None = None) -> A:
        return F.rotary_embedding(input, positions, self.dim, self.base, self.interleaved)

    def extra_repr(self) -> str:
        return f"{self.dim}, base={self.base}, interleaved={self.interleaved}"
