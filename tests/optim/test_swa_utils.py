"""Averages of weights beside PyTorch's torch.optim.swa_utils."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests import parity
from tests.oracle import torch
from xnn import nn, optim
from xnn.errors import OptionError
from xnn.optim import swa_utils

DECAY = 0.75
# The functions that average, here and in PyTorch.
FUNCTIONS = {
    "default": ({}, {}),
    "swa": ({"avg_fn": swa_utils.get_swa_avg_fn()}, {"avg_fn": "get_swa_avg_fn"}),
    "ema": ({"avg_fn": swa_utils.get_ema_avg_fn(DECAY)}, {"avg_fn": "get_ema_avg_fn"}),
    "swa of lists": ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, {"multi_avg_fn": "get_swa_multi_avg_fn"}),
    "ema of lists": ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(DECAY)}, {"multi_avg_fn": "get_ema_multi_avg_fn"}),
}


def network(device=None):
    """The same in both libraries."""
    if device is None:
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).double()
        model.load_state_dict({k: torch.tensor(v) for k, v in values(0).items()})
        return model
    kind = {"dtype": "float64", "device": device}
    model = nn.Sequential(nn.Linear(3, 4, **kind), nn.BatchNorm1d(4, **kind), nn.Linear(4, 2, **kind))
    model.load_state_dict(values(0))
    return model


def values(seed):
    """A state of the network."""
    random = np.random.default_rng(seed)
    shapes = {"0.weight": (4, 3), "0.bias": (4,), "1.weight": (4,), "1.bias": (4,), "1.running_mean": (4,),
              "1.running_var": (4,), "2.weight": (2, 4), "2.bias": (2,)}  # fmt: skip
    state = {name: np.asarray(random.normal(size=shape)) for name, shape in shapes.items()}
    return state | {"1.running_var": 1 + state["1.running_var"] ** 2, "1.num_batches_tracked": np.asarray(3 * seed)}


def theirs_of(names):
    made = {k: getattr(torch.optim.swa_utils, v) for k, v in names.items()}
    return {k: make(DECAY) if "ema" in names[k] else make() for k, make in made.items()}


def assert_same(ours, theirs):
    came, expected = ours.state_dict(), theirs.state_dict()
    assert set(came) == set(expected)
    for name in came:
        assert came[name].dtype.name == str(expected[name].dtype).removeprefix("torch.")
        parity.compare("averaging", "AveragedModel", came[name].numpy(), expected[name].numpy(), "float64")


@pytest.fixture
def _float64():
    """PyTorch divides by the number of models in its default data type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.needs("torch")
@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_averages(name, use_buffers, device):
    model, twin = network(device), network()
    options, names = FUNCTIONS[name]
    if use_buffers and name == "swa of lists":  # with the count of batches, an integer, PyTorch's own fails
        names = {"avg_fn": "get_swa_avg_fn"}
    ours = swa_utils.AveragedModel(model, use_buffers=use_buffers, **options)
    theirs = torch.optim.swa_utils.AveragedModel(twin, use_buffers=use_buffers, **theirs_of(names))
    for seed in range(1, 5):
        model.load_state_dict(values(seed))
        twin.load_state_dict({k: torch.tensor(v) for k, v in values(seed).items()})
        ours.update_parameters(model)
        theirs.update_parameters(twin)
        assert_same(ours, theirs)
    assert ours.n_averaged.device is device
    x = np.random.default_rng(9).normal(size=(5, 3))
    came, expected = ours.eval()(xp.asarray(x, device=device)), theirs.eval()(torch.tensor(x))
    parity.compare("averaging", "AveragedModel", came.detach().numpy(), expected.detach().numpy())


def test_its_own_parameters():
    """They are copies, learn by themselves, and an update leaves the model as it is."""
    model = network("cpu")
    ours = swa_utils.AveragedModel(model)
    assert all(p.requires_grad and p.is_leaf for p in ours.parameters())
    ours.update_parameters(model)
    before = {k: v.tolist() for k, v in model.state_dict().items()}
    state = ours.state_dict()
    averaged = {k: v.tolist() for k, v in state.items()}
    with xp.no_grad():
        for p in ours.parameters():
            p[...] = 7.0
    assert {k: v.tolist() for k, v in model.state_dict().items()} == before
    ours.load_state_dict(state)
    with xp.no_grad():
        for p in model.parameters():
            p[...] = 7.0
    assert {k: v.tolist() for k, v in ours.state_dict().items()} == averaged


@pytest.mark.parametrize("name", ["default", "ema of lists"])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(name, device):
    options, _ = FUNCTIONS[name]
    model = network(device)
    whole, first = (swa_utils.AveragedModel(model, **options) for _ in range(2))
    for seed in range(1, 5):
        model.load_state_dict(values(seed))
        whole.update_parameters(model)
        if seed < 3:
            first.update_parameters(model)
        if seed == 2:
            fresh = swa_utils.AveragedModel(network(device), **options)
            fresh.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
        if seed > 2:
            fresh.update_parameters(model)
    assert int(fresh.n_averaged) == 4
    for key, value in whole.state_dict().items():
        np.testing.assert_array_equal(fresh.state_dict()[key].numpy(), value.numpy())


@pytest.mark.needs("torch")
def test_states_go_both_ways():
    theirs = torch.optim.swa_utils.AveragedModel(network())
    theirs.update_parameters(network())
    ours = swa_utils.AveragedModel(network("cpu"))
    ours.load_state_dict(theirs.state_dict())
    assert_same(ours, theirs)
    assert int(ours.n_averaged) == 1
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})


