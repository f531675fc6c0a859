"""Rows of xnn.nn.rectifier."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input
from tests.nn.rows.activation import (
    INPUTS,
    NUMBERS,
    POINTS,
    WIDE,
    alone,
    drawn,
    elementwise,
    module,
    of_keras,
)
from tests.oracle import torch


def hardsigmoid(x):
    """PyTorch's own multiplies the gradient by 1 / 6 rounded to float32, in float64 too."""
    return torch.nn.functional.relu6(x + 3) / 6


@st.composite
def prelus(draw):
    x = draw(INPUTS)
    channels = x.shape[1] if len(x.shape) > 1 else 1
    return Case((x,), (draw(st.sampled_from([1, max(channels, 1)])),))


PLAIN = ["ReLU", "ReLU6", "SELU", "Hardswish"]
ROWS = [
    *[elementwise(name) for name in PLAIN],
    elementwise("Hardsigmoid", theirs=module(hardsigmoid)),
    elementwise("LeakyReLU", (), (0.3,), (-0.5,), drawn=drawn(negative_slope=NUMBERS)),
    elementwise("PReLU", (), (1, 0.1), drawn=prelus(), has_parameters=True),
    elementwise("RReLU", (), (0.1, 0.2), modes=("eval",), drawn=drawn(lower=st.just(0.1), upper=NUMBERS)),
    elementwise("ELU", (), (0.5,), drawn=drawn(alpha=NUMBERS)),
    elementwise("CELU", (), (2.0,), drawn=drawn(alpha=NUMBERS)),
    elementwise("Hardtanh", (), (-0.6, 2.1), drawn=drawn(min_val=st.just(-0.7), max_val=NUMBERS)),
    elementwise("Hardshrink", (), (1.1,), drawn=drawn(lambd=NUMBERS)),
    elementwise("Softshrink", (), (1.1,), drawn=drawn(lambd=NUMBERS)),
    elementwise("Threshold", (0.5, 7.0), drawn=None),
    alone("SparsePlus", lambda layer, x: of_keras("sparse_plus")(), Case((POINTS,))),
    alone("SparseSigmoid", lambda layer, x: of_keras("sparse_sigmoid")(), Case((POINTS,))),
    alone("Step", lambda layer, x: np.heaviside(x - layer.threshold, 0), Case((WIDE,)), Case((WIDE,), (1.1,))),
    alone("Sign", lambda layer, x: np.sign(x), Case((WIDE,)), Case((POINTS,))),
]

X = Input((3, 4))
FUNCTIONS = [
    *[Function(name.lower(), (WIDE,)) for name in PLAIN],
    Function("hardsigmoid", (WIDE,), theirs=hardsigmoid),
    Function("leaky_relu", (WIDE,), {"negative_slope": 0.3}),
    Function("prelu", (X, Input((4,)))),
    Function("prelu", (Input((3,)), Input(()))),
    Function("prelu", (Input((2, 3, 2)), Input((1,)))),
    Function("rrelu", (WIDE,), {"lower": 0.1, "upper": 0.2}),
    Function("rrelu", (WIDE,), {"lower": 0.3, "upper": 0.3, "training": True}),
    Function("elu", (WIDE,), {"alpha": 0.3}),
    Function("celu", (WIDE,), {"alpha": 0.25}),  # PyTorch takes alpha for float32 in the gradient
    Function("hardtanh", (WIDE,), {"min_val": -0.3, "max_val": 0.6}),
    Function("hardshrink", (WIDE,), {"lambd": 0.3}),
    Function("softshrink", (WIDE,), {"lambd": 0.3}),
    Function("threshold", (WIDE,), {"threshold": 0.3, "value": -1.0}),
    Function("step", (WIDE,), {"threshold": 1}, theirs=lambda x, threshold: torch.sign(x - threshold) / 2 + 0.5),
    Function("sign", (POINTS,), theirs=lambda x: torch.sign(x)),
    *[Function(name, (POINTS,), theirs=False, reference=of_keras(name)) for name in ("sparse_plus", "sparse_sigmoid")],
]
