"""Rows of xnn.ops.activation."""

from functools import partial

from tests.ops.rows.row import Operand, of_primitive
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import activation

ANY = (Operand((2, 3)),)
THREE = (Operand((2, 3), "distinct"),)


def of_activation(module, name, torch_function, id="", operands=ANY, **static):
    """A row of an activation; those with kinks, and softmaxes, stand in other files."""
    id = id.removeprefix(name) or "".join(map(str, static.values()))
    return of_primitive(module, name, static, *operands, torch=torch_function, id=id, order=3)


row = partial(of_activation, activation)


def squareplus(x, b=4.0):
    """Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, equation 1."""
    return (x + torch.sqrt(x * x + b)) / 2


ROWS = [
    row("softsign", torch_functional.softsign, operands=THREE),
    row("sigmoid", torch.sigmoid),
    row("logsigmoid", torch_functional.logsigmoid),
    row("softplus", torch_functional.softplus),
    row("softplus", partial(torch_functional.softplus, beta=3.0, threshold=2.0), beta=3.0, threshold=2.0,
               operands=THREE),
    row("silu", torch_functional.silu),
    row("mish", torch_functional.mish),
    row("gelu", torch_functional.gelu),
    row("gelu_tanh", partial(torch_functional.gelu, approximate="tanh")),
    row("tanhshrink", torch_functional.tanhshrink),
    row("squareplus", squareplus, b=4.0),
    row("glu", partial(torch_functional.glu, dim=1), axis=1, operands=(Operand((2, 4, 3)),)),
]  # fmt: skip
