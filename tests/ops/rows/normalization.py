"""Rows of xnn.ops.normalization."""

from functools import partial

from tests.ops.rows.row import FLOATS, Operand, Row, of_primitive, tensor
from tests.oracle import F, torch
from xnn.ops import normalization

row = partial(of_primitive, normalization)


X = Operand((3, 4, 2), "real")
CHANNELS = Operand((4,), "real")


def three(x):
    """What standardize gives, all at once."""
    mean, var = x.mean((0, 2), keepdims=True), x.var((0, 2), correction=0, keepdims=True)
    return (x - mean) / torch.sqrt(var + 0.1) + mean + var


ROWS = [
    Row(
        "standardize",
        "standardize",
        lambda xp, x: sum(normalization.standardize(x, axes=(0, 2), eps=0.1)),
        (X,),
        FLOATS,
        lambda x: three(tensor(x)).numpy(),
        three,
    ),
    row(
        "scale_channels",
        {},
        X,
        CHANNELS,
        CHANNELS,
        torch=lambda x, weight, bias: x * weight.reshape(-1, 1) + bias.reshape(-1, 1),
    ),
    row(
        "layer_norm",
        {"count": 2, "eps": 0.1},
        X,
        Operand((4, 2), "real"),
        Operand((4, 2), "real"),
        torch=lambda x, weight, bias: F.layer_norm(x, (4, 2), weight, bias, 0.1),
    ),
    row(
        "group_norm",
        {"groups": 2, "eps": 0.1},
        X,
        CHANNELS,
        CHANNELS,
        torch=lambda x, weight, bias: F.group_norm(x, 2, weight, bias, 0.1),
    ),
    row("group_norm", {"groups": 2, "eps": 0.1}, X, torch=lambda x: F.group_norm(x, 2, eps=0.1), id=" alone"),
    row(
        "rms_norm",
        {"count": 1, "eps": 0.1},
        X,
        Operand((2,), "real"),
        torch=lambda x, weight: F.rms_norm(x, (2,), weight, 0.1),
    ),
    row(
        "local_response_norm",
        {"size": 2, "alpha": 0.4, "beta": 0.6, "k": 1.5},
        X,
        torch=lambda x: F.local_response_norm(x, 2, 0.4, 0.6, 1.5),
    ),
]
