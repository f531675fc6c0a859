"""Calls of dense products."""

from tests.ops.kernel_rows.call import Call

CALLS = {
    "linear": [
        Call(((2, 3), (4, 3), (4,))),
        Call(((3,), (1, 3))),
        Call(((2, 0, 3), (2, 3), (2,))),
        Call(((3, 0), (2, 0), (2,))),
    ],
}
