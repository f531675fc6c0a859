"""The errors of wrong shapes, types and options: the rule, what came, the cure."""

import inspect
import re

import pytest

import xnn as xp
from tests.losses.row import as_type
from tests.losses.table import ROWS
from xnn import losses
from xnn.errors import DeviceMismatchError, DTypeError, OptionError, ShapeError


def zeros(*shape, dtype=None):
    return xp.zeros(shape, device="cpu", dtype=dtype)


def labels(*shape):
    return zeros(*shape, dtype=xp.int64)


X, T = zeros(4, 3), labels(4)
LOGS, ROWS_OF_LABELS = zeros(5, 2, 4), labels(2, 3) + 1
PAIRS = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss", "binary_cross_entropy",
         "binary_cross_entropy_with_logits", "hinge_embedding_loss", "soft_margin_loss", "multilabel_soft_margin_loss",
         "log_cosh", "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "hinge", "squared_hinge",
         "categorical_hinge", "perceptron_loss", "cosine_similarity", "dice", "tversky", "sigmoid_focal_loss",
         "binary_focal_crossentropy", "categorical_focal_crossentropy")  # fmt: skip
TRIPLETS = (losses.triplet_margin_loss, losses.triplet_margin_with_distance_loss)

SHAPES = [
    *(
        (lambda name=name: getattr(losses, name)(zeros(4, 1), zeros(4)),
         f"{name} takes input and target of one shape; got (4, 1) and (4,). "
         "Cure: reshape one, as target[:, None] or xnn.squeeze(input, 1).")
        for name in PAIRS
    ),
    *(
        (lambda name=name: getattr(losses, name)(X, X, weight=zeros(3)),
         f"{name} takes input, target and weight of one shape; got (4, 3), (4, 3) and (3,). Cure: reshape "
         f"one, as weight")
        for name in ("l1_loss", "mse_loss", "huber_loss")
    ),
    *(
        (lambda name=name: getattr(losses, name)(X, X, weight=zeros(4)),
         f"{name} takes a weight that broadcasts to the input's shape (4, 3); got (4,). Cure: one number for each")
        for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss")
    ),
    (lambda: losses.binary_cross_entropy_with_logits(zeros(3), zeros(3), pos_weight=zeros(2, 3)),
     "takes a pos_weight that broadcasts to the input's shape (3,); got (2, 3)"),
    (lambda: losses.cross_entropy(X, labels(4, 3)),
     "cross_entropy takes logits (N, C, ...) and labels (N, ...); got (4, 3) and (4, 3). "
     "Cure: labels are class numbers, not one-hot rows: xnn.argmax(target, axis=1)."),
    (lambda: losses.cross_entropy(zeros(3), labels(3)),
     "got (3,) and (3,). Cure: labels are class numbers, not one-hot rows: xnn.argmax(target, axis=0)."),
    (lambda: losses.cross_entropy(zeros(), labels()),
     "cross_entropy takes logits (N, C, ...) and labels (N, ...); got () and (). Cure: one label for each row of log"),
    (lambda: losses.cross_entropy(zeros(4, 0), T),
     "cross_entropy takes logits of at least one class; got shape (4, 0)"),
    (lambda: losses.nll_loss(X, labels(3)),
     "nll_loss takes log-probabilities (N, C, ...) and labels (N, ...); got (4, 3)"),
    (lambda: losses.categorical_generalized_cross_entropy(zeros(3), labels()),
     "categorical_generalized_cross_entropy takes probabilities (N, C, ...) and labels (N, ...); got (3,) and ()"),
    *(
        (lambda loss=loss: loss(X, T, weight=zeros(4)),
         f"{loss.__name__} takes a weight for each class, (3,); got shape (4,). Cure: xnn.ones((3,)) "
         f"weighs all the same.")
        for loss in (losses.cross_entropy, losses.nll_loss, losses.multi_margin_loss)
    ),
    (lambda: losses.linear_cross_entropy(X, zeros(5, 4), T),
     "linear_cross_entropy takes input (N, n) and linear_weight (C, ..., n), or (n,) and (C, n); got "
     "(4, 3) and (5, 4)."),
    (lambda: losses.linear_cross_entropy(zeros(3), zeros(5, 2, 3), labels(2)), "got (3,) and (5, 2, 3)"),
    (lambda: losses.linear_cross_entropy(X, zeros(5, 3), T, linear_bias=zeros(1)),
     "linear_cross_entropy takes a linear_bias of shape (5,), for linear_weight (5, 3); got (1,). "
     "Cure: xnn.zeros((5,))."),
    (lambda: losses.multi_margin_loss(X, labels(4, 3)),
     "multi_margin_loss takes scores (N, C) and labels (N,), or (C,) and"),
    (lambda: losses.multilabel_margin_loss(X, T),
     "multilabel_margin_loss takes scores and labels of one shape, (N, C) or"),
    (lambda: losses.margin_ranking_loss(X, X, zeros(4)),
     "margin_ranking_loss takes input1, input2 and target of one shape; got (4, 3), (4, 3) and (4,). "
     "Cure: reshape one"),
    (lambda: losses.cosine_embedding_loss(X, X, zeros(3)),
     "cosine_embedding_loss takes vectors (N, D), (N, D) and targets (N,), or (D,), (D,) and (); "
     "got (4, 3), (4, 3) and (3,). Cure: one target for each pair of vectors."),
    *(
        (lambda loss=loss: loss(X, X, zeros(4)),
         f"{loss.__name__} takes anchor, positive and negative of one shape; got (4, 3), (4, 3) and (4,).")
        for loss in TRIPLETS
    ),
    *((lambda loss=loss: loss(zeros(), zeros(), zeros()), f"{loss.__name__} takes vectors (..., D); got shape ()")
      for loss in TRIPLETS),
    (lambda: losses.gaussian_nll_loss(X, X, zeros(3)),
     "gaussian_nll_loss takes var of the input's shape (4, 3), or with size 1 in the place of one "
     "dimension, or without "
     "the last one; got (3,). Cure: xnn.reshape(var, ...)."),
    (lambda: losses.gaussian_nll_loss(X, X, zeros(1, 1)), "got (1, 1)"),
    (lambda: losses.multilabel_soft_margin_loss(zeros(), zeros()),
     "with a dimension of classes, (..., C); got shape ()"),
    (lambda: losses.categorical_hinge(zeros(2, 0), zeros(2, 0)), "with a dimension of classes, (..., C); got (2, 0)"),
    (lambda: losses.cosine_similarity(X, X, axis=2),
     "cosine_similarity: axis is a dimension of the input, from -2 to 1"),
    (lambda: losses.dice(X, X, axis=(0, 5)),
     "dice: axis is a dimension of the input, from -2 to 1 for shape (4, 3); got 5"),
    (lambda: losses.categorical_focal_crossentropy(X, X, alpha=zeros(4)),
     "categorical_focal_crossentropy takes a number for alpha, or one for each class, (3,); got shape (4,)."),
    (lambda: losses.circle(X, labels(3)),
     "circle takes vectors (N, D) and labels (N,), and others (M, D) and (M,); got"),
    (lambda: losses.ctc_loss(zeros(5), labels(2), (5,), (2,)),
     "ctc_loss takes log_probs (T, N, C) or (T, C), of at least"),
    (lambda: losses.ctc_loss(zeros(0, 2, 4), ROWS_OF_LABELS, (0, 0), (3, 3)), "of at least one frame; got (0, 2, 4)"),
    (lambda: losses.ctc_loss(LOGS, labels(3, 3), (5, 5), (3, 3)),
     "ctc_loss takes targets (N, S), a row for each of the 2 sequences, or (sum(target_lengths),); "
     "got (3, 3). Cure: rows"),
    (lambda: losses.ctc_loss(LOGS, labels(5), (5, 5), (3, 3)),
     "or (sum(target_lengths),); got (5,). Cure: rows of labels"),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5,), (3, 3)),
     "ctc_loss takes a length for each sequence, input_lengths of shape (2,); got (1,). Cure: one for each column"),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5, 5), labels(2, 1)), "target_lengths of shape (2,); got (2, 1)"),
]  # fmt: skip

