"""Calls of unfold and fold."""

from tests.ops.kernel_rows.call import Call

FLAT = {"stride": (2,), "padding": (1,), "dilation": (1,)}
DEEP = {"stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (1, 1, 2)}
FAR = {"stride": (1 << 32,), "padding": (1,)}  # beyond 32 bits, in which it is 0
ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}

CALLS = {
    "unfold": [
        Call(((2, 2, 5),), {**FLAT, "kernel_size": (3,)}),
        Call(((1, 1, 3, 4, 3),), {**DEEP, "kernel_size": (2, 2, 2)}),
        Call(((2, 2, 5),), {**FAR, "dilation": (1,), "kernel_size": (3,)}),
        Call(((2, 1, 3, 4),), {"kernel_size": (2, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}),
    ],
    "fold": [
        Call(((2, 2, 3, 3),), {**FLAT, "size": (5,)}),
        Call(((2, 2, 3, 1),), {**FAR, "dilation": (1,), "size": (5,)}),
        Call(((2, 1, 2, 2, 2, 3),), {**ONE, "size": (3, 4)}),
        Call(((1, 2, 2, 2, 2, 2),), {"size": (3, 4), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}),
    ],
}
