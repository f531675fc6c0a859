"""class Module and class Parameter: what is found inside, state, moves, modes, looks."""

import copy
import re

import pytest

import xnn as xp
from tests.nn.net import NAMES, Net
from tests.oracle import torch
from xnn import nn, optim
from xnn.errors import DTypeError, OptionError


def test_what_is_inside():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_buffers()] == ["mean", "count"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert list(net.children()) == [net.first, net.rest]
    assert next(net.parameters()) is net.scale
    assert list(net.state_dict()) == ["scale", "mean", "count", *NAMES[1:]]  # PyTorch's order
    assert not any(x.requires_grad for x in net.state_dict().values())
    assert all(p.requires_grad and p.is_leaf for p in net.parameters())


def test_parameters_are_members_of_sets_and_keys_of_dicts_by_identity(device):
    """As PyTorch's; == stays element by element, and is not asked for."""
    first, second, other = (nn.Parameter(xp.ones(2, device=device)) for _ in range(3))
    shared = {first, second, first}
    assert len(shared) == 2
    assert first in shared
    assert other not in shared
    rates = {first: 0.1, second: 0.2}
    first.requires_grad = False
    with xp.no_grad():
        first += 1.0
    assert (rates[first], rates[second], other in rates) == (0.1, 0.2, False)
    assert (first == second).tolist() == [False, False]
    net = Net()
    assert len({*net.parameters(), *net.parameters()}) == len(list(net.parameters()))
    assert {p: n for n, p in net.named_parameters()}[net.scale] == "scale"
    assert list(copy.deepcopy(rates).values()) == [0.1, 0.2]


def test_a_call_is_forward_with_its_arguments():
    class Sum(nn.Module):
        def forward(self, a, b=1, *, c=0):
            return a + b + c

    assert Sum()(1, 2, c=3) == 6


def test_no_forward():
    class Empty(nn.Module):
        pass

    with pytest.raises(TypeError, match=r"Empty has no forward method\. Cure: define `def forward\(self, x\)`"):
        Empty()(1)


def test_super_was_forgotten():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"Forgetful: call super\(\).__init__\(\) before assigning 'layer'"):
        Forgetful()


def test_attributes_are_reassigned_and_deleted():
    net = Net()
    net.first = None
    assert [name for name, _ in net.named_parameters()] == ["scale", "rest.1.weight", "rest.1.bias"]
    net.first = nn.Linear(3, 4)
    assert "first.weight" in net.state_dict()
    del net.scale
    assert "scale" not in net.state_dict()
    assert not hasattr(net, "scale")
    net.mean = nn.Parameter(xp.zeros((3,)))  # a buffer becomes a parameter
    assert "mean" in dict(net.named_parameters())
    assert "mean" not in dict(net.named_buffers())
    net.rest = None
    assert [name for name, _ in net.named_modules()] == ["", "first"]
    net.count = None
    assert not dict(net.named_buffers())
    del net.count
    net.count = 7
    with pytest.raises(AttributeError):
        del net.unknown


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", xp.zeros(()), "Net.scale is a parameter, and stays one; got Array. Cure: an nn.Parameter, or an upd"),
        ("first", xp.zeros(()), "Net.first is a module, and stays one; got Array. Cure: another module, or del it fir"),
        ("count", 7, "Net.count is a buffer, and stays one; got int. Cure: an Array, xnn.asarray(...), or del it"),
    ],
)
def test_what_is_registered_is_not_lost_unseen(name, value, message):
    net = Net()
    before = list(net.state_dict())
    with pytest.raises(TypeError, match=re.escape(message)):
        setattr(net, name, value)
    assert list(net.state_dict()) == before


def test_an_array_is_only_an_attribute():
    class Remembers(nn.Module):
        def __init__(self):
            self.first = xp.zeros((1,))  # before super(), too
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            self.hidden = self.layer(x)
            return self.hidden

    net = Remembers()
    before = list(net.state_dict())
    xp.sum(net(xp.ones((1, 2)))).backward()
    assert list(net.state_dict()) == before == ["layer.weight", "layer.bias"]
    assert not list(net.named_buffers())
    assert net.hidden.shape == (1, 2)


def test_a_shallow_copy_has_members_of_its_own():
    net = Net()
    copied = copy.copy(net)
    assert copied.first is net.first
    copied.scale = nn.Parameter(xp.asarray(5.0, device="cpu"))
    copied.mean = net.mean + 1.0
    del copied.rest
    assert dict(net.named_parameters())["scale"] is net.scale
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert net.mean.tolist() == [0.0] * 3
    assert "rest.1.weight" not in copied.state_dict()


