"""Calls of dropout that draws its own numbers."""

from tests.ops.kernel_rows.call import Call

STREAM = {"seed": 7, "block": 3}

CALLS = {
    "dropped": [
        Call(((3, 5),), {**STREAM, "p": 0.3}),
        Call(((2, 3, 4),), {**STREAM, "p": 0.5, "shape": (2, 3, 1)}),
        Call(((2, 3),), {**STREAM, "p": 1.0}),
        Call(((0, 3),), {**STREAM, "p": 0.5}),
        Call(((),), {**STREAM, "p": 0.5}),
    ],
}
