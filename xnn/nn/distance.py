"""Distances and similarities."""

from __future__ import annotations

from xnn.typing import A, AnyArray

from . import functional as F
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along `dim`; see `functional.cosine_similarity`.

    Args:
        dim: the dimension of the vectors.
        eps: the least length that is divided by.

    Shapes: two inputs that broadcast, to their common shape without `dim`.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: A, x2: AnyArray) -> A:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps}"


class PairwiseDistance(Module):
    """The p-norm of the difference along the last dimension; see `functional.pairwise_distance`.

    Args:
        p: of the norm.
        eps: added to each difference.
        keepdim: whether the last dimension stays, with size 1.

    Shapes: (N, D) and (N, D) to (N,), or (N, 1) with keepdim; (D,) to ().
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: A, x2: AnyArray) -> A:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return f"p={self.norm}, eps={self.eps}, keepdim={self.keepdim}"
