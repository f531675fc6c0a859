"""Recurrent layers: lengths, dropout between layers, sizes inferred from the first input, and what is refused."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

LAYERS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
CELLS = {"RNNCell": nn.RNNCell, "LSTMCell": nn.LSTMCell, "GRUCell": nn.GRUCell}
layers = pytest.mark.parametrize("name", LAYERS)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def last_of(states):
    return states[0] if isinstance(states, tuple) else states


# ---- no steps ----


@layers
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("is_single", [False, True])
def test_a_sequence_of_no_steps_leaves_the_states(name, batch_first, is_single, device):
    """As a loop over cells does that never runs; PyTorch takes no such sequence."""
    layer = LAYERS[name](2, 3, 2, batch_first=batch_first, dropout=0.5, bidirectional=True, device=device)
    shape = (0, 2) if is_single else (5, 0, 2) if batch_first else (0, 5, 2)
    of_states = (4, 3) if is_single else (4, 5, 3)
    first = [xp.asarray(numbers(of_states, i).astype(np.float32), device=device, requires_grad=True) for i in range(2)]
    x = xp.zeros(shape, device=device)
    given = tuple(first) if name == "LSTM" else first[0]
    for lengths in [None] if is_single else [None, [0] * 5]:
        out, last = layer(x, given, lengths=lengths)
        assert out.shape == (*shape[:-1], 6)
        for one, other in zip(last if name == "LSTM" else [last], first, strict=False):
            np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())
        first[0].grad = None
        weights = xp.asarray(numbers(of_states, 7).astype(np.float32), device=device)
        (xp.sum(out) + xp.sum(weights * last_of(last))).backward()
        np.testing.assert_array_equal(first[0].grad.numpy(), weights.numpy())
    out, last = layer(x)
    assert out.shape == (*shape[:-1], 6)
    assert not xp.any(last_of(last))


# ---- lengths ----


@pytest.mark.parametrize(
    ("name", "options"),
    [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("GRU", {}), ("LSTM", {}), ("LSTM", {"proj_size": 2})],
)
def test_padding_says_nothing(name, options, device):
    """What stands behind an end, however large, infinite or NaN, changes neither values nor gradients."""
    kind = {"batch_first": True, "device": device, "dtype": xp.float64, **options}
    layer = LAYERS[name](2, 3, 2, bidirectional=True, **kind)
    x, lengths = numbers((2, 4, 2)), xp.asarray([4, 2], device=device)
    found = []
    for filling in (0.0, 1e9, np.inf, np.nan):
        x[1, 2:] = filling
        layer.zero_grad()
        given = xp.asarray(x, device=device, requires_grad=True)
        out, states = layer(given, lengths=lengths)
        (xp.sum(out) + xp.sum(last_of(states))).backward()
        assert not np.any(out.detach().numpy()[1, 2:])
        assert given.grad.tolist()[1][2:] == [[0.0] * 2] * 2
        found.append([out, last_of(states), *(p.grad for p in layer.parameters())])
    for other in found[1:]:
        for one, another in zip(found[0], other, strict=True):
            assert_close(another.detach().numpy(), one.detach().numpy())


@layers
def test_a_batch_of_lengths_is_each_sequence_alone(name, device):
    layer = LAYERS[name](2, 2, bidirectional=True, device=device, dtype=xp.float64)
    x = numbers((3, 2, 2))
    out, states = layer(xp.asarray(x, device=device), lengths=[1, 3])
    for i, length in enumerate([1, 3]):
        alone, own = layer(xp.asarray(x[:length, i], device=device))
        assert_close(out.detach().numpy()[:length, i], alone.detach().numpy())
        assert_close(last_of(states).detach().numpy()[:, i], last_of(own).detach().numpy())


def test_a_length_that_cannot_be_raises(device):
    """At once, or else at the next wait; until then the results of that sequence are NaN."""
    xp.synchronize(device)
    layer, x = nn.GRU(2, 3, bidirectional=True, device=device), xp.ones((4, 3, 2), device=device)
    rule = "GRU: lengths are from 1 to 4; another one came. Cure: sequences of at most 4 steps, none of them empty."

    def look():
        return layer(x, lengths=xp.asarray([0, 4, 5], dtype=xp.int32, device=device))

    if not device.is_asynchronous:
        assert_refused(BoundsError, rule, look)
        return
    out, last = look()
    assert_refused(BoundsError, rule, lambda: xp.synchronize(device))
    for array in (out, last):
        assert np.isnan(array.detach().numpy()).all(axis=(0, 2)).tolist() == [True, False, True]


# ---- dropout ----


@layers
def test_dropout_is_between_layers_in_training_alone(name, device):
    plain = LAYERS[name](2, 3, 2, device=device)
    dropping = LAYERS[name](2, 3, 2, dropout=0.5, device=device)
    dropping.load_state_dict(plain.state_dict())
    x = xp.asarray(numbers((2, 2, 2)).astype("float32"), device=device)
    expected = plain(x)[0].detach().numpy()
    assert_close(dropping.eval()(x)[0].detach().numpy(), expected)
    xp.random.manual_seed(1)
    dropped = dropping.train()(x)[0].detach().numpy()
    assert np.abs(dropped - expected).max() > 1e-4
    xp.random.manual_seed(1)
    assert_close(dropping(x)[0].detach().numpy(), dropped)


def test_all_dropped_leaves_the_biases_alone():
    layer = nn.GRU(2, 3, 2, dropout=1.0, device="cpu", dtype=xp.float64)
    out = [layer(xp.asarray(numbers((2, 1, 2), seed), device="cpu"))[0].detach().numpy() for seed in (1, 2)]
    assert_close(*out)


# ---- sizes inferred from the first input ----


@pytest.mark.parametrize("name", [*LAYERS, *CELLS])
def test_the_first_input_tells_the_size(name, device):
    layer = getattr(nn, name)(None, 3)
    with pytest.raises(OptionError, match="makes its parameters at the first call"):
        layer.state_dict()
    layer(xp.ones((2, 1, 5) if name in LAYERS else (1, 5), device=device))
    weight = layer.weight_ih_l0 if name in LAYERS else layer.weight_ih
    assert (layer.input_size, weight.shape[1], weight.device) == (5, 5, device)


# ---- what is refused ----

X = xp.ones((3, 2, 2), device="cpu")
RNN, LSTM = nn.RNN(2, 3, device="cpu"), nn.LSTM(2, 3, batch_first=True, device="cpu")
CELL = nn.LSTMCell(2, 3, device="cpu")
H, WIDE = xp.ones((1, 2, 3), device="cpu"), xp.ones((1, 2, 3), device="cpu", dtype=xp.float64)

REFUSED = [
    (ShapeError, "RNN takes sequences (T, N, input_size) or (T, input_size); got shape (3,)", lambda: RNN(X[:, 0, 0])),
    (ShapeError, "LSTM takes sequences (N, T, input_size) or (T, input_size); got shape (3,)",
     lambda: LSTM(X[:, 0, 0])),
    (ShapeError, "RNN takes inputs (T, N, 2) or (T, 2); got shape (3, 2, 1). Cure: RNN(1, ...).",
     lambda: RNN(X[:, :, :1])),
    (DTypeError, "RNN takes floating-point input; got int64 of shape (3, 2, 2). Cure: xnn.astype(input, xnn.float32).",
     lambda: RNN(xp.astype(X, xp.int64))),
    (DTypeError, "RNN takes input of the type of its weights, float32; got float64. "
     "Cure: xnn.astype(input, xnn.float32).",
     lambda: RNN(xp.astype(X, xp.float64))),
    (TypeError, "RNN takes arrays; input is a list. Cure: xnn.asarray(input).", lambda: RNN([1.0])),
    (ShapeError, "RNN takes h_0 of shape (1, 2, 3) for an input of shape (3, 2, 2); got (2, 3)", lambda: RNN(X, H[0])),
    (ShapeError, "RNN takes h_0 of shape (1, 3) for an input of shape (3, 2); got (1, 2, 3)", lambda: RNN(X[:, 0], H)),
    (DTypeError, "RNN takes h_0 of the type of its weights, float32; got float64. Cure: xnn.astype(h_0, xnn.float32).",
     lambda: RNN(X, WIDE)),
    (ShapeError, "LSTM takes hx as a pair (h_0, c_0); got Array. Cure: (h_0, c_0).", lambda: LSTM(X, H)),
    (ShapeError, "LSTM takes c_0 of shape (1, 3, 3) for an input of shape (3, 2, 2); got (1, 2, 3)",
     lambda: LSTM(X, (xp.ones((1, 3, 3), device="cpu"), H))),
    (ShapeError, "RNN takes a length for each of 2 sequences, (2,); got shape (3,)", lambda: RNN(X, lengths=[3, 1, 2])),
    (ShapeError, "RNN takes lengths for a batch of sequences; got an input of shape (3, 2)",
     lambda: RNN(X[:, 0], lengths=[3])),
    (DTypeError, "RNN takes integers for lengths; got float32. Cure: xnn.astype(lengths, xnn.int64).",
     lambda: RNN(X, lengths=[3.0, 1.0])),
    (ShapeError, "LSTMCell takes inputs (N, input_size) or (input_size,); got shape (3, 2, 2)", lambda: CELL(X)),
    (ShapeError, "LSTMCell takes inputs (N, 2) or (2,); got shape (2, 3). Cure: LSTMCell(3, ...).", lambda: CELL(H[0])),
    (ShapeError, "LSTMCell takes hx as a pair (h_0, c_0); got Array. Cure: (h_0, c_0).", lambda: CELL(X[0], H[0])),
    (ShapeError, "LSTMCell takes h_0 of shape (2, 3) for an input of shape (2, 2); got (1, 2, 3)",
     lambda: CELL(X[0], (H, H))),
    (OptionError, 'RNN: nonlinearity is "tanh" or "relu"; got \'gelu\'', lambda: nn.RNN(2, 3, nonlinearity="gelu")),
    (OptionError, 'RNNCell: nonlinearity is "tanh" or "relu"; got \'gelu\'',
     lambda: nn.RNNCell(2, 3, nonlinearity="gelu")),
    (OptionError, "GRU takes a probability dropout from 0 to 1; got 1.5", lambda: nn.GRU(2, 3, 2, dropout=1.5)),
    (OptionError, "GRU drops between its layers, of which num_layers=1 has none; got dropout=0.5. "
     "Cure: nn.Dropout behind it.", lambda: nn.GRU(2, 3, dropout=0.5)),
    (OptionError, "LSTM: proj_size is less than hidden_size 3; got 3", lambda: nn.LSTM(2, 3, proj_size=3)),
    (OptionError, "hidden_size is an int of at least 1; got 0", lambda: nn.LSTM(2, 0)),
    (OptionError, "num_layers is an int of at least 1; got 0", lambda: nn.LSTM(2, 3, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=[text[:60] for _, text, _ in REFUSED])
def test_what_cannot_be_is_refused(kind, text, call):
    assert_refused(kind, text, call)


def test_looks():
    assert repr(nn.LSTM(2, 3, 2, bidirectional=True, device="cpu")) == "LSTM(2, 3, num_layers=2, bidirectional=True)"
    assert repr(nn.RNN(2, 3, nonlinearity="relu", device="cpu")) == "RNN(2, 3, nonlinearity='relu')"
    assert repr(nn.RNNCell(2, 3, False, "relu", device="cpu")) == "RNNCell(2, 3, bias=False, nonlinearity='relu')"
