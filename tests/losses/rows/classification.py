"""Losses of classes."""

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, counts, maybe, numbers, sizes

fixed = Numbers(2)


@st.composite
def layouts(draw):
    """The number of classes, the shape of logits, and that of labels."""
    classes = draw(sizes)
    if draw(st.integers(0, 4)) == 0:
        return classes, (classes,), ()
    count, rest = draw(counts), tuple(draw(st.lists(sizes, max_size=2)))
    return classes, (count, classes, *rest), (count, *rest)


@st.composite
def labelled(draw, log=False):
    n, (classes, shape, of_labels) = draw(numbers), draw(layouts())
    labels = n.labels(of_labels, classes)
    ignored = draw(st.sampled_from([-100, -1, 0, classes]))
    if draw(st.booleans()):
        labels = np.where(n.uniform(of_labels) < 0.3, ignored, labels)
    arrays = {"input": n.normal(shape, 3), "target": labels, "weight": maybe(draw, n.uniform((classes,), 0.1))}
    if log:
        return Case(arrays, {"ignore_index": ignored})
    smoothing = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]))
    return Case(arrays, {"ignore_index": ignored, "label_smoothing": smoothing})


@st.composite
def soft(draw):
    n, (classes, shape, _) = draw(numbers), draw(layouts())
    target = n.softmax(shape, 1 if len(shape) > 1 else 0)
    arrays = {"input": n.normal(shape, 3), "target": target, "weight": maybe(draw, n.uniform((classes,), 0.1))}
    return Case(arrays, {"label_smoothing": draw(st.sampled_from([0.0, 0.2, 1.0]))})


@st.composite
def linear(draw):
    n, classes, features = draw(numbers), draw(sizes), draw(sizes)
    rest = draw(st.sampled_from([(), (), (2,), (1, 3)]))
    batch = (draw(counts),) if rest or draw(st.booleans()) else ()
    arrays = {
        "input": n.normal((*batch, features)),
        "linear_weight": n.normal((classes, *rest, features)),
        "linear_bias": maybe(draw, n.normal((classes, *rest))),
        "target": n.labels((*batch, *rest), classes) if draw(st.booleans()) or not batch
        else n.softmax((*batch, classes, *rest), 1),
        "weight": maybe(draw, n.uniform((classes,), 0.1)),
    }  # fmt: skip
    options = {"label_smoothing": draw(st.sampled_from([0.0, 0.1]))}
    if arrays["target"].dtype.kind == "i" and draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from([0, -1]))
    if arrays["target"].shape == (*batch, classes, *rest):
        options.pop("ignore_index", None)
    return Case(arrays, options)


MIXED = np.asarray([[2, -100, 0], [1, 1, -100]])

ROWS = [
    Row("cross_entropy",
        (Case({"input": fixed.normal((4, 3)), "target": fixed.labels((4,), 3)}),
         Case({"input": fixed.normal((2, 3, 3)) * 10, "target": MIXED}),
         Case({"input": fixed.normal((4, 3)), "target": np.asarray([0, 1, 2, 1])}, {"ignore_index": 1}),
         Case({"input": fixed.normal((2, 3, 3)), "target": MIXED, "weight": fixed.uniform((3,))},
              {"label_smoothing": 0.2}),
         Case({"input": fixed.normal((3, 4)), "target": fixed.softmax((3, 4), 1), "weight": fixed.uniform((4,))},
              {"label_smoothing": 0.1})),
        st.one_of(labelled(), soft())),
    Row("nll_loss",
        (Case({"input": -fixed.uniform((2, 3, 3)), "target": MIXED, "weight": fixed.uniform((3,))}),
         Case({"input": -fixed.uniform((4,)), "target": np.asarray(2)})),
        labelled(log=True)),
    Row("linear_cross_entropy",
        (Case({"input": fixed.normal((3, 2)), "linear_weight": fixed.normal((4, 2)), "linear_bias": fixed.normal((4,)),
               "target": np.asarray([3, -100, 0])}),),
        linear(), ("input", "linear_weight", "linear_bias")),
]  # fmt: skip
