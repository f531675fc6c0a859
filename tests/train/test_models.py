import pytest

import xnn as xp
from xnn.data import load_mnist
from xnn.errors import OptionError
from xnn.train import accuracy, models, optimizers, train_epoch

NAMES = (
    "sgd, momentum, rmsprop, adam, adamw, adagrad, adadelta, adamax, nadam, radam, adafactor, lion, lamb, lars, ftrl"
)


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


@pytest.fixture(scope="module")
def digits():
    return [data.to("cpu") for data in load_mnist()]


@pytest.mark.parametrize(("model", "least"), [("softmax", 0.7), ("mlp", 0.8)])
@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_learns_the_packaged_digits_in_an_epoch(name, model, least, digits):
    """At its own learning rate."""
    train, test = digits
    xp.random.manual_seed(0)
    with xp.use_device("cpu"):
        net = models.build(model)
    optimizer = optimizers.build(name, net.parameters())
    assert optimizer.param_groups[0]["lr"] == optimizers.default_lr(name)
    train_epoch(net, train, optimizer, batch_size=128)
    assert accuracy(net, test) > least


def test_a_learning_rate_that_is_given():
    x = xp.nn.Parameter(xp.asarray([3.0], device="cpu"))
    assert {optimizers.build(name, [x], 0.25).param_groups[0]["lr"] for name in optimizers.OPTIMIZERS} == {0.25}


def test_momentum_is_sgd_with_momentum():
    x = xp.nn.Parameter(xp.asarray([3.0], device="cpu"))
    assert optimizers.build("momentum", [x]).param_groups[0]["momentum"] == 0.9
    assert optimizers.build("sgd", [x]).param_groups[0]["momentum"] == 0


def test_unknown_names():
    with pytest.raises(OptionError, match="a model is one of softmax, mlp, cnn; got 'vgg'"):
        models.build("vgg")
    with pytest.raises(OptionError, match=f"an optimizer is one of {NAMES}; got 'muon'"):
        optimizers.build("muon", [])
