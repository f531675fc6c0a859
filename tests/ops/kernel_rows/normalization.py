"""Calls of normalisations; some are large enough for compiled loops."""

from tests.ops.kernel_rows.call import Call

IMAGE = (2, 4, 3, 2)

CALLS = {
    "standardize": [
        Call((IMAGE,), {"axes": (0, 2, 3), "eps": 1e-2}),
        Call(((2, 3, 4),), {"axes": (0, 1), "eps": 1e-2}),
        Call((IMAGE,), {"axes": (2, 3), "eps": 1e-2}),
        Call((IMAGE,), {"axes": (1, 3), "eps": 1e-2}),
    ],
    "layer_norm": [
        Call(((3, 5), (5,), (5,)), {"count": 1, "eps": 1e-2}),
        Call(((2, 3, 4), (3, 4)), {"count": 2, "eps": 1e-2}),
        Call(((2, 0, 3), (3,), (3,)), {"count": 1, "eps": 1e-2}),
        Call(((3, 4), (4,), (4,)), {"count": 1, "eps": 1e-5}),
        Call(((2, 3, 4), (3, 4)), {"count": 2, "eps": 1e-3}),
        Call(((2, 3),), {"count": 1, "eps": 1e-2}),
        Call(((0, 3), (3,), (3,)), {"count": 1, "eps": 1e-5}),
        Call(((132, 500), (500,), (500,)), {"count": 1, "eps": 1e-5}),
    ],
    "rms_norm": [
        Call(((3, 5), (5,)), {"count": 1, "eps": 1e-2}),
        Call(((2, 3, 4),), {"count": 2, "eps": 1e-2}),
        Call(((3, 4), (4,)), {"count": 1, "eps": 1e-5}),
        Call(((2, 3, 4), (3, 4)), {"count": 2, "eps": 1e-3}),
        Call(((2, 3),), {"count": 1, "eps": 1e-2}),
        Call(((0, 3), (3,)), {"count": 1, "eps": 1e-5}),
        Call(((132, 500), (500,)), {"count": 1, "eps": 1e-5}),
    ],
    "group_norm": [
        Call((IMAGE, (4,), (4,)), {"groups": 2, "eps": 1e-2}, finite=(1,)),
        Call(((3, 4),), {"groups": 2, "eps": 1e-2}),
        # g is added up before it is multiplied by a weight, which for an infinite one is not NaN where signs differ
        Call(((2, 4, 3), (4,), (4,)), {"groups": 2, "eps": 1e-5}, finite=(1,)),
        Call(((2, 4, 3, 2), (4,)), {"groups": 1, "eps": 1e-3}, finite=(1,)),
        Call(((3, 4),), {"groups": 2, "eps": 1e-2}),
        Call(((0, 4, 2), (4,), (4,)), {"groups": 2, "eps": 1e-5}),
        Call(((17, 8, 25, 20), (8,), (8,)), {"groups": 4, "eps": 1e-5}, finite=(1,)),
    ],
    "scale_channels": [
        Call((IMAGE, (4,), (4,))),
        Call(((3, 4), (4,))),
        Call(((3, 4), None, (4,))),
    ],
}
