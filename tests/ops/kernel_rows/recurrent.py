"""Calls of the steps of recurrent layers."""

from tests.ops.kernel_rows.call import Call, integers

# Whether the derivative by an infinite cell state is infinite or NaN depends on the order of its factors.
CELLS = (2,)
# An infinite weight times the 0 that stands in the place of what is behind an end is NaN, which a kernel may leave out.
WEIGHTS = (2,)

CALLS = {
    "rnn_states": [
        Call(((2, 2, 3), (2, 3), (3, 3)), {"nonlinearity": "tanh"}),
        Call(((3, 1, 2), (1, 2), (2, 2)), {"nonlinearity": "relu", "reverse": True}),
        Call(((3, 2, 2), (2, 2), (2, 2), integers(1, 4, (2,)))),
    ],
    "lstm_states": [
        Call(((2, 1, 8), (1, 1), (1, 2), (8, 1), (1, 2)), {"reverse": True}, finite=CELLS),
        Call(((3, 2, 4), (2, 1), (2, 1), (4, 1), None, integers(1, 4, (2,))), finite=CELLS),
    ],
    "gru_states": [
        Call(((2, 2, 6), (2, 2), (6, 2), (6,))),
        Call(((3, 2, 3), (2, 1), (3, 1), None, integers(1, 4, (2,))), {"reverse": True}),
    ],
    "rnn": [
        Call(((3, 2, 4), (2, 3), (3, 4), (3, 3), (3,), (3,))),
        Call(((3, 2, 1), (2, 2), (2, 1), (2, 2)), {"nonlinearity": "relu", "reverse": True}),
        Call(((4, 3, 2), (3, 3), (3, 2), (3, 3), (3,), (3,), integers(1, 5, (3,))), finite=WEIGHTS),
        Call(((2, 0, 2), (0, 3), (3, 2), (3, 3))),
    ],
    "lstm": [
        Call(((3, 2, 3), (2, 2), (2, 2), (8, 3), (8, 2), (8,), (8,))),
        Call(((3, 2, 1), (2, 3), (2, 3), (12, 1), (12, 3)), {"reverse": True}),
        Call(((2, 3, 2), (3, 1), (3, 2), (8, 2), (8, 1), None, None, (1, 2))),
        Call(((4, 2, 2), (2, 1), (2, 2), (8, 2), (8, 1), None, None, (1, 2), integers(1, 5, (2,)))),
        Call(((4, 3, 1), (3, 1), (3, 1), (4, 1), (4, 1), (4,), (4,), None, integers(1, 5, (3,))), {"reverse": True}),
        Call(((2, 0, 2), (0, 1), (0, 1), (4, 2), (4, 1))),
        # enough for compiled loops; small numbers, lest all gates are 0 or 1
        Call(((2, 820, 1), (820, 40), (820, 40), (160, 1), (160, 40)), bounds=(-0.3, 0.3)),
    ],
    "gru": [
        Call(((3, 2, 3), (2, 2), (6, 3), (6, 2), (6,), (6,))),
        Call(((3, 2, 1), (2, 3), (9, 1), (9, 3)), {"reverse": True}),
        Call(((4, 3, 2), (3, 1), (3, 2), (3, 1), (3,), (3,), integers(1, 5, (3,)))),
        Call(((2, 0, 2), (0, 1), (3, 2), (3, 1))),
        Call(((2, 2, 0), (2, 1), (3, 0), (3, 1))),
    ],
}
