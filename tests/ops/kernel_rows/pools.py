"""Calls of pools, and of what picks elements by their places."""

from tests.ops.kernel_rows.call import Call, integers

CALLS = {
    "sum_segments": [
        Call(((2, 3, 7, 5),), {"axis": 2, "windows": 3}),
        Call(((2, 3, 7, 5),), {"axis": 3, "windows": 4}),
        Call(((1, 2, 3),), {"axis": 2, "windows": 5}),
        Call(((1, 1, 90),), {"axis": 2, "windows": 2}),
    ],
    "adaptive_max_places": [
        Call(((2, 3, 7, 5),), {"output_size": (3, 4)}),
        Call(((1, 2, 3),), {"output_size": (5,)}),
        Call(((1, 2, 3, 4, 5),), {"output_size": (2, 4, 3)}),
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
