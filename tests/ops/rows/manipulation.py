"""Rows of xnn.ops.manipulation and xnn.ops.data_types."""

from tests.ops.rows.row import ANY, Operand, Row, function
from tests.oracle import torch

ROWS = [
    Row("reshape", "reshape", lambda xp, x: xp.reshape(x, (3, -1)), (Operand((2, 3, 2)),), ANY),
    Row("permute_dims", "permute_dims", lambda xp, x: xp.permute_dims(x, (2, 0, -2)), (Operand((2, 3, 4)),), ANY),
    Row("broadcast_to", "broadcast_to", lambda xp, x: xp.broadcast_to(x, (2, 4, 3)), (Operand((4, 1)),), ANY),
    Row("expand_dims", "expand_dims", lambda xp, x: xp.expand_dims(x, axis=-2), (Operand((2, 3)),), ANY),
    Row("squeeze", "squeeze", lambda xp, x: xp.squeeze(x, axis=(0, -1)), (Operand((1, 2, 1)),), ANY),
    *(Row(f"flip {a}", "flip", function("flip", axis=a), (Operand((2, 3)),), ANY) for a in (None, 0, (0, -1))),
    Row("concat", "concat", lambda xp, x, y: xp.concat([x, y], axis=-1), (Operand((2, 3)), Operand((2, 1))), ANY),
    Row("concat flat", "concat", lambda xp, x, y: xp.concat([x, y], axis=None), (Operand((2, 3)), Operand((4,)))),
    Row("stack", "concat", lambda xp, x, y: xp.stack([x, y], axis=-1), (Operand((2, 3)), Operand((2, 3))), ANY),
    Row(
        "astype",
        "astype",
        lambda xp, x: xp.astype(x, xp.float64),
        (Operand((2, 3)),),
        ANY,
        torch=lambda x: x.to(torch.float64),
    ),
]