INTEGERS = [
    (losses.cross_entropy, (X, zeros(4)),
     "cross_entropy takes integer labels; got float32. Cure: xnn.astype(target, xnn."),
    (losses.nll_loss, (X, zeros(4)), "nll_loss takes integer labels; got float32"),
    (losses.multi_margin_loss, (X, zeros(4)), "multi_margin_loss takes integer labels; got float32"),
    (losses.multilabel_margin_loss, (X, X), "multilabel_margin_loss takes integer labels; got float32"),
    (losses.categorical_generalized_cross_entropy, (X, zeros(4)), "takes integer labels; got float32"),
    (losses.linear_cross_entropy, (X, zeros(5, 3, dtype=xp.float64), T),
     "linear_cross_entropy takes input and linear_weight of one type; got float32 and float64. Cure: xnn.astype(lin"),
    (losses.circle, (X, zeros(4)), "circle takes integer labels; got float32"),
    (losses.ctc_loss, (LOGS, zeros(2, 3), (5, 5), (3, 3)), "ctc_loss takes integer labels; got float32"),
    (losses.ctc_loss, (LOGS, ROWS_OF_LABELS, (5.0, 5), (3, 3)),
     "ctc_loss takes integers for input_lengths; got (5.0, 5)."),
    (losses.ctc_loss, (LOGS, ROWS_OF_LABELS, (5, 5), zeros(2)),
     "ctc_loss takes integers for target_lengths; got float32. Cure: xnn.astype(target_lengths, xnn.int64)."),
]  # fmt: skip

