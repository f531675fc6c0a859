"""Rows of xnn.nn.batchnorm."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

LAYOUTS = st.sampled_from(["C", "F", "strided"])
OPTIONS = {
    "eps": st.sampled_from([1e-5, 1e-3, 0.5]),
    "momentum": st.sampled_from([0.1, 0.0, 1.0, 0.7]),
    "affine": st.booleans(),
    "bias": st.booleans(),
    "track_running_stats": st.booleans(),
}
# In float32 a gradient that almost cancels, as that of two values, has few digits: three or more in each channel.
SHAPES = {
    1: [(5, 3), (3, 1, 2), (1, 2, 4), (0, 2), (2, 3, 3)],
    2: [(3, 2, 1, 1), (2, 1, 3, 2), (1, 3, 1, 5), (0, 2, 2, 2)],
    3: [(3, 2, 1, 1, 1), (2, 1, 1, 3, 2), (0, 1, 2, 2, 2)],
}
INSTANCES = {
    1: [(2, 3, 4), (3, 4), (1, 1, 5)],  # without empty ones, of which PyTorch's running statistics become NaN
    2: [(2, 3, 2, 2), (2, 1, 4)],
    3: [(2, 2, 1, 2, 2), (2, 3, 1, 1), (1, 1, 2, 2, 1)],
}


@st.composite
def norms(draw, shapes, momenta, channel_axis):
    shape = draw(st.sampled_from(shapes))
    options = draw(st.fixed_dictionaries({}, optional={**OPTIONS, "momentum": momenta}))
    return Case((Input(shape, "real", draw(LAYOUTS)),), (shape[channel_axis(shape)],), options)


def batch_norm(count):
    rest = (4, 3, 2)[:count]
    return Row(
        f"BatchNorm{count}d",
        (
            Case((Input((3, 2, *rest), "real"),), (2,)),
            Case((Input((2, 3, *rest), "real", "strided"),), (3,), {"momentum": None, "affine": False, "eps": 1e-3}),
            Case((Input((3, 1, *rest), "real", "F"),), (1,), {"track_running_stats": False, "bias": False}),
            Case((Input((0, 1, *rest), "real"),), (1,)),
        ),
        norms(SHAPES[count], st.sampled_from([0.1, 0.7, None]), lambda shape: 1),
        has_parameters=True,
    )


def instance_norm(count):
    rest = (4, 3, 2)[:count]
    return Row(
        f"InstanceNorm{count}d",
        (
            Case((Input((3, 2, *rest), "real"),), (2,)),
            Case((Input((3, *rest), "real", "strided"),), (3,), {"affine": True, "track_running_stats": True}),
            Case((Input((2, 1, *rest), "real", "F"),), (1,), {"affine": True, "bias": False, "eps": 0.1}),
            Case((Input((0, 1, *rest), "real"),), (1,)),
        ),
        norms(INSTANCES[count], st.sampled_from([0.1, 0.7, None]), lambda shape: -1 - count),
        has_parameters=True,
    )


ROWS = [*[batch_norm(count) for count in (1, 2, 3)], *[instance_norm(count) for count in (1, 2, 3)]]


def with_known_statistics(x, mean, var, weight, bias, eps=1e-5):
    """By hand: PyTorch gives running statistics no derivative."""
    mean, var, weight, bias = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (mean, var, weight, bias))
    return (x - mean) / torch.sqrt(var + eps) * weight + bias


X, CHANNELS, VARIANCES = Input((4, 3, 5), "real"), Input((3,), "real"), Input((3,), "positive")
FUNCTIONS = [
    Function("batch_norm", (X, CHANNELS, VARIANCES, CHANNELS, CHANNELS), {"eps": 0.1}, with_known_statistics),
    Function("batch_norm", (X, None, None, CHANNELS, CHANNELS), {"training": True}),
    Function("batch_norm", (X, None, None), {"training": True, "eps": 0.2}),
    Function("instance_norm", (X,)),
    Function("instance_norm", (X, None, None, CHANNELS, CHANNELS), {"eps": 0.2}),
    Function(
        "instance_norm",
        (X, CHANNELS, VARIANCES, CHANNELS, CHANNELS),
        {"use_input_stats": False},
        lambda *operands, use_input_stats: with_known_statistics(*operands),
    ),
]
