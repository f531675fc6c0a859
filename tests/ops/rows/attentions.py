"""Rows of xnn.ops.attentions."""

import math

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import torch
from xnn.ops import attentions

QUERY, KEY = Operand((2, 3, 2)), Operand((2, 4, 2))


def row(id, name, operands, theirs, order=2, **static):
    def call(xp, *arrays):
        return getattr(attentions, name)(*arrays, **static)

    return Row(id, name, call, operands, FLOATS, lambda *a: theirs(*map(tensor, a)).numpy(), theirs, order=order)


def weights(query, key, mask):
    """Where nobody may be attended to, which PyTorch's softmax gives NaN for, 0."""
    scores = 0.7 * query @ key.mT
    scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    return torch.nan_to_num(torch.softmax(scores, -1)) if mask.dtype == torch.bool else torch.softmax(scores, -1)


def causal(query, key):
    mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    return weights(query, key, mask)


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

    id, is_interleaved = f"rotary {pairs}", pairs == "neighbours"
    return row(id, "rotary", (Operand((2, 3, 4)),), theirs, size=4, base=100.0, interleaved=is_interleaved)


ROWS = [
    row("masked_softmax", "masked_softmax", (Operand((2, 3)),), lambda x: torch.softmax(x, -1), order=3),
    row("attention_weights", "attention_weights", (QUERY, KEY, Operand((3, 4))), weights, scale=0.7),
    row("attention_weights of bools", "attention_weights", (QUERY, KEY, Operand((3, 4), "bool")), weights, scale=0.7),
    row("attention_weights causal", "attention_weights", (QUERY, KEY), causal, scale=0.7, is_causal=True),
    Row(
        "finite_where_unattended",
        "finite_where_unattended",
        lambda xp, mask, x: attentions.finite_where_unattended(mask, x, axes=(-2,))[0],
        (Operand((3, 4), "bool"), KEY),
        FLOATS,
        lambda mask, x: x,  # of finite numbers; tests/nn/test_attention.py has others
        lambda mask, x: 1 * x,
    ),
    row("with_waves", "with_waves", (Operand((2, 3, 4)),), waves, axis=-2, base=10000.0),
    rotated("neighbours"),
    rotated("halves"),
]
