import math

import pytest

from xnn.errors import CheckpointError, OptionError
from xnn.train.options import Options

DEFAULTS = {"softmax": (20, 0.001), "mlp": (20, 0.001), "cnn": (10, 0.001)}


@pytest.mark.parametrize("model", DEFAULTS)
def test_defaults_by_model(model):
    options = Options.of(model=model)
    assert (options.epochs, options.lr) == DEFAULTS[model]
    assert (options.batch_size, options.optimizer, options.seed, options.data) == (128, "adam", 0, None)


def test_none_is_not_given():
    assert Options.of(model=None, epochs=None, data=None) == Options.of() == Options.of(model="mlp")


@pytest.mark.parametrize(
    ("optimizer", "lr"), [("sgd", 0.1), ("momentum", 0.05), ("rmsprop", 1e-3), ("adam", 1e-3), ("lars", 5.0)]
)
def test_the_learning_rate_suits_the_optimizer(optimizer, lr):
    assert Options.of(optimizer=optimizer).lr == lr
    assert Options.of(optimizer=optimizer, lr=0.5).lr == 0.5


def test_the_data_folder_is_kept_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Options.of(data="mnist").data == str(tmp_path / "mnist")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("model", "vgg", "model is one of softmax, mlp, cnn; got 'vgg'."),
        ("optimizer", "muon", "optimizer is one of sgd, momentum, rmsprop, adam, adamw, adagrad, .*; got 'muon'"),
        ("epochs", 0, "the number of epochs is a whole number of at least 1; got 0. Cure: as in 20."),
        ("epochs", 2.5, "the number of epochs is a whole number of at least 1; got 2.5"),
        ("batch_size", -5, "the batch size is a whole number of at least 1; got -5"),
        ("batch_size", True, "the batch size is a whole number of at least 1; got True"),
        ("lr", 0.0, "the learning rate is a number above 0; got 0.0. Cure: as in 0.001."),
        ("lr", -0.1, "the learning rate is a number above 0; got -0.1"),
        ("lr", math.nan, "the learning rate is a number above 0; got nan"),
        ("lr", math.inf, "the learning rate is a number above 0; got inf"),
        ("seed", -1, r"a seed is an int from 0 to 2\*\*64 - 1; got -1"),
        ("seed", 2**64, r"a seed is an int from 0 to 2\*\*64 - 1; got 18446744073709551616"),
    ],
)
def test_wrong_values(option, value, message, tmp_path):
    with pytest.raises(OptionError, match=message):
        Options.of(**{option: value})
    with pytest.raises(CheckpointError, match=f"config.json is not one of MNIST: {message}.*Cure: restore"):
        Options.from_config({**Options.of().asdict(), option: value}, tmp_path)


def test_a_config_and_back(tmp_path):
    options = Options.of(model="cnn", seed=3, data=tmp_path)
    assert Options.from_config({**options.asdict(), "dataset": "mnist", "more": 1}, tmp_path) == options


def test_a_config_without_an_option(tmp_path):
    config = Options.of().asdict()
    del config["seed"]
    with pytest.raises(CheckpointError, match=r"config.json is not one of MNIST: there is no 'seed'. Cure"):
        Options.from_config(config, tmp_path)
    with pytest.raises(CheckpointError, match="data is a folder, or null"):
        Options.from_config({**Options.of().asdict(), "data": 5}, tmp_path)
