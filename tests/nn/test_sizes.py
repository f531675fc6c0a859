"""Layers whose input size is inferred at the first call; and the table of a network."""

import copy
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import xnn as xp
from xnn import nn, optim
from xnn.errors import DTypeError, OptionError, ShapeError

LAZY = [
    (nn.Linear, (None, 4), (3, 4), (2, 3)),
    (nn.Conv1d, (None, 4, 3), (2, 4, 3), (2, 2, 5)),
    (nn.Conv2d, (None, 4, 3), (2, 4, 3), (2, 2, 5, 4)),
    (nn.Conv3d, (None, 2, 2), (3, 2, 2), (1, 3, 3, 2, 4)),
    (nn.ConvTranspose1d, (None, 4, 3), (2, 4, 3), (2, 2, 5)),
    (nn.ConvTranspose2d, (None, 4, 3), (2, 4, 3), (2, 2, 5, 4)),
    (nn.ConvTranspose3d, (None, 2, 2), (3, 2, 2), (1, 3, 3, 2, 4)),
    (nn.BatchNorm1d, (None,), (3,), (4, 3)),
    (nn.BatchNorm2d, (None,), (3,), (4, 3, 2, 2)),
    (nn.BatchNorm3d, (None,), (3,), (4, 3, 2, 1, 2)),
    (nn.InstanceNorm1d, (None, 1e-5, 0.1, True), (3, 1e-5, 0.1, True), (4, 3, 2)),
    (nn.InstanceNorm2d, (None, 1e-5, 0.1, True), (3, 1e-5, 0.1, True), (4, 3, 2, 2)),
    (nn.InstanceNorm3d, (None, 1e-5, 0.1, True), (3, 1e-5, 0.1, True), (4, 3, 2, 1, 2)),
    (nn.DepthwiseConv2d, (None, 3), (3, 3), (2, 3, 5, 4)),
    (nn.SeparableConv2d, (None, 4, 3), (2, 4, 3), (2, 2, 5, 4)),
]


@pytest.mark.parametrize(("kind", "open", "given", "shape"), LAZY, ids=lambda x: getattr(x, "__name__", ""))
def test_the_first_call_gives_the_size(kind, open, given, shape, device):
    x = xp.asarray(np.ones(shape, np.float32), device=device)
    xp.random.manual_seed(0)
    lazy = kind(*open)
    assert "None" in repr(lazy)
    came = lazy(x)
    xp.random.manual_seed(0)
    expected = kind(*given, device=device)
    assert came.tolist() == expected(x).tolist()
    assert came.device is device
    assert {name: v.tolist() for name, v in lazy.state_dict().items()} == {
        name: v.tolist() for name, v in expected.state_dict().items()
    }
    assert repr(lazy) == repr(expected)
    assert lazy(x).shape == came.shape


def test_what_needs_parameters_before():
    model = nn.Sequential(nn.Linear(None, 3), nn.ReLU())
    for call in (
        lambda: list(model.parameters()),
        lambda: model.state_dict(),
        lambda: model.load_state_dict({}),
        lambda: optim.SGD(model.parameters()),
        lambda: xp.grad(lambda m: 0.0)(model),
    ):
        with pytest.raises(OptionError) as raised:
            call()
        assert str(raised.value) == (
            "0, a Linear(in_features=None, out_features=3, bias=True), makes its parameters at the first call, whose "
            "input gives their sizes. Cure: model(x) once, before parameters, their state or gradients are asked for."
        )
    copied = copy.deepcopy(model).to("numpy:cpu", xp.float64)
    copied(xp.ones((2, 5), device="numpy:cpu", dtype=xp.float64))
    assert [p.shape for p in copied.parameters()] == [(3, 5), (3,)]
    assert {p.dtype for p in copied.parameters()} == {xp.float64}


