"""Manipulation, indexing and data type functions."""

from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    ANY_SHAPE,
    HERE,
    INTEGERS,
    NOT_EMPTY,
    WITH_DIMENSIONS,
    Call,
    arrays,
    axes_of,
    axis_of,
    dtype_among,
    like,
    options,
    scalar_for,
    unary,
    xps,
)
from tests.array_api.standard import DTYPES
from xnn_backends.dtypes import BY_NAME

INDICES = ("int32", "int64")
SHAPES = xps.mutually_broadcastable_shapes(3, max_dims=3, max_side=3).map(lambda drawn: drawn.input_shapes)


@st.composite
def broadcast(draw):
    shapes = draw(SHAPES)
    dtypes = st.sampled_from(DTYPES)
    return Call(tuple(draw(arrays((draw(dtypes),), shape)) for shape in shapes))


@st.composite
def broadcast_to(draw):
    x = draw(arrays())
    before = tuple(draw(st.lists(st.integers(0, 3), max_size=1)))
    return Call((x, before + tuple(draw(st.integers(0, 3)) if n == 1 else n for n in x.shape)))


@st.composite
def joined(draw, flat=False):
    """Arrays of one type; of one shape, or of any if they are joined `flat`."""
    x = draw(arrays(shape=ANY_SHAPE if flat else WITH_DIMENSIONS))
    if flat and draw(st.booleans()):
        return Call(((x, draw(like(x, ANY_SHAPE))),), {"axis": None})
    if not x.ndim:
        x = x[None]
    more = [draw(like(x, x.shape)) for _ in range(draw(st.integers(0, 2)))]
    kind = draw(st.sampled_from([tuple, list]))
    return Call((kind([x, *more]),), draw(options(axis=axis_of(x))))


@st.composite
def expanded(draw):
    x = draw(arrays(shape=xps.array_shapes(min_dims=0, max_dims=2, min_side=0)))
    axis = st.integers(-x.ndim - 1, x.ndim) | st.sampled_from([(0,), (0, 1), (0, -1), (-1, 0), ()])
    return Call((x,), {"axis": draw(axis)}) if draw(st.booleans()) else Call((x, draw(axis)))


@st.composite
def flipped(draw):
    x = draw(arrays())
    return Call((x,), draw(options(axis=axes_of(x))))


@st.composite
def moved(draw):
    x = draw(arrays(shape=WITH_DIMENSIONS))
    if draw(st.booleans()):
        return Call((x, draw(axis_of(x)), draw(axis_of(x))))
    source = draw(xps.valid_tuple_axes(x.ndim, min_size=1))
    return Call((x, source, tuple(draw(st.permutations(range(x.ndim)))[: len(source)])))


@st.composite
def permuted(draw):
    x = draw(arrays())
    axes = [draw(st.sampled_from([a, a - x.ndim])) for a in draw(st.permutations(range(x.ndim)))]
    return Call((x, tuple(axes)))


@st.composite
def repeated(draw):
    x = draw(arrays(shape=WITH_DIMENSIONS))
    kwargs = draw(options(axis=st.none() | axis_of(x)))
    n = x.size if kwargs.get("axis") is None else x.shape[kwargs["axis"]]
    repeats = st.integers(0, 3) | arrays(INDICES, st.sampled_from([(1,), (n,)]), low=0, high=3)
    return Call((x, draw(repeats)), kwargs)


@st.composite
def reshaped(draw):
    x = draw(arrays())
    shape = draw(st.permutations(x.shape).map(tuple) | st.just((x.size,)) | st.just((1, x.size)))
    if x.size and shape and draw(st.booleans()):
        i = draw(st.integers(0, len(shape) - 1))
        shape = (*shape[:i], -1, *shape[i + 1 :])
    return Call((x, shape), draw(options(copy=st.sampled_from([None, True]))))


@st.composite
def rolled(draw):
    x = draw(arrays())
    if x.ndim and draw(st.booleans()):
        axis = draw(xps.valid_tuple_axes(x.ndim, min_size=1))
        return Call((x, tuple(draw(st.integers(-4, 4)) for _ in axis)), {"axis": axis})
    axis = st.none() | axis_of(x) if x.ndim else st.none()
    return Call((x,), {"shift": draw(st.integers(-4, 4)), **draw(options(axis=axis))})


