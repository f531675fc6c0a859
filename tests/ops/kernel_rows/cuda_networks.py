"""Calls of what CUDA does by a kernel alone: dropout that draws its own numbers, and a look at labels."""

from tests.ops.kernel_rows.call import Call, integers

STREAM = {"seed": 7, "block": 3}
CALLS = {
    "dropped": [
        Call(((3, 5),), {**STREAM, "p": 0.3}),
        Call(((2, 3, 4),), {**STREAM, "p": 0.5, "shape": (2, 3, 1)}),
        Call(((2, 3),), {**STREAM, "p": 1.0}),
        Call(((0, 3),), {**STREAM, "p": 0.5}),
        Call(((),), {**STREAM, "p": 0.5}),
    ],
    "labels_fit": [
        Call((integers(0, 3, (2, 5)),), {"classes": 3}),
        Call((integers(-1, 5, (7,), "int8"),), {"classes": 3, "ignore_index": -1}),
        Call((integers(0, 3, (0,)),), {"classes": 3}),
    ],
}