@pytest.mark.every_device
def test_an_average_on_another_device(device):
    model = network("numpy:cpu")
    ours = swa_utils.AveragedModel(model, device=str(device))
    ours.update_parameters(model)
    model.load_state_dict(values(1))
    ours.update_parameters(model)
    assert {p.device for p in ours.parameters()} == {device} == {ours.n_averaged.device}
    assert {p.device for p in model.parameters()} == {xp.zeros(1, device="numpy:cpu").device}
    expected = (values(0)["2.weight"] + values(1)["2.weight"]) / 2
    parity.compare("averaging", "AveragedModel", ours.state_dict()["module.2.weight"].numpy(), expected)


@pytest.mark.every_device
def test_the_count_lies_where_the_model_does(device):
    """And where nothing lies, on the default device."""
    assert swa_utils.AveragedModel(network(str(device))).n_averaged.device == device
    with xp.use_device(str(device)):
        assert swa_utils.AveragedModel(nn.ReLU()).n_averaged.device == device


def test_a_function_that_changes_in_place():
    def halves(averaged, current, count):
        assert count.shape == ()
        for a, c in zip(averaged, current, strict=True):
            a += 0.5 * (c - a)

    model = network("cpu")
    ours = swa_utils.AveragedModel(model, multi_avg_fn=halves)
    for seed in (1, 2):
        model.load_state_dict(values(seed))
        ours.update_parameters(model)
    expected = (values(1)["0.weight"] + values(2)["0.weight"]) / 2
    parity.compare("averaging", "AveragedModel", ours.state_dict()["module.0.weight"].numpy(), expected)


def test_averages_beside_training():
    """As in use: the average of the last steps of a noisy descent is nearer to the minimum than the last one."""
    with xp.use_device("cpu"):
        layer = nn.Linear(2, 1, bias=False)
    averaged = swa_utils.AveragedModel(layer, avg_fn=swa_utils.get_ema_avg_fn(0.9))
    optimizer = optim.SGD(layer.parameters(), lr=0.5)
    noise = np.random.default_rng(0).normal(size=(200, 1, 2))
    for step in range(200):
        optimizer.zero_grad()
        target = xp.asarray(1.0 + noise[step], dtype="float32", device="cpu")
        xp.sum((layer.weight - target) ** 2).backward()
        optimizer.step()
        averaged.update_parameters(layer)
    errors = [np.abs(m.weight.detach().numpy() - 1.0).max() for m in (averaged.module, layer)]
    assert errors[0] < 0.5 * errors[1]


# ---- update_bn ----


def batches(count=3):
    random = np.random.default_rng(4)
    return [np.asarray(random.normal(size=(5, 3))) for _ in range(count)]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: (x, "label"), lambda x: [x]], ids=["array", "tuple", "list"])
def test_update_bn(wrap, device):
    model, twin = network(device), network()
    model.eval()
    twin.eval()
    swa_utils.update_bn([wrap(xp.asarray(x, device=device)) for x in batches()], model)
    torch.optim.swa_utils.update_bn([wrap(torch.tensor(x)) for x in batches()], twin)
    for name, x in model.state_dict().items():
        parity.compare("averaging", "update_bn", x.numpy(), twin.state_dict()[name].numpy(), "float64")
    assert int(model.state_dict()["1.num_batches_tracked"]) == 3
    assert [m.training for m in model.modules()] == [False] * 4
    assert next(m for m in model.modules() if isinstance(m, nn.BatchNorm1d)).momentum == 0.1
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.every_device
def test_update_bn_moves_batches(device):
    model, expected = network(device), network("numpy:cpu")
    data = [xp.asarray(x, device="numpy:cpu") for x in batches()]
    swa_utils.update_bn(data, model, device=str(device))
    swa_utils.update_bn(data, expected)
    came = model.state_dict()["1.running_var"].numpy()
    parity.compare("averaging", "update_bn", came, expected.state_dict()["1.running_var"].numpy())


def test_update_bn_keeps_modes_also_after_an_error():
    model = network("cpu")
    layers = list(model.modules())
    layers[-1].training = False
    with pytest.raises(ValueError, match="shape"):
        swa_utils.update_bn([xp.ones((5, 7), dtype="float64", device="cpu")], model)
    assert [m.training for m in layers] == [True, True, True, False]
    assert next(m for m in layers if isinstance(m, nn.BatchNorm1d)).momentum == 0.1


def test_update_bn_without_such_layers_asks_for_no_batch():
    with xp.use_device("cpu"):
        model = nn.Linear(1, 1)
    loader = iter([1])
    swa_utils.update_bn(loader, model)
    assert list(loader) == [1]


# ---- refusals ----


def test_what_it_refuses():
    with xp.use_device("cpu"):
        small, large = nn.Linear(1, 1), nn.Linear(2, 1)
    with pytest.raises(OptionError, match="AveragedModel takes avg_fn or multi_avg_fn; got both"):
        swa_utils.AveragedModel(small, avg_fn=lambda a, c, n: a, multi_avg_fn=lambda a, c, n: None)
    averaged = swa_utils.AveragedModel(small)
    before = copy.deepcopy(averaged.state_dict())
    with pytest.raises(OptionError, match="AveragedModel averages models of one architecture; got one with other para"):
        averaged.update_parameters(large)
    assert {k: v.tolist() for k, v in averaged.state_dict().items()} == {k: v.tolist() for k, v in before.items()}
    for decay in (-0.1, 1.5, "x", float("nan")):
        for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
            with pytest.raises(OptionError, match=f"decay is a number from 0 to 1; got {decay!r}"):
                make(decay)
