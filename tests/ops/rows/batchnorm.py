"""Rows of xnn.ops.batchnorm."""

from functools import partial

from tests.ops.rows.normalization import CHANNELS, X
from tests.ops.rows.row import FLOATS, Operand, Row, of_primitive, tensor
from tests.oracle import torch
from xnn.ops import batchnorm

row = partial(of_primitive, batchnorm)


def affine_three(x, weight, bias):
    """What standardize_channels gives, all at once."""
    mean, var = x.mean((0, 2), keepdims=True), x.var((0, 2), correction=0, keepdims=True)
    return (x - mean) / torch.sqrt(var + 0.1) * weight.reshape(-1, 1) + bias.reshape(-1, 1) + mean + var


VARIANCES = Operand((4,), "positive")

ROWS = [
    Row(
        "standardize_channels",
        "standardize_channels",
        lambda xp, *arrays: sum(batchnorm.standardize_channels(*arrays, axes=(0, 2), eps=0.1)),
        (X, CHANNELS, CHANNELS),
        FLOATS,
        lambda *arrays: affine_three(*map(tensor, arrays)).numpy(),
        affine_three,
    ),
    row(
        "normalize_channels",
        {"eps": 0.1},
        X,
        CHANNELS,
        VARIANCES,
        CHANNELS,
        CHANNELS,
        # by hand: PyTorch's batch_norm gives statistics no derivative
        torch=lambda x, mean, var, weight, bias: (
            (x - mean.reshape(-1, 1)) / torch.sqrt(var.reshape(-1, 1) + 0.1) * weight.reshape(-1, 1)
            + bias.reshape(-1, 1)
        ),
    ),
]
