"""Element-wise functions, and `where`."""

import numpy as np
from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    BITS,
    COMPLEX,
    FLOATS,
    INTEGERS,
    NUMERIC,
    REAL,
    REAL_FLOATS,
    Call,
    arrays,
    like,
    options,
    scalar_for,
    unary,
    xps,
)
from tests.array_api.standard import DTYPES


@st.composite
def binary(draw, dtypes, second=None, **limits):
    """Two arrays of one type that broadcast, or an array and a Python scalar."""
    x = draw(arrays(dtypes, **limits))
    if second is None and not limits and draw(st.integers(0, 3)) == 0:
        both = (x, draw(scalar_for(x)))
        return Call(both if draw(st.booleans()) else both[::-1])
    shape = draw(xps.broadcastable_shapes(x.shape, max_dims=3, max_side=3))
    y = draw((second or like)(x, shape, **limits))
    return Call((x, y) if second or draw(st.booleans()) else (y, x))


def divisor(x, shape, **limits):
    """Without 0 among integers."""
    return like(x, shape, **limits).map(lambda y: y if y.dtype.kind == "f" else np.where(y == 0, y.dtype.type(1), y))


def shift(x, shape):
    """Fewer than the bits."""
    return like(x, shape, low=0, high=8 * x.dtype.itemsize - 1)


def exponent(x, shape):
    """Not negative among integers."""
    return like(x, shape, low=0, high=5)


@st.composite
def clipped(draw):
    x = draw(arrays(REAL))
    bound = st.none() | scalar_for(x) | like(x, x.shape)
    return Call((x,), draw(options(min=bound, max=bound)))


@st.composite
def selected(draw):
    x, y = draw(binary(DTYPES)).args
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return Call((draw(arrays(("bool",), xps.broadcastable_shapes(shape, max_dims=3, max_side=3))), x, y))


UNARY = {
    NUMERIC: "abs conj isfinite isinf isnan negative positive real round sign square",
    REAL: "ceil floor trunc",
    FLOATS: "acos acosh asin asinh atan atanh cos cosh exp expm1 log log10 log1p log2 reciprocal sin sinh sqrt tan "
    "tanh",
    REAL_FLOATS: "signbit",
    COMPLEX: "imag",
    BITS: "bitwise_invert",
    ("bool",): "logical_not",
}
BINARY = {
    NUMERIC: "add multiply subtract",
    FLOATS: "divide",
    DTYPES: "equal not_equal",
    REAL: "greater greater_equal less less_equal maximum minimum",
    REAL_FLOATS: "atan2 copysign hypot logaddexp nextafter",
    BITS: "bitwise_and bitwise_or bitwise_xor",
    ("bool",): "logical_and logical_or logical_xor",
}
# The quotient of the smallest integer and -1 is none of the type.
NOT_THE_SMALLEST = {"low": -126}

DRAWS = {
    **{name: unary(dtypes) for dtypes, names in UNARY.items() for name in names.split()},
    **{name: binary(dtypes) for dtypes, names in BINARY.items() for name in names.split()},
    "bitwise_left_shift": binary(INTEGERS, shift),
    "bitwise_right_shift": binary(INTEGERS, shift),
    "clip": clipped(),
    "floor_divide": binary(REAL, divisor, **NOT_THE_SMALLEST),
    "pow": binary(NUMERIC, exponent),
    "remainder": binary(REAL, divisor, **NOT_THE_SMALLEST),
    "where": selected(),
}
