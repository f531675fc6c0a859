"""Calls of normalisations, for CUDA's kernels."""

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
    ],
    "rms_norm": [Call(((3, 5), (5,)), {"count": 1, "eps": 1e-2}), Call(((2, 3, 4),), {"count": 2, "eps": 1e-2})],
    "group_norm": [
        Call((IMAGE, (4,), (4,)), {"groups": 2, "eps": 1e-2}, finite=(1,)),
        Call(((3, 4),), {"groups": 2, "eps": 1e-2}),
    ],
    "scale_channels": [Call((IMAGE, (4,), (4,))), Call(((3, 4), (4,))), Call(((3, 4), None, (4,)))],
    "normalize_channels": [
        Call((IMAGE, (4,), (4,), (4,), (4,)), {"eps": 1e-2}, bounds=[(-2, 2), (-2, 2), (0.5, 2), (-2, 2), (-2, 2)]),
        Call(((3, 4), (4,), (4,)), {"eps": 1e-2}, bounds=[(-2, 2), (-2, 2), (0.5, 2)]),
    ],
}
