"""Creation functions: each is given the device of the matrix."""

import numpy as np
from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    ANY_SHAPE,
    HERE,
    MATRICES,
    REAL,
    Call,
    arrays,
    dtype_among,
    like,
    options,
    unary,
    xps,
)
from tests.array_api.standard import DTYPES

ON = {"device": HERE}
REALS = ("float32", "float64")
SMALL = st.integers(-5, 5)
FRACTION = SMALL.map(lambda n: n / 4)


def shaped(dtypes=DTYPES):
    """A shape or a number of elements."""
    shape = ANY_SHAPE | st.integers(0, 3)
    return st.builds(
        lambda s, kwargs: Call((s,), {**kwargs, **ON}), shape, options(dtype=st.none() | dtype_among(dtypes))
    )


def as_shaped():
    return unary(dtype=st.none() | dtype_among(DTYPES), device=st.just(HERE))


def value_for(dtype):
    """A Python scalar that a type holds."""
    values = {"b": st.booleans(), "i": st.integers(-100, 100), "u": st.integers(0, 100), "f": FRACTION}
    return values.get(np.dtype(dtype).kind, FRACTION.map(lambda f: complex(f, 1)))


@st.composite
def full(draw):
    name = draw(st.sampled_from(DTYPES))
    dtype = {"dtype": draw(dtype_among((name,)))} if draw(st.booleans()) else {}
    return Call((draw(ANY_SHAPE), draw(value_for(name))), {**dtype, **ON})


@st.composite
def full_like(draw):
    x = draw(arrays())
    return Call((x, draw(value_for(x.dtype))), draw(options(device=st.just(HERE))))


@st.composite
def arange(draw):
    number = draw(st.sampled_from([SMALL, FRACTION]))
    step = draw(number.filter(bool))
    args = draw(st.sampled_from([1, 2, 3]))
    values = (draw(number), draw(number), step)[:args]
    types = DTYPES[1:5] + REALS if all(isinstance(v, int) for v in values) else REALS
    return Call(values, {**draw(options(dtype=st.none() | dtype_among(types))), **ON})


@st.composite
def linspace(draw):
    kwargs = draw(options(endpoint=st.booleans(), dtype=st.none() | dtype_among(REALS)))
    return Call((draw(SMALL), draw(FRACTION)), {"num": draw(st.integers(0, 5)), **kwargs, **ON})


@st.composite
def eye(draw):
    sides = draw(st.lists(st.integers(0, 4), min_size=1, max_size=2))
    return Call(tuple(sides), {**draw(options(k=SMALL, dtype=st.none() | dtype_among(DTYPES))), **ON})


@st.composite
def from_host(draw):
    """Nested lists of Python scalars."""
    name = draw(st.sampled_from(DTYPES))
    x = draw(arrays((name,), bound=8, low=0))
    dtype = {"dtype": draw(dtype_among((name,)))} if draw(st.booleans()) else {}
    return Call((x.tolist(),), {**dtype, **ON})


@st.composite
def from_array(draw):
    x = draw(arrays(bound=8))
    kwargs = draw(options(copy=st.sampled_from([None, True]), dtype=dtype_among((x.dtype.name,))))
    return Call((x,), {**kwargs, **ON})


@st.composite
def meshgrid(draw):
    x = draw(arrays(REAL, xps.array_shapes(max_dims=1, max_side=3)))
    more = [draw(like(x, (draw(st.integers(1, 3)),))) for _ in range(draw(st.integers(0, 2)))]
    return Call((x, *more), draw(options(indexing=st.sampled_from(["xy", "ij"]))))


DRAWS = {
    **{name: shaped() for name in ("empty", "ones", "zeros")},
    **{name: as_shaped() for name in ("empty_like", "ones_like", "zeros_like")},
    "full": full(),
    "full_like": full_like(),
    "arange": arange(),
    "linspace": linspace(),
    "eye": eye(),
    "asarray": from_host() | from_array(),
    "from_dlpack": unary([t for t in DTYPES if t != "bool"], copy=st.sampled_from([None, True])),
    "meshgrid": meshgrid(),
    **{name: unary(DTYPES, MATRICES, k=st.integers(-3, 3)) for name in ("tril", "triu")},
}
