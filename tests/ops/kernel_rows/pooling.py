"""Calls of pools in one to three dimensions, and of what picks elements by their places."""

from tests.ops.kernel_rows.call import Call, integers

WIDE = {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}
FLAT = {"stride": (2,), "padding": (1,), "dilation": (1,)}
FAR = {"stride": (1 << 32,), "padding": (1,)}  # beyond 32 bits, in which it is 0
ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}

CALLS = {
    "max_pool": [
        Call(((2, 2, 6),), {**FLAT, "kernel_size": (3,)}),
        Call(
            ((1, 2, 3, 4, 3),),
            {"kernel_size": (2, 2, 2), "stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (1, 1, 2)},
        ),
        Call(((2, 2, 5),), {**FAR, "dilation": (1,), "kernel_size": (3,)}),
        Call(((1, 1, 1, 1),), {**ONE, "kernel_size": (1, 1)}),
        Call(((1, 1, 3, 5),), {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 1), "dilation": (1, 1)}),
        Call(((2, 1, 4, 4),), {**ONE, "kernel_size": (3, 3), "stride": (3, 3)}),
        Call(((3, 2, 5, 7),), {**ONE, "kernel_size": (2, 2), "stride": (2, 2)}),
        Call(((1, 3, 6, 5),), {**ONE, "kernel_size": (3, 3), "padding": (1, 1)}),
        Call(((1, 1, 18, 18),), {**ONE, "kernel_size": (17, 16)}),
    ],
    "max_places": [
        Call(((2, 2, 5),), {"kernel_size": (2,), "stride": (2,), "padding": (0,), "dilation": (1,), "windows": (3,)}),
        Call(((1, 2, 4, 4),), {**WIDE, "dilation": (1, 2), "windows": (2, 2)}),
    ],
    "sum_pool": [
        Call(((2, 2, 5),), {"kernel_size": (2,), "stride": (2,), "padding": (0,), "windows": (3,)}),
        Call(((1, 2, 4, 4),), {**WIDE, "windows": (2, 3)}),
    ],
    "unsum_pool": [
        Call(((2, 2, 3),), {"size": (5,), "kernel_size": (2,), "stride": (2,), "padding": (0,)}),
        Call(((1, 2, 2, 3),), {**WIDE, "size": (4, 4)}),
    ],
    "avg_pool": [
        Call(((2, 2, 5),), {"kernel_size": (2,), "stride": (2,), "padding": (0,), "windows": (3,)}),
        Call(((1, 2, 4, 4),), {**WIDE, "windows": (2, 3)}),
        Call(((1, 2, 4, 4),), {**WIDE, "windows": (3, 3), "count_include_pad": False}),
        Call(((1, 1, 4, 4),), {**WIDE, "windows": (2, 3), "divisor_override": 5}),
        Call(((2, 2, 5),), {**FAR, "kernel_size": (3,), "windows": (1,)}),
    ],
    "pick": [
        Call(((2, 3, 4, 5), integers(0, 20, (2, 3, 2, 3)))),
        Call(((1, 2, 7), integers(0, 7, (1, 2, 9)))),
        Call(((2, 1, 2, 3, 2), integers(0, 12, (2, 1, 1, 2, 1)))),
    ],
    "unpick": [
        Call(((2, 3, 2, 3), integers(0, 20, (2, 3, 2, 3))), {"size": (4, 5)}),
        Call(((1, 2, 9), integers(0, 7, (1, 2, 9))), {"size": (7,)}),
    ],
}
