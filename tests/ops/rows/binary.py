"""Rows of xnn.ops.binary."""

from tests.ops.rows.row import Operand, of_torch
from tests.oracle import F as torch_functional
from tests.oracle import torch
from xnn.ops import activation, binary

ROWS = [
    of_torch(
        "binary_cross_entropy",
        "binary_cross_entropy",
        lambda xp, x, t: binary.binary_cross_entropy(activation.sigmoid(x), activation.sigmoid(t)),
        (Operand((2, 3)), Operand((2, 3))),
        lambda x, t: torch_functional.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(t), reduction="none"),
    ),
    of_torch(
        "binary_cross_entropy_of_logits",
        "binary_cross_entropy_of_logits",
        lambda xp, x, t: binary.binary_cross_entropy_of_logits(x, activation.sigmoid(t)),
        (Operand((2, 3)), Operand((2, 3))),
        lambda x, t: torch_functional.binary_cross_entropy_with_logits(x, torch.sigmoid(t), reduction="none"),
    ),
]
