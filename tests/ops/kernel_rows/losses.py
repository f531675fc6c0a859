"""Calls of losses."""

import numpy as np

from tests.ops.kernel_rows.call import Call, integers

CALLS = {
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
    "binary_cross_entropy_of_logits": [
        # an infinite t, which is no probability, is multiplied twice by the definition, and infinities cancel
        Call(((3, 4), (3, 4)), bounds=[(-4, 4), (0, 1)], finite=(1,)),
        Call(((), ()), bounds=[(-4, 4), (0, 1)], finite=(1,)),
        Call(((0, 2), (0, 2))),
        Call(((132, 500), (132, 500)), bounds=[(-30, 30), (0, 1)], finite=(1,)),
    ],
}
