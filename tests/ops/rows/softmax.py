"""Rows of xnn.ops.softmax."""

from functools import partial

from tests.ops.rows.activation import of_activation
from tests.ops.rows.row import Operand
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import softmax

row = partial(of_activation, softmax)


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
    row("softmax", partial(torch_functional.softmax, dim=0), axis=0),
    row("log_softmax", partial(torch_functional.log_softmax, dim=-1), axis=-1),
    row("sparsemax", partial(sparsemax, dim=-1), axis=-1, operands=(Operand((3, 4)),)),
    row("sparsemax", partial(sparsemax, dim=0), axis=0, operands=(Operand((3, 4, 2)),)),
]  # fmt: skip
