"""Losses that torch.nn.functional lacks, held against their formula in torch; tests/losses/test_against_keras.py has
Keras's numbers for them."""

import functools
import math

import numpy as np
from hypothesis import strategies as st

from tests.losses.row import Case, Numbers, Row, counts, numbers, shapes, sizes
from tests.losses.rows.margins import signed
from tests.losses.rows.regression import pair, pairs
from tests.oracle import F, torch

fixed = Numbers(4)


def formula(function):
    """An oracle: the formula of the losses one by one, reduced as asked for."""

    @functools.wraps(function)
    def oracle(*, reduction="mean", **arguments):
        values = function(**arguments)
        return {"mean": values.mean, "sum": values.sum, "none": lambda: values}[reduction]()

    return oracle


def clamped(x, least):
    return torch.where(x < least, torch.as_tensor(least, dtype=x.dtype), x)


@formula
def hinge(input, target):
    return clamped(1 - target * input, 0.0)


@formula
def squared_hinge(input, target):
    return clamped(1 - target * input, 0.0) ** 2


@formula
def perceptron_loss(input, target):
    return torch.clamp(-target * input, min=0.0)


@formula
def categorical_hinge(input, target):
    return torch.clamp(((1 - target) * input).amax(-1) - (target * input).sum(-1) + 1, min=0.0)


@formula
def log_cosh(input, target):
    return torch.log(torch.cosh(input - target))


@formula
def percentage(input, target):
    return 100 * abs(target - input) / torch.clamp(abs(target), min=1e-7)


@formula
def logarithmic(input, target):
    return (torch.log(1 + torch.clamp(input, min=1e-7)) - torch.log(1 + torch.clamp(target, min=1e-7))) ** 2


@formula
def cosine_similarity(input, target, axis=-1):
    return -F.cosine_similarity(input, target, dim=axis)


@formula
def generalized(input, target, q=0.5):
    return (1 - input.gather(1, target.unsqueeze(1)).squeeze(1) ** q) / q


def focal(probability, input, target, gamma, loss):
    right = probability * target + (1 - probability) * (1 - target)
    return (1 - right) ** gamma * loss


def balanced(values, target, alpha):
    return values * (alpha * target + (1 - alpha) * (1 - target))


@formula
def sigmoid_focal_loss(input, target, alpha=0.25, gamma=2.0):
    """As torchvision.ops.sigmoid_focal_loss computes it."""
    loss = F.binary_cross_entropy_with_logits(input, target, reduction="none")
    values = focal(torch.sigmoid(input), input, target, gamma, loss)
    return balanced(values, target, alpha) if alpha >= 0 else values


@formula
def binary_focal(
    input, target, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0
):
    target = target * (1 - label_smoothing) + label_smoothing / 2
    probability = torch.sigmoid(input) if from_logits else input
    values = focal(probability, input, target, gamma, F.binary_cross_entropy(probability, target, reduction="none"))
    return balanced(values, target, alpha) if apply_class_balancing else values


@formula
def categorical_focal(input, target, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1):
    target = target * (1 - label_smoothing) + label_smoothing / target.shape[axis]
    p = torch.softmax(input, axis) if from_logits else input / input.sum(axis, keepdim=True)
    if isinstance(alpha, torch.Tensor):
        alpha = alpha.reshape(-1, *(1,) * (-axis - 1))
    return -(alpha * (1 - p) ** gamma * target * torch.log(p)).sum(axis)


def dims(input, axis):
    return tuple(range(input.ndim)) if axis is None else axis


@formula
def dice(input, target, axis=None):
    d = dims(input, axis)
    return 1 - 2 * (input * target).sum(d) / (input.sum(d) + target.sum(d) + 1e-7)


@formula
def tversky(input, target, alpha=0.5, beta=0.5, axis=None):
    d = dims(input, axis)
    both, missed, wrong = ((a * b).sum(d) for a, b in ((input, target), (1 - input, target), (input, 1 - target)))
    return 1 - both / (both + alpha * missed + beta * wrong + 1e-7)