OPTIONS = [
    *(
        (lambda smoothing=smoothing: losses.cross_entropy(X, T, label_smoothing=smoothing),
         f"cross_entropy: label_smoothing is a number from 0 to 1; got {smoothing!r}")
        for smoothing in (-0.1, 1.5, "0.1")
    ),
    (lambda: losses.smooth_l1_loss(X, X, beta=-1.0), "smooth_l1_loss: beta is a number of at least 0; got -1.0"),
    (lambda: losses.huber_loss(X, X, delta=0.0), "huber_loss: delta is more than 0; got 0"),
    (lambda: losses.huber_loss(X, X, delta=-2), "huber_loss: delta is more than 0; got -2"),
    (lambda: losses.gaussian_nll_loss(X, X, X, eps=0), "gaussian_nll_loss: eps is more than 0; got 0"),
    (lambda: losses.gaussian_nll_loss(X, X, -1.0),
     "variances of gaussian_nll_loss are not negative; another one came."),
    (lambda: losses.multi_margin_loss(X, T, p=3), "multi_margin_loss: p is 1 or 2; got 3"),
    *((lambda loss=loss: loss(X, X, X, margin=0.0), f"{loss.__name__}: margin is more than 0; got 0.0")
      for loss in TRIPLETS),
    (lambda: losses.linear_cross_entropy(X, zeros(5, 3), zeros(4, 5), ignore_index=1),
     "cross_entropy: ignore_index is for labels, not for probabilities; got 1"),
    (lambda: losses.cross_entropy(X, X, ignore_index=-1),
     "cross_entropy: ignore_index is for labels, not for probabilities; got -1"),
    *((lambda loss=loss, wrong=wrong: loss(X, T, ignore_index=wrong),
       f"{loss.__name__}: ignore_index is an int; got {wrong!r}")
      for loss in (losses.cross_entropy, losses.nll_loss) for wrong in (None, 1.5)),
    (lambda: losses.dice(X, X, axis=(0, -2)), "dice: axis names each dimension once; got (0, -2)"),
    (lambda: losses.hinge_embedding_loss(X, X, margin=None), "hinge_embedding_loss: margin is a number; got None"),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5, 5), (3, 3), blank=-1), "blank is an int of at least 0; got -1"),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5, 5), (3, 3), blank=4),
     "ctc_loss: blank is a class from 0 to 3; got 4"),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5, 6), (3, 3)), "input_lengths are from 0 to 5; another one came."),
    (lambda: losses.ctc_loss(LOGS, ROWS_OF_LABELS, (5, 5), (3, 4)),
     "target_lengths are from 0 to 3; another one came."),
    (lambda: losses.sigmoid_focal_loss(X, X, gamma=-1.0),
     "sigmoid_focal_loss: gamma is a number of at least 0; got -1.0"),
    (lambda: losses.binary_focal_crossentropy(X, X, alpha=1.5),
     "binary_focal_crossentropy: alpha is a number from 0 to 1"),
    (lambda: losses.tversky(X, X, alpha=-1), "tversky: alpha is a number of at least 0; got -1"),
    (lambda: losses.categorical_generalized_cross_entropy(X, T, q=0),
     "q is more than 0; got 0. Cure: nll_loss of the log"),
    (lambda: losses.categorical_generalized_cross_entropy(X, T, q=1.1), "q is a number from 0 to 1; got 1.1"),
    (lambda: losses.circle(X, T, ref_labels=T),
     "circle takes ref_labels and ref_embeddings together, or neither; one of"),
    (lambda: losses.l2_penalty([]), "l2_penalty takes at least one parameter; got none. Cure: model.parameters()."),
]  # fmt: skip


