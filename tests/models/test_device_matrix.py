"""The three models of `xnn train`, trained from one seed, give the same losses on every backend and device."""

from functools import cache

import pytest

from tests.models.digits import losses_of
from tests.tolerances import RELATIVE
from xnn import optim
from xnn.train.models import MODELS

pytestmark = pytest.mark.every_device

OPTIMIZERS = {
    "sgd": optim.SGD,
    "momentum": lambda params, lr: optim.SGD(params, lr=lr, momentum=0.9),
    "rmsprop": optim.RMSprop,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
}


@cache
def on_numpy(model, dtype, optimizer="adam"):
    return losses_of(model, "numpy:cpu", dtype, optimizer=OPTIMIZERS[optimizer])


@pytest.mark.parametrize("model", MODELS)
def test_losses_in_float64(model, device):
    assert losses_of(model, device, "float64") == pytest.approx(on_numpy(model, "float64"), rel=1e-9, abs=0)


@pytest.mark.parametrize("model", MODELS)
def test_losses_in_float32(model, device):
    came = losses_of(model, device, "float32")
    assert came == pytest.approx(on_numpy(model, "float32"), rel=RELATIVE["float32"], abs=0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer, device):
    came = losses_of("mlp", device, "float64", optimizer=OPTIMIZERS[optimizer])
    assert came == pytest.approx(on_numpy("mlp", "float64", optimizer), rel=1e-9, abs=0)
    assert came[1] < came[0]
