"""Labels and probabilities out of range: at once on the CPU, at the next wait on a GPU; never a silent wrong number."""

import math
import re

import pytest

import xnn as xp
from xnn import losses
from xnn.errors import LabelError

OUT_OF_RANGE = (
    "labels are from 0 to 2, for logits of 3 classes; another one came. "
    "Cure: count classes from 0, or give the last layer more outputs."
)


def label_loss(device, labels=(0, 3), reduction="mean", **options):
    x = xp.asarray([[1.0, 2.0, 3.0]] * len(labels), device=device, **options)
    return x, losses.cross_entropy(x, xp.asarray(list(labels), device=device), reduction=reduction)


def assert_raises_label_error(call):
    with pytest.raises(LabelError) as raised:
        call()
    assert str(raised.value) == OUT_OF_RANGE


@pytest.fixture
def asynchronous(device):
    """Whether looking at a value waits for the device, so that checks are put off; none is left behind."""
    xp.synchronize(device)
    yield device.is_asynchronous
    xp.synchronize(device)


@pytest.mark.parametrize("labels", [(0, 3), (-1, 0), (0, 2**40)], ids=str)
def test_a_label_out_of_range_raises(labels, device, asynchronous):
    """At once, or else at the next wait."""
    assert_raises_label_error(lambda: float(label_loss(device, labels)[1]))
    if not asynchronous:
        assert_raises_label_error(lambda: label_loss(device, labels))


DOORS = {
    "float": lambda x, loss, device: float(loss),
    "item": lambda x, loss, device: loss.item(),
    "bool": lambda x, loss, device: bool(loss > 1),
    "numpy": lambda x, loss, device: loss.detach().numpy(),
    "tolist": lambda x, loss, device: x.tolist(),
    "repr": lambda x, loss, device: repr(x),
    "pickle": lambda x, loss, device: x.__reduce__(),
    "dlpack": lambda x, loss, device: loss.detach().__dlpack__(),
    "synchronize": lambda x, loss, device: xp.synchronize(device),
    "to the host": lambda x, loss, device: loss.to_device("numpy:cpu"),
}


@pytest.mark.every_device
@pytest.mark.parametrize("door", DOORS)
def test_a_wait_raises_what_was_put_off_once(door, device, asynchronous):
    if asynchronous:
        x, loss = label_loss(device)
        assert_raises_label_error(lambda: DOORS[door](x, loss, device))
    xp.synchronize(device)  # not a second time
    DOORS[door](*label_loss(device, (0, 1)), device)


def test_the_loss_is_nan_until_then(device, asynchronous):
    if not asynchronous:
        assert_raises_label_error(lambda: label_loss(device, reduction="none"))
        return
    x, loss = label_loss(device, reduction="none", requires_grad=True)
    xp.sum(loss).backward()
    _, mean = label_loss(device)
    assert_raises_label_error(lambda: xp.synchronize(device))
    assert [math.isnan(v) for v in loss.tolist()] == [False, True]
    assert math.isnan(float(mean))
    assert x.grad is not None


def test_many_wrong_losses_are_one_error(device, asynchronous):
    if asynchronous:
        for _ in range(5):
            label_loss(device)
        label_loss(device, (0, 1))
        assert_raises_label_error(lambda: xp.synchronize(device))
    assert float(label_loss(device, (0, 1))[1]) > 0


def test_right_labels_raise_nothing(device):
    _, loss = label_loss(device, (0, 2))
    assert math.isclose(float(loss), 1.4076059, rel_tol=1e-6)
    xp.synchronize(device)


# ---- probabilities ----

NO_PROBABILITY = (
    "targets of binary_cross_entropy_with_logits are probabilities from 0 to 1; another one came. "
    "Cure: classes are 0 and 1; scores that are not bounded are for mse_loss."
)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, math.nan, 2])
def test_a_target_that_is_no_probability_raises(wrong, device, asynchronous):
    """At once, or else at the next wait, until when its loss is NaN."""

    def loss():
        target = xp.asarray([1, wrong], device=device)
        x = xp.asarray([0.0, 0.0], device=device, requires_grad=True)
        return losses.binary_cross_entropy_with_logits(x, target, reduction="none")

    if asynchronous:
        values = loss()
        xp.sum(values).backward()
        with pytest.raises(LabelError, match=re.escape(NO_PROBABILITY)):
            xp.synchronize(device)
        assert [math.isnan(v) for v in values.tolist()] == [False, True]
    else:
        with pytest.raises(LabelError, match=re.escape(NO_PROBABILITY)):
            loss()
