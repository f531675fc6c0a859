"""All metrics: streamed or whole, on every device, of arrays and raw ones, saved and loaded; and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.metrics.table import FUNCTIONS, IMAGES, ROWS, SEVERAL, arrays, streamed, whole
from tests.tolerances import assert_close
from xnn import metrics
from xnn.errors import CheckpointError, DeviceMismatchError, DTypeError, LabelError, OptionError, ShapeError

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def test_every_metric_has_a_row():
    assert {row.name for row in ROWS} == set(FUNCTIONS)
    functions = {function.__name__ for function in FUNCTIONS.values() if function}
    assert set(metrics.__all__) == set(FUNCTIONS) | functions | {"Metric"}


@rows
def test_streamed_is_whole_and_the_same_on_every_device(row, device):
    came, metric = streamed(row, device), row.make()
    metric.update(*arrays(whole(row), device))
    assert came.device is device
    assert came.dtype.name == ("int64" if row.id == "ConfusionMatrix" else "float64")
    assert_close(came.numpy(), metric.compute().numpy())
    assert_close(came.numpy(), streamed(row).numpy())


@rows
def test_functions_are_of_one_batch_and_give_raw_arrays_for_raw_arrays(row, device):
    if row.function is None:
        return
    given = arrays(whole(row), device)
    out, raw = row.function(*given, **row.options), row.function(*(x._data for x in given), **row.options)
    assert type(out) is xp.Array
    assert type(raw) is device.backend.array_type
    assert_close(out.numpy(), streamed(row).numpy())
    assert_close(device.backend.to_numpy(raw), streamed(row).numpy())


@rows
def test_float32_is_summed_in_float64(row, device):
    single = [tuple(x.astype("float32") if x.dtype.kind == "f" else x for x in batch) for batch in row.batches]
    came = streamed(replace(row, batches=single), device)
    assert came.dtype.name in ("float64", "int64")
    assert_close(came.numpy(), streamed(row).numpy(), "float32")


@rows
def test_a_state_goes_on_where_it_was_and_a_reset_forgets(row, device):
    first, again = row.make(), row.make()
    assert first.state_dict() == {}
    for batch in row.batches[:2]:
        first.update(*arrays(batch, device))
    saved = first.state_dict()
    assert set(saved) == set(first.slots)
    host = {name: value.numpy() if isinstance(value, xp.Array) else value for name, value in saved.items()}
    first.update(*arrays(row.batches[2], device))
    again.load_state_dict(saved)
    again.update(*arrays(row.batches[2], device))
    expected = streamed(row).numpy()
    assert_close(first.compute().numpy(), expected)
    assert_close(again.compute().numpy(), expected)
    again.load_state_dict(host)  # raw arrays, of NumPy: the state is a copy, and not that of `saved`
    again.update(*arrays(row.batches[2]))
    assert_close(again.compute().numpy(), expected)
    first.reset()
    for batch in row.batches:
        first.update(*arrays(batch, device))
    assert_close(first.compute().numpy(), expected)
    again.load_state_dict({})
    with pytest.raises(ShapeError):
        again.compute()


@rows
def test_nothing_is_differentiated(row, device):
    metric = row.make()
    given = [xp.asarray(x, device=device, requires_grad=x.dtype.kind == "f") for x in row.batches[0]]
    metric.update(*given)
    assert not metric.compute().requires_grad
    assert not any(getattr(value, "requires_grad", False) for value in metric.state_dict().values())


@rows
def test_the_callers_arrays_may_change_afterwards(row):
    metric = row.make()
    for batch in row.batches:
        given = [np.array(x) for x in batch]
        metric.update(*given)
        for x in given:
            x[...] = 1
    assert_close(metric.compute().numpy(), streamed(row).numpy())


@rows
@pytest.mark.needs("cuda_emulation")
def test_no_update_waits_for_the_device(row):
    """Counted by the emulation, when all that is compiled once has been."""
    first, *others = (arrays(batch, "cupy:cuda:0") for batch in row.batches)
    metric = row.make()
    metric.update(*first)
    metric.compute()
    with cuda_emulation.count() as counts:
        for batch in others:
            metric.update(*batch)
        result = metric.compute()
    assert (counts.d2h, counts.synchronisations) == (0, 0)
    with cuda_emulation.count() as counts:
        result.numpy()
    assert counts.d2h + counts.synchronisations > 0


# ---- labels out of range ----

WRONG_LABELS = [
    (metrics.Accuracy(), SEVERAL[0][0], [4] * 7, 3),
    (metrics.Accuracy(num_classes=4), np.asarray([4]), [3], 3),
    (metrics.Accuracy(), np.asarray([0.5]), [2], 1),
    (metrics.TopKAccuracy(2), SEVERAL[0][0], [-1] * 7, 3),
    (metrics.ConfusionMatrix(4), np.asarray([0]), [4], 3),
    (metrics.Precision(), np.asarray([0]), [2], 1),
    (metrics.Recall("macro", 3), np.asarray([-1]), [0], 2),
    (metrics.F1Score("micro"), SEVERAL[0][0], [9] * 7, 3),
    (metrics.ROCAUC(), np.asarray([0.1, 0.2]), [0, 2], 1),
    (metrics.AveragePrecision(), SEVERAL[0][0], [4] * 7, 3),
    (metrics.Perplexity(), SEVERAL[0][0], [-1] * 7, 3),
]


@pytest.mark.parametrize(("metric", "input", "target", "last"), WRONG_LABELS)
def test_a_label_that_no_class_has_raises(metric, input, target, last, device):
    """At once, or at the next wait; never a silent wrong number."""
    xp.synchronize(device)

    def result():
        metric.update(*arrays((input, np.asarray(target)), device))
        return metric.compute()

    metric.reset()
    if device.is_asynchronous:
        computed = result()
        with pytest.raises(LabelError) as raised:
            computed.numpy()
    else:
        with pytest.raises(LabelError) as raised:
            result()
    assert str(raised.value) == (
        f"labels of {type(metric).__name__} are from 0 to {last}; another one came. "
        "Cure: count classes from 0, or say how many there are."
    )
    xp.synchronize(device)


# ---- what is refused ----

x, t = SEVERAL[0]
REFUSED = [
    (metrics.Accuracy, {"num_classes": 1}, OptionError, "Accuracy: num_classes is an int of at least 2; got 1"),
    (metrics.TopKAccuracy, {"k": 0}, OptionError, "TopKAccuracy: k is an int of at least 1; got 0"),
    (
        metrics.ConfusionMatrix,
        {"normalize": "rows"},
        OptionError,
        "ConfusionMatrix: normalize is None or 'true' or 'pred' or 'all'; got 'rows'",
    ),
    (
        metrics.Recall,
        {"average": "mean"},
        OptionError,
        "Recall: average is 'binary' or 'macro' or 'micro' or 'weighted' or 'none'; got 'mean'",
    ),
    (
        metrics.Precision,
        {"num_classes": 3},
        OptionError,
        "Precision: average 'binary' is of two classes; got num_classes=3. Cure: average='macro'.",
    ),
    (metrics.F1Score, {"zero_division": 0.5}, OptionError, "F1Score: zero_division is 0, 1 or NaN; got 0.5"),
    (
        metrics.ROCAUC,
        {"average": "binary"},
        OptionError,
        "ROCAUC: average is 'macro' or 'weighted' or 'micro' or 'none'; got 'binary'",
    ),
    (
        metrics.R2Score,
        {"multioutput": "mean"},
        OptionError,
        "R2Score: multioutput is 'uniform_average' or 'raw_values' or 'variance_weighted'; got 'mean'",
    ),
    (
        metrics.MeanSquaredError,
        {"multioutput": "variance_weighted"},
        OptionError,
        "MeanSquaredError: multioutput is 'uniform_average' or 'raw_values'; got 'variance_weighted'",
    ),
    (
        metrics.Perplexity,
        {"ignore_index": 0.5},
        OptionError,
        "Perplexity: ignore_index is an int of at least -9223372036854775808; got 0.5",
    ),
]


@pytest.mark.parametrize(("kind", "options", "error", "text"), REFUSED)
def test_options_that_make_no_sense_are_refused(kind, options, error, text):
    with pytest.raises(error) as raised:
        kind(**options)
    assert str(raised.value) == text


REFUSED_BATCHES = [
    (
        metrics.Accuracy(),
        (x, [0] * 7),
        TypeError,
        "Accuracy takes arrays; target is a list. Cure: xnn.asarray(target).",
    ),
    (
        metrics.Accuracy(),
        (x, t.astype("float64")),
        DTypeError,
        "Accuracy takes integer labels; target is float64. "
        "Cure: input first, then target; xnn.astype(target, xnn.int64) for labels that are whole numbers.",
    ),
    (
        metrics.Accuracy(),
        (x, t[:3]),
        ShapeError,
        "Accuracy takes scores (N, C, ...) and labels (N, ...); got (7, 4) and (3,)",
    ),
    (
        metrics.Accuracy(),
        (t, t[:3]),
        ShapeError,
        "Accuracy takes input and target of one shape; got (7,) and (3,)",
    ),
    (
        metrics.Accuracy(num_classes=3),
        (x, t),
        OptionError,
        "Accuracy is of 3 classes; got scores of 4. Cure: num_classes=4.",
    ),
    (
        metrics.Precision(),
        (x, t),
        OptionError,
        "Precision is of 2 classes; got scores of 4. Cure: average='macro', or another but 'binary'.",
    ),
    (
        metrics.Recall("macro"),
        (t, t),
        OptionError,
        "Recall: labels alone do not say how many classes there are. Cure: num_classes=...",
    ),
    (metrics.TopKAccuracy(), (x, t), OptionError, "TopKAccuracy: k is at most the number of classes, 4; got 5"),
    (
        metrics.TopKAccuracy(2),
        (t, t),
        DTypeError,
        "TopKAccuracy takes floating-point scores; input is int64",
    ),
    (metrics.ROCAUC(), (t, t), DTypeError, "ROCAUC takes floating-point scores; input is int64"),
    (
        metrics.ROCAUC(),
        (x[:, 0], t[:3]),
        ShapeError,
        "ROCAUC takes input and target of one shape; got (7,) and (3,)",
    ),
    (
        metrics.MeanSquaredError(),
        (x, t),
        ShapeError,
        "MeanSquaredError takes input and target of one shape; got (7, 4) and (7,)",
    ),
    (
        metrics.R2Score(),
        (x[0, 0], x[0, 0]),
        TypeError,
        "R2Score takes arrays; input is a float64. Cure: xnn.asarray(input).",
    ),
    (
        metrics.R2Score(),
        (np.asarray(1.0), np.asarray(1.0)),
        ShapeError,
        "R2Score takes batches (N, ...); got shape (). Cure: xnn.reshape(x, (1,)).",
    ),
    (
        metrics.MeanAbsoluteError(),
        (x, x + 1j),
        DTypeError,
        "this function is of real numbers; got complex128. Cure: real(x), or abs(x), before.",
    ),
    (
        metrics.Perplexity(),
        (x, t[None]),
        ShapeError,
        "Perplexity takes scores (N, C, ...) and labels (N, ...); got (7, 4) and (1, 7)",
    ),
]


@pytest.mark.parametrize(("metric", "batch", "error", "text"), REFUSED_BATCHES)
def test_batches_that_make_no_sense_are_refused(metric, batch, error, text):
    with pytest.raises(error) as raised:
        metric.update(*batch)
    assert str(raised.value) == text
    assert metric.state_dict() == {}


ALIKE = [
    (
        metrics.Recall("macro"),
        "Recall takes batches that are alike; sums of shape (4,) met a batch's of (3,). "
        "Cure: the same number of classes or outputs in each batch, or reset().",
    ),
    (
        metrics.ROCAUC(),
        "ROCAUC takes batches that are alike; scores of shape (7, 4) met a batch of (28, 3). "
        "Cure: the same number of classes in each batch, or reset().",
    ),
]


@pytest.mark.parametrize(("metric", "text"), ALIKE)
def test_batches_that_are_not_alike_are_refused(metric, text):
    metric.update(*arrays(SEVERAL[0]))
    before = metric.compute()
    with pytest.raises(ShapeError) as raised:
        metric.update(*arrays(IMAGES[0]))
    assert str(raised.value) == text
    assert_close(metric.compute().numpy(), before.numpy())


def test_outputs_that_are_not_alike_are_refused():
    for metric in (metrics.MeanSquaredError(), metrics.R2Score()):
        metric.update(np.ones((3, 2)), np.ones((3, 2)))
        with pytest.raises(ShapeError, match=r"sums of shape \(2,\) met a batch's of \(3,\)"):
            metric.update(np.ones((3, 3)), np.ones((3, 3)))


@rows
def test_before_the_first_batch_there_is_nothing(row):
    with pytest.raises(ShapeError) as raised:
        row.make().compute()
    assert str(raised.value) == f"{row.name} has seen no batch. Cure: update(...) before compute()."


@rows
def test_a_state_of_another_metric_is_refused(row):
    metric = row.make()
    with pytest.raises(CheckpointError) as raised:
        metric.load_state_dict({"something": 1})
    assert str(raised.value) == f"the state of {row.name} has {', '.join(metric.slots)}; got something"


def test_devices_never_mix():
    for row in ROWS:
        one, other = row.batches[0]
        with pytest.raises(DeviceMismatchError):
            row.make().update(xp.asarray(one, device="numpy:cpu"), xp.asarray(other, device="strict:device1"))


EMPTY = {
    "Accuracy": ShapeError, "TopKAccuracy": ShapeError, "MeanSquaredError": ShapeError, "MeanAbsoluteError": ShapeError,
    "Precision": 0.0, "Recall": 0.0, "F1Score": 0.0, "ConfusionMatrix": 0.0, "ROCAUC": np.nan, "AveragePrecision": 0.0,
    "R2Score": np.nan, "Perplexity": np.nan, "MeanMetric": np.nan,
}  # fmt: skip


@rows
def test_an_empty_batch_changes_nothing_and_alone_has_a_result_or_an_error(row, device):
    empty = [np.asarray(part)[:0] for part in row.batches[0]]
    metric = row.make()
    metric.update(*arrays(empty, device))
    if EMPTY[row.name] is ShapeError:
        with pytest.raises(ShapeError) as raised:
            metric.compute()
        assert str(raised.value) == f"{row.name} has seen no element: all batches were empty"
    else:
        came = metric.compute().numpy()
        expected = 0.0 if row.name == "ROCAUC" and row.options.get("average") == "weighted" else EMPTY[row.name]
        assert_close(came, np.full(came.shape, expected))
    metric.update(*arrays(whole(row), device))
    metric.update(*arrays(empty, device))
    assert_close(metric.compute().numpy(), streamed(row).numpy())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_has_no_weight_is_left_out_of_a_mean(value, device):
    mean = metrics.MeanMetric()
    mean.update(xp.asarray([1.0, value, 3.0], device=device), weight=xp.asarray([1.0, 0.0, 3.0], device=device))
    assert float(mean.compute()) == np.average([1.0, 3.0], weights=[1.0, 3.0])
