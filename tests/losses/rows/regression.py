"""Losses of regression, and likelihoods."""

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, maybe, numbers, shapes

fixed = Numbers(1)
BOTH = ("input", "target")


@st.composite
def pairs(draw, weighted=False, **options):
    n, shape = draw(numbers), draw(shapes)
    drawn = {k: draw(v) for k, v in options.items()}
    arrays = {"input": n.normal(shape, 2), "target": n.normal(shape)}
    if weighted:
        arrays["weight"] = maybe(draw, n.uniform(shape, 0.1))
    return Case(arrays, drawn)


def pair(*shape, **options):
    return Case({"input": fixed.normal(shape), "target": fixed.normal(shape)}, options)


def weighted(**options):
    return Case(
        {"input": fixed.normal((3, 2)), "target": fixed.normal((3, 2)), "weight": fixed.uniform((3, 2))}, options
    )


@st.composite
def divergences(draw):
    n, shape, log_target = draw(numbers), draw(shapes), draw(st.booleans())
    target = n.uniform(shape, 0.01)
    return Case({"input": -n.uniform(shape, 0, 4), "target": np.log(target) if log_target else target},
                {"log_target": log_target})  # fmt: skip


@st.composite
def expectations(draw):
    """Of which the two terms of the loss have one sign: in float32 their difference has the fewer digits otherwise."""
    n, shape, log_input = draw(numbers), draw(shapes), draw(st.booleans())
    input = n.uniform(shape, 0.02, 1)
    if log_input:
        input = np.where(input < 0.5, -3 * input, 3 * input)
    arrays = {"input": input, "target": n.uniform(shape, 0, 1.2)}
    return Case(
        arrays, {"log_input": log_input, "full": draw(st.booleans()), "eps": draw(st.sampled_from([1e-8, 0.1]))}
    )


@st.composite
def variances(draw):
    n, shape = draw(numbers), draw(shapes.filter(len))
    form = draw(st.sampled_from(["like", "one", "last", "number"]))
    place = draw(st.integers(0, len(shape) - 1))
    own = {"like": shape, "last": shape[:-1]}.get(form, (*shape[:place], 1, *shape[place + 1 :]))
    options = {"full": draw(st.booleans()), "eps": draw(st.sampled_from([1e-6, 0.3]))}
    if form == "number":
        return Case({"input": n.normal(shape), "target": n.normal(shape)}, options | {"var": draw(st.floats(0.1, 2))})
    if form == "one" and shape[place] == 0:
        own = shape
    return Case({"input": n.normal(shape), "target": n.normal(shape), "var": n.uniform(own, 0.05, 2)}, options)


counted = {"input": fixed.normal((3, 2)), "target": np.asarray([[0.5, 0.8], [2.0, 3.0], [1.2, 7.0]])}
ROWS = [
    Row("l1_loss", (pair(3, 2), weighted()), pairs(weighted=True), (*BOTH, "weight")),
    Row("mse_loss", (pair(3, 2), pair(), weighted()), pairs(weighted=True), (*BOTH, "weight")),
    Row("smooth_l1_loss", (pair(3, 2), pair(4, beta=0.0)), pairs(beta=st.sampled_from([0.0, 0.3, 1.0, 2.5])), BOTH),
    Row("huber_loss", (pair(3, 2, delta=0.4), weighted()), pairs(weighted=True, delta=st.floats(0.1, 3)),
        (*BOTH, "weight")),
    Row("kl_div",
        (Case({"input": np.log(fixed.softmax((3, 4), 1)), "target": fixed.softmax((3, 4), 1)}),
         Case({"input": -fixed.uniform(()), "target": -fixed.uniform(())}, {"log_target": True})),
        divergences(), BOTH, reductions=("mean", "sum", "none", "batchmean")),
    Row("poisson_nll_loss",
        (Case(counted, {"full": True}), Case({"input": fixed.uniform((4,)), "target": fixed.uniform((4,), 0, 3)},
                                             {"log_input": False})),
        expectations(), BOTH),
    Row("gaussian_nll_loss",
        (Case({"input": fixed.normal((3, 2)), "target": fixed.normal((3, 2)), "var": fixed.uniform((3,), 0.1)},
              {"full": True}),
         Case({"input": fixed.normal((3, 2)), "target": fixed.normal((3, 2)), "var": fixed.uniform((3, 2))},
              {"eps": 0.5})),
        variances(), (*BOTH, "var")),
]  # fmt: skip