def test_a_module_in_several_places_is_one(device):
    """In a tree of modules, in gradients, moves, copies and optimizers."""
    layer = nn.Linear(2, 2, device=device)
    net = nn.Sequential(layer, nn.Sequential(layer, nn.Tanh()), layer)
    x = xp.ones((3, 2), device=device)
    gradient = xp.grad(lambda net: xp.sum(net(x)))(net)
    assert gradient[0] is gradient[1][0] is gradient[2]
    xp.sum(net(x)).backward()
    assert gradient[2].weight.tolist() == layer.weight.grad.tolist()
    assert len(list(net.modules())) == 4
    assert list(net.state_dict())[2:4] == ["1.0.weight", "1.0.bias"]
    copied = copy.deepcopy(net)
    assert copied[0] is copied[1][0] is copied[2]
    before = layer.bias.detach()
    optim.SGD(net.parameters(), lr=1.0).step()
    assert layer.bias.tolist() == (before - layer.bias.grad).tolist()  # once
    assert net.to(dtype=xp.float64)[1][0].weight.dtype is xp.float64


def test_buffers_are_among_the_names_of_a_module():
    assert {"mean", "count", "scale", "first", "forward"} <= set(dir(Net()))


def test_modules_are_put_in_places():
    net = Net()
    net.set_submodule("rest.0", nn.Tanh())
    net.set_submodule("last", nn.ReLU())
    assert type(net.rest[0]) is nn.Tanh
    assert [name for name, _ in net.named_children()] == ["first", "rest", "last"]
    with pytest.raises(AttributeError, match=r"Net has no module 'none', in 'none'"):
        net.set_submodule("none.0", nn.ReLU())
    assert net.get_buffer("mean") is net.mean
    with pytest.raises(AttributeError, match=r"Linear has no buffer 'bias', in 'first.bias'"):
        net.get_buffer("first.bias")


# ---- buffers ----


@pytest.mark.needs("torch")
def test_a_buffer_that_is_none_waits_for_its_array(device):
    def made(module, zeros):
        module.register_buffer("late", None)
        module.register_buffer("kept", zeros((2,)))
        before = module.late, list(module.state_dict()), [name for name, _ in module.named_buffers()]
        module.late = zeros((3,))
        module.kept = None
        return before, list(module.state_dict()), [name for name, _ in module.named_buffers()]

    ours = nn.ReLU()
    assert made(ours, xp.zeros) == made(torch.nn.ReLU(), torch.zeros)
    assert ours.to(device, dtype=xp.float64).late.dtype is xp.float64
    assert copy.deepcopy(ours).kept is None


def test_a_buffer_is_updated_by_assignment():
    net = Net()
    net.register_buffer("seen", xp.zeros((2,)), persistent=False)
    net.mean = net.mean + 1.0
    net.seen = net.seen + 2.0
    assert net.state_dict()["mean"].tolist() == [1.0] * 3
    assert {name: x.tolist() for name, x in net.named_buffers()}["seen"] == [2.0, 2.0]
    assert "seen" not in net.state_dict()
    assert [name for name, _ in net.named_buffers()] == ["mean", "count", "seen"]


@pytest.mark.every_device
def test_a_buffer_that_is_not_persistent_moves_and_is_not_loaded(device):
    net = nn.Sequential(nn.ReLU())
    net[0].register_buffer("table", xp.ones((2,), device="numpy:cpu"), persistent=False)
    net.to(device, dtype=xp.float64)
    assert (net[0].table.device, net[0].table.dtype) == (device, xp.float64)
    assert not net.state_dict()
    net.load_state_dict({})
    copied = copy.deepcopy(net)
    assert not copied.state_dict()
    assert [name for name, _ in copied.named_buffers()] == ["0.table"]
    net[0].register_buffer("table", net[0].table)
    assert list(net.state_dict()) == ["0.table"]


def test_buffers_are_arrays_with_names_of_their_own():
    net = Net()
    for name in ("first", "scale", "name", "a.b", "", "forward"):
        with pytest.raises(OptionError, match=f"a buffer's name is new to Net, and without a dot; got '{name}'"):
            net.register_buffer(name, xp.zeros(()))
    with pytest.raises(
        TypeError, match=r"a buffer is an Array that is not learnt; got list for 'x'. Cure: xnn.asarray"
    ):
        net.register_buffer("x", [1.0])
    with pytest.raises(TypeError, match=r"got Parameter for 'x'. Cure: x.detach\(\)"):
        net.register_buffer("x", net.scale)
    del net.mean
    assert list(dict(net.named_buffers())) == ["count"]
    net.register_buffer("mean", xp.zeros(()))

    class Forgetful(nn.Module):
        def __init__(self):
            self.register_buffer("x", xp.zeros(()))

    with pytest.raises(AttributeError, match=r"Forgetful: call super\(\).__init__\(\) before registering 'x'"):
        Forgetful()


