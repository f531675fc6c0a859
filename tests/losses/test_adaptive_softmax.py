"""AdaptiveLogSoftmaxWithLoss beyond its row in tests/nn/rows: all probabilities, the best class, labels, errors."""

import math
import re

import numpy as np
import pytest

import xnn as xp
from tests.losses.row import Numbers
from tests.oracle import torch
from tests.parity import compare
from xnn.errors import DTypeError, LabelError, OptionError, ShapeError
from xnn.nn.adaptive_softmax import AdaptiveLogSoftmaxWithLoss

OPTIONS = {"div_value": 1.5, "head_bias": True}


def pair(device):
    """PyTorch's layer, and ours with its weights."""
    torch.manual_seed(0)
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(6, 12, [3, 7], **OPTIONS).double()
    ours = AdaptiveLogSoftmaxWithLoss(6, 12, [3, 7], **OPTIONS, device=device, dtype="float64")
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    return ours, theirs


@pytest.mark.needs("torch")
def test_probabilities_of_all_classes_and_the_best(device):
    ours, theirs = pair(device)
    x = Numbers(0).normal((9, 6)) * 3
    came = ours.log_prob(xp.asarray(x, device=device))
    compare("layer", "AdaptiveLogSoftmaxWithLoss", came.detach().numpy(), theirs.log_prob(torch.tensor(x)).detach())
    np.testing.assert_allclose(np.exp(came.detach().numpy()).sum(axis=1), 1)
    best = ours.predict(xp.asarray(x, device=device))
    assert best.tolist() == theirs.predict(torch.tensor(x)).tolist()
    assert len(set(best.tolist())) > 3


@pytest.mark.needs("torch")
def test_the_output_is_the_probability_of_the_target(device):
    ours, _ = pair(device)
    x = xp.asarray(Numbers(1).normal((12, 6)), device=device)
    labels = xp.asarray(np.arange(12), device=device)
    output, loss = ours(x, labels)
    every = ours.log_prob(x).detach().numpy()
    np.testing.assert_allclose(output.detach().numpy(), every[np.arange(12), np.arange(12)])
    assert math.isclose(float(loss), -output.detach().numpy().mean())


@pytest.mark.needs("torch")
@pytest.mark.parametrize("wrong", [-1, 12])
def test_labels_that_no_class_has(wrong, device):
    ours, _ = pair(device)
    x, labels = xp.asarray(np.ones((2, 6)), device=device), xp.asarray([0, wrong], device=device)
    xp.synchronize(device)
    message = "^labels are from 0 to 11, for logits of 12 classes; another one came"
    if not device.is_asynchronous:
        with pytest.raises(LabelError, match=message):
            ours(x, labels)
        return
    output, loss = ours(x, labels)
    loss.backward()
    with pytest.raises(LabelError, match=message):
        xp.synchronize(device)
    assert np.isnan(output.detach().numpy()).tolist() == [False, True]
    assert np.isnan(ours.head.weight.grad.numpy()).any()


@pytest.mark.needs("torch")
def test_an_empty_batch(device):
    ours, _ = pair(device)
    output, loss = ours(xp.zeros((0, 6), dtype="float64", device=device), xp.zeros((0,), dtype="int64", device=device))
    assert output.shape == (0,)
    assert math.isnan(float(loss))
    assert ours.log_prob(xp.zeros((0, 6), dtype="float64", device=device)).shape == (0, 12)


@pytest.mark.parametrize("cutoffs", [[], [0, 4], [4, 4], [5, 2], [12], [2.5], 3])
def test_cutoffs(cutoffs):
    message = f"cutoffs are ints that rise from 1 to 11, for 12 classes; got {cutoffs!r}. Cure: [10, 100] makes"
    with pytest.raises(OptionError, match=re.escape(message)):
        AdaptiveLogSoftmaxWithLoss(6, 12, cutoffs, device="cpu")


def test_messages():
    with pytest.raises(
        OptionError, match=r"at least 1; cluster 2 has 6 / 4\.0 \*\* 2\. Cure: a smaller div_value, or fewer"
    ):
        AdaptiveLogSoftmaxWithLoss(6, 12, [3, 7], device="cpu")
    for wrong in (0, -2.0):
        with pytest.raises(OptionError, match=f"AdaptiveLogSoftmaxWithLoss: div_value is more than 0; got {wrong}"):
            AdaptiveLogSoftmaxWithLoss(6, 12, [3], wrong, device="cpu")
    layer = AdaptiveLogSoftmaxWithLoss(6, 12, [3], device="cpu")
    x, labels = xp.zeros((2, 6), device="cpu"), xp.zeros((2,), dtype="int64", device="cpu")
    message = r"takes inputs \(N, 6\) and labels \(N,\), or \(6,\) and \(\); got \(2, 5\) and \(2,\). Cure: one label"
    with pytest.raises(ShapeError, match=message):
        layer(xp.zeros((2, 5), device="cpu"), labels)
    with pytest.raises(ShapeError, match=r"got \(2, 6\) and \(3,\)"):
        layer(x, xp.zeros((3,), dtype="int64", device="cpu"))
    with pytest.raises(DTypeError, match="takes integer labels; got float32"):
        layer(x, xp.zeros((2,), device="cpu"))
    with pytest.raises(TypeError, match="AdaptiveLogSoftmaxWithLoss takes arrays; target is a list"):
        layer(x, [0, 1])
    with pytest.raises(ShapeError, match=r"log_prob takes inputs \(N, 6\); got \(6,\)"):
        layer.log_prob(x[0])
    assert "in_features=6, n_classes=12, cutoffs=[3], div_value=4.0, head_bias=False" in layer.extra_repr()
