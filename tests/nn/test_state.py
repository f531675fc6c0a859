"""The state of a module: saved, loaded, copied, and moved to devices and types."""

import copy
import pickle
import re

import numpy as np
import pytest

import xnn as xp
from tests import pages
from tests.nn.net import NAMES, Net
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import CheckpointError, DTypeError

pytestmark = pytest.mark.every_device

# ---- state ----


def test_state_goes_round(device):
    source, target = Net(device), Net(device)
    source.count += 1
    target.load_state_dict(source.state_dict())
    for (name, a), b in zip(source.state_dict().items(), target.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=name)
    assert target.count.tolist() == [8]
    assert all(p.is_leaf and p.requires_grad for p in target.parameters())


def test_state_is_converted_to_the_modules_types_and_devices(device):
    net = Net(device)
    net.load_state_dict({name: np.ones(x.shape) for name, x in net.state_dict().items()})  # float64 on the host
    assert {p.dtype for p in net.parameters()} == {xp.float32}
    assert net.count.dtype is xp.int64
    assert all(x.device is device for x in net.state_dict().values())


def test_a_wrong_state_lists_every_mismatch_and_changes_nothing():
    net = Net()
    before = {name: x.tolist() for name, x in net.state_dict().items()}
    wrong = {name: xp.ones(x.shape) for name, x in net.state_dict().items()}
    del wrong["scale"], wrong["mean"]
    wrong["extra"] = xp.ones((1,))
    wrong["first.weight"] = xp.ones((4, 2))
    with pytest.raises(CheckpointError) as raised:
        net.load_state_dict(wrong)
    assert str(raised.value) == (
        "the state is not one of this Net: scale is missing; mean is missing; extra is unknown; "
        "first.weight has shape (4, 2) in the place of (4, 3). "
        "Cure: build the model as it was when the state was saved."
    )
    assert {name: x.tolist() for name, x in net.state_dict().items()} == before


def test_a_state_of_something_else():
    layer = nn.Linear(2, 1)
    with pytest.raises(CheckpointError, match="Linear: bias is missing; weight is a list in the place of an array"):
        layer.load_state_dict({"weight": [[1.0, 2.0]]})
    with pytest.raises(TypeError, match="load_state_dict takes a mapping of names to arrays; got list"):
        layer.load_state_dict([[1.0, 2.0]])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (
            lambda: np.ones((2, 3), complex),
            "complex numbers are not cast to real ones, which would drop a part; got complex128",
        ),
        (lambda: np.ones((2, 3), object), "asarray takes numbers and bools; got object"),
        (lambda: torch.ones(2, 3, requires_grad=True), "asarray would leave the graph of torch unseen"),
    ],
    ids=["complex", "object", "graph"],
)
def test_a_value_that_cannot_be_taken_over_changes_nothing(make, why):
    layer = nn.Sequential(nn.Linear(3, 2, device="cpu"), nn.Linear(3, 2, device="cpu"))
    before = layer[0].weight.tolist()
    state = {**layer.state_dict(), "0.weight": np.zeros((2, 3)), "1.weight": make()}
    with pytest.raises(CheckpointError, match=f"1.weight is not taken over, as {re.escape(why)}"):
        layer.load_state_dict(state)
    assert layer[0].weight.tolist() == before


@pytest.mark.needs("torch")
def test_a_state_under_a_prefix_and_of_the_parameters_themselves():
    net, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2)
    assert list(net.state_dict(prefix="net.")) == list(theirs.state_dict(prefix="net."))
    assert net.state_dict(keep_vars=True)["weight"] is net.weight


def test_state_is_a_snapshot():
    net = Net()
    state = net.state_dict()
    with xp.no_grad():
        net.scale += 1.0
    assert float(state["scale"]) == 2.0


