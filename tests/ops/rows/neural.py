"""Rows of xnn.ops.neural."""

from functools import partial

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import neural


def image(name, static, *shapes, torch=None):
    def call(xp, *arrays):
        return getattr(neural, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(f"{name}{shapes[0]}", name, call, tuple(Operand(s, "distinct") for s in shapes), FLOATS, numpy, torch)


def activation(name, torch_function, **static):
    def call(xp, x):
        return getattr(neural, name)(x, **static)

    def numpy(x):
        return torch_function(tensor(x)).numpy()

    id = name + "".join(map(str, static.values()))
    return Row(id, name, call, (Operand((2, 3)),), FLOATS, numpy, torch_function, order=3)


WINDOWS = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}

ROWS = [
    activation("relu", torch_functional.relu),
    activation("sigmoid", torch.sigmoid),
    activation("softplus", torch_functional.softplus),
    activation("softmax", partial(torch_functional.softmax, dim=0), axis=0),
    activation("log_softmax", partial(torch_functional.log_softmax, dim=-1), axis=-1),
    Row(
        "linear",
        "linear",
        lambda xp, *a: neural.linear(*a),
        (Operand((2, 2, 3)), Operand((4, 3)), Operand((4,))),
        FLOATS,
        lambda x, w, b: x @ w.T + b,
        torch_functional.linear,
    ),
    image(
        "unfold",
        {"kernel_size": (2, 2), **WINDOWS},
        (1, 2, 3, 4),
        torch=lambda x: torch_functional.unfold(x, (2, 2), (1, 2), (1, 0), (2, 1)).reshape(1, 2, 2, 2, 2, 2),
    ),
    image(
        "fold",
        {"size": (3, 4), **WINDOWS},
        (1, 2, 2, 2, 2, 2),
        torch=lambda x: torch_functional.fold(x.reshape(1, 8, 4), (3, 4), (2, 2), (1, 2), (1, 0), (2, 1)),
    ),
    image(
        "conv",
        {"groups": 2, **WINDOWS},
        (2, 2, 3, 4),
        (4, 1, 2, 2),
        (4,),
        torch=lambda x, w, b: torch_functional.conv2d(x, w, b, (2, 1), (1, 0), (1, 2), 2),
    ),
    image(
        "max_pool",
        {"kernel_size": (2, 2), **WINDOWS},
        (2, 2, 3, 4),
        torch=lambda x: torch_functional.max_pool2d(x, (2, 2), (2, 1), (1, 0), (1, 2)),
    ),
    Row(
        "cross_entropy",
        "cross_entropy",
        lambda xp, x, t: neural.cross_entropy(x, t),
        (Operand((3, 4, 2)), Operand((3, 2), "below 4")),
        FLOATS,
        lambda x, t: torch_functional.cross_entropy(tensor(x), tensor(t), reduction="none").numpy(),
        lambda x, t: torch_functional.cross_entropy(x, t, reduction="none"),
    ),
]
