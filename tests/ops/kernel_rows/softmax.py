"""Calls of softmaxes, along dimensions that are neighbours in memory, or not."""

from tests.ops.kernel_rows.call import Call

ALONG = [
    Call(((3, 4),), {"axis": -1}),
    Call(((2, 3, 4),), {"axis": 1}),
    Call(((2, 3, 2),), {"axis": (0, 2)}),
    Call(((2, 3),), {"axis": None}),
    Call(((2, 0),), {"axis": 1}),
    Call(((0, 2),), {"axis": 1}),
    Call(((66, 1000),), {"axis": 1}),
    Call(((3, 5),), {"axis": -1}),
    Call(((2, 3, 4),), {"axis": 1}),
    Call(((3, 2, 4),), {"axis": 0}),
    Call(((3, 2, 4),), {"axis": (0, 2)}),
    Call(((2, 3, 2, 2),), {"axis": (1, 3)}),
    Call(((4, 3),), {"axis": None}),
    Call(((0, 3),), {"axis": 0}),
    Call(((),), {"axis": None}),
]

CALLS = dict.fromkeys(("log_softmax", "softmax"), ALONG)