def circle(input, target, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80.0, margin=0.4,
           reduction="mean"):  # fmt: skip
    """Row by row, as equation 6 of the paper says it, of distances."""
    others, labels = (input, target) if ref_labels is None else (ref_embeddings, ref_labels)
    values = []
    for i, (x, own) in enumerate(zip(input, target, strict=True)):
        sums = {True: 0.0, False: 0.0}
        for j, (other, label) in enumerate(zip(others, labels, strict=True)):
            d = torch.clamp(1 - x @ other, min=0.0)
            if own != label:
                sums[False] = sums[False] + torch.exp(gamma * torch.clamp(1 + margin - d, min=0) * (1 - margin - d))
            elif i != j or not remove_diagonal:
                sums[True] = sums[True] + torch.exp(gamma * (margin + d) * (d - margin))
        values.append(torch.log(1 + sums[True] * sums[False]) if 0.0 not in sums.values() else 0 * x.sum())
    values = torch.stack(values) if values else input.sum(1)
    if reduction == "none":
        return values
    total = values.sum()
    if reduction == "sum" or not len(values):
        return total if reduction == "sum" else total * math.nan
    return total / max(int((values > 0).sum()), 1)


# ---- drawing ----


@st.composite
def positive(draw):
    n, shape = draw(numbers), draw(shapes)
    return Case({"input": n.uniform(shape, 0.1, 4), "target": n.uniform(shape, 0.1, 4)})


@st.composite
def directions(draw):
    # Vectors of one element have no angle: their gradient is what rounding leaves of 0.
    n, shape = draw(numbers), (*draw(st.lists(st.sampled_from([0, 2, 4]), max_size=2)), draw(st.sampled_from([2, 3])))
    return Case({"input": n.normal(shape), "target": n.normal(shape)},
                {"axis": -1 if 0 in shape else draw(st.integers(-len(shape), -1))})  # fmt: skip


@st.composite
def one_hot(draw, **options):
    n, shape = draw(numbers), (*draw(st.lists(counts, max_size=2)), draw(sizes))
    target = np.eye(shape[-1])[n.labels(shape[:-1], shape[-1])]
    return Case({"input": n.normal(shape), "target": target}, {k: draw(v) for k, v in options.items()})


@st.composite
def noisy(draw):
    n, classes, count = draw(numbers), draw(sizes), draw(counts)
    return Case({"input": n.softmax((count, classes), 1), "target": n.labels((count,), classes)},
                {"q": draw(st.floats(0.05, 1))})  # fmt: skip


gammas = st.sampled_from([0.0, 1.0, 2.0, 3.5])


@st.composite
def sure(draw, logits, **options):
    n, shape = draw(numbers), draw(shapes)
    drawn = {k: draw(v) for k, v in options.items()}
    is_logit = drawn.get("from_logits", logits)
    input = n.normal(shape, 2) if is_logit else n.uniform(shape, 0.02, 0.98)
    return Case({"input": input, "target": np.round(n.uniform(shape))}, drawn)


@st.composite
def categories(draw):
    n, shape = draw(numbers), (*draw(st.lists(counts, max_size=2)), draw(st.sampled_from([2, 3])))
    axis = -1 if len(shape) < 2 or shape[-2] < 2 else draw(st.sampled_from([-1, -2]))
    logits = draw(st.booleans())
    arrays = {"input": n.normal(shape) if logits else n.softmax(shape, axis), "target": n.softmax(shape, axis)}
    options = {"from_logits": logits, "axis": axis, "gamma": draw(gammas),
               "label_smoothing": draw(st.sampled_from([0.0, 0.2]))}  # fmt: skip
    if draw(st.booleans()):
        arrays["alpha"] = n.uniform((shape[axis],))
    return Case(arrays, options)


@st.composite
def masks(draw, **options):
    n, shape = draw(numbers), draw(shapes)
    axis = None if not shape else draw(st.sampled_from([None, 0, (0,), tuple(range(len(shape)))]))
    return Case({"input": n.uniform(shape), "target": np.round(n.uniform(shape))},
                {k: draw(v) for k, v in options.items()} | {"axis": axis})  # fmt: skip


def unit(x):
    return x / np.sqrt((x * x).sum(-1, keepdims=True))


