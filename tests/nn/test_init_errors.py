"""Initialisers: what is refused, with the whole text."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import init


def array(*shape, dtype="float32"):
    return xp.zeros(shape, dtype=dtype, device="cpu")


OF_FANS = (
    "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "variance_scaling_", "lecun_normal_",
    "lecun_uniform_",
)  # fmt: skip
REFUSED = [
    ("uniform_", (array(3), 2.0, 1.0), OptionError, "uniform_: a is at most b; got a=2.0, b=1.0"),
    ("normal_", (array(3), 0.0, -1.0), OptionError, "normal_: std is at least 0; got -1.0"),
    (
        "normal_",
        (array(3, dtype="int64"),),
        DTypeError,
        "normal_ fills real floating-point arrays; got int64 of shape (3,)",
    ),
    (
        "constant_",
        (array(3, dtype="complex64"), 1.0),
        DTypeError,
        "constant_ fills real floating-point arrays; got complex64 of shape (3,)",
    ),
    (
        "zeros_",
        (np.ones(3),),
        TypeError,
        "constant_ fills an xnn Array in place; got a ndarray. Cure: xnn.asarray(tensor).",
    ),
    ("trunc_normal_", (array(3), 0.0, 0.0), OptionError, "trunc_normal_: std is above 0; got 0.0"),
    ("trunc_normal_", (array(3), 0.0, 1.0, 2.0, 2.0), OptionError, "trunc_normal_: a is below b; got a=2.0, b=2.0"),
    (
        "trunc_normal_",
        (array(3), 0.0, 1.0, 20.0, 21.0),
        OptionError,
        "trunc_normal_: at least 1e-30 of N(0, 1**2) lies between a and b; got a=20.0, b=21.0. "
        "Cure: bounds nearer to the mean.",
    ),
    ("eye_", (array(2, 2, 2),), ShapeError, "eye_ fills matrices (n, m); got shape (2, 2, 2)"),
    ("sparse_", (array(2), 0.5), ShapeError, "sparse_ fills matrices (n, m); got shape (2,)"),
    ("sparse_", (array(2, 2), 1.5), OptionError, "sparse_: sparsity is from 0 to 1; got 1.5"),
    (
        "dirac_",
        (array(2, 2),),
        ShapeError,
        "dirac_ fills weights (out, in, *kernel) of 3, 4 or 5 dimensions; got shape (2, 2)",
    ),
    (
        "dirac_",
        (array(4, 2, 3), 3),
        OptionError,
        "dirac_: groups divides the 4 outputs; got 3",
    ),
    ("orthogonal_", (array(3),), ShapeError, "orthogonal_ fills arrays of two or more dimensions; got shape (3,)"),
    *(
        (name, (array(3),), ShapeError, "a weight of two or more dimensions has fans; got shape (3,)")
        for name in OF_FANS
    ),
    ("fans", (array(),), ShapeError, "a weight of two or more dimensions has fans; got shape ()"),
    (
        "kaiming_uniform_",
        (array(3, 3), 0.0, "fan_avg"),
        OptionError,
        "kaiming_uniform_: mode is 'fan_in' or 'fan_out'; got 'fan_avg'",
    ),
    (
        "kaiming_normal_",
        (array(3, 3), 0.0, "fan_in", "gelu"),
        OptionError,
        "nonlinearity is linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, "
        "sigmoid, tanh, relu, selu or leaky_relu; got 'gelu'",
    ),
    (
        "calculate_gain",
        ("leaky_relu", True),
        OptionError,
        "calculate_gain: param, the slope of leaky_relu, is a number; got True",
    ),
    ("variance_scaling_", (array(3, 3), 0.0), OptionError, "variance_scaling_: scale is above 0; got 0.0"),
    (
        "variance_scaling_",
        (array(3, 3), 1.0, "fan"),
        OptionError,
        "variance_scaling_: mode is 'fan_in' or 'fan_out' or 'fan_avg'; got 'fan'",
    ),
    (
        "variance_scaling_",
        (array(3, 3), 1.0, "fan_in", "normal"),
        OptionError,
        "variance_scaling_: distribution is 'truncated_normal' or 'untruncated_normal' or 'uniform'; got 'normal'",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "kind", "text"), REFUSED)
def test_what_makes_no_sense_is_refused(name, arguments, kind, text):
    assert_refused(kind, text, lambda: getattr(init, name)(*arguments))
