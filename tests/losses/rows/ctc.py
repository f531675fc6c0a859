"""Losses of sequences of classes."""

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, numbers

fixed = Numbers(2)


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


TARGETS = np.asarray([[1, 2, 2], [3, 0, 0]])

ROWS = [
    Row("ctc_loss",
        (Case({"log_probs": fixed.normal((6, 2, 4)), "targets": TARGETS},
              {"input_lengths": (6, 4), "target_lengths": (3, 1)}),
         Case({"log_probs": fixed.normal((5, 2, 4)), "targets": np.asarray([1, 2, 1, 3]),
               "input_lengths": np.asarray([5, 2]), "target_lengths": np.asarray([2, 2])}, {"zero_infinity": True})),
        st.one_of(alignments(), alignments(single=True)), ("log_probs",), prepare=through_log_softmax),
]  # fmt: skip
