import pytest

import xnn as xp
from xnn.errors import OptionError
from xnn.train import models, optimizers


@pytest.mark.parametrize("name", models.MODELS)
def test_shapes(name):
    with xp.use_device("cpu"):
        logits = models.build(name)(xp.zeros((2, 1, 28, 28), device="cpu"))
    assert logits.shape == (2, 10)


def test_the_seed_gives_the_weights():
    with xp.use_device("cpu"):
        states = []
        for seed in (1, 1, 2):
            xp.random.manual_seed(seed)
            states.append(models.build("mlp").state_dict()["1.weight"].tolist())
    assert states[0] == states[1] != states[2]


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_optimizers_go_downhill(name):
    x = xp.nn.Parameter(xp.asarray([3.0, -2.0], device="cpu"))
    optimizer = optimizers.build(name, [x], 0.1)
    for _ in range(100):
        optimizer.zero_grad()
        xp.sum(x * x).backward()
        optimizer.step()
    assert float(xp.max(xp.abs(x.detach()))) < 0.5
    assert optimizers.build(name, [x]).param_groups[0]["lr"] == optimizers.default_lr(name)


def test_momentum_is_sgd_with_momentum():
    x = xp.nn.Parameter(xp.asarray([3.0], device="cpu"))
    assert optimizers.build("momentum", [x]).param_groups[0]["momentum"] == 0.9
    assert optimizers.build("sgd", [x]).param_groups[0]["momentum"] == 0


def test_unknown_names():
    with pytest.raises(OptionError, match="a model is one of softmax, mlp, cnn; got 'vgg'"):
        models.build("vgg")
    with pytest.raises(OptionError, match="an optimizer is one of sgd, momentum, rmsprop, adam, adamw; got 'lion'"):
        optimizers.build("lion", [])
