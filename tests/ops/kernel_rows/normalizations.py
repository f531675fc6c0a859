"""Calls of normalisations; the last ones are large enough for compiled loops."""

from tests.ops.kernel_rows.call import Call

# of x, mean, var, weight and bias
KNOWN = [(-2, 2), (-2, 2), (0.5, 2), (-2, 2), (-2, 2)]

CALLS = {
    "layer_norm": [
        Call(((3, 4), (4,), (4,)), {"count": 1, "eps": 1e-5}),
        Call(((2, 3, 4), (3, 4)), {"count": 2, "eps": 1e-3}),
        Call(((2, 3),), {"count": 1, "eps": 1e-2}),
        Call(((0, 3), (3,), (3,)), {"count": 1, "eps": 1e-5}),
        Call(((132, 500), (500,), (500,)), {"count": 1, "eps": 1e-5}),
    ],
    "rms_norm": [
        Call(((3, 4), (4,)), {"count": 1, "eps": 1e-5}),
        Call(((2, 3, 4), (3, 4)), {"count": 2, "eps": 1e-3}),
        Call(((2, 3),), {"count": 1, "eps": 1e-2}),
        Call(((0, 3), (3,)), {"count": 1, "eps": 1e-5}),
        Call(((132, 500), (500,)), {"count": 1, "eps": 1e-5}),
    ],
    "group_norm": [
        # g is added up before it is multiplied by a weight, which for an infinite one is not NaN where signs differ
        Call(((2, 4, 3), (4,), (4,)), {"groups": 2, "eps": 1e-5}, finite=(1,)),
        Call(((2, 4, 3, 2), (4,)), {"groups": 1, "eps": 1e-3}, finite=(1,)),
        Call(((3, 4),), {"groups": 2, "eps": 1e-2}),
        Call(((0, 4, 2), (4,), (4,)), {"groups": 2, "eps": 1e-5}),
        Call(((17, 8, 25, 20), (8,), (8,)), {"groups": 4, "eps": 1e-5}, finite=(1,)),
    ],
    "standardize_channels": [
        Call(((3, 4, 2), (4,), (4,)), {"axes": (0, 2), "eps": 1e-5}),
        Call(((2, 3, 4, 2), (3,)), {"axes": (2, 3), "eps": 1e-3}),
        Call(((5, 3), (3,), (3,)), {"axes": (0,), "eps": 1e-2}),
        Call(((0, 2, 3), (2,), (2,)), {"axes": (0, 2), "eps": 1e-5}),
        Call(((22, 6, 25, 20), (6,), (6,)), {"axes": (0, 2, 3), "eps": 1e-5}),
        Call(((22, 6, 25, 20), (6,), (6,)), {"axes": (2, 3), "eps": 1e-5}),
        Call(((550, 120), (120,), (120,)), {"axes": (0,), "eps": 1e-5}),
    ],
    "normalize_channels": [
        Call(((3, 4, 2), (4,), (4,), (4,), (4,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((2, 3), (3,), (3,)), {"eps": 1e-3}, bounds=KNOWN),
        Call(((0, 2, 3), (2,), (2,), None, (2,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((22, 6, 25, 20), (6,), (6,), (6,), (6,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((550, 120), (120,), (120,), (120,)), {"eps": 1e-5}, bounds=KNOWN),
    ],
}
