"""Rows of xnn.nn.adaptive_softmax."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Input, Row


@st.composite
def clusters(draw):
    features, cutoffs = draw(st.integers(4, 6)), draw(st.sampled_from([[2], [1, 3], [3, 4, 6]]))
    count = draw(st.sampled_from([(), (1,), (4,)]))
    arguments = (features, 7, cutoffs)
    options = {"div_value": draw(st.sampled_from([1.0, 1.5])), "head_bias": draw(st.booleans())}
    return Case((Input((*count, features), "real"), Input(count, "below 7")), arguments, options)


ROWS = [
    Row(
        "AdaptiveLogSoftmaxWithLoss",
        (
            Case((Input((5, 4)), Input((5,), np.asarray([0, 6, 2, 3, 1]))), (4, 7, [2, 4]), {"div_value": 2.0}),
            Case((Input((4,)), Input((), np.asarray(5))), (4, 7, [3]), {"head_bias": True}),
        ),
        clusters(),
        has_parameters=True,
    )
]
