"""Linear algebra: matrices of finite numbers, and those that a decomposition asks for."""

import math

import numpy as np
from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    COMPLEX,
    FLOATS,
    MATRICES,
    NUMERIC,
    WITH_DIMENSIONS,
    Call,
    arrays,
    axes_of,
    axis_of,
    dtype_among,
    like,
    options,
    unary,
    xps,
)
from tests.array_api.standard import DTYPES

BOUND = 8
SQUARE = st.builds(lambda batch, n: (*batch, n, n), st.sampled_from([(), (2,)]), st.integers(1, 3))


def squares(dtypes=FLOATS):
    return arrays(dtypes, SQUARE, bound=BOUND)


def identity_like(x):
    return np.eye(x.shape[-1], dtype=x.dtype)


def well_conditioned(x):
    """A matrix far from singular ones: its diagonal outweighs the rest."""
    return x / x.dtype.type(BOUND) + 4 * identity_like(x)


def positive_definite(x):
    x = x / x.dtype.type(BOUND)
    return x @ np.conj(np.swapaxes(x, -1, -2)) + identity_like(x)


def hermitian(x):
    return x + np.conj(np.swapaxes(x, -1, -2))


def of_one(strategy, prepare=lambda x: x, **extra):
    """A call on one prepared array."""
    return st.builds(lambda x, kwargs: Call((prepare(x),), kwargs), strategy, options(**extra))


@st.composite
def product(draw):
    x = draw(arrays(NUMERIC, WITH_DIMENSIONS, bound=BOUND))
    n, k = x.shape[-1], draw(st.integers(1, 3))
    shape = draw(st.sampled_from([(n,), (n, k), (*x.shape[:-2], n, k)]))
    return Call((x, draw(like(x, shape, bound=BOUND))))


@st.composite
def product_in_place(draw):
    """One that has the shape of its first factor."""
    x = draw(arrays(NUMERIC, MATRICES, bound=BOUND))
    return Call((x, draw(like(x, (x.shape[-1],) * 2, bound=BOUND))))


@st.composite
def outer(draw):
    x = draw(arrays(NUMERIC, (draw(st.integers(1, 3)),), bound=BOUND))
    return Call((x, draw(like(x, (draw(st.integers(1, 3)),), bound=BOUND))))


@st.composite
def dot(draw):
    x = draw(arrays(NUMERIC, WITH_DIMENSIONS, bound=BOUND))
    axis = draw(axis_of(x).map(lambda a: a if a < 0 else a - x.ndim))
    return Call((x, draw(like(x, x.shape, bound=BOUND))), {"axis": axis})


@st.composite
def contraction(draw):
    x = draw(arrays(NUMERIC, MATRICES, bound=BOUND))
    y = draw(like(x, x.shape[::-1], bound=BOUND))
    axes = st.sampled_from([((-1,), (0,)), ((0,), (-1,)), ((0, 1), (-1, -2)), ([0], [-1])])
    if draw(st.booleans()):
        return Call((x, y), {"axes": draw(axes)})
    n = draw(st.integers(0, 2))
    return Call((x, draw(like(x, x.shape[x.ndim - n :], bound=BOUND))), {"axes": n})


@st.composite
def cross(draw):
    shape = list(draw(WITH_DIMENSIONS))
    axis = draw(st.integers(-len(shape), -1))
    shape[axis] = 3
    x = draw(arrays(NUMERIC, tuple(shape), bound=BOUND))
    return Call((x, draw(like(x, x.shape, bound=BOUND))), {"axis": axis})


@st.composite
def solved(draw):
    x = well_conditioned(draw(squares()))
    n = x.shape[-1]
    right = (n,) if draw(st.booleans()) else (*x.shape[:-2], n, draw(st.integers(0, 3)))
    return Call((x, draw(like(x, right, bound=BOUND))))


@st.composite
def power(draw):
    return Call((well_conditioned(draw(squares())), draw(st.integers(-3, 4))))


@st.composite
def trace(draw):
    x = draw(arrays(NUMERIC, MATRICES, bound=BOUND))
    wide = dtype_among(FLOATS if x.dtype.kind != "c" else COMPLEX[1:])
    return Call((x,), draw(options(offset=st.integers(-2, 2), dtype=st.none() | wide)))


@st.composite
def vector_norm(draw):
    x = draw(arrays(FLOATS, WITH_DIMENSIONS, bound=BOUND))
    order = st.sampled_from([0, 1, 2, 3, 2.5, -1, math.inf, -math.inf])
    return Call((x,), draw(options(axis=axes_of(x), keepdims=st.booleans(), ord=order)))


RECTANGLES = arrays(FLOATS, MATRICES, bound=BOUND)
RTOL = st.sampled_from([None, 0.125])

MAIN = {
    "matmul": product(),
    "matrix_transpose": unary(DTYPES, xps.array_shapes(min_dims=2, max_dims=3, min_side=0, max_side=3)),
    "tensordot": contraction(),
    "vecdot": dot(),
}
LINALG = {
    **MAIN,
    "cholesky": of_one(squares(), positive_definite, upper=st.booleans()),
    "cross": cross(),
    "det": of_one(squares()),
    "diagonal": of_one(arrays(NUMERIC, MATRICES), offset=st.integers(-2, 2)),
    **{name: of_one(squares()) for name in ("eig", "eigvals")},
    **{name: of_one(squares(), hermitian) for name in ("eigh", "eigvalsh")},
    "inv": of_one(squares(), well_conditioned),
    "matrix_norm": of_one(
        RECTANGLES, keepdims=st.booleans(), ord=st.sampled_from(["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
    ),
    "matrix_power": power(),
    "matrix_rank": of_one(RECTANGLES, rtol=RTOL),
    "outer": outer(),
    "pinv": of_one(RECTANGLES, rtol=RTOL),
    "qr": of_one(RECTANGLES, mode=st.sampled_from(["reduced", "complete"])),
    "slogdet": of_one(squares(), well_conditioned),
    "solve": solved(),
    "svd": of_one(RECTANGLES, full_matrices=st.booleans()),
    "svdvals": of_one(RECTANGLES),
    "trace": trace(),
    "vector_norm": vector_norm(),
}
DRAWS = {**MAIN, **{f"linalg.{name}": strategy for name, strategy in LINALG.items()}}
