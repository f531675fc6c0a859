"""Losses with a margin, and of vectors that are alike or not."""

import numpy as np
from hypothesis import strategies as st

import xnn
from tests.losses.row import Case, Numbers, Row, counts, maybe, numbers, shapes, sizes
from tests.oracle import torch

fixed = Numbers(3)


@st.composite
def signed(draw, names=("input",), **options):
    n, shape = draw(numbers), draw(shapes)
    drawn = {k: draw(v) for k, v in options.items()}
    return Case({name: n.normal(shape, 2) for name in names} | {"target": n.signs(shape)}, drawn)


@st.composite
def scores(draw):
    n, classes = draw(numbers), draw(sizes)
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    arrays = {"input": n.normal((*batch, classes)), "target": n.labels(batch, classes)}
    arrays["weight"] = maybe(draw, n.uniform((classes,)))
    return Case(arrays, {"p": draw(st.sampled_from([1, 2])), "margin": draw(st.sampled_from([0.3, 1.0]))})


@st.composite
def several_labels(draw):
    n, classes = draw(numbers), draw(sizes)
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    return Case({"input": n.normal((*batch, classes)), "target": n.labels((*batch, classes), classes, low=-1)})


@st.composite
def angles(draw):
    # Vectors of one element have no angle: their gradient is what rounding leaves of 0.
    n, width, batch = draw(numbers), draw(st.sampled_from([2, 3, 5])), draw(st.sampled_from([(), (0,), (1,), (4,)]))
    arrays = {"input1": n.normal((*batch, width)), "input2": n.normal((*batch, width)), "target": n.signs(batch)}
    return Case(arrays, {"margin": draw(st.sampled_from([0.0, 0.4, -0.5]))})


def triple(n, shape, **options):
    return Case({name: n.normal(shape) for name in ("anchor", "positive", "negative")}, options)


@st.composite
def triplets(draw):
    # Between vectors of one element the two halves of a gradient cancel, but for rounding.
    n, shape = draw(numbers), (*draw(st.lists(counts, max_size=2)), draw(st.sampled_from([2, 3, 5])))
    return triple(n, shape, margin=draw(st.floats(0.1, 3)), p=draw(st.sampled_from([1.0, 2.0, 3.5])),
                  eps=draw(st.sampled_from([1e-6, 0.1])), swap=draw(st.booleans()))  # fmt: skip


def city_block(one, other):
    namespace = torch if isinstance(one, torch.Tensor) else xnn
    return namespace.sum(namespace.abs(namespace.subtract(one, other)), axis=-1)


@st.composite
def measured(draw):
    n, shape = draw(numbers), (*draw(st.lists(counts, max_size=2)), draw(st.sampled_from([2, 3, 5])))
    return triple(n, shape, margin=draw(st.floats(0.1, 3)), swap=draw(st.booleans()),
                  distance_function=draw(st.sampled_from([None, city_block])))  # fmt: skip


THREE = ("anchor", "positive", "negative")
ROWS = [
    Row("hinge_embedding_loss",
        (Case({"input": fixed.normal((3, 2)), "target": fixed.signs((3, 2))}),
         Case({"input": np.asarray([1.0, 1.0, -2.0]), "target": np.asarray([-1.0, 1.0, -1.0])})),
        signed(margin=st.sampled_from([0.2, 1.0, -1.0]))),
    Row("margin_ranking_loss",
        (Case({"input1": fixed.normal(4), "input2": fixed.normal(4), "target": fixed.signs(4)}, {"margin": 0.5}),
         Case({"input1": np.asarray([1.0, 2.0]), "input2": np.asarray([1.0, 3.0]), "target": np.asarray([1.0, 1.0])})),
        signed(names=("input1", "input2"), margin=st.sampled_from([0.0, 0.2, 1.0])), ("input1", "input2")),
    Row("multi_margin_loss",
        (Case({"input": fixed.normal((4, 3)), "target": fixed.labels(4, 3), "weight": fixed.uniform(3)}, {"p": 2}),
         Case({"input": np.asarray([0.5, 1.5, -0.5]), "target": np.asarray(0)})),
        scores()),
    Row("multilabel_margin_loss",
        (Case({"input": fixed.normal((3, 4)), "target": np.asarray([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]])}),
         Case({"input": fixed.normal((4,)), "target": np.asarray([2, 2, -1, 0])})),
        several_labels()),
    Row("cosine_embedding_loss",
        (Case({"input1": fixed.normal((4, 3)), "input2": fixed.normal((4, 3)), "target": np.asarray([1.0, -1, 1, -1])},
              {"margin": -0.5}),
         Case({"input1": np.zeros((2, 3)), "input2": fixed.normal((2, 3)), "target": np.asarray([1.0, -1.0])})),
        angles(), ("input1", "input2")),
    Row("triplet_margin_loss", (triple(fixed, (4, 3), swap=True), triple(fixed, (5,), p=1.0)), triplets(), THREE),
    Row("triplet_margin_with_distance_loss",
        (triple(fixed, (4, 3), distance_function=city_block), triple(fixed, (2, 3), swap=True)), measured(), THREE),
]  # fmt: skip
