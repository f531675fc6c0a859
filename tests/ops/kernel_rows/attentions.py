"""Calls of attention."""

import numpy as np

from tests.ops.kernel_rows.call import Call


def some_are_masked(*shape):
    """Scores, of which some are -infinity, and all of a row."""

    def make(random):
        x = np.where(random.random(shape) < 0.3, -np.inf, random.uniform(-2, 2, shape))
        x[..., 0, :] = -np.inf
        return x

    return make


CALLS = {
    "masked_softmax": [
        Call(((3, 4),)),
        Call((some_are_masked(2, 3, 4),)),
        Call(((0, 4),)),
        Call((some_are_masked(73, 30, 30),)),
    ],
}