def assert_raises(kind, message, call):
    with pytest.raises(kind, match=re.escape(message)):
        call()


@pytest.mark.parametrize(("call", "message"), SHAPES, ids=[message[:60] for _, message in SHAPES])
def test_shapes(call, message):
    assert_raises(ShapeError, message, call)


@pytest.mark.parametrize(("loss", "arguments", "message"), INTEGERS, ids=[message[:60] for *_, message in INTEGERS])
def test_types(loss, arguments, message):
    assert_raises(DTypeError, message, lambda: loss(*arguments))


@pytest.mark.parametrize(("call", "message"), OPTIONS, ids=[message[:60] for _, message in OPTIONS])
def test_options(call, message):
    assert_raises(OptionError, message, call)


def test_class_weights_of_another_type():
    for loss in (losses.cross_entropy, losses.nll_loss, losses.multi_margin_loss):
        message = (
            f"{loss.__name__} takes input and weight of one type; got float32 and float64. Cure: xnn.astype(weight, "
        )
        assert_raises(DTypeError, message, lambda loss=loss: loss(X, T, weight=zeros(3, dtype=xp.float64)))


# ---- of every loss ----

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def given(row):
    case = row.cases[0]
    return {k: xp.asarray(v, device="cpu") for k, v in as_type(case.arrays, "float32").items()}, case.options


@rows
def test_input_of_integers(row):
    arrays, options = given(row)
    first = next(iter(arrays))
    arrays[first] = xp.astype(arrays[first], xp.int64)
    with pytest.raises(
        DTypeError, match=f"^{row.name} takes floating-point {first}; got int64 of shape .* Cure: xnn.astype"
    ):
        getattr(losses, row.name)(**arrays, **options)


@rows
def test_what_is_no_array(row):
    arrays, options = given(row)
    for name in arrays:
        wrong = arrays | {name: "nothing"}
        if name in ("input_lengths", "target_lengths", "var", "alpha"):
            continue  # they may be numbers
        with pytest.raises(
            TypeError, match=f"^{row.name} takes arrays; {name} is a str. Cure: xnn.asarray\\({name}\\)."
        ):
            getattr(losses, row.name)(**wrong, **options)


@rows
def test_another_reduction(row):
    if row.reductions == (None,):
        return
    arrays, options = given(row)
    for wrong in ("average", None, "batchmean" if row.name != "kl_div" else "batch"):
        message = f'"mean", "sum" or "none"; got {wrong!r}'
        assert_raises(
            OptionError, message, lambda wrong=wrong: getattr(losses, row.name)(**arrays, **options, reduction=wrong)
        )


def test_the_other_reduction_of_kl_div():
    assert_raises(
        OptionError,
        """reduction is "batchmean", "mean", "sum" or "none"; got 'batch'""",
        lambda: losses.kl_div(X, X, reduction="batch"),
    )


@pytest.mark.every_device
@rows
def test_arrays_of_two_devices(row, device):
    other = "strict:CPU_DEVICE" if str(device) == "numpy:cpu" else "numpy:cpu"
    arrays, options = given(row)
    if len(arrays) == 1:
        return
    first, *rest = arrays
    moved = {first: arrays[first].to_device(device)} | {name: arrays[name].to_device(other) for name in rest}
    with pytest.raises(
        DeviceMismatchError, match=f"^{row.name} works on arrays of one device; got .* and .*. Cure: x.to_"
    ):
        getattr(losses, row.name)(**moved, **options)


@pytest.mark.parametrize("name", losses.__all__)
def test_none_in_the_place_of_an_array(name):
    """As of a model whose forward forgets its return."""
    parameters = inspect.signature(getattr(losses, name)).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    for argument in needed:
        if argument.endswith("lengths"):  # which may be lists
            continue
        arrays = dict.fromkeys(needed, X) | {argument: None}
        told = f"{name} takes arrays; {argument} is a NoneType\\. Cure: |needs parameters"
        with pytest.raises(TypeError, match=told):
            getattr(losses, name)(**arrays)
