"""Rows of xnn.ops.position."""

import math
from functools import partial

from tests.ops.rows.row import Operand, of_primitive
from tests.oracle import torch
from xnn.ops import position

row = partial(of_primitive, position)


def waves(x):
    """Vaswani et al., Attention is all you need, 2017, section 3.5."""
    steps, size = x.shape[-2:]
    table = [[wave(p / 10000 ** (2 * i / size)) for i in range(size // 2) for wave in (math.sin, math.cos)]
             for p in range(steps)]  # fmt: skip
    return x + torch.tensor(table, dtype=x.dtype)


def rotated(pairs):
    """Su et al., RoFormer, 2021, section 3.2.2: pairs of features times e^(i angle), as complex numbers."""

    def theirs(x):
        a, b = (x[..., ::2], x[..., 1::2]) if pairs == "neighbours" else x.chunk(2, -1)
        count, half = a.shape[-2:]
        angle = torch.arange(count, dtype=torch.float64)[:, None] / 100 ** (torch.arange(half) / half)
        turned = torch.complex(a, b) * torch.exp(1j * angle).to(torch.complex(a, b).dtype)
        parts = turned.real, turned.imag
        return torch.stack(parts, -1).flatten(-2) if pairs == "neighbours" else torch.cat(parts, -1)

    static = {"size": 4, "base": 100.0, "interleaved": pairs == "neighbours"}
    return row("rotary", static, Operand((2, 3, 4)), torch=theirs, id=f" {pairs}")


ROWS = [
    row("with_waves", {"axis": -2, "base": 10000.0}, Operand((2, 3, 4)), torch=waves),
    rotated("neighbours"),
    rotated("halves"),
]
