"""Calls of convolutions and pools in one to three dimensions, and of what else CUDA's kernels of windows serve."""

from tests.ops.kernel_rows.call import Call

FLAT = {"stride": (2,), "padding": (1,), "dilation": (1,)}
DEEP = {"stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (1, 1, 2)}
FAR = {"stride": (1 << 32,), "padding": (1,)}  # beyond 32 bits, in which it is 0
WIDE = {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}

CALLS = {
    "conv": [
        Call(((2, 2, 5), (4, 2, 3), (4,)), {**FLAT, "groups": 1}),
        Call(((2, 2, 3, 4, 3), (2, 2, 2, 2, 2)), {**DEEP, "groups": 1}),
        Call(
            ((3, 4, 2, 2), (4, 1, 1, 1), (4,)), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 4}
        ),
    ],
    "conv_transpose": [
        Call(((2, 2, 3), (2, 3, 3), (3,)), {**FLAT, "output_padding": (1,), "groups": 1}),
        Call(
            ((2, 4, 2, 3), (4, 1, 2, 3)),
            {"stride": (2, 1), "padding": (1, 0), "output_padding": (0, 0), "dilation": (1, 2), "groups": 2},
        ),
        Call(((1, 1, 2, 1, 2), (1, 2, 2, 2, 1), (2,)), {**DEEP, "output_padding": (0, 1, 0), "groups": 1}),
    ],
    "unfold": [
        Call(((2, 2, 5),), {**FLAT, "kernel_size": (3,)}),
        Call(((1, 1, 3, 4, 3),), {**DEEP, "kernel_size": (2, 2, 2)}),
        Call(((2, 2, 5),), {**FAR, "dilation": (1,), "kernel_size": (3,)}),
    ],
    "fold": [
        Call(((2, 2, 3, 3),), {**FLAT, "size": (5,)}),
        Call(((2, 2, 3, 1),), {**FAR, "dilation": (1,), "size": (5,)}),
    ],
    "max_pool": [
        Call(((2, 2, 6),), {**FLAT, "kernel_size": (3,)}),
        Call(
            ((1, 2, 3, 4, 3),),
            {"kernel_size": (2, 2, 2), "stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (1, 1, 2)},
        ),
        Call(((2, 2, 5),), {**FAR, "dilation": (1,), "kernel_size": (3,)}),
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
}
