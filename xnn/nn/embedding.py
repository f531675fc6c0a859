"""Embeddings: tables whose rows are looked up by their numbers, alone and in bags."""

from __future__ import annotations

from typing import Any, Literal, Self, cast

from xnn.arguments import check_arrays, check_floating, whole
from xnn.array_object import Array
from xnn.autograd.graph import no_grad
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import empty
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from . import init
from .functional._embedding import MODES, check_dense, check_norm, find_row
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """What both have: a table, drawn from N(0, 1), whose row padding_idx is 0."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        device: DeviceLike | None,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        self.num_embeddings = whole("num_embeddings", num_embeddings, 1)
        self.embedding_dim = whole("embedding_dim", embedding_dim, 1)
        name = type(self).__name__
        self.padding_idx = None if padding_idx is None else find_row(name, padding_idx, self.num_embeddings)
        check_norm(name, max_norm, norm_type)
        check_dense(name, sparse)
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        self.weight = Parameter(empty((self.num_embeddings, self.embedding_dim), device=device, dtype=dtype))
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0.0

    @classmethod
    def _of(cls, embeddings: AnyArray, freeze: bool, **options: Any) -> Self:
        """A layer whose table are these embeddings, unchanged."""
        check_arrays(f"{cls.__name__}.from_pretrained", embeddings=embeddings)
        check_floating(f"{cls.__name__}.from_pretrained", "embeddings", embeddings, takes_complex=True)
        shape = tuple(embeddings.shape)
        if len(shape) != 2:
            raise ShapeError(
                f"{cls.__name__}.from_pretrained takes embeddings (num_embeddings, embedding_dim); got shape {shape}"
            )
        weight = Parameter(embeddings, requires_grad=not freeze)
        layer = cls(*shape, **options, device=weight.device, dtype=weight.dtype)
        layer.weight = weight
        return layer

    def extra_repr(self) -> str:
        shown = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        options = [f"{name}={getattr(self, name)}" for name, usual in shown.items() if getattr(self, name) != usual]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *options])


class Embedding(_Table):
    """A table of vectors, looked up by their numbers: words, say.

    Args:
        num_embeddings: how many vectors.
        embedding_dim: the size of each.
        padding_idx: one that begins as 0 and gets no gradient; a negative one counts from the end.
        max_norm: vectors that are looked up and are longer get this length first, in place.
        norm_type: the p of the p-norm that measures them.
        scale_grad_by_freq: whether a vector's gradient is divided by how often the input has it.
        sparse: False; a gradient is an array of the shape of the weight, with its zeros.
        device: where the parameter is; None for the default device.
        dtype: its data type; None for the default one.

    Attributes:
        weight: (num_embeddings, embedding_dim), drawn from N(0, 1).

    Shapes: integers (...) to (..., embedding_dim).

    Raises:
        OptionError: for sizes that are no ints of at least 1, sparse, and for what `functional.embedding` refuses.
        BoundsError, DTypeError: see `functional.embedding`.

    Example:
        >>> import xnn as xp
        >>> words = xp.nn.Embedding(10, 3, padding_idx=0, device="cpu")
        >>> words(xp.asarray([[1, 2, 0, 0]], device="cpu")).shape
        (1, 4, 3)
        >>> words(xp.asarray(0, device="cpu")).tolist()
        [0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: AnyArray,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer whose table are these embeddings (num_embeddings, embedding_dim), which are not learnt if frozen.

        Example:
            >>> import xnn as xp
            >>> layer = xp.nn.Embedding.from_pretrained(xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu"))
            >>> layer(xp.asarray([1], device="cpu")).tolist(), layer.weight.requires_grad
            ([[3.0, 4.0]], False)
        """
        return cls._of(
            embeddings,
            freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )

    def forward(self, input: AnyArray) -> Array:
        options = (self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)
        return cast(Array, F.embedding(input, self.weight, *options))


class EmbeddingBag(_Table):
    """A table of vectors, of which bags are summed, averaged, or reduced to their maxima by column.

    Args:
        num_embeddings: how many vectors.
        embedding_dim: the size of each.
        max_norm, norm_type, scale_grad_by_freq, sparse: see `Embedding`.
        mode: "sum", "mean" or "max"; of an empty bag 0.
        include_last_offset: whether offsets have a last element more, the size of the input.
        padding_idx: a vector that begins as 0, gets no gradient and counts as absent.
        device: where the parameter is; None for the default device.
        dtype: its data type; None for the default one.

    Attributes:
        weight: (num_embeddings, embedding_dim), drawn from N(0, 1).

    Shapes: integers (B, N), or (N,) with offsets (B,), to (B, embedding_dim).

    Raises:
        OptionError: for sizes that are no ints of at least 1, another mode, and for what `functional.embedding_bag`
            refuses.
        ShapeError, DTypeError, BoundsError: see `functional.embedding_bag`.

    Example:
        >>> import xnn as xp
        >>> bags = xp.nn.EmbeddingBag(10, 3, mode="sum", device="cpu")
        >>> words, offsets = xp.asarray([1, 2, 4, 5, 4], device="cpu"), xp.asarray([0, 2], device="cpu")
        >>> bags(words, offsets).shape
        (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Literal["sum", "mean", "max"] = "mean",
        sparse: bool = False,
        *,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        if mode not in MODES:
            raise OptionError(f'EmbeddingBag: mode is "sum", "mean" or "max"; got {mode!r}')
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, device, dtype
        )
        self.mode, self.include_last_offset = mode, include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: AnyArray,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Literal["sum", "mean", "max"] = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer whose table are these embeddings (num_embeddings, embedding_dim), which are not learnt if frozen."""
        return cls._of(
            embeddings,
            freeze,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )

    def forward(
        self, input: AnyArray, offsets: AnyArray | None = None, per_sample_weights: AnyArray | None = None
    ) -> Array:
        out = F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )
        return cast(Array, out)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, mode={self.mode!r}"