@st.composite
def squeezed(draw):
    x = draw(arrays(shape=xps.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=2)))
    ones = [i for i, n in enumerate(x.shape) if n == 1]
    signed = [draw(st.sampled_from([i, i - x.ndim])) for i in ones]
    return Call((x,), {"axis": draw(st.sampled_from([*signed, tuple(signed)]))})


@st.composite
def tiled(draw):
    return Call((draw(arrays()), tuple(draw(st.lists(st.integers(0, 2), max_size=4)))))


@st.composite
def taken(draw):
    x = draw(arrays(shape=WITH_DIMENSIONS))
    axis = draw(axis_of(x))
    n = x.shape[axis]
    indices = draw(arrays(INDICES, xps.array_shapes(max_dims=1, max_side=4), low=-n, high=n - 1))
    return Call((x, indices), {} if x.ndim == 1 and draw(st.booleans()) else {"axis": axis})


@st.composite
def taken_along(draw):
    x = draw(arrays(shape=WITH_DIMENSIONS))
    axis = draw(axis_of(x))
    n, shape = x.shape[axis], list(x.shape)
    shape[axis] = draw(st.integers(1, 3))
    indices = draw(arrays(INDICES, tuple(shape), low=-n, high=n - 1))
    return Call((x, indices), {} if axis in (-1, x.ndim - 1) and draw(st.booleans()) else {"axis": axis})


@st.composite
def indexed(draw):
    """A key of the standard: ints, slices, None and the ellipsis; a mask; or integer arrays, one for each dimension."""
    x = draw(arrays(shape=WITH_DIMENSIONS))
    how = draw(st.sampled_from(["basic", "basic", "mask", "integers"]))
    if how == "mask":
        return Call((x, draw(arrays(("bool",), x.shape))))
    if how == "integers":
        shapes = draw(xps.mutually_broadcastable_shapes(x.ndim, min_dims=1, max_dims=2, max_side=3)).input_shapes
        keys = (draw(arrays(INDICES, s, low=-n, high=n - 1)) for s, n in zip(shapes, x.shape, strict=True))
        return Call((x, tuple(keys)))
    return Call((x, draw(xps.indices(x.shape, allow_newaxis=True))))


@st.composite
def assigned(draw):
    """An array, a key, and what is put there: a scalar, or an array of one that broadcasts to that shape."""
    x, key = draw(indexed()).args
    part = x[key]
    shape = st.just(part.shape) | st.just(part.shape[1:]) if part.size else st.just(())
    return Call((x, key, draw(scalar_for(x) | like(x, shape))))


@st.composite
def cast(draw):
    x = draw(arrays(bound=8))
    # A complex number has no real one; a negative one none without a sign.
    allowed = [t for t in DTYPES if not (x.dtype.kind == "c" and t[0] != "c") and (t[0] != "u" or x.dtype.kind in "bu")]
    return Call((x, BY_NAME[draw(st.sampled_from(allowed))]), draw(options(copy=st.booleans(), device=st.just(HERE))))


TYPES = dtype_among(DTYPES)
PROMOTED = [("int8", "int64"), ("uint8", "int16"), ("float32", "complex128"), ("uint16", "uint32"), ("bool",)]
KINDS = ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"]
KIND = st.sampled_from(KINDS)

DRAWS = {
    "broadcast_arrays": broadcast(),
    "broadcast_shapes": SHAPES.map(Call),
    "broadcast_to": broadcast_to(),
    "concat": joined(flat=True),
    "expand_dims": expanded(),
    "flip": flipped(),
    "moveaxis": moved(),
    "permute_dims": permuted(),
    "repeat": repeated(),
    "reshape": reshaped(),
    "roll": rolled(),
    "squeeze": squeezed(),
    "stack": joined(),
    "tile": tiled(),
    "take": taken(),
    "take_along_axis": taken_along(),
    "astype": cast(),
    "can_cast": st.sampled_from(PROMOTED).flatmap(lambda names: st.tuples(*[dtype_among(names)] * 2)).map(Call),
    "finfo": unary(("float32", "float64", "complex64", "complex128"), NOT_EMPTY),
    "iinfo": unary(INTEGERS, NOT_EMPTY),
    "isdtype": st.tuples(TYPES, KIND | TYPES | st.lists(KIND | TYPES, max_size=3).map(tuple)).map(Call),
    "result_type": st.sampled_from(PROMOTED).flatmap(lambda names: st.lists(dtype_among(names), min_size=1)).map(Call),
}
