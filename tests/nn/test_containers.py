"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict beside PyTorch's."""

import copy
from collections import OrderedDict

import pytest

import xnn as xp
from tests.oracle import torch
from xnn import nn
from xnn.errors import OptionError


def layers(library, count):
    return [library.Linear(2, 2) for _ in range(count)]


LISTS = {
    "append": lambda x, new: x.append(new),
    "extend": lambda x, new: x.extend([new, copy.deepcopy(new)]),
    "insert": lambda x, new: x.insert(1, new),
    "set": lambda x, new: x.__setitem__(-1, new),
    "delete": lambda x, new: x.__delitem__(0),
    "delete a part": lambda x, new: x.__delitem__(slice(0, 2)),
    "pop": lambda x, new: x.pop(1),
    "add in place": lambda x, new: x.__iadd__(type(x)() + type(x)() + x),
}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("change", LISTS)
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_lists_change_as_pytorchs(kind, change):
    def after(library):
        members = layers(library, 3)
        made = getattr(library, kind)(*members) if kind == "Sequential" else getattr(library, kind)(members)
        new = library.Linear(2, 1)
        LISTS[change](made, new)
        order = [*members, new]
        places = [next((i for i, m in enumerate(order) if m is x), None) for x in made]
        return list(made.state_dict()), places, len(made)

    assert after(nn) == after(torch.nn)


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_parts_are_of_the_same_members(kind):
    members = layers(nn, 4)
    made = nn.Sequential(*members) if kind == "Sequential" else nn.ModuleList(members)
    part = made[1:3]
    assert type(part) is type(made)
    assert list(part) == members[1:3]
    assert made[-1] is members[3]
    assert members[2] in made
    assert nn.ReLU() not in made
    with pytest.raises(IndexError, match=rf"{kind} has 4 \w+; got index 4"):
        made[4]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_two_are_added(kind):
    def after(library):
        members = layers(library, 3)
        made = [getattr(library, kind)(*x) if kind == "Sequential" else getattr(library, kind)(x)
                for x in (members[:1], members[1:])]  # fmt: skip
        both = made[0] + made[1]
        return (
            type(both).__name__,
            [x is y for x, y in zip(both, members, strict=True)],
            len(made[0]),
            list(both.state_dict()),
        )

    assert after(nn) == after(torch.nn)


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ModuleList", "modules"),
        ("ModuleDict", "modules"),
        ("ParameterList", "values"),
        ("ParameterDict", "parameters"),
    ],
)
def test_the_members_may_be_none(kind, name):
    assert len(getattr(nn, kind)(**{name: None})) == len(getattr(torch.nn, kind)(**{name: None})) == 0


@pytest.mark.needs("torch")
def test_sequential_of_names():
    def keys(library):
        made = library.Sequential(OrderedDict(a=library.Linear(2, 2), b=library.ReLU()))
        return list(made.state_dict()), next(iter(made[1:].named_children()))[0]

    assert keys(nn) == keys(torch.nn)
    made = nn.Sequential({"a": nn.Linear(2, 2), "b": nn.ReLU()})
    assert made.b is made[1]
    made[1] = nn.Tanh()
    assert type(made.b) is nn.Tanh


@pytest.mark.needs("torch")
def test_dicts_are_pytorchs():
    def after(library):
        made = library.ModuleDict({"one": library.Linear(2, 2), "two": library.ReLU()})
        made["three"] = library.Linear(1, 1)
        made.update({"two": library.Linear(3, 3)})
        taken = made.pop("one")
        return list(made.state_dict()), list(made.keys()), "one" in made, len(made), taken.weight.shape == (2, 2)

    assert after(nn) == after(torch.nn)
    made = nn.ModuleDict([("a", nn.ReLU())])
    assert [name for name, _ in made.items()] == list(made) == ["a"]
    assert list(made.values()) == [made["a"]]
    made.clear()
    assert len(made) == 0
    with pytest.raises(KeyError):
        del made["a"]
    with pytest.raises(OptionError, match=r"the name of a module is new to ModuleDict, and without a dot; got 'keys'"):
        made["keys"] = nn.ReLU()


@pytest.mark.needs("torch")
def test_lists_and_dicts_of_parameters():
    def names(library, zeros):
        listed = library.ParameterList([library.Parameter(zeros(2)), zeros(3)])
        listed.append(zeros(1))
        named = library.ParameterDict({"a": library.Parameter(zeros(2)), "b": zeros(3)})
        named["c"] = zeros(1)
        return list(listed.state_dict()), list(named.state_dict()), [p.requires_grad for p in listed], len(named)

    assert names(nn, lambda n: xp.zeros((n,))) == names(torch.nn, torch.zeros)
    listed = nn.ParameterList([xp.zeros((2,), device="cpu")])
    assert repr(listed) == "ParameterList((0): float32 of (2,))"
    assert all(isinstance(p, nn.Parameter) for p in listed)
    named = nn.ParameterDict({"a": xp.zeros((2,), device="cpu")})
    assert repr(named) == "ParameterDict((a): float32 of (2,))"
    assert named.get("a") is named["a"]
    assert named.get("b", 7) == 7
    assert named.pop("a").shape == (2,)


def test_a_parameter_of_a_list_learns(device):
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ParameterList([xp.ones((2,), device=device) for _ in range(3)])
            self.layers = nn.ModuleList([nn.Linear(2, 2, device=device)])

        def forward(self, x):
            return self.layers[0](x + sum(self.parts))

    net = Sum()
    assert len(list(net.parameters())) == 5
    xp.sum(net(xp.ones((1, 2), device=device))).backward()
    assert all(p.grad is not None for p in net.parameters())
    gradient = xp.grad(lambda net: xp.sum(net(xp.ones((1, 2), device=device)) ** 2))(net)
    assert gradient.parts[0].shape == (2,)


WRONG = {
    "Sequential takes modules; layer 1 is of int": lambda: nn.Sequential(nn.ReLU(), 1),
    "ModuleList takes modules; layer 0 is of Array": lambda: nn.ModuleList([xp.zeros(())]),
    "ModuleDict holds modules; 'a' is of int": lambda: nn.ModuleDict({"a": 1}),
    "ParameterList takes parameters; number 0 is of float": lambda: nn.ParameterList([1.0]),
    "ParameterDict holds parameters; 'a' is of ReLU": lambda: nn.ParameterDict({"a": nn.ReLU()}),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_member(text):
    with pytest.raises(TypeError, match=text):
        WRONG[text]()
