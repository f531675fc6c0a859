"""Calls of losses of two classes."""

from tests.ops.kernel_rows.call import Call

CALLS = {
    "binary_cross_entropy_of_logits": [
        # an infinite t, which is no probability, is multiplied twice by the definition, and infinities cancel
        Call(((3, 4), (3, 4)), bounds=[(-4, 4), (0, 1)], finite=(1,)),
        Call(((), ()), bounds=[(-4, 4), (0, 1)], finite=(1,)),
        Call(((0, 2), (0, 2))),
        Call(((132, 500), (132, 500)), bounds=[(-30, 30), (0, 1)], finite=(1,)),
    ],
}