def test_a_first_call_that_fails_leaves_it_open():
    layer = nn.Linear(None, 3)
    with pytest.raises(TypeError, match=r"Linear takes arrays; input is a NoneType"):
        layer()
    with pytest.raises(TypeError, match=r"Linear takes arrays; input is a list"):
        layer([1.0])
    with pytest.raises(ShapeError):
        layer(xp.zeros((), device="cpu"))
    assert layer(xp.zeros((1, 2), device="cpu")).shape == (1, 3)


def test_a_first_call_may_name_its_inputs():
    layer = nn.Linear(None, 4, device="cpu")
    assert layer(input=xp.ones((2, 3), device="cpu")).shape == (2, 4)
    recurrent, x = nn.GRU(None, 2, device="cpu"), xp.ones((5, 1, 3), device="cpu")
    assert recurrent(hx=xp.zeros((1, 1, 2), device="cpu"), input=x)[0].shape == (5, 1, 2)


def test_hooks_of_a_first_call_see_the_parameters():
    model, seen = nn.Sequential(nn.Linear(None, 4, device="cpu")), []
    model[0].register_forward_pre_hook(lambda m, args: seen.append(m.weight.shape))
    copied = copy.deepcopy(model.to(xp.float64))
    with xp.no_grad():
        copied(xp.ones((2, 3), device="cpu", dtype=xp.float64))
    assert seen == [(4, 3)]
    assert all(p.requires_grad and p.dtype is xp.float64 for p in copied.parameters())
    assert "None" in repr(model)


# ---- the table ----


def test_summary_of_a_network():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, device="cpu"), nn.ReLU(), nn.Flatten(), nn.Linear(16, 10, device="cpu"), nn.Dropout(0.5)
    )
    model[0].weight.requires_grad = False
    assert str(nn.summary(model, (None, 1, 4, 4))) == "\n".join([
        'Model: "Sequential"',
        "┏━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━┓",
        "┃ Layer (type) ┃ Output Shape    ┃ Param # ┃ Multiply-adds ┃",
        "┡━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━┩",
        "│ 0 (Conv2d)   │ (None, 4, 2, 2) │      40 │           144 │",
        "├──────────────┼─────────────────┼─────────┼───────────────┤",
        "│ 1 (ReLU)     │ (None, 4, 2, 2) │       0 │             0 │",
        "├──────────────┼─────────────────┼─────────┼───────────────┤",
        "│ 2 (Flatten)  │ (None, 16)      │       0 │             0 │",
        "├──────────────┼─────────────────┼─────────┼───────────────┤",
        "│ 3 (Linear)   │ (None, 10)      │     170 │           160 │",
        "├──────────────┼─────────────────┼─────────┼───────────────┤",
        "│ 4 (Dropout)  │ (None, 10)      │       0 │             0 │",
        "└──────────────┴─────────────────┴─────────┴───────────────┘",
        " Total params: 210 (840.00 B)",
        " Trainable params: 174",
        " Non-trainable params: 36",
        " Multiply-adds: 304 for one sample",
    ])  # fmt: skip


def test_summary_changes_nothing(device):
    model = nn.Sequential(nn.Linear(3, 3, device=device), nn.Dropout(0.5), nn.ReLU()).train()
    model[2].eval()
    calls = []
    model[0].register_forward_hook(lambda *args: calls.append(1))
    state = xp.random.default_generator().state_dict()
    before = {name: x.tolist() for name, x in model.state_dict().items()}
    found = nn.summary(model, (None, 3))
    assert [row.shapes for row in found.rows] == [((None, 3),)] * 3
    assert found.multiply_adds == 9
    assert [m.training for m in model] == [True, True, False]
    assert not calls
    assert all(p.grad is None for p in model.parameters())
    assert {name: x.tolist() for name, x in model.state_dict().items()} == before
    assert xp.random.default_generator().state_dict() == state


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2, device="cpu")
        self.rest = nn.Sequential(nn.Linear(2, 2, device="cpu"), nn.Tanh())
        self.more = nn.ModuleList([nn.Linear(2, 5, device="cpu")])
        self.unused = nn.Linear(7, 7, device="cpu")
        self.rest[0].weight = self.first.weight
        self.register_buffer("scale", xp.ones((2,), device="cpu"))

    def forward(self, x, y):
        return self.more[0](self.first(self.first(x)) * self.scale), self.rest(y)


