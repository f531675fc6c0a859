"""Calls of losses of classes, and of a look at labels."""

import numpy as np

from tests.ops.kernel_rows.call import Call, integers

CALLS = {
    "labels_fit": [
        Call((integers(0, 3, (2, 5)),), {"classes": 3}),
        Call((integers(-1, 5, (7,), "int8"),), {"classes": 3, "ignore_index": -1}),
        Call((integers(0, 3, (0,)),), {"classes": 3}),
    ],
    "softmax_cross_entropy": [
        Call(((3, 4), integers(0, 4, (3,)))),
        Call(((2, 1, 2), integers(0, 1, (2, 2))), {"reduction": "mean"}),
        Call(((2, 3, 2, 2), integers(0, 3, (2, 2, 2))), {"reduction": "sum"}),
        Call(((4, 3), integers(0, 3, (4,))), {"ignore_index": 1}),
        Call(((4, 3), integers(0, 3, (4,), "int32")), {"ignore_index": 1, "reduction": "mean"}),
        Call(((4, 3), integers(0, 3, (4,), "uint8")), {"ignore_index": -100, "reduction": "mean"}),
        Call(((0, 3), integers(0, 3, (0,))), {"reduction": "sum"}),
        Call(((4, 3), integers(-2, 5, (4,))), {"reduction": "sum"}),
        Call(((2, 3, 5), integers(-1, 4, (2, 5))), {"ignore_index": 2}),
        Call(((3, 2), lambda random: np.full((3,), 7)), {"ignore_index": 7, "reduction": "mean"}),
        Call(((66, 1000), integers(0, 1000, (66,))), {"reduction": "mean"}),
    ],
}
