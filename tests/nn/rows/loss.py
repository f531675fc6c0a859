"""Rows of xnn.nn.loss. The functions are tested in tests/losses; here is what the classes hand on to them."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import NOTHING, Case, Input, Row

X, T = Input((4, 3), "real"), Input((4, 3), "real", "F")
LABELS = Input((4,), np.asarray([2, 0, 1, 2]))
CHANCES = Input((4, 3), np.asarray([[0.2, 0.3, 0.5], [0.9, 0.1, 0.6], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2]]))
SOFT = Input((4, 3), np.asarray([[0.1, 0.9, 0.5], [0.7, 0.2, 0.4], [0.6, 0.3, 0.8], [0.3, 0.5, 0.9]]))
SIGNS = Input((4, 3), np.asarray([[1, -1, 1], [1, 1, -1], [-1, -1, 1], [1, 1, 1]]))
SIGN = Input((4,), np.asarray([1, -1, -1, 1]))
SEVERAL = Input((2, 4), np.asarray([[3, 0, -1, 1], [-1, 0, 1, 2]]))
CLASSES = Input((3,), "positive")
STEPS = (Input((6, 2, 4), "real"), Input((2, 3), np.asarray([[1, 2, 2], [3, 1, 0]])), (6, 5), (3, 2))
THREE = (X, T, Input((4, 3), "distinct"))


def city_block(x, y):
    """The sum of differences, of Arrays and tensors."""
    return abs(x - y).sum(-1) if hasattr(x, "sum") else x.__array_namespace__().sum(abs(x - y), axis=-1)


def row(name, inputs, *options, first=NOTHING, order=2, **drawn):
    """A row whose first case has no options, or these; reductions are drawn."""
    reductions = {"reduction": st.sampled_from(["sum", "none", first.get("reduction", "mean")])}
    cases = tuple(Case(inputs, (), o) for o in (first, {"reduction": "none"}, *options))
    draw = st.fixed_dictionaries({**reductions, **drawn}).map(lambda o: Case(inputs, (), o))
    return Row(name, cases, draw, order=order)


weights = st.sampled_from([None, CLASSES])
ROWS = [
    row("L1Loss", (X, T)),
    row("MSELoss", (X, T)),
    row("SmoothL1Loss", (X, T), {"beta": 0.5}, beta=st.sampled_from([0.0, 0.7, 1.0])),
    row("HuberLoss", (X, T), {"delta": 0.5}, delta=st.sampled_from([0.3, 1.0])),
    row("CrossEntropyLoss", (X, LABELS), {"weight": CLASSES, "label_smoothing": 0.1}, weight=weights,
        ignore_index=st.sampled_from([-100, 1]), label_smoothing=st.sampled_from([0.0, 0.2])),
    row("NLLLoss", (X, LABELS), {"weight": CLASSES}, weight=weights, ignore_index=st.sampled_from([-100, 2])),
    row("BCELoss", (CHANCES, SOFT), {"weight": CLASSES}, weight=weights),
    row("BCEWithLogitsLoss", (X, SOFT), {"weight": CLASSES, "pos_weight": CLASSES}, {"pos_weight": CLASSES},
        weight=weights, pos_weight=weights),
    row("KLDivLoss", (X, CHANCES), {"reduction": "sum", "log_target": True}, log_target=st.booleans(),
        first={"reduction": "sum"}),  # of "mean" PyTorch warns
    row("PoissonNLLLoss", (X, Input((4, 3), "positive")), {"full": True}, full=st.booleans()),
    row("HingeEmbeddingLoss", (X, SIGNS), {"margin": 0.3}, margin=st.sampled_from([-0.5, 1.0])),
    row("SoftMarginLoss", (X, SIGNS)),
    row("MultiMarginLoss", (X, LABELS), {"weight": CLASSES, "p": 2}, weight=weights, p=st.sampled_from([1, 2])),
    row("MultiLabelMarginLoss", (Input((2, 4), "real"), SEVERAL)),
    row("MultiLabelSoftMarginLoss", (X, SOFT), {"weight": CLASSES}, weight=weights),
    row("GaussianNLLLoss", (X, T, Input((4, 3), "positive")), {"full": True}, full=st.booleans()),
    row("CTCLoss", STEPS, {"zero_infinity": True}, blank=st.just(0), zero_infinity=st.booleans(),
        order=0),  # as PyTorch's, its derivative is right behind log_softmax alone
    row("MarginRankingLoss", (Input((4,), "real"), Input((4,)), SIGN), {"margin": 0.5}, margin=st.just(0.1)),
    row("CosineEmbeddingLoss", (X, T, SIGN), {"margin": -0.5}, margin=st.sampled_from([0.0, 0.4])),
    row("TripletMarginLoss", THREE, {"swap": True}, p=st.sampled_from([1.0, 2.0]), swap=st.booleans()),
    row("TripletMarginWithDistanceLoss", THREE, {"swap": True, "distance_function": city_block}, swap=st.booleans()),
    Row("LinearCrossEntropyLoss",
        (Case((Input((4, 5), "real"), LABELS), (5, 3), {"bias": True}),
         Case((Input((4, 5), "real"), Input((4, 2), "below 3")), (5, 3), {"out_features": (2,), "weight": CLASSES})),
        has_parameters=True),
]  # fmt: skip