@st.composite
def batches(draw):
    n, count, width = draw(numbers), draw(counts), draw(st.sampled_from([2, 3]))
    arrays = {"input": unit(n.normal((count, width))), "target": n.labels((count,), 3)}
    if draw(st.booleans()):
        others = draw(counts)
        arrays |= {"ref_embeddings": unit(n.normal((others, width))), "ref_labels": n.labels((others,), 3)}
    return Case(arrays, {"gamma": draw(st.sampled_from([1.0, 4.0])), "margin": draw(st.sampled_from([0.1, 0.4])),
                         "remove_diagonal": draw(st.booleans())})  # fmt: skip


@st.composite
def parameters(draw):
    return Case({"parameters": draw(numbers).normal(draw(shapes))}, {"factor": draw(st.floats(0, 2))})


BOTH = ("input", "target")
LOGITS = {"input": fixed.normal((3, 4)), "target": np.eye(4)[[0, 3, 3]]}
SURE = {"input": fixed.uniform((3, 4), 0.1, 0.9), "target": np.eye(4)[[1, 2, 0]]}
SIGNED = Case({"input": fixed.normal((3, 2)), "target": fixed.signs((3, 2))})
BATCH = {"input": unit(fixed.normal((5, 3))), "target": np.asarray([0, 1, 0, 2, 1])}
PENALTIES = [
    Row(
        name,
        (Case({"parameters": fixed.normal((3, 2))}, {"factor": 0.1}),),
        parameters(),
        ("parameters",),
        oracle,
        (None,),
    )
    for name, oracle in {
        "l1_penalty": lambda parameters, factor: factor * abs(parameters).sum(),
        "l2_penalty": lambda parameters, factor: factor * (parameters**2).sum(),
    }.items()
]
ROWS = [
    *PENALTIES,
    Row("hinge", (SIGNED,), signed(), oracle=hinge),
    Row("squared_hinge", (SIGNED,), signed(), oracle=squared_hinge),
    Row("perceptron_loss", (SIGNED, Case({"input": np.zeros(2), "target": np.asarray([1.0, -1.0])})), signed(),
        oracle=perceptron_loss),
    Row("categorical_hinge", (Case(LOGITS),), one_hot(), oracle=categorical_hinge),
    Row("log_cosh", (pair(3, 2), pair()), pairs(), BOTH, log_cosh),
    Row("mean_absolute_percentage_error", (pair(3, 2),), pairs(), oracle=percentage),
    Row("mean_squared_logarithmic_error",
        (Case({"input": fixed.uniform((4,), 0, 3), "target": fixed.uniform((4,), 0, 3)}),),
        positive(), BOTH, logarithmic),
    Row("cosine_similarity", (pair(3, 2), pair(3, 2, axis=0)), directions(), BOTH, cosine_similarity),
    Row("categorical_generalized_cross_entropy",
        (Case({"input": fixed.softmax((3, 4), 1), "target": np.asarray([3, 0, 1])}, {"q": 0.7}),), noisy(),
        oracle=generalized),
    Row("sigmoid_focal_loss", (Case(LOGITS), Case(LOGITS, {"alpha": -1.0, "gamma": 1.0})),
        sure(logits=True, gamma=gammas, alpha=st.sampled_from([-1.0, 0.0, 0.25, 0.9])), oracle=sigmoid_focal_loss),
    Row("binary_focal_crossentropy",
        (Case(SURE, {"apply_class_balancing": True, "label_smoothing": 0.1}), Case(LOGITS, {"from_logits": True})),
        sure(logits=False, gamma=gammas, from_logits=st.booleans(), apply_class_balancing=st.booleans(),
             alpha=st.floats(0, 1), label_smoothing=st.sampled_from([0.0, 0.2])), oracle=binary_focal),
    Row("categorical_focal_crossentropy", (Case(SURE, {"label_smoothing": 0.1}), Case(LOGITS, {"from_logits": True})),
        categories(), ("input", "alpha"), categorical_focal),
    Row("dice", (Case(SURE), Case(SURE, {"axis": (1,)})), masks(), oracle=dice),
    Row("tversky", (Case(SURE, {"alpha": 0.3}),), masks(alpha=st.floats(0.1, 1), beta=st.floats(0.1, 1)),
        oracle=tversky),
    Row("circle", (Case(BATCH, {"gamma": 2.0}),), batches(), oracle=circle),
]  # fmt: skip