def test_summary_of_layers_in_layers_and_of_shared_ones():
    found = nn.summary(Net(), [(None, 4, 2), (None, 2)])
    assert [(row.name, row.kind, row.shapes, row.parameters, row.multiply_adds) for row in found.rows] == [
        ("first", "Linear", ((None, 4, 2),), 6, 32),  # twice
        ("rest", "Sequential", ((None, 2),), 6, 4),
        ("more.0", "Linear", ((None, 4, 5),), 15, 40),
        ("unused", "Linear", (), 56, 0),
    ]
    assert found.trainable == 6 + 2 + 15 + 56
    assert found.frozen == 2
    assert found.multiply_adds == 76
    assert "not called" in repr(found)
    names = [row.name for row in nn.summary(Net(), [(None, 4, 2), (None, 2)], expand_nested=True).rows]
    assert names == ["first", "rest", "rest.0", "rest.1", "more.0", "unused"]


def test_summary_makes_what_was_put_off():
    model = nn.Sequential(nn.Linear(None, 3), nn.Linear(None, 2))
    assert nn.summary(model, (8, 5)).rows[1].shapes == ((8, 2),)
    assert [p.shape for p in model.parameters()] == [(3, 5), (3,), (2, 3), (2,)]


def test_summary_of_a_layer_alone_and_of_sizes():
    found = nn.summary(nn.Linear(512, 512, device="cpu"), (None, 512))
    assert [row.name for row in found.rows] == ["linear"]
    assert "Total params: 262,656 (1.00 MB)" in str(found)


RECURRENT = [
    (nn.RNN(4, 8, device="cpu"), 8 * 4 + 8 * 8, ((7, None, 8), (1, None, 8))),
    (nn.GRU(4, 8, device="cpu"), 24 * 4 + 24 * 8, ((7, None, 8), (1, None, 8))),
    (nn.LSTM(4, 8, proj_size=3, device="cpu"), 32 * 4 + 32 * 3 + 3 * 8, ((7, None, 3), (1, None, 3), (1, None, 8))),
]


@pytest.mark.parametrize(("layer", "products", "shapes"), RECURRENT, ids=lambda x: type(x).__name__)
def test_summary_of_steps_in_time_finds_the_batch_where_it_is(layer, products, shapes):
    (row,) = nn.summary(layer, (7, None, 4)).rows
    assert (row.shapes, row.multiply_adds) == (shapes, 7 * products)


def test_summary_of_a_layer_with_parameters_beside_those_inside():
    layer = nn.MultiheadAttention(8, 2, batch_first=True, device="cpu")
    found = nn.summary(layer, [(None, 5, 8), (None, 6, 8), (None, 6, 8)])
    projections, scores = (2 * 5 + 2 * 6) * 8 * 8, 2 * 5 * 6 * 8
    assert [(row.name, row.shapes, row.parameters, row.multiply_adds) for row in found.rows] == [
        ("multiheadattention", ((None, 5, 8), (None, 5, 6)), 4 * 72, projections + scores),
        ("out_proj", ((None, 5, 8),), 72, 5 * 8 * 8),
    ]


def test_summary_of_a_table_and_of_a_network_without_parameters():
    found = nn.summary(nn.Sequential(nn.Embedding(10, 4, device="cpu"), nn.Flatten()), (None, 7), dtype=xp.int64)
    assert [(row.shapes, row.parameters) for row in found.rows] == [(((None, 7, 4),), 40), (((None, 28),), 0)]
    found = nn.summary(nn.Sequential(nn.ReLU()), (None, 3))
    assert (found.trainable, found.frozen, found.size, found.multiply_adds) == (0, 0, 0, 0)


