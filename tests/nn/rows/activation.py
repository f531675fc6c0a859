"""Rows of xnn.nn.activation."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

# Between the kinks, with what is far from them: exponentials there neither overflow nor lose the gradient.
WIDE = Input((4, 6), np.linspace(-8, 8, 24).reshape(4, 6) + 0.07)


FAR = Input((6,), np.asarray([-1e4, -100.0, -30.0, 30.0, 100.0, 1e4]))


BATCH = Input((2, 3, 2, 2), layout="strided")


SHAPES = st.sampled_from([(), (1,), (0, 3), (3, 0, 2), (5,), (2, 3), (3, 1, 2), (2, 3, 2, 2)])


INPUTS = st.builds(Input, SHAPES, st.sampled_from(["distinct", "real"]), st.sampled_from(["C", "F", "strided"]))


NUMBERS = st.floats(0.125, 3, width=16)


def drawn(**options):
    """Inputs of any shape and layout, and options from strategies."""
    return st.builds(lambda x, chosen: Case((x,), (), chosen), INPUTS, st.fixed_dictionaries({}, optional=options))


SHAPED = drawn()


def elementwise(name, *arguments, theirs=None, drawn=SHAPED, **more):
    """A row of the inputs above, with each of the arguments of the layer."""
    cases = [Case((x,), given) for given in arguments or ((),) for x in (WIDE, FAR, BATCH)]
    return Row(name, tuple(cases), drawn, theirs, kind="activation", **more)


def module(function):
    """A layer of PyTorch made of a function."""

    def make(*arguments, **options):
        layer = torch.nn.Module()
        layer.forward = lambda x: function(x, *arguments, **options)
        return layer

    return make


@st.composite
def along(draw, even=False):
    """An input, and one of its dimensions."""
    shape = draw(st.sampled_from([(1,), (4,), (0, 2), (2, 3), (3, 4, 2), (2, 3, 2, 4)]))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    if even:
        shape = tuple(2 * n if i == dim % len(shape) else n for i, n in enumerate(shape))
    return Case((draw(st.builds(Input, st.just(shape), st.just("real"), st.sampled_from(["C", "F"]))),), (dim,))


# ---- what PyTorch lacks ----

POINTS = Input((9,), np.asarray([-30.0, -2.5, -1.3, -0.4, 0.0, 0.3, 1.2, 1.7, 40.0]))


# keras.src.backend.numpy.nn of Keras 3.15.1 at these points, in float64
KERAS = {
    "squareplus": [0.03329637837290811, 0.35078105935821213, 0.5426860441876563, 0.8198039027185571, 1.0,
                   1.161187420807834, 1.76619037896906, 2.1624404748406687, 40.02498439450079],
    "squareplus(b=1)": [0.008331019803634376, 0.09629120178362593, 0.17006097334283632, 0.3385164807134505, 0.5,
                        0.6720153254455276, 1.3810249675906654, 1.8361541461658009, 40.006249023742555],
    "exponential": [9.357622968840175e-14, 0.0820849986238988, 0.2725317930340126, 0.6703200460356393, 1.0,
                    1.3498588075760032, 3.3201169227365472, 5.4739473917272, 2.3538526683701997e17],
    "sparse_plus": [0.0, 0.0, 0.0, 0.09, 0.25, 0.42250000000000004, 1.2, 1.7, 40.0],
    "sparse_sigmoid": [0.0, 0.0, 0.0, 0.3, 0.5, 0.65, 1.0, 1.0, 1.0],
}  # fmt: skip


def of_keras(name):
    return lambda *ignored, **options: np.asarray(KERAS[name + "(b=1)" * (options.get("b") == 1)])


def squareplus(layer, x):
    """Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, equation 1; at POINTS Keras's numbers."""
    if x.shape == POINTS.shape:
        return np.asarray(KERAS["squareplus(b=1)" if layer.b == 1 else "squareplus"])
    return (x + np.sqrt(x**2 + layer.b)) / 2


def alone(name, reference, *cases, order=2):
    """A row of what PyTorch lacks."""
    return Row(name, cases, theirs=False, reference=reference, kind="activation", order=order)


PLAIN = ["Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink", "SiLU", "Mish"]
ROWS = [
    *[elementwise(name) for name in PLAIN],
    elementwise("Softplus", (), (2.0, 5.0), (-1.0,), drawn=drawn(beta=NUMBERS, threshold=NUMBERS)),
    elementwise("GELU", (), ("tanh",), drawn=drawn(approximate=st.sampled_from(["none", "tanh"]))),
    Row(
        "GLU",
        (Case((Input((3, 4)),)), Case((Input((2, 4, 3), layout="F"),), (1,)), Case((Input((0, 2)),))),
        along(even=True),
        kind="activation",
    ),
    alone("Exponential", lambda layer, x: np.exp(x), Case((BATCH,)), Case((POINTS,))),
    alone("Squareplus", squareplus, Case((WIDE,)), Case((POINTS,)), Case((POINTS,), (), {"b": 1.0})),
]

X = Input((3, 4))
FUNCTIONS = [
    *[Function(name.lower(), (WIDE,)) for name in PLAIN],
    Function("softplus", (WIDE,), {"beta": 3, "threshold": 2}),
    Function("gelu", (WIDE,)),
    Function("gelu", (WIDE,), {"approximate": "tanh"}),
    Function("glu", (X,)),
    Function("squareplus", (POINTS,), {"b": 1.0}, theirs=False, reference=of_keras("squareplus")),
    Function("squareplus", (WIDE,), {"b": 0}, theirs=lambda x, b: torch.relu(x)),
    *[Function(name, (POINTS,), theirs=False, reference=of_keras(name)) for name in ("exponential", "squareplus")],
]
