"""Losses: plain functions under PyTorch's functional names; `reduction` is "mean", "sum" or "none"."""

from .classification import binary_cross_entropy_with_logits, cross_entropy
from .regression import mse_loss

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mse_loss"]
