"""Calls of weights of attention, for CUDA's kernels: masks of every shape that broadcasts."""

from tests.ops.kernel_rows.call import Call, booleans

QUERY, KEY = (2, 2, 3, 4), (2, 2, 5, 4)
SCALE = {"scale": 0.5}

CALLS = {
    "attention_weights": [
        Call((QUERY, KEY), SCALE),
        Call((QUERY, KEY), {**SCALE, "is_causal": True}),
        Call((QUERY, KEY, (3, 5)), {**SCALE, "is_causal": True}),
        Call((QUERY, (2, 5, 4), (2, 1, 1, 5)), SCALE),
        Call((QUERY, KEY, (2, 3, 1)), SCALE),
        Call((QUERY, KEY, booleans((2, 2, 3, 5))), SCALE),
        Call(((3, 4), (5, 4), booleans((5,))), SCALE),
        Call(((3, 4), (0, 4)), SCALE),
    ],
}
