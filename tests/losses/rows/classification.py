"""Losses of classes, many or two, and of sequences of classes."""

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, counts, maybe, numbers, shapes, sizes

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


@st.composite
def alignments(draw, single=False):
    n, frames, classes = draw(numbers), draw(st.sampled_from([1, 2, 4, 7])), draw(st.integers(2, 5))
    count = 1 if single else draw(st.integers(1, 3))
    blank = draw(st.integers(0, classes - 1))
    longest = draw(st.integers(0, 3))
    lengths = [int(length) for length in n.labels((count,), longest + 1)]
    if longest and max(lengths) < longest:
        lengths[0] = longest
    rows = (n.labels((count, longest), classes - 1) + blank + 1) % classes  # no blank among them
    form = "row" if single else draw(st.sampled_from(["rows", "flat"]))
    targets = {"row": rows[0][: lengths[0]], "rows": rows}.get(form)
    if targets is None:
        targets = np.concatenate([row[:length] for row, length in zip(rows, lengths, strict=True)])
    inputs = [int(length) for length in n.labels((count,), frames + 1)]
    arrays = {"log_probs": n.normal((frames, *(() if single else (count,)), classes), 2), "targets": targets}
    numbered = {"input_lengths": tuple(inputs), "target_lengths": tuple(lengths)}
    if draw(st.booleans()):
        arrays |= {k: np.asarray(v) for k, v in numbered.items()}
        numbered = {}
    return Case(arrays, numbered | {"blank": blank, "zero_infinity": draw(st.booleans())})


def through_log_softmax(xp, arrays):
    """The usual way to log-probabilities: `log_probs` of a case are logits."""
    softmax = xp.special.log_softmax
    return arrays | {"log_probs": softmax(arrays["log_probs"], -1)}


MIXED = np.asarray([[2, -100, 0], [1, 1, -100]])
TARGETS = np.asarray([[1, 2, 2], [3, 0, 0]])
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
    Row("ctc_loss",
        (Case({"log_probs": fixed.normal((6, 2, 4)), "targets": TARGETS},
              {"input_lengths": (6, 4), "target_lengths": (3, 1)}),
         Case({"log_probs": fixed.normal((5, 2, 4)), "targets": np.asarray([1, 2, 1, 3]),
               "input_lengths": np.asarray([5, 2]), "target_lengths": np.asarray([2, 2])}, {"zero_infinity": True})),
        st.one_of(alignments(), alignments(single=True)), ("log_probs",), prepare=through_log_softmax),
]  # fmt: skip