def test_copies_and_pickles(device):
    net = Net(device)
    for copied in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [name for name, _ in copied.named_parameters()] == NAMES
        assert all(isinstance(p, nn.Parameter) and p.is_leaf and p.requires_grad for p in copied.parameters())
        assert copied.first.weight is dict(copied.named_parameters())["first.weight"]
        with xp.no_grad():
            copied.scale += 1.0
        assert float(net.scale) == 2.0
        copied.to("strict:device1")
        assert {str(p.device) for p in copied.parameters()} == {"strict:device1"}


# ---- moves ----


def test_to_a_device(device):
    net = Net("numpy:cpu")
    parameters = list(net.parameters())
    assert net.to(device) is net
    assert list(map(id, net.parameters())) == list(map(id, parameters)), "parameters stay the same objects"
    assert all(x.device is device for x in net.state_dict().values())
    assert net.mean.device is device
    x = xp.ones((2, 3), device=device)
    xp.sum(net(x)).backward()
    assert all(p.grad.device is device for p in net.parameters())


def test_to_a_type(device):
    net = Net(device).to(dtype="float64")
    assert {p.dtype for p in net.parameters()} == {xp.float64}
    assert (net.mean.dtype, net.count.dtype) == (xp.float64, xp.int64)
    assert list(dict(net.named_buffers())) == ["mean", "count"]
    assert net(xp.ones((2, 3), device=device, dtype=xp.float64)).dtype is xp.float64
    with pytest.raises(DTypeError, match="a module's parameters are real floating-point; got int64"):
        net.to(dtype=xp.int64)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["float", "double", "half", "bfloat16"])
def test_types_by_their_names_are_pytorchs(name):
    theirs = getattr(torch.nn.BatchNorm1d(3), name)()
    ours = getattr(nn.BatchNorm1d(3, device="torch:cpu").double(), name)()
    assert [x.dtype.name for x in ours.state_dict().values()] == [
        str(x.dtype).removeprefix("torch.") for x in theirs.state_dict().values()
    ]


def test_devices_by_their_names(device):
    net = Net(device)
    assert str(net.cpu().mean.device) == str(xp.zeros(1, device="cpu").device)
    if device.backend.name == "cupy":
        assert net.cuda(1).mean.device is net.cuda("cuda:1").mean.device is xp.zeros(1, device="cuda:1").device
        assert net.cuda().mean.device is xp.zeros(1, device="cuda").device


def test_a_move_that_changes_nothing_keeps_the_gradients():
    net = Net("numpy:cpu")
    xp.sum(net(xp.ones((2, 3), device="numpy:cpu"))).backward()
    net.to("numpy:cpu", dtype=xp.float32)
    assert all(p.grad is not None for p in net.parameters())
    net.to(dtype=xp.float64)
    assert all(p.grad is None for p in net.parameters())


def test_a_moved_network_gives_the_same(device):
    net, x = Net("numpy:cpu"), np.ones((2, 3), np.float32)
    expected = net(xp.asarray(x, device="numpy:cpu")).detach().numpy()
    assert_close(net.to(device)(xp.asarray(x, device=device)).detach().numpy(), expected)


@pytest.mark.needs("torch")
def test_a_state_goes_to_pytorch_and_back_by_the_line_of_the_docs(device):
    page = pages.read("docs/networks.md")
    line = re.search(r"`(theirs\.load_state_dict\(.*?\))`\.", page)[1]
    ours = nn.Sequential(nn.Linear(3, 4, device=device), nn.BatchNorm1d(4, device=device))
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    eval(line, {"torch": torch, "ours": ours, "theirs": theirs})
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    expected = theirs.train()(torch.tensor(x))  # moves the running statistics, too
    ours.train()(xp.asarray(x, device=device))
    for name, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[name].numpy(), value.numpy())
    again = nn.Sequential(nn.Linear(3, 4, device=device), nn.BatchNorm1d(4, device=device))
    again.load_state_dict(theirs.state_dict())  # unchanged
    assert_close(again.train()(xp.asarray(x, device=device)).detach().numpy(), expected.detach().numpy())
