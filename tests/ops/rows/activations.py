"""Rows of xnn.ops.activations."""

from functools import partial

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import activations


def activation(name, torch_function, **static):
    def call(xp, x):
        return getattr(activations, name)(x, **static)

    def numpy(x):
        return torch_function(tensor(x)).numpy()

    id = name + "".join(map(str, static.values()))
    return Row(id, name, call, (Operand((2, 3)),), FLOATS, numpy, torch_function, order=3)


ROWS = [
    activation("relu", torch_functional.relu),
    activation("sigmoid", torch.sigmoid),
    activation("softplus", torch_functional.softplus),
    activation("softmax", partial(torch_functional.softmax, dim=0), axis=0),
    activation("log_softmax", partial(torch_functional.log_softmax, dim=-1), axis=-1),
]
