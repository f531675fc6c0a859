"""Rows of xnn.ops.activations."""

from functools import partial

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import activations

ANY = (Operand((2, 3)),)
THREE = (Operand((2, 3), "distinct"),)


def activation(name, torch_function, id="", operands=ANY, **static):
    def call(xp, *arrays):
        return getattr(activations, name)(*arrays, **static)

    def numpy(*arrays):
        return torch_function(*map(tensor, arrays)).numpy()

    id = id or name + "".join(map(str, static.values()))
    return Row(id, name, call, operands, FLOATS, numpy, torch_function, order=3)


def hardsigmoid(x):
    """PyTorch's own multiplies the gradient by 1 / 6 rounded to float32, in float64 too."""
    return torch_functional.relu6(x + 3) / 6


def sparse_plus(x):
    """Keras 3.15, keras.activations.sparse_plus."""
    return torch.where(x <= -1, 0.0, torch.where(x < 1, 0.25 * (x + 1) ** 2, x))


def squareplus(x, b=4.0):
    """Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, equation 1."""
    return (x + torch.sqrt(x * x + b)) / 2


def sparsemax(x, dim):
    """Martins & Astudillo, 2016, by its definition: the threshold t with sum(max(x - t, 0)) = 1, by bisection."""
    low, high = x.detach().amax(dim, True) - 1, x.detach().amax(dim, True)
    for _ in range(60):
        middle = (low + high) / 2
        is_low = (x.detach() - middle).clamp(min=0).sum(dim, True) > 1
        low, high = torch.where(is_low, middle, low), torch.where(is_low, high, middle)
    support = (x.detach() > high).to(x.dtype)  # on it the threshold is (sum(x) - 1) / k, which autograd differentiates
    t = ((x * support).sum(dim, True) - 1) / support.sum(dim, True)
    return ((x - t) * support).clamp(min=0)


ROWS = [
    activation("relu", torch_functional.relu),
    activation("leaky_relu", partial(torch_functional.leaky_relu, negative_slope=0.1), slope=0.1, operands=THREE),
    activation("prelu", torch_functional.prelu, operands=(Operand((2, 3), "distinct"), Operand((3,)))),
    activation("threshold", partial(torch_functional.threshold, threshold=0.3, value=-2.0), threshold=0.3, value=-2.0),
    activation("hardtanh", partial(torch_functional.hardtanh, min_val=-0.7, max_val=1.1), low=-0.7, high=1.1),
    activation("hardsigmoid", hardsigmoid, operands=(Operand((4, 5), "distinct"),)),
    activation("sparse_sigmoid", lambda x: torch.clamp((x + 1) / 2, 0, 1), operands=THREE),
    activation("hardshrink", partial(torch_functional.hardshrink, lambd=0.5), lambd=0.5, operands=THREE),
    activation("softshrink", partial(torch_functional.softshrink, lambd=0.5), lambd=0.5, operands=THREE),
    activation("step", lambda x: torch.where(x > 0.1, 1.0, 0.0).to(x.dtype) + 0 * x, threshold=0.1, operands=THREE),
    activation("elu", torch_functional.elu, operands=THREE),
    activation("elu", torch_functional.selu, id="elu as selu", operands=THREE,
               alpha=1.6732632423543772848170429916717, scale=1.0507009873554804934193349852946),
    activation("elu", partial(torch_functional.celu, alpha=0.5), id="elu as celu", operands=THREE, alpha=0.5, rate=2.0),
    activation("hardswish", torch_functional.hardswish, operands=(Operand((4, 5), "distinct"),)),
    activation("sparse_plus", sparse_plus, operands=THREE),
    activation("softsign", torch_functional.softsign, operands=THREE),
    activation("sigmoid", torch.sigmoid),
    activation("logsigmoid", torch_functional.logsigmoid),
    activation("softplus", torch_functional.softplus),
    activation("softplus", partial(torch_functional.softplus, beta=3.0, threshold=2.0), beta=3.0, threshold=2.0,
               operands=THREE),
    activation("silu", torch_functional.silu),
    activation("mish", torch_functional.mish),
    activation("gelu", torch_functional.gelu),
    activation("gelu_tanh", partial(torch_functional.gelu, approximate="tanh")),
    activation("tanhshrink", torch_functional.tanhshrink),
    activation("squareplus", squareplus, b=4.0),
    activation("softmax", partial(torch_functional.softmax, dim=0), axis=0),
    activation("log_softmax", partial(torch_functional.log_softmax, dim=-1), axis=-1),
    activation("sparsemax", partial(sparsemax, dim=-1), axis=-1, operands=(Operand((3, 4)),)),
    activation("sparsemax", partial(sparsemax, dim=0), axis=0, operands=(Operand((3, 4, 2)),)),
    activation("glu", partial(torch_functional.glu, dim=1), axis=1, operands=(Operand((2, 4, 3)),)),
]  # fmt: skip
