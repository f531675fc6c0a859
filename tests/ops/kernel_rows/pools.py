"""Calls of pools, and of what picks elements by their places."""

from tests.ops.kernel_rows.call import Call, integers

CALLS = {
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
