"""Statistical, searching, sorting, set and utility functions."""

import numpy as np
from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    ANY_SHAPE,
    FLOATS,
    INTEGERS,
    NOT_EMPTY,
    NUMERIC,
    REAL,
    REAL_FLOATS,
    WITH_DIMENSIONS,
    Call,
    along_axis,
    arrays,
    axes_of,
    axis_of,
    dtype_among,
    like,
    options,
    unary,
)
from tests.array_api.standard import DTYPES


@st.composite
def reduction(draw, dtypes, shape=NOT_EMPTY, **extra):
    x = draw(arrays(dtypes, shape))
    return Call((x,), draw(options(axis=axes_of(x), keepdims=st.booleans(), **extra)))


def wider(x):
    """None, or a floating type that x fits in."""
    return st.none() | dtype_among(t for t in FLOATS if np.can_cast(x.dtype, t) or t == "complex128")


@st.composite
def summed(draw):
    x = draw(arrays(NUMERIC))
    return Call((x,), draw(options(axis=axes_of(x), keepdims=st.booleans(), dtype=wider(x))))


@st.composite
def cumulative(draw):
    x = draw(arrays(NUMERIC, WITH_DIMENSIONS))
    axis = {"axis": draw(axis_of(x))} if x.ndim > 1 else draw(options(axis=st.none() | axis_of(x)))
    return Call((x,), axis | draw(options(include_initial=st.booleans(), dtype=wider(x))))


@st.composite
def position(draw):
    x = draw(arrays(REAL, WITH_DIMENSIONS))
    return Call((x,), draw(options(axis=st.none() | axis_of(x), keepdims=st.booleans())))


def sortable(x):
    """Without NaN, and with one zero only: their order is open."""
    return np.where((x == 0) | np.isnan(x), x.dtype.type(0), x)


@st.composite
def ordered(draw):
    x = sortable(draw(arrays(REAL, WITH_DIMENSIONS)))
    return Call((x,), draw(options(axis=axis_of(x), descending=st.booleans(), stable=st.just(True))))


@st.composite
def searched(draw):
    x = np.sort(sortable(draw(arrays(REAL, (4,)))))
    values = sortable(draw(like(x, ANY_SHAPE)))
    kwargs = draw(options(side=st.sampled_from(["left", "right"])))
    if draw(st.booleans()):
        return Call((x, values), kwargs)
    order = np.asarray(draw(st.permutations(range(4))), np.int64)
    shuffled = np.empty_like(x)
    shuffled[order] = x
    return Call((shuffled, values), {**kwargs, "sorter": order})


@st.composite
def membership(draw):
    x = draw(arrays(INTEGERS, bound=8))
    return Call((x, draw(like(x, ANY_SHAPE, bound=8))), draw(options(invert=st.booleans())))


@st.composite
def differences(draw):
    x = draw(arrays(NUMERIC, WITH_DIMENSIONS))
    axis = draw(axis_of(x))

    def end(n):
        shape = list(x.shape)
        shape[axis] = n
        return like(x, tuple(shape))

    ends = st.integers(1, 2).flatmap(end)
    kwargs = {"n": 0} if draw(st.integers(0, 9)) == 0 else draw(options(n=st.integers(1, 3), prepend=ends, append=ends))
    return Call((x,), {"axis": axis, **kwargs})


SET = unary(NUMERIC, bound=8).map(lambda call: Call((sortable(call.args[0]),)))

DRAWS = {
    **{name: reduction(DTYPES) for name in ("all", "any", "count_nonzero")},
    **{name: reduction(REAL) for name in ("max", "min")},
    **{name: summed() for name in ("prod", "sum")},
    **{name: cumulative() for name in ("cumulative_prod", "cumulative_sum")},
    "mean": reduction(FLOATS),
    **{name: reduction(REAL_FLOATS, correction=st.sampled_from([0, 1, 0.5])) for name in ("std", "var")},
    **{name: position() for name in ("argmax", "argmin")},
    **{name: ordered() for name in ("argsort", "sort")},
    "searchsorted": searched(),
    "nonzero": unary(DTYPES, WITH_DIMENSIONS),
    **dict.fromkeys(("unique_all", "unique_counts", "unique_inverse", "unique_values"), SET),
    "isin": membership(),
    "diff": differences(),
    "unstack": along_axis(),
}
