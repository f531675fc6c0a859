"""Losses as modules: their options are attributes, weights are buffers, and the functions do the work."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.oracle import torch
from xnn import losses, nn
from xnn.errors import OptionError, ShapeError
from xnn.nn import loss

LOGITS, LABELS = np.asarray([[1.0, 2.0], [0.5, -1.0]], np.float32), np.asarray([0, 1])
GENERATED = [name for name in loss.__all__ if name != "LinearCrossEntropyLoss"]


def test_all_of_pytorch_are_there():
    theirs = {name for name in dir(torch.nn) if name.endswith("Loss") and not name.startswith("Adaptive")}
    assert theirs - {"NLLLoss2d"} == set(loss.__all__)  # which is NLLLoss, and deprecated


@pytest.mark.parametrize("name", GENERATED)
def test_options_are_those_of_the_function(name):
    """All options of a class are options of the function, with its defaults."""
    kind = getattr(nn, name)
    wanted = inspect.signature(kind._function).parameters
    own = inspect.signature(kind).parameters
    assert {option: p.default for option, p in own.items()} == {option: wanted[option].default for option in own}
    assert kind.__init__.__qualname__ == f"{name}.__init__"
    for option in own:
        assert f"        {option}: " in kind.__doc__, option
    if "weight" not in own:
        assert "        weight: " not in kind.__doc__


def test_weights_are_buffers(device):
    x, labels = xp.asarray(LOGITS, device=device), xp.asarray(LABELS, device=device)
    weight = xp.asarray([1.0, 3.0], device=device)
    layer = nn.CrossEntropyLoss(weight)
    assert list(layer.state_dict()) == ["weight"]
    assert nn.CrossEntropyLoss().state_dict() == {}
    assert nn.CrossEntropyLoss().weight is None
    assert float(layer(x, labels)) == float(losses.cross_entropy(x, labels, weight=weight))
    layer.load_state_dict({"weight": np.asarray([5.0, 1.0])})
    assert float(layer(x, labels)) == float(
        losses.cross_entropy(x, labels, weight=xp.asarray([5.0, 1.0], device=device))
    )


def test_weights_move():
    layer = nn.BCEWithLogitsLoss(pos_weight=xp.ones((2,), device="numpy:cpu")).double()
    assert layer.pos_weight.dtype is xp.float64


def test_options_may_change():
    layer, x = nn.MSELoss(), xp.asarray(LOGITS, device="cpu")
    layer.reduction = "none"
    assert layer(x, x).shape == (2, 2)


def test_of_raw_arrays():
    assert type(nn.L1Loss()(LOGITS, LOGITS)) is type(losses.l1_loss(LOGITS, LOGITS))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies(again):
    layer = nn.NLLLoss(xp.asarray([1.0, 2.0], device="cpu"), ignore_index=1)
    copied = again(layer)
    assert repr(copied) == repr(layer)
    assert copied.weight.tolist() == [1.0, 2.0]
    copied.weight = xp.asarray([3.0, 4.0], device="cpu")
    assert layer.weight.tolist() == [1.0, 2.0]


def test_a_distance_is_a_module_inside():
    layer = nn.TripletMarginWithDistanceLoss(distance_function=nn.Bilinear(2, 2, 1, device="cpu"))
    assert [name for name, _ in layer.named_parameters()] == ["distance_function.weight", "distance_function.bias"]


def test_a_subclass_of_ones_own():
    class Scaled(nn.MSELoss):
        def __init__(self, factor):
            super().__init__(reduction="sum")
            self.factor = factor

        def forward(self, input, target):
            return self.factor * super().forward(input, target)

    assert float(Scaled(2.0)(xp.asarray([1.0, 3.0], device="cpu"), xp.asarray([0.0, 0.0], device="cpu"))) == 20.0


def test_looks():
    weight = xp.asarray([1.0, 2.0], device="cpu")
    assert repr(nn.CrossEntropyLoss(weight, label_smoothing=0.1)) == (
        "CrossEntropyLoss(weight=<array of shape (2,)>, ignore_index=-100, reduction='mean', label_smoothing=0.1)"
    )
    assert repr(nn.HuberLoss()) == "HuberLoss(reduction='mean', delta=1.0)"


@pytest.mark.parametrize(
    ("kind", "text", "call"),
    [
        (OptionError, 'reduction is "mean", "sum" or "none"; got \'avg\'', lambda: nn.MSELoss(reduction="avg")),
        (
            TypeError,
            "nn.MSELoss has no option size_average. Cure: leave it out; there are: reduction.",
            lambda: nn.MSELoss(size_average=True),
        ),
        (
            OptionError,
            "KLDivLoss: log_target is True or False; got 'no'",
            lambda: nn.KLDivLoss(log_target="no"),
        ),
        (
            TypeError,
            "nn.CrossEntropyLoss(...) makes a layer, of its options; got an array of shape (2, 2). "
            "Cure: nn.CrossEntropyLoss()(x), the layer called with the array.",
            lambda: nn.CrossEntropyLoss(xp.asarray(LOGITS), xp.asarray(LABELS)),
        ),
        (
            ShapeError,
            "LinearCrossEntropyLoss takes a weight of shape (3,); got (2,)",
            lambda: nn.LinearCrossEntropyLoss(4, 3, weight=xp.ones((2,))),
        ),
    ],
)
def test_what_is_refused(kind, text, call):
    assert_refused(kind, text, call)
