"""Rows of xnn.nn.normalization."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

LAYOUTS = st.sampled_from(["C", "F", "strided"])
EPS = st.sampled_from([1e-5, 1e-3, 0.5])


@st.composite
def over_the_last(draw, options):
    """An input, and how many of its dimensions are normalised; one size is given as an int, too."""
    shape = draw(st.sampled_from([(3,), (2, 4), (0, 3), (3, 2, 3), (2, 1, 5), (1, 2, 3, 2)]))
    count = draw(st.integers(1, len(shape)))
    wanted = shape[-1] if count == 1 and draw(st.booleans()) else shape[-count:]
    return Case((Input(shape, "real", draw(LAYOUTS)),), (wanted,), draw(st.fixed_dictionaries({}, optional=options)))


@st.composite
def groups(draw):
    many = draw(st.integers(1, 3))
    channels = many * draw(st.integers(1, 3))
    rest = draw(st.sampled_from([(4,), (3, 2), (1, 3, 1), (3,)]))
    shape = (draw(st.integers(0, 3)), channels, *rest)
    options = {"eps": EPS, "affine": st.booleans(), "bias": st.booleans()}
    chosen = draw(st.fixed_dictionaries({}, optional=options))
    return Case((Input(shape, "real", draw(LAYOUTS)),), (many, channels), chosen)


@st.composite
def responses(draw):
    shape = draw(st.sampled_from([(2, 5, 3), (1, 1, 2), (0, 2, 3), (2, 3, 2, 2), (1, 4, 1, 2, 2)]))
    options = {"alpha": st.floats(0.01, 2), "beta": st.floats(0.1, 2), "k": st.floats(0.5, 3)}
    chosen = draw(st.fixed_dictionaries({}, optional=options))
    layout = draw(LAYOUTS) if len(shape) == 3 else "C"  # PyTorch takes a view of more dimensions
    return Case((Input(shape, "real", layout),), (draw(st.integers(1, 6)),), chosen)


def unit_norm(dim=-1):
    """PyTorch's normalize. Keras 3's UnitNormalization is x * min(1 / norm, 1e12), the same but for vectors of 0."""
    layer = torch.nn.Module()
    layer.forward = lambda x: torch.nn.functional.normalize(x, dim=dim)
    return layer


ROWS = [
    Row(
        "LayerNorm",
        (
            Case((Input((2, 3, 4), "real"),), (4,)),
            Case((Input((2, 3, 4), "real", "F"),), ((3, 4), 0.1), {"bias": False}),
            Case((Input((4,), "real", "strided"),), ([4],), {"elementwise_affine": False}),
            Case((Input((0, 4), "real"),), (4,)),
        ),
        over_the_last({"eps": EPS, "elementwise_affine": st.booleans(), "bias": st.booleans()}),
        has_parameters=True,
    ),
    Row(
        "RMSNorm",
        (
            Case((Input((2, 3, 4), "real"),), (4,)),
            Case((Input((2, 3, 4), "real", "F"),), ((3, 4), 0.1)),
            Case((Input((4,), "real", "strided"),), ([4],), {"elementwise_affine": False}),
        ),
        over_the_last({"eps": st.one_of(EPS, st.none()), "elementwise_affine": st.booleans()}),
        has_parameters=True,
    ),
    Row(
        "GroupNorm",
        (
            Case((Input((2, 4, 3), "real"),), (2, 4)),
            Case((Input((2, 6, 2, 2), "real", "strided"),), (6, 6, 0.1), {"bias": False}),
            Case((Input((3, 4), "real", "F"),), (1, 4), {"affine": False}),
            Case((Input((0, 4, 2), "real"),), (2, 4)),
        ),
        groups(),
        has_parameters=True,
    ),
    Row(
        "LocalResponseNorm",
        (
            Case((Input((2, 5, 3), "real"),), (3,)),
            Case((Input((2, 3, 2, 2), "real", "F"),), (4, 0.5, 0.6, 1.5)),
        ),
        responses(),
    ),
    Row(
        "UnitNorm",
        (
            Case((Input((2, 3, 4), "real"),)),
            Case((Input((2, 3, 4), "real", "F"),), ((0, 2),)),
            Case((Input((2, 2), np.asarray([[0.0, 0.0], [3.0, 4.0]])),)),
        ),
        theirs=unit_norm,
    ),
]

X, CHANNELS, FEATURES = Input((4, 6, 5), "real"), Input((6,), "real"), Input((6, 5), "real")
FUNCTIONS = [
    Function("layer_norm", (X,), {"normalized_shape": (5,)}),
    Function("layer_norm", (X,), {"normalized_shape": (6, 5), "weight": FEATURES, "bias": FEATURES, "eps": 0.1}),
    Function("rms_norm", (X,), {"normalized_shape": (5,)}),
    Function("rms_norm", (X,), {"normalized_shape": (6, 5), "weight": FEATURES, "eps": 0.1}),
    Function("group_norm", (X,), {"num_groups": 3}),
    Function("group_norm", (X,), {"num_groups": 2, "weight": CHANNELS, "bias": CHANNELS, "eps": 0.1}),
    Function("local_response_norm", (X,), {"size": 3, "alpha": 0.5}),
]