@pytest.mark.needs("torch")
def test_buffers_are_pytorchs(device):
    def made(module, zeros):
        module.register_buffer("kept", zeros((2,)))
        module.register_buffer("left", zeros((2,)), persistent=False)
        module.kept = zeros((2,)) + 1
        module.other = zeros((2,))
        return list(module.state_dict()), [name for name, _ in module.named_buffers()]

    assert made(nn.ReLU(), xp.zeros) == made(torch.nn.ReLU(), torch.zeros)


def test_shared_parameters_are_found_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    xp.sum(net(xp.ones((1, 3)))).backward()
    copied = copy.deepcopy(net)
    assert copied[0].weight is copied[1].weight
    net.to(dtype=xp.float64)
    assert net[0].weight is net[1].weight
    assert len(list(net.parameters())) == 3


# ---- modes ----


def test_modes():
    net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    net[1].eval()
    assert [m.training for m in net.modules()] == [True, True, False, False]


def test_zero_grad_and_frozen_parameters():
    net = Net("cpu")
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net.first.weight.requires_grad = False
    before = net.first.weight.tolist()
    xp.sum(net(xp.ones((2, 3), device="cpu"))).backward()
    assert net.first.weight.grad is None
    assert net.first.bias.grad is not None
    optimizer.step()
    assert net.first.weight.tolist() == before
    optimizer.zero_grad()
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


# ---- parameters ----


def test_a_parameter(device):
    p = nn.Parameter(xp.asarray([1.0, 2.0], device=device))
    assert (p.requires_grad, p.is_leaf, p.device, p.dtype) == (True, True, device, xp.float32)
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert repr(nn.Parameter(xp.asarray([1.0], device="cpu"))).startswith("Parameter(Array([1.]")
    with pytest.raises(DTypeError, match="is floating-point, real or complex; this one is int64"):
        nn.Parameter(xp.asarray([1, 2], device=device))
    assert type(2 * p) is xp.Array


def test_a_parameter_of_an_array_on_the_graph_is_a_leaf_of_its_own():
    x = xp.asarray([1.0], requires_grad=True)
    p = nn.Parameter(2 * x)
    xp.sum(p * p).backward()
    assert p.grad.tolist() == [4.0]
    assert x.grad is None


# ---- looks and containers ----


def test_repr():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.Sequential(nn.ReLU(), nn.Dropout(0.25)), nn.Flatten())
    assert repr(net) == (
        "Sequential(\n"
        "  (0): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding='same', dilation=(1, 1), groups=1, bias=True)\n"
        "  (1): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Dropout(p=0.25)\n"
        "  )\n"
        "  (2): Flatten(start_dim=1, end_dim=-1)\n"
        ")"
    )
    assert repr(nn.Linear(3, 2, bias=False)) == "Linear(in_features=3, out_features=2, bias=False)"
    assert repr(nn.MaxPool2d(2)) == ("MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)")
    assert repr(nn.Unflatten(1, (2, 3))) == "Unflatten(dim=1, unflattened_size=(2, 3))"


@pytest.mark.needs("torch")
def test_repr_of_a_layer_with_options_and_layers_inside():
    def look(library):
        class Block(library.Module):
            def __init__(self):
                super().__init__()
                self.activation = library.ReLU()

            def extra_repr(self):
                return "scale=2"

        return repr(Block())

    assert look(nn) == look(torch.nn) == "Block(\n  scale=2\n  (activation): ReLU()\n)"


def test_sequential():
    layers = [nn.Linear(2, 3), nn.ReLU()]
    net = nn.Sequential(*layers)
    assert len(net) == 2
    assert list(net) == layers
    assert net[-1] is layers[1]
    with pytest.raises(IndexError):
        net[2]
    with pytest.raises(TypeError, match="Sequential takes modules; layer 1 is of function"):
        nn.Sequential(nn.ReLU(), lambda x: x)
    x = xp.ones((1, 2))
    assert nn.Sequential()(x) is x


def test_a_class_beside_module_makes_its_own():
    class Named:
        def __new__(cls, name, *rest):
            made = super().__new__(cls)
            made.name = name
            return made

    class Layer(nn.Module, Named):
        def __init__(self, name):
            super().__init__()
            self.scale = nn.Parameter(xp.ones((1,), device="cpu"))

    layer = Layer("mine")
    assert (layer.name, list(layer.state_dict())) == ("mine", ["scale"])
