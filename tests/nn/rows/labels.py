"""Rows of labels as vectors, a function without a layer."""

import numpy as np

from tests.nn.row import Function, Input

FUNCTIONS = [
    Function("one_hot", (Input((2, 3), "below 4"),), {"num_classes": 5}),
    Function("one_hot", (Input((3,), np.asarray([2, 0, 1])),)),
    Function("one_hot", (Input((), "below 4"),), {"num_classes": 4}),
    Function("one_hot", (Input((0, 2), "below 4"),), {"num_classes": 4}),
]
