"""Calls of weights of attention, with masks of every shape that broadcasts, and of its softmax."""

import numpy as np

from tests.ops.kernel_rows.call import Call, booleans


def some_are_masked(*shape):
    """Scores, of which some are -infinity, and all of a row."""

    def make(random):
        x = np.where(random.random(shape) < 0.3, -np.inf, random.uniform(-2, 2, shape))
        x[..., 0, :] = -np.inf
        return x

    return make


QUERY, KEY = (2, 2, 3, 4), (2, 2, 5, 4)
SCALE = {"scale": 0.5}

CALLS = {
    "masked_softmax": [
        Call(((3, 4),)),
        Call((some_are_masked(2, 3, 4),)),
        Call(((0, 4),)),
        Call((some_are_masked(73, 30, 30),)),
        Call(((2, 3, 4),)),
        Call(((2, 1),)),
    ],
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
