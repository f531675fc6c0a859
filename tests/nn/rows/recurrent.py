"""Rows of xnn.nn.recurrent and xnn.nn.recurrent_cells; PyTorch gets lengths as a PackedSequence."""

import warnings

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch


def packed(name):
    """What makes PyTorch's layer with an argument `lengths`."""

    def forward(self, input, hx=None, lengths=None):
        plain, utils = getattr(torch.nn, name).forward, torch.nn.utils.rnn
        if lengths is None:
            with warnings.catch_warnings(action="ignore"):  # of projections, for which oneDNN has no kernel
                return plain(self, input, hx)
        steps = input.shape[1 if self.batch_first else 0]
        sequences = utils.pack_padded_sequence(input, lengths, self.batch_first, enforce_sorted=False)
        out, last = plain(self, sequences, hx)
        return utils.pad_packed_sequence(out, self.batch_first, total_length=steps)[0], last

    return lambda *arguments, **options: type(name, (getattr(torch.nn, name),), {"forward": forward})(
        *arguments, **options
    )


@st.composite
def sequences(draw, name):
    """Sizes, options, and an input with or without states and lengths."""
    n, steps, size, hidden = draw(st.integers(0, 3)), *(draw(st.integers(1, 3)) for _ in range(3))
    layers, directions, batch_first = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.booleans())
    options = {"num_layers": layers, "bidirectional": directions == 2, "batch_first": batch_first,
               "bias": draw(st.booleans())}  # fmt: skip
    if name == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    output = hidden
    if name == "LSTM" and hidden > 1:
        options["proj_size"] = draw(st.integers(0, hidden - 1))
        output = options["proj_size"] or hidden
    is_batch, layout = draw(st.booleans()), draw(st.sampled_from("CF"))
    shape = ((n, steps) if batch_first else (steps, n)) if is_batch else (steps,)
    inputs, keywords = [Input((*shape, size), "real", layout)], {}
    if draw(st.booleans()):
        state = [Input((layers * directions, *(n,) * is_batch, wide), "real") for wide in (output, hidden)]
        inputs.append(tuple(state) if name == "LSTM" else state[0] if output == hidden else state[1])
    if is_batch and n and draw(st.booleans()):
        lengths = draw(st.lists(st.integers(1, steps), min_size=n, max_size=n))
        keywords["lengths"] = Input((n,), np.asarray(lengths))
    return Case(tuple(inputs), (size, hidden), options, keywords)


@st.composite
def steps(draw, name):
    lead = draw(st.sampled_from([(), (1,), (3,), (0,)]))
    size, hidden = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    options = {"bias": draw(st.booleans())}
    if name == "RNNCell":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    inputs = [Input((*lead, size), "real")]
    if draw(st.booleans()):
        state = Input((*lead, hidden), "real")
        inputs.append((state, state) if name == "LSTMCell" else state)
    return Case(tuple(inputs), (size, hidden), options)


BATCH, LENGTHS = Input((3, 2, 2), "real"), Input((2,), np.asarray([1, 3]))
BOTH = {"num_layers": 2, "bidirectional": True}
STATE = Input((4, 2, 3), "real")


def layer(name, *cases):
    return Row(name, cases, sequences(name), theirs=packed(name), has_parameters=True)


def cell(name, *cases):
    return Row(name, cases, steps(name), has_parameters=True)


X, H = Input((2, 3), "real"), Input((2, 2), "real")

ROWS = [
    layer(
        "RNN",
        Case((BATCH,), (2, 3), {"nonlinearity": "relu"}),
        Case((BATCH, STATE), (2, 3), BOTH, {"lengths": LENGTHS}),
    ),
    layer(
        "LSTM",
        Case((BATCH, (STATE, STATE)), (2, 3), BOTH),
        Case((Input((2, 3, 2)),), (2, 2), {"batch_first": True, "bidirectional": True}, {"lengths": LENGTHS}),
        Case((Input((2, 2)),), (2, 3), {"proj_size": 2, "bias": False}),
    ),
    layer(
        "GRU",
        Case((BATCH, STATE), (2, 3), BOTH),
        Case((Input((2, 3, 2)),), (2, 2), {"batch_first": True, "bidirectional": True}, {"lengths": LENGTHS}),
    ),
    cell("RNNCell", Case((X, H), (3, 2)), Case((Input((3,)),), (3, 2), {"nonlinearity": "relu", "bias": False})),
    cell("LSTMCell", Case((X, (H, H)), (3, 2)), Case((Input((3,)),), (3, 2), {"bias": False})),
    cell("GRUCell", Case((X, H), (3, 2)), Case((Input((3,)),), (3, 2), {"bias": False})),
]


def padded(sequences, **options):
    return torch.nn.utils.rnn.pad_sequence(sequences, **options)


FUNCTIONS = [
    Function("pad_sequence", ((Input((2, 3)), Input((4, 3)), Input((0, 3))),), {"padding_value": 0.5}, padded),
    Function("pad_sequence", ((Input((2,), "below 5"), Input((3,), "below 5")),), {"batch_first": True}, padded),
]
