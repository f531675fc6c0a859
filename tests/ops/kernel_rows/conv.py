"""Calls of convolutions in one to three dimensions."""

from tests.ops.kernel_rows.call import Call

FLAT = {"stride": (2,), "padding": (1,), "dilation": (1,)}
DEEP = {"stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (1, 1, 2)}
ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}

CALLS = {
    "conv": [
        Call(((2, 2, 5), (4, 2, 3), (4,)), {**FLAT, "groups": 1}),
        Call(((2, 2, 3, 4, 3), (2, 2, 2, 2, 2)), {**DEEP, "groups": 1}),
        Call(
            ((3, 4, 2, 2), (4, 1, 1, 1), (4,)), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 4}
        ),
        Call(
            ((2, 2, 3, 4), (4, 1, 2, 2), (4,)), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
        ),
        Call(((1, 1, 1, 1), (1, 1, 1, 1)), {**ONE, "groups": 1}),
        Call(((1, 2, 5, 5), (2, 2, 3, 3)), {**ONE, "padding": (1, 1), "groups": 1}),
        # windows as rows: over 12 numbers of a line
        Call(((3, 5, 5, 4), (3, 5, 3, 3), (3,)), {**ONE, "padding": (1, 1), "groups": 1}),
        Call(
            ((2, 6, 6, 5), (2, 6, 2, 3), (2,)), {"stride": (3, 2), "padding": (2, 1), "dilation": (2, 1), "groups": 1}
        ),
        Call(((2, 5, 4, 7), (4, 5, 2, 3)), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 2), "groups": 1}),
        Call(((2, 4, 9), (3, 4, 3), (3,)), {"stride": (2,), "padding": (3,), "dilation": (1,), "groups": 1}),
        Call(((1, 7, 2, 3, 3), (2, 7, 2, 2, 2), (2,)), {**DEEP, "groups": 1}),
        # a channel for itself, with one and with two outputs
        Call(((2, 3, 4, 5), (3, 1, 3, 3), (3,)), {**ONE, "padding": (1, 1), "groups": 3}),
        Call(((2, 2, 6, 5), (4, 1, 3, 2)), {"stride": (2, 2), "padding": (1, 0), "dilation": (1, 2), "groups": 2}),
        # between channels alone, and what is left out of them
        Call(((3, 4, 3, 2), (5, 4, 1, 1), (5,)), {**ONE, "groups": 1}),
        Call(((2, 4, 5, 4), (2, 2, 1, 1)), {**ONE, "stride": (2, 3), "groups": 2}),
    ],
    "conv_transpose": [
        Call(((2, 2, 3), (2, 3, 3), (3,)), {**FLAT, "output_padding": (1,), "groups": 1}),
        Call(
            ((2, 4, 2, 3), (4, 1, 2, 3)),
            {"stride": (2, 1), "padding": (1, 0), "output_padding": (0, 0), "dilation": (1, 2), "groups": 2},
        ),
        Call(((1, 1, 2, 1, 2), (1, 2, 2, 2, 1), (2,)), {**DEEP, "output_padding": (0, 1, 0), "groups": 1}),
        Call(
            ((2, 3, 4, 3), (3, 5, 3, 3), (5,)),
            {"stride": (2, 1), "padding": (1, 1), "output_padding": (1, 0), "dilation": (1, 1), "groups": 1},
        ),
        Call(
            ((1, 3, 4), (3, 6, 3)),
            {"stride": (1,), "padding": (0,), "output_padding": (2,), "dilation": (3,), "groups": 1},
        ),
    ],
}
