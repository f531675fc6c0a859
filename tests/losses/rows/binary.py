"""Losses of two classes, or of several at once."""

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, maybe, numbers, shapes
from tests.losses.rows.margins import signed

fixed = Numbers(2)


@st.composite
def binary(draw, logits=True):
    n, shape = draw(numbers), draw(shapes)
    arrays = {"input": n.normal(shape, 3) if logits else n.uniform(shape), "target": n.uniform(shape)}
    if draw(st.booleans()):
        arrays["target"] = np.round(arrays["target"])
    weighing = shape[draw(st.integers(0, len(shape))) :]
    arrays["weight"] = maybe(draw, n.uniform(weighing))
    if logits:
        arrays["pos_weight"] = maybe(draw, n.uniform(weighing, 0, 3))
    return Case(arrays)


ROWS = [
    Row("binary_cross_entropy",
        (Case({"input": fixed.uniform((3, 2), 0.1, 0.9), "target": fixed.uniform((3, 2)), "weight": fixed.uniform(2)}),
         Case({"input": np.asarray([0.0, 1.0, 0.0, 1.0, 1e-30]), "target": np.asarray([0.0, 1.0, 1.0, 0.0, 1.0])})),
        binary(logits=False)),
    Row("binary_cross_entropy_with_logits",
        (Case({"input": fixed.normal((3, 2)), "target": fixed.uniform((3, 2)), "weight": fixed.uniform((3, 1)),
               "pos_weight": fixed.uniform((2,), 0, 3)}),
         Case({"input": np.asarray([0.0, 0.0, 500.0, -500.0, 500.0]), "target": np.asarray([0.0, 1, 1, 0, 0])})),
        binary(), ("input", "target")),
    Row("multilabel_soft_margin_loss",
        (Case({"input": fixed.normal((3, 4)), "target": fixed.uniform((3, 4), 0.1, 0.9), "weight": fixed.uniform(4)}),
         Case({"input": fixed.normal((4,)), "target": fixed.uniform((4,))})),
        binary().filter(lambda case: case.arrays["input"].ndim > 0 and case.arrays["input"].shape[-1]).map(
            lambda case: case._replace(arrays={k: v for k, v in case.arrays.items() if k != "pos_weight"})
        ), ("input", "target", "weight")),
    Row("soft_margin_loss",
        (Case({"input": fixed.normal((3, 2)), "target": fixed.signs((3, 2))}),), signed()),
]  # fmt: skip
