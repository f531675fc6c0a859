"""Rows of xnn.ops.attention."""

from functools import partial

from tests.ops.rows.row import FLOATS, Operand, Row, of_primitive
from tests.oracle import torch
from xnn.ops import attention

row = partial(of_primitive, attention)


QUERY, KEY = Operand((2, 3, 2)), Operand((2, 4, 2))


def weights(query, key, mask):
    """Where nobody may be attended to, which PyTorch's softmax gives NaN for, 0."""
    scores = 0.7 * query @ key.mT
    scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    return torch.nan_to_num(torch.softmax(scores, -1)) if mask.dtype == torch.bool else torch.softmax(scores, -1)


def causal(query, key):
    mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    return weights(query, key, mask)


ROWS = [
    row("masked_softmax", {}, Operand((2, 3)), torch=lambda x: torch.softmax(x, -1), order=3),
    row("attention_weights", {"scale": 0.7}, QUERY, KEY, Operand((3, 4)), torch=weights),
    row("attention_weights", {"scale": 0.7}, QUERY, KEY, Operand((3, 4), "bool"), torch=weights, id=" of bools"),
    row("attention_weights", {"scale": 0.7, "is_causal": True}, QUERY, KEY, torch=causal, id=" causal"),
    Row(
        "finite_where_unattended",
        "finite_where_unattended",
        lambda xp, mask, x: attention.finite_where_unattended(mask, x, axes=(-2,))[0],
        (Operand((3, 4), "bool"), KEY),
        FLOATS,
        lambda mask, x: x,  # of finite numbers; tests/nn/test_attention.py has others
        lambda mask, x: 1 * x,
    ),
]
