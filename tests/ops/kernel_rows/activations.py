"""Calls of activations."""

from tests.ops.kernel_rows.call import Call

# The last one takes more than a block of numpy_kernels.blocks.
WIDE = [Call(((3, 4),)), Call(((2, 1, 5),), bounds=(-30, 30)), Call(((),)), Call(((0, 3),)), Call(((66, 1000),))]
ALONG = [
    Call(((3, 4),), {"axis": -1}),
    Call(((2, 3, 4),), {"axis": 1}),
    Call(((2, 3, 2),), {"axis": (0, 2)}),
    Call(((2, 3),), {"axis": None}),
    Call(((2, 0),), {"axis": 1}),
    Call(((0, 2),), {"axis": 1}),
    Call(((66, 1000),), {"axis": 1}),
]

CALLS = {
    **dict.fromkeys(("gelu", "gelu_tanh", "relu", "sigmoid", "silu", "tanh"), WIDE),
    **dict.fromkeys(("log_softmax", "softmax"), ALONG),
}
