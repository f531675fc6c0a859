"""Strategies of arrays and of what stands beside them in a call.

A call holds NumPy arrays, data types and `HERE` for the device; tests/array_api/calls.py brings it to a backend.
What the standard leaves open is not drawn: integers divided by 0, shifts by more than the bits, NaN in sorts.
"""

from typing import Any, NamedTuple

import array_api_compat.numpy as xp
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace

from tests.array_api.standard import DTYPES, VERSION
from xnn_backends.dtypes import BY_NAME

xps = make_strategies_namespace(xp, api_version=VERSION)

HERE = object()  # where the device of the matrix stands in a call

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
REAL_FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
FLOATS = (*REAL_FLOATS, *COMPLEX)
REAL = (*INTEGERS, *REAL_FLOATS)
NUMERIC = (*INTEGERS, *FLOATS)
BITS = ("bool", *INTEGERS)


class Call(NamedTuple):
    """Arguments of a function; arrays are NumPy's."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = {}  # noqa: RUF012  # nobody writes to it


ANY_SHAPE = xps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
NOT_EMPTY = xps.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3)
WITH_DIMENSIONS = xps.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)
MATRICES = xps.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=3)


@st.composite
def arrays(draw, dtypes=DTYPES, shape=ANY_SHAPE, *, bound=None, low=None, high=None):
    """An array of one of the types; floats up to `bound` if there is one, else all; integers from low to high."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    width = 8 * dtype.itemsize
    if dtype.kind == "b":
        elements = st.booleans()
    elif dtype.kind in "iu":
        limits = np.iinfo(dtype)
        lowest, highest = (-bound, bound) if bound else (limits.min, limits.max)
        low, high = (lowest if low is None else low), (highest if high is None else high)
        elements = st.integers(max(low, limits.min), min(high, limits.max))
    elif bound is None:
        elements = getattr(st, "floats" if dtype.kind == "f" else "complex_numbers")(width=width, allow_subnormal=False)
    elif dtype.kind == "f":
        elements = st.floats(-bound, bound, width=width, allow_subnormal=False)
    else:
        elements = st.complex_numbers(max_magnitude=bound, width=width, allow_subnormal=False)
    return draw(xps.arrays(dtype, shape, elements=elements))


def like(x, shape, **limits):
    """An array of the type of another."""
    return arrays((x.dtype.name,), shape, **limits)


def scalar_for(x):
    """A Python scalar that the standard lets stand beside the array x."""
    if x.dtype.kind == "b":
        return st.booleans()
    if x.dtype.kind in "iu":
        return st.integers(max(np.iinfo(x.dtype).min, -100), 100)
    return st.integers(-100, 100) | st.floats(-100, 100, width=32, allow_subnormal=False)


def options(**strategies):
    """Keyword arguments, of which each may be left out."""
    return st.fixed_dictionaries({}, optional=strategies)


def axis_of(x):
    """A dimension, from the front or from the back."""
    return st.integers(-x.ndim, x.ndim - 1)


def axes_of(x):
    """None, a dimension, or several."""
    return st.none() | xps.valid_tuple_axes(x.ndim) | (axis_of(x) if x.ndim else st.none())


def dtype_among(names):
    """A data type, as xnn writes it."""
    return st.sampled_from(list(names)).map(BY_NAME.get)


@st.composite
def unary(draw, dtypes=DTYPES, shape=ANY_SHAPE, *, bound=None, **extra):
    """One array, and options."""
    return Call((draw(arrays(dtypes, shape, bound=bound)),), draw(options(**extra)))


@st.composite
def along_axis(draw, dtypes=DTYPES, *, bound=None, **extra):
    """One array, a dimension of it, and options."""
    x = draw(arrays(dtypes, WITH_DIMENSIONS, bound=bound))
    return Call((x,), draw(options(axis=axis_of(x), **extra)))
