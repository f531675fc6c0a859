"""Calls of pools with as many windows as outputs."""

from tests.ops.kernel_rows.call import Call

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
}
