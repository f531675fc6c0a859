"""Rows of xnn.ops.rectifier."""

from functools import partial

from tests.ops.rows.activation import of_activation
from tests.ops.rows.row import Operand
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import rectifier

THREE = (Operand((2, 3), "distinct"),)
row = partial(of_activation, rectifier)


def hardsigmoid(x):
    """PyTorch's own multiplies the gradient by 1 / 6 rounded to float32, in float64 too."""
    return torch_functional.relu6(x + 3) / 6


def sparse_plus(x):
    """Keras 3.15, keras.activations.sparse_plus."""
    return torch.where(x <= -1, 0.0, torch.where(x < 1, 0.25 * (x + 1) ** 2, x))


ROWS = [
    row("relu", torch_functional.relu),
    row("leaky_relu", partial(torch_functional.leaky_relu, negative_slope=0.1), negative_slope=0.1, operands=THREE),
    row("prelu", torch_functional.prelu, operands=(Operand((2, 3), "distinct"), Operand((3,)))),
    row("threshold", partial(torch_functional.threshold, threshold=0.3, value=-2.0), threshold=0.3, value=-2.0),
    row("hardtanh", partial(torch_functional.hardtanh, min_val=-0.7, max_val=1.1), min_val=-0.7, max_val=1.1),
    row("hardsigmoid", hardsigmoid, operands=(Operand((4, 5), "distinct"),)),
    row("sparse_sigmoid", lambda x: torch.clamp((x + 1) / 2, 0, 1), operands=THREE),
    row("hardshrink", partial(torch_functional.hardshrink, lambd=0.5), lambd=0.5, operands=THREE),
    row("softshrink", partial(torch_functional.softshrink, lambd=0.5), lambd=0.5, operands=THREE),
    row("step", lambda x: torch.where(x > 0.1, 1.0, 0.0).to(x.dtype) + 0 * x, threshold=0.1, operands=THREE),
    row("elu", torch_functional.elu, operands=THREE),
    row("elu", torch_functional.selu, id="elu as selu", operands=THREE,
               alpha=1.6732632423543772848170429916717, scale=1.0507009873554804934193349852946),
    row("elu", partial(torch_functional.celu, alpha=0.5), id="elu as celu", operands=THREE, alpha=0.5, rate=2.0),
    row("hardswish", torch_functional.hardswish, operands=(Operand((4, 5), "distinct"),)),
    row("sparse_plus", sparse_plus, operands=THREE),
]  # fmt: skip
