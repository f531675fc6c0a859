"""Elements chosen by conditions and positions, sets, and objects that are indexed: compared with NumPy; errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
NUMBERS = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, np.nan])
TYPES = st.sampled_from(["float32", "float64", "int64", "uint8", "bool", "complex64"])


@st.composite
def arrays(draw, shapes=SHAPES, types=TYPES):
    dtype = draw(types)
    x = draw(hnp.arrays("float64", draw(shapes), elements=NUMBERS))
    x = (np.nan_to_num(x) if dtype[0] in "iub" else x).astype("int64" if dtype == "uint8" else dtype).astype(dtype)
    return x[..., ::-1] if x.ndim and draw(st.booleans()) else x


def same(came, expected):
    if isinstance(expected, tuple):
        assert len(came) == len(expected)
        for one, other in zip(came, expected, strict=True):
            same(one, other)
        return
    expected = np.asarray(expected)
    assert (tuple(came.shape), came.dtype.name) == (expected.shape, expected.dtype.name)
    np.testing.assert_array_equal(came.numpy(), expected)


def on(x):
    return xp.asarray(x, device="numpy:cpu")


@given(arrays())
def test_places_are_numpys(x):
    same(xp.argwhere(on(x)), np.argwhere(x))
    same(xp.flatnonzero(on(x)), np.flatnonzero(x))
    same(xp.extract(on(x) != 0, on(x)), np.extract(x != 0, x))
    if x.ndim:
        mask = np.arange(x.shape[-1]) % 2 == 0
        same(xp.compress(on(mask), on(x), -1), np.compress(mask, x, -1))
        same(xp.masked_select(on(x), on(mask)), x[np.broadcast_to(mask, x.shape)])


@given(arrays(types=st.sampled_from(["float32", "float64", "int64"])), arrays(shapes=st.just(())))
def test_select_is_numpys(x, other):
    conditions = [x > 0.4, x < -0.5, np.asarray(True)]
    choices = [x, 2 * x, other]
    for n in (1, 2, 3):
        expected = np.select(conditions[:n], choices[:n], 7)
        came = xp.select([on(c) for c in conditions[:n]], [on(c) for c in choices[:n]], 7)
        assert came.shape == expected.shape
        np.testing.assert_array_equal(came.numpy(), expected)


@given(arrays(types=st.sampled_from(["float32", "int64"])))
def test_piecewise_is_numpys(x):
    functions = [lambda v: v * 2, 3.5, lambda v: -v]
    same(xp.piecewise(on(x), [on(x) > 0, on(x) < -1], functions), np.piecewise(x, [x > 0, x < -1], functions))
    if x.size and x.ndim == 1:  # of more dimensions NumPy takes the condition's rows for conditions
        same(xp.piecewise(on(x), on(x) > 0, [5]), np.piecewise(x, x > 0, [5]))


@given(st.lists(st.integers(-7, 9), max_size=5), st.sampled_from(["wrap", "clip"]))
def test_choose_is_numpys(numbers, mode):
    index = np.asarray(numbers, "int64")
    choices = [np.arange(index.size) * 1.5, 7.0, np.full((2, index.size), 3.0)]
    same(xp.choose(on(index), choices, mode), np.choose(index, choices, mode=mode))
    same(xp.choose(on(index > 0), choices[:2]), np.choose(index > 0, choices[:2]))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.sampled_from("CF"), st.integers(0, 9))
def test_positions_are_numpys(shape, order, seed):
    flat = np.random.default_rng(seed).integers(0, np.prod(shape), (2, 3))
    same(xp.unravel_index(on(flat), shape, order), np.unravel_index(flat, shape, order))
    at = np.unravel_index(flat, shape, order)
    same(xp.ravel_multi_index([on(x) for x in at], tuple(shape), order=order), flat)
    far = tuple(x + 5 - 9 * (i % 2) for i, x in enumerate(at))
    for mode in ("wrap", "clip"):
        expected = np.ravel_multi_index(far, shape, mode, order)
        same(xp.ravel_multi_index([on(x) for x in far], tuple(shape), mode, order), expected)


@given(arrays())
def test_unique_is_numpys(x):
    options = {"return_index": True, "return_inverse": True, "return_counts": True}
    same(xp.unique(on(x)), np.unique(x))
    if x.dtype.kind != "c":  # of NaNs with different parts NumPy keeps some
        same(xp.unique(on(x), **options), np.unique(x, **options))
        same(xp.unique(on(x), equal_nan=False), np.unique(x, equal_nan=False))
    if x.ndim and not np.isnan(x).any() and x.size:
        for axis in range(-x.ndim, x.ndim):
            expected = np.unique(x + 0, axis=axis, **options)
            same(xp.unique(on(x + 0), axis=axis, **options), (*expected[:2], expected[2].reshape(-1), expected[3]))


@given(arrays(), st.integers(0, 5), st.booleans())
def test_sets_are_numpys(x, seed, assume_unique):
    other = np.random.default_rng(seed).permutation(np.nan_to_num(x).reshape(-1))[: seed + 1] + x.dtype.type(seed % 2)
    same(xp.isin(on(x), on(other), True, True, kind="sort"), np.isin(x, other, False, True))
    if np.isnan(x).any() and x.dtype.kind == "c":  # of NaNs with different parts NumPy keeps some
        return
    same(xp.union1d(on(x), on(other)), np.union1d(x, other))
    same(xp.intersect1d(on(x), on(other)), np.intersect1d(x, other))
    same(xp.setdiff1d(on(x), on(other)), np.setdiff1d(x, other))
    same(xp.setxor1d(on(x), on(other)), np.setxor1d(x, other))
    same(xp.in1d(on(x), on(other)), np.isin(x.reshape(-1), other))
    same(xp.intersect1d(on(x), on(other), return_indices=True), np.intersect1d(x, other, return_indices=True))
    flat = np.unique(x)[::-1]
    same(xp.setdiff1d(on(flat), on(other), True), np.setdiff1d(flat, other, True))


X, V = np.arange(6.0).reshape(2, 3), np.asarray([7.0, 8.0])
ROWS = {
    "row": lambda xp, x, v: xp.r_[v, 0, 5, v],
    "range": lambda xp, x, v: xp.r_[v, 1:5, 0:1:3j],
    "along -1": lambda xp, x, v: xp.r_["-1", x, x],
    "of two dimensions": lambda xp, x, v: xp.r_["0,2", v, v],
    "as columns": lambda xp, x, v: xp.r_["1,2,0", v, v],
    "in the middle": lambda xp, x, v: xp.r_["0,3,1", v, v],
    "matrices in three": lambda xp, x, v: xp.r_["0,3,0", x, x],
    "columns": lambda xp, x, v: xp.c_[v, 2 * v],
    "columns of a matrix": lambda xp, x, v: xp.c_[x, v],
    "columns of lists": lambda xp, x, v: xp.c_[v, [1.0, 2.0]],
}


@pytest.mark.parametrize("name", ROWS)
def test_r_and_c_are_numpys(name, device):
    call = ROWS[name]
    with xp.use_device(device):
        came = call(xp, xp.asarray(X, device=device), xp.asarray(V, device=device))
        expected = call(np, X, V)
        assert came.device is device
        assert came.dtype is xp.float64
        assert came.shape == expected.shape
        assert_close(came.numpy(), expected)
        x, v = (xp.asarray(raw, device=device) for raw in (X, V))
        xp.check_gradients(lambda x, v: call(xp, x, v) * 1, x, v)


def test_raw_arrays_give_raw_arrays():
    assert type(xp.r_[V, 1:3]) is np.ndarray
    assert type(xp.c_[V, V]) is np.ndarray
    assert isinstance(xp.r_[1:3, 0.5], xp.Array)
    assert xp.r_[1:3, 0.5].tolist() == [1.0, 2.0, 0.5]


def test_grids_are_numpys():
    for key in (np.s_[0:3], np.s_[0:1:5j], np.s_[0:3, 1:2:3j], np.s_[1:7:2, 0:2, 3:4]):
        came, expected = xp.mgrid[key], np.mgrid[key]
        assert came.shape == expected.shape
        assert_close(came.numpy(), expected.astype(came.dtype.name))
        came, expected = xp.ogrid[key], np.ogrid[key]
        if isinstance(expected, tuple):
            assert [x.shape for x in came] == [x.shape for x in expected]
    assert xp.s_[1:2, ...] == np.s_[1:2, ...]
    assert xp.index_exp[1:2] == np.index_exp[1:2]
    assert [repr(x) for x in (xp.r_, xp.c_, xp.mgrid, xp.s_)] == ["xnn.r_", "xnn.c_", "xnn.mgrid", "xnn.s_"]


def test_positions_in_a_loop(device):
    for shape in ((2, 3), (), (0, 2), (4,)):
        assert list(xp.ndindex(*shape)) == list(xp.ndindex(shape)) == list(np.ndindex(*shape))
    x = xp.asarray([[0.5, 1.5], [2.5, 3.5]], device=device, requires_grad=True)
    found = list(xp.ndenumerate(x))
    assert [(index, one.item()) for index, one in found] == list(np.ndenumerate(x.detach().numpy()))
    sum(i * one for (i, _), one in found).backward()
    assert x.grad.tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert [index for index, _ in xp.ndenumerate([5, 6])] == [(0,), (1,)]


def test_functions_along_axes_are_numpys(device):
    raw = np.random.default_rng(0).normal(size=(2, 3, 4))
    x = xp.asarray(raw, device=device)
    for axis in (0, 1, -1):
        for name in ("sum", "sort", "cumsum"):
            came = xp.apply_along_axis(getattr(xp, name), axis, x)
            assert_close(came.numpy(), np.apply_along_axis(getattr(np, name), axis, raw))
        came = xp.apply_along_axis(lambda v: xp.stack([v, 2 * v]), axis, x)
        assert_close(came.numpy(), np.apply_along_axis(lambda v: np.stack([v, 2 * v]), axis, raw))
    assert_close(xp.apply_over_axes(xp.sum, x, (0, 2)).numpy(), np.apply_over_axes(np.sum, raw, (0, 2)))
    xp.check_gradients(lambda x: xp.apply_along_axis(xp.cumulative_prod, 1, x), x)
    assert type(xp.apply_along_axis(xp.sum, 0, raw)) is np.ndarray


def test_vectorize(device):
    def clipped(a, b=0.0):
        return a - b if float(a) > float(b) else a + b

    raw = np.asarray([[1.0, 2.0], [3.0, 4.0]])
    x = xp.asarray(raw, device=device)
    assert_close(xp.vectorize(clipped)(x, 2.5).numpy(), np.vectorize(clipped)(raw, 2.5))
    assert xp.vectorize(clipped)(x, b=2.5).tolist() == np.vectorize(clipped)(raw, b=2.5).tolist()
    inner = xp.vectorize(lambda u, v: xp.sum(u * v), signature="(n),(n)->()")
    assert_close(inner(x, xp.asarray(raw[0], device=device)).numpy(), raw @ raw[0])
    outer = xp.vectorize(lambda u, v: u[:, None] * v, signature="(n),(m)->(n,m)")
    assert outer(x, x[:, None, :1]).shape == (2, 2, 2, 1)
    both = xp.vectorize(lambda u: (xp.sum(u), xp.max(u)), signature="(n)->(),()")(x)
    assert [y.tolist() for y in both] == [[3.0, 7.0], [2.0, 4.0]]
    assert xp.vectorize(lambda a, table: table[int(a)], excluded=[1])(xp.asarray([0, 1]), [5.0, 6.0]).tolist() == [5, 6]
    assert xp.vectorize(lambda a: a, otypes=["int32"])(x).dtype is xp.int32
    xp.check_gradients(lambda x: xp.vectorize(lambda a: a**3)(x), x)
    with pytest.raises(OptionError, match="a signature is as"):
        xp.vectorize(clipped, signature="n->n")
    with pytest.raises(OptionError, match=r"is of 1; got 2"):
        xp.vectorize(clipped, signature="(n)->()")(x, x)
    with pytest.raises(ShapeError, match="one element or more"):
        xp.vectorize(clipped)(x[:0])
    with pytest.raises(ShapeError, match="one element or more"):
        xp.vectorize(clipped, otypes=["int32"], signature="(n)->(n)")(x[:0])


def test_vectorize_of_nothing_and_as_a_decorator(device):
    nothing = xp.zeros((0, 3), device=device)
    found = xp.vectorize(float, otypes=["int32"])(nothing)
    assert (found.shape, found.dtype, found.device) == ((0, 3), xp.int32, device)
    one, other = xp.vectorize(sum, otypes="if", signature="(n)->(),()")(nothing)
    assert (one.shape, one.dtype, other.dtype) == ((0,), xp.int32, xp.float32)

    @xp.vectorize(otypes=["float64"], doc="Twice x.", excluded=["n"])
    def times(x, n=2):
        return n * x

    assert times.__doc__ == "Twice x."
    assert times(xp.asarray([1, 2], device=device), n=3).tolist() == [3.0, 6.0]


def test_fromfunction():
    assert xp.fromfunction(lambda i, j: i + 10 * j, (2, 3), dtype=int).tolist() == [[0, 10, 20], [1, 11, 21]]
    assert xp.fromfunction(lambda i: i, (2,)).dtype is xp.float32


@pytest.mark.parametrize("raw", [False, True])
def test_what_writes_in_place_is_numpys(raw, device):
    def check(write):
        expected = np.arange(12.0).reshape(4, 3)
        x = xp.asarray(expected, device=device)
        x = x._data if raw else x
        assert write(xp, x) is None
        assert write(np, expected) is None
        assert_close((xp.asarray(x, device=device) if raw else x).numpy(), expected)

    mask = np.arange(12).reshape(4, 3) % 3 == 1
    check(lambda xp, x: xp.fill_diagonal(x, 9))
    check(lambda xp, x: xp.fill_diagonal(x, [7, 8, 9], wrap=True))
    check(lambda xp, x: xp.fill_diagonal(x, 5, wrap=True))
    check(lambda xp, x: xp.put(x, [0, -1, 4], [1.5, 2.5]))
    check(lambda xp, x: xp.put(x, [20], 7, mode="clip"))
    check(lambda xp, x: xp.put(x, [20], 7, mode="wrap"))
    check(lambda xp, x: xp.put(x, [], 7))
    check(lambda xp, x: xp.place(x, mask, [1.0, 2.0]))
    check(lambda xp, x: xp.place(x, mask.reshape(-1), [1.0, 2.0]))
    check(lambda xp, x: xp.place(x, ~mask & mask, []))
    check(lambda xp, x: xp.putmask(x, mask, [1.0, 2.0, 3.0, 4.0, 5.0]))
    check(lambda xp, x: xp.copyto(x, [1.0, 2.0, 3.0]))
    check(lambda xp, x: xp.copyto(x, 4.0, where=mask))
    check(lambda xp, x: xp.copyto(x, mask.tolist(), "safe", mask))


CASTS = ("bool", "uint8", "int32", "int64", "float32", "float64", "complex64")


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
def test_copyto_casts_as_numpy(casting):
    for one in CASTS:
        for other in CASTS:
            x, raw = xp.zeros((2,), dtype=other, device="numpy:cpu"), np.zeros(2, other)
            if one == "complex64" and other != one:
                continue  # complex numbers have no cast to real ones here
            # the promotion of 64-bit integers to float32 is safe here and not in NumPy
            if casting == "safe" and (one[:3], other[0]) == ("int", "f" if other == "float32" else "c"):
                continue
            if np.can_cast(one, other, casting):
                np.copyto(raw, np.ones(2, one), casting)
                xp.copyto(x, xp.ones((2,), dtype=one, device="numpy:cpu"), casting)
                assert x.tolist() == raw.tolist()
            else:
                with pytest.raises(DTypeError, match=f"copyto casts by the rule {casting!r}, which {one} to {other}"):
                    xp.copyto(x, xp.ones((2,), dtype=one, device="numpy:cpu"), casting)


def test_numpys_functions_write_to_arrays(device):
    x, mask = xp.asarray(X, device=device), xp.asarray(X > 2, device=device)
    expected = X.copy()
    for y, where in ((x, mask), (expected, X > 2)):
        np.fill_diagonal(y, 9)
        np.put(y, [1], 7)
        np.place(y, where, [1, 2])
        np.putmask(y, y > 8, 3)
        np.copyto(y, 2 * y, where=where)
    assert_close(x.numpy(), expected)
    with pytest.raises(TypeError, match=r"Cure: x = xnn\.put_along_axis"):
        np.put_along_axis(x, xp.argmax(x, axis=1, keepdims=True), 0, 1)


def test_what_is_written_has_its_gradient(device):
    def f(x, v):
        y = x * 1
        xp.fill_diagonal(y, v)
        xp.put(y, [1], 2 * v[0])
        return y**2

    xp.check_gradients(f, xp.asarray(X, device=device), xp.asarray(V, device=device))


ERRORS = {
    "select": (lambda x: xp.select([x > 0], [x, x]), OptionError, "a choice for each condition; got 2 for 1"),
    "a condition of numbers": (lambda x: xp.select([x], [x]), DTypeError, "conditions of bools; got float32"),
    "piecewise": (lambda x: xp.piecewise(x, [x > 0], [1, 2, 3]), OptionError, "each of 1 conditions"),
    "choose": (lambda x: xp.choose(x, [x]), DTypeError, "integers for positions; got float32"),
    "unravel": (lambda x: xp.unravel_index(xp.asarray([9]), (2, 2)).__repr__(), BoundsError, "from 0 to 3"),
    "a mode": (lambda x: xp.ravel_multi_index([[1]], (2,), "no"), OptionError, "mode"),
    "positions": (lambda x: xp.ravel_multi_index([[1]], (2, 2)), ShapeError, "each of 2 dimensions; got 1"),
    "a matrix": (lambda x: xp.r_["c", x], OptionError, "xnn has no matrices"),
    "a text": (lambda x: xp.r_["x", x], OptionError, "a text is 'axis'"),
    "no end": (lambda x: xp.r_[1:], OptionError, "has an end"),
    "nothing": (lambda x: xp.r_[()], ShapeError, "one part or more"),
    "fill_diagonal": (lambda x: xp.fill_diagonal(x, 1), ShapeError, r"matrices.*got shape \(3,\)"),
    "copyto": (lambda x: xp.copyto([1.0], x), DTypeError, "writes to an array; got list"),
    "place": (lambda x: xp.place(x, x[:2] > 0, 1), ShapeError, "a mask of the shape of the array"),
    "apply_along_axis": (lambda x: xp.apply_along_axis(xp.sum, 0, x[None][:, :0]), ShapeError, "one vector or more"),
    "a kind": (lambda x: xp.isin(x, x, kind="hash"), OptionError, "isin: kind is None or 'sort' or 'table'"),
    "a cast": (lambda x: xp.copyto(x, x, "any"), OptionError, "copyto: casting is 'no'"),
    "compress": (lambda x: xp.compress([[True]], x), ShapeError, "a condition of one dimension"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(xp.asarray([1.0, 2.0, 3.0], device="cpu"))
