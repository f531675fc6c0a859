"""Calls of normalised channels; some are large enough for compiled loops."""

from tests.ops.kernel_rows.call import Call

IMAGE = (2, 4, 3, 2)
# of x, mean, var, weight and bias
KNOWN = [(-2, 2), (-2, 2), (0.5, 2), (-2, 2), (-2, 2)]

CALLS = {
    "normalize_channels": [
        Call((IMAGE, (4,), (4,), (4,), (4,)), {"eps": 1e-2}, bounds=[(-2, 2), (-2, 2), (0.5, 2), (-2, 2), (-2, 2)]),
        Call(((3, 4), (4,), (4,)), {"eps": 1e-2}, bounds=[(-2, 2), (-2, 2), (0.5, 2)]),
        Call(((3, 4, 2), (4,), (4,), (4,), (4,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((2, 3), (3,), (3,)), {"eps": 1e-3}, bounds=KNOWN),
        Call(((0, 2, 3), (2,), (2,), None, (2,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((22, 6, 25, 20), (6,), (6,), (6,), (6,)), {"eps": 1e-5}, bounds=KNOWN),
        Call(((550, 120), (120,), (120,), (120,)), {"eps": 1e-5}, bounds=KNOWN),
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
}
