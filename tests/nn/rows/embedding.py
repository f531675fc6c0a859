"""Rows of xnn.nn.embedding."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row

WORDS = Input((2, 3), np.asarray([[1, 3, 0], [3, 3, 1]]))
LINE = Input((5,), np.asarray([2, 0, 3, 0, 1], "int32"))
OFFSETS = Input((4,), np.asarray([0, 2, 2, 3]))


@st.composite
def tables(draw):
    """The sizes of a table, and options that both layers have."""
    sizes = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    options = {
        "padding_idx": draw(st.none() | st.integers(-sizes[0], sizes[0] - 1)),
        "max_norm": draw(st.none() | st.sampled_from([0.3, 1.0])),
        "norm_type": draw(st.sampled_from([1.0, 2.0, 3.5, np.inf])),
    }
    return sizes, options


@st.composite
def embeddings(draw):
    sizes, options = draw(tables())
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    return Case((Input(shape, f"below {sizes[0]}"),), sizes, {**options, "scale_grad_by_freq": draw(st.booleans())})


@st.composite
def bags(draw):
    sizes, options = draw(tables())
    mode = draw(st.sampled_from(["sum", "mean", "max"]))
    options |= {"mode": mode}  # and not scale_grad_by_freq, which PyTorch gets wrong: test_embedding.py
    numbers, factors = f"below {sizes[0]}", {}
    if draw(st.booleans()):
        shape = draw(st.integers(0, 3)), draw(st.integers(1, 4))
        inputs = (Input(shape, numbers),)
    else:
        lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
        options["include_last_offset"] = has_last = draw(st.booleans())
        offsets = np.cumsum([0, *lengths])[: None if has_last else -1]
        shape = (sum(lengths),)
        inputs = Input(shape, numbers), Input(offsets.shape, offsets)
    if mode == "sum" and draw(st.booleans()):
        factors["per_sample_weights"] = Input(shape)
    return Case(inputs, sizes, options, factors)


ROWS = [
    Row(
        "Embedding",
        (
            Case((WORDS,), (4, 2)),
            Case((WORDS,), (4, 2), {"padding_idx": -1, "scale_grad_by_freq": True}),
            Case((WORDS,), (4, 3), {"max_norm": 0.5}),
        ),
        embeddings(),
        has_parameters=True,
        order=0,
    ),
    Row(
        "EmbeddingBag",
        (
            Case((WORDS,), (4, 2)),
            Case((LINE, OFFSETS), (4, 2), {"mode": "max", "padding_idx": 2}),
            Case((WORDS,), (4, 2), {"mode": "max"}),
            Case((LINE, OFFSETS), (4, 2), {"mode": "sum", "padding_idx": 0}, {"per_sample_weights": Input((5,))}),
        ),
        bags(),
        has_parameters=True,
        order=0,
    ),
]

FUNCTIONS = [
    Function("embedding", (WORDS, Input((4, 3))), {"padding_idx": 1, "scale_grad_by_freq": True}),
    Function("embedding", (WORDS, Input((4, 3))), {}),
    Function("embedding_bag", (LINE, Input((4, 3)), OFFSETS), {"mode": "mean"}),
    Function("embedding_bag", (LINE, Input((4, 3)), OFFSETS), {"mode": "max", "padding_idx": -4}),
    Function("embedding_bag", (WORDS, Input((4, 3))), {"mode": "sum", "per_sample_weights": Input((2, 3))}),
]
