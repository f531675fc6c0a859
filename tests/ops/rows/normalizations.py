"""Rows of xnn.ops.normalizations."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F, torch
from xnn.ops import normalizations


def row(name, static, *operands, torch, id=""):
    def call(xp, *arrays):
        return getattr(normalizations, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(f"{name}{id}", name, call, operands, FLOATS, numpy, torch)


def three(x):
    """What standardize gives, all at once."""
    mean, var = x.mean((0, 2), keepdims=True), x.var((0, 2), correction=0, keepdims=True)
    return (x - mean) / torch.sqrt(var + 0.1) + mean + var


def affine_three(x, weight, bias):
    """The same of standardize_channels."""
    mean, var = x.mean((0, 2), keepdims=True), x.var((0, 2), correction=0, keepdims=True)
    return (x - mean) / torch.sqrt(var + 0.1) * weight.reshape(-1, 1) + bias.reshape(-1, 1) + mean + var


X = Operand((3, 4, 2), "real")
CHANNELS = Operand((4,), "real")
VARIANCES = Operand((4,), "positive")

ROWS = [
    Row(
        "standardize",
        "standardize",
        lambda xp, x: sum(normalizations.standardize(x, axes=(0, 2), eps=0.1)),
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
    Row(
        "standardize_channels",
        "standardize_channels",
        lambda xp, *arrays: sum(normalizations.standardize_channels(*arrays, axes=(0, 2), eps=0.1)),
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
