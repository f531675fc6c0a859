"""Rows of xnn.nn.distance, and of the functions beside it."""

import math

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row

SHAPES = st.sampled_from([
    ((2, 3), (2, 3)), ((4,), (4,)), ((2, 3), (3,)), ((1, 3), (2, 3)), ((2, 3, 2), (3, 1)), ((0, 3), (0, 3)),
    ((3, 1, 2), (2, 2)),
])  # fmt: skip
ORDERS = st.sampled_from([0.5, 1, 1.0, 2, 2.0, 3, 3.5, math.inf, -math.inf, -1.0])


def pair(shapes):
    return tuple(Input(shape, "real", layout) for shape, layout in zip(shapes, ("F", "strided"), strict=True))


@st.composite
def similarities(draw):
    shapes = draw(SHAPES)
    common = np.broadcast_shapes(*shapes)
    # where a vector is broadcast out of one number, the derivative with respect to that is rounding alone
    whole = [(1,) * (len(common) - len(shape)) + shape for shape in shapes]
    dims = [dim for dim in range(-len(common), len(common)) if all(shape[dim] == common[dim] != 1 for shape in whole)]
    eps = draw(st.sampled_from([1e-8, 1e-2, 3.0]))  # above some lengths, too
    return Case(pair(shapes), (), {"dim": draw(st.sampled_from(dims)), "eps": eps})


@st.composite
def distances(draw):
    options = {"p": draw(ORDERS), "eps": draw(st.sampled_from([1e-6, 0.01])), "keepdim": draw(st.booleans())}
    return Case(pair(draw(SHAPES)), (), options)


A, B = Input((4, 3)), Input((4, 3), "real")
ROWS = [
    Row(
        "CosineSimilarity",
        (Case((A, B)), Case((A, Input((3,), "real")), (-1,)), Case((A, B), (0, 10.0))),
        similarities(),
    ),
    Row(
        "PairwiseDistance",
        (
            Case((A, B)),
            Case((A, Input((3,), "real")), (1.0, 0.1, True)),
            Case((Input((3,)), Input((3,), "real")), (3,)),
        ),
        distances(),
    ),
]
FUNCTIONS = [
    Function("cosine_similarity", (A, B)),
    Function("cosine_similarity", (A, Input((2, 1, 3), "real")), {"dim": -1, "eps": 0.1}),
    Function(
        "cosine_similarity",
        (Input(()), Input((), "positive")),
        {"dim": 0},
        theirs=False,
        reference=lambda x1, x2, dim: np.sign(x1),
    ),
    *[Function("pairwise_distance", (A, B), {"p": p, "keepdim": True}) for p in (0.5, 1, 2, 3.5, math.inf, -math.inf)],
    Function("normalize", (A,)),
    Function("normalize", (A,), {"p": 1, "dim": 0, "eps": 3.0}),
    Function("normalize", (Input((2, 3, 4)),), {"p": math.inf, "dim": (0, -1)}),
    *[Function("pdist", (A,), {"p": p}) for p in (0.5, 1, 2, 3.5, math.inf)],
    # PyTorch's backward pass of no pairs is a segmentation fault
    *[Function("pdist", (Input((n, 3)),), theirs=False, reference=lambda x: x[:0, 0]) for n in (0, 1)],
]