@pytest.mark.parametrize("shape", [(3, -1), (None, "3"), 3, "ab"], ids=str)
def test_a_shape_that_is_none(shape):
    text = f"an input's shape has ints, and None for the batch; got {shape!r}. Cure: (None, 784)."
    with pytest.raises(OptionError, match=re.escape(text)):
        nn.summary(nn.ReLU(), shape)


def test_a_size_of_numpy_and_types_that_are_too_many():
    assert nn.summary(nn.ReLU(), (None, np.prod((2, 3)))).rows[0].shapes == ((None, 6),)
    with pytest.raises(OptionError, match="summary takes a type for each of 1 inputs; got 2"):
        nn.summary(nn.ReLU(), (None, 3), dtype=[xp.int64, xp.float32])


def test_summary_of_an_embedding_says_how_its_inputs_are_chosen():
    model = nn.Sequential(nn.Embedding(10, 4, device="cpu"), nn.Flatten(), nn.Linear(28, 2, device="cpu"))
    with pytest.raises(DTypeError) as raised:
        nn.summary(model, (None, 7))
    assert str(raised.value) == (
        "summary calls the network with zeros of float32: embedding takes integers for input; got float32. "
        "Cure: dtype=xnn.int64, as for an embedding, or a type for each input."
    )
    found = nn.summary(model, (None, 7), dtype=xp.int64)
    assert [row.shapes for row in found.rows] == [((None, 7, 4),), ((None, 28),), ((None, 2),)]


ON_ASCII = """
from xnn import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.größe = nn.Linear(3, 2, device="cpu")
    def forward(self, x):
        return self.größe(x)
print(nn.summary(Net(), (None, 3)))
"""


def test_summary_on_a_terminal_of_ascii():
    """In a process of its own, as PYTHONIOENCODING says what standard output has."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    script = f"# -*- coding: utf-8 -*-\n{ON_ASCII}"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    lines = done.stdout.decode("ascii").splitlines()
    assert (
        lines[1]
        == lines[3].replace("-", "=")
        == "+" + "+".join(["=" * len(c) for c in lines[2].split("|")[1:-1]]) + "+"
    )
    assert r"| gr\xf6\xdfe (Linear)" in lines[4]


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_a_recurrent_layer_in_a_sequential_has_a_cure(kind, device):
    class Outputs(nn.Module):
        def forward(self, x):
            return x[0]

    recurrent, dense = kind(3, 4, device=device), nn.Linear(4, 2, device=device)
    x = xp.ones((5, 2, 3), device=device)
    with pytest.raises(TypeError) as raised:
        nn.Sequential(recurrent, dense)(x)
    assert str(raised.value) == (
        f"Sequential hands one thing from layer to layer; layer 0, {kind.__name__}, is 2, as outputs and states, and "
        "layer 1, Linear, does not take them. Cure: a module between them whose forward(self, x) returns x[0]."
    )
    assert nn.Sequential(recurrent, Outputs(), dense)(x).shape == (5, 2, 2)


def test_several_things_go_from_layer_to_layer_where_they_are_taken():
    class Two(nn.Module):
        def forward(self, x):
            return x, x

    class Sum(nn.Module):
        def forward(self, pair):
            return pair[0] + pair[1]

    x = xp.ones((2,), device="cpu")
    assert nn.Sequential(Two(), Sum())(x).tolist() == [2.0, 2.0]


def test_a_tuple_in_the_place_of_an_array_has_a_cure():
    out = nn.LSTM(3, 4, device="cpu")(xp.ones((5, 2, 3), device="cpu"))
    for call in (nn.Linear(4, 2, device="cpu"), nn.ReLU(), lambda x: xp.losses.mse_loss(x, out[0])):
        with pytest.raises(
            TypeError, match=r"Cure: input\[0\], as the outputs of a recurrent layer without its states"
        ):
            call(out)
