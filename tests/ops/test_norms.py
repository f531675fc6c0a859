"""NumPy's names of linear algebra: norms over drawn shapes against NumPy, the triangle that is read, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import xnn as xp
from tests.ops.compare import quiet
from tests.tolerances import assert_close
from xnn.errors import BoundsError, OptionError, ShapeError

inf = np.inf
ELEMENTS = st.one_of(st.floats(-8, 8, width=32), st.just(np.nan))


@st.composite
def norms(draw):
    """An array, perhaps of stride 2 or empty, and the options of a norm that NumPy gives."""
    dtype = draw(st.sampled_from(["float32", "float64", "complex64", "complex128"]))
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    of_reals = npst.arrays("float32", shape, elements=ELEMENTS)
    x = draw(of_reals).astype(dtype)
    if dtype[0] == "c":
        x = x + 1j * draw(of_reals).astype(x.real.dtype)
    if x.ndim and draw(st.booleans()):
        x = x[::-2]
    axes = list(range(-x.ndim, x.ndim))
    axis = draw(st.sampled_from([None, *axes, *((i, j) for i in axes for j in axes if (i - j) % x.ndim)]))
    orders = [None, 0, 1, -1, 2, -2, 3, 0.5, inf, -inf] if isinstance(axis, int) else [None, "fro", 1, -1, inf, -inf]
    return x, {"ord": None if axis is None else draw(st.sampled_from(orders)), "axis": axis,
               "keepdims": draw(st.booleans())}  # fmt: skip


@given(norms())
def test_norms_are_numpys(drawn):
    x, options = drawn
    with quiet():
        try:
            wider = x.astype("complex128" if x.dtype.kind == "c" else "float64")  # where no square underflows
            expected = np.asarray(np.linalg.norm(wider, **options)).astype(x.real.dtype)
        except ValueError:
            assert not x.size  # NumPy knows no largest one of no elements
            return
        came = xp.linalg.norm(xp.asarray(x, device="numpy:cpu"), **options)
    assert came.dtype.name == expected.dtype.name
    assert_close(came.numpy(), expected)


def test_the_norm_of_integers_is_in_the_default_type(device):
    assert xp.linalg.norm(xp.asarray([3, 4], device=device)).dtype is xp.float32


def test_the_gradient_of_a_norm_at_0_is_0(device):
    x = xp.asarray(np.zeros((2, 2)), device=device, requires_grad=True)
    (xp.linalg.norm(x) + xp.sum(xp.linalg.norm(x, axis=0)) + xp.linalg.norm(x, 3, 1)[0]).backward()
    assert x.grad.tolist() == [[0, 0], [0, 0]]


def test_the_upper_triangle_is_read(device):
    raw = np.random.default_rng(1).normal(size=(2, 3, 3)) + 1j * np.random.default_rng(2).normal(size=(2, 3, 3))
    raw[:, [0, 1, 2], [0, 1, 2]] = [[1, 2, 3], [4, 5, 6]]
    x = xp.asarray(raw, device=device)
    for name in ("eigh", "eigvalsh"):
        came, expected = getattr(xp.linalg, name)(x, "U"), getattr(np.linalg, name)(raw, "U")
        assert_close((came if name == "eigvalsh" else came[0]).numpy(), expected if name == "eigvalsh" else expected[0])


def test_singular_matrices_have_an_infinite_condition(device):
    assert xp.linalg.cond(xp.zeros((2, 2), device=device)).item() == inf


def test_a_long_product_is_taken_in_the_cheapest_order(device):
    shapes = [(10, 100), (100, 5), (5, 50), (50, 2), (2, 30)]
    raws = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    came = xp.linalg.multi_dot([xp.asarray(raw, device=device) for raw in raws])
    assert_close(came.numpy(), np.linalg.multi_dot(raws))


ERRORS = {
    "an order of matrices": (OptionError, "ord is 'fro'", lambda x: xp.linalg.norm(x, 3)),
    "an order of vectors": (OptionError, "ord is a number", lambda x: xp.linalg.norm(x, "fro", 0)),
    "three axes": (ShapeError, "one axis, of vectors, or two", lambda x: xp.linalg.norm(x[None], 2)),
    "an axis twice": (BoundsError, "each axis once", lambda x: xp.linalg.norm(x, axis=(0, -2))),
    "no condition": (OptionError, "cond's p", lambda x: xp.linalg.cond(x, 3)),
    "no matrices": (ShapeError, "cond takes matrices", lambda x: xp.linalg.cond(x[0])),
    "not square": (ShapeError, "square matrices", lambda x: xp.linalg.cond(x, 1)),
    "one matrix": (ShapeError, "two or more matrices", lambda x: xp.linalg.multi_dot([x])),
    "inner sizes": (ShapeError, "the same size inside", lambda x: xp.linalg.multi_dot([x, x])),
    "tensorinv": (ShapeError, "as many elements", lambda x: xp.linalg.tensorinv(x, 1)),
    "tensorsolve": (ShapeError, "as many elements in n", lambda x: xp.linalg.tensorsolve(x, x)),
    "a triangle": (OptionError, "UPLO is 'L' or 'U'", lambda x: xp.linalg.eigh(x @ x.mT, UPLO="X")),
    "one dimension": (BoundsError, "no axis 1", lambda x: xp.trace(x[0])),
    "a dimension twice": (BoundsError, "each axis once", lambda x: xp.diagonal(x, axis1=1)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name, device):
    kind, words, call = ERRORS[name]
    with pytest.raises(kind, match=words):
        call(xp.ones((2, 3), device=device))
