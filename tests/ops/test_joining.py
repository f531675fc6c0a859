"""Stacks, splits, other shapes, and arrays built of sizes, against NumPy's; each kind of error."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import BoundsError, OptionError, ShapeError
from xnn.ops.shapes import MODES

X = np.arange(6.0).reshape(2, 3) + 0.5
K = np.arange(6).reshape(2, 3)
V = np.asarray([1.5, -2.0, 3.0])
Z = np.arange(24.0).reshape(2, 3, 4)

CALLS = [
    *((name, ([x, x],)) for name in ("vstack", "hstack", "dstack", "column_stack") for x in (X, K, V, Z)),
    ("block", ([[X, X], [X, X]],)), ("block", ([V, V],)), ("block", ([[1.0, 2.0], [3.0, 4.0]],)), ("block", (X,)),
    *((name, (X, where, 1)) for name in ("split", "array_split") for where in (3, [1, 2], [0, 5])),
    ("array_split", (V, 2)), ("hsplit", (V, 3)), ("hsplit", (X, 3)), ("vsplit", (X, 2)), ("dsplit", (Z, 2)),
    ("append", (X, X)), ("append", (X, X, 0)), ("append", (V, [1.0, 2.0])),
    *(("delete", (V, where)) for where in (1, [0, 2], slice(0, 2), -1, np.asarray([True, False, True]))),
    ("delete", (X, [1, 3])), ("delete", (X, 0, 1)),
    *(("insert", (V, where, 9.0)) for where in (1, [0, 2], -1, 3)),
    ("insert", (X, 1, [7.0, 8.0], 1)), ("insert", (X, [1, 2], [7.0, 8.0], 1)), ("insert", (V, [1, 1], [7.0, 8.0])),
    ("insert", (X, 1, [7.0, 8.0, 9.0], 0)), ("insert", (V, 1, [7.0, 8.0])),
    *((name, (x,)) for name in ("atleast_1d", "atleast_2d", "atleast_3d", "ravel") for x in (3.0, V, X, Z)),
    ("atleast_2d", (3.0, V)), ("swapaxes", (Z, 0, -1)),
    *(("rollaxis", (Z, axis, start)) for axis in range(3) for start in range(4)),
    *(("rot90", (Z, k, (2, 0))) for k in range(-1, 5)),
    *(("resize", (X, shape)) for shape in ((3, 3), 4, (2, 2), (3, 6))),
    *(("trim_zeros", (x, trim)) for x in (np.asarray([0, 0, 1.0, 0, 2, 0]), np.zeros(2)) for trim in ("fb", "f", "b")),
    *(("pad", (x, width, mode)) for mode in MODES if mode != "empty" for x in (X, K)
      for width in (2, (1, 3), ((1, 2), (3, 0)), 0, [7])),
    *(("diag", (x, k)) for x in (V, X, K) for k in (-2, -1, 0, 1, 2)),
    *((name, (3, 4, k)) for name in ("tri",) for k in (-2, 0, 1)),
    *((name, (3, k, 4)) for name in ("tril_indices", "triu_indices") for k in (-2, -1, 0, 1, 2)),
    *((name, (X, k)) for name in ("tril_indices_from", "triu_indices_from") for k in (-1, 0, 1)),
    ("diagflat", (X, 1)), ("identity", (3,)), ("diag_indices", (3, 3)), ("indices", ((2, 3),)),
    ("ix_", ([0, 2], [1, 3])), ("ix_", (np.asarray([True, False, True]), [1])), ("logspace", (0, 2, 5)),
    ("geomspace", (1, 1000, 4)), ("geomspace", (-1, -1000, 4, False)), ("vander", (V,)), ("vander", (K[0], 2, True)),
]  # fmt: skip


def on(device, x):
    if isinstance(x, np.ndarray):
        return xp.asarray(x, device=device)
    return (
        [on(device, part) for part in x]
        if isinstance(x, list) and any(isinstance(p, (np.ndarray, list)) for p in x)
        else x
    )


def assert_same(came, expected):
    if isinstance(expected, (list, tuple)):
        assert len(came) == len(expected)
        for one, other in zip(came, expected, strict=True):
            assert_same(one, other)
        return
    came = came.numpy() if isinstance(came, xp.Array) else np.asarray(came)
    assert came.shape == expected.shape
    if expected.dtype.kind in "fi" and came.dtype.itemsize == expected.dtype.itemsize:
        assert_close(came, expected)
    else:
        assert_close(came, expected.astype(came.dtype))


@pytest.mark.parametrize(("name", "args"), CALLS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CALLS)])
def test_as_numpy(name, args, device):
    expected = getattr(np, name)(*args)
    assert_same(getattr(xp, name)(*args), expected)
    with xp.use_device(device):
        assert_same(getattr(xp, name)(*(on(device, x) for x in args)), expected)


def test_options_of_pad():
    assert_same(xp.pad(X, 2, constant_values=((1.0, 2.0), (3.0, 4.0))), np.pad(X, 2, constant_values=((1, 2), (3, 4))))
    assert_same(xp.pad(X, 2, "linear_ramp", end_values=(1, -3)), np.pad(X, 2, "linear_ramp", end_values=(1, -3)))
    for mode in ("maximum", "mean", "minimum"):
        assert_same(xp.pad(X, 2, mode, stat_length=2), np.pad(X, 2, mode, stat_length=2))
    for mode in ("reflect", "symmetric"):
        options = {"mode": mode, "reflect_type": "odd"}
        assert_same(xp.pad(X, ((1, 2), (5, 0)), **options), np.pad(X, ((1, 2), (5, 0)), **options))
        assert_same(xp.pad(V, (9, 8), **options), np.pad(V, (9, 8), **options))
        assert_same(xp.pad(np.ones((1, 1)), 3, mode), np.pad(np.ones((1, 1)), 3, mode))
        xp.check_gradients(lambda x, options=options: xp.pad(x, 4, **options), X)


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_ranges_are_computed_in_the_type_that_is_wanted(dtype, device):
    for name, args in (("geomspace", (1, 256, 9)), ("geomspace", (-2, -1000, 3)), ("logspace", (0.0, 2.0, 5))):
        assert_same(getattr(xp, name)(*args, dtype=dtype, device=device).numpy(), getattr(np, name)(*args, dtype=dtype))
    assert xp.geomspace(3, 7, 1, device=device).tolist() == [3.0]
    assert xp.geomspace(3, 7, 0, device=device).tolist() == []


def test_what_is_built_lies_on_the_device(device):
    for made in (xp.tri(3, device=device), xp.indices((2, 2), device=device), *xp.tril_indices(3, device=device)):
        assert made.device is device
    assert xp.logspace(0.0, 2.0, 3, device=device).device is device
    x = xp.asarray(X, device=device)
    assert x[xp.ix_(xp.asarray([0, 1], device=device), xp.asarray([2, 0], device=device))].tolist() == [
        [2.5, 0.5],
        [5.5, 3.5],
    ]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: xp.split(V, 2), ShapeError, "3 elements for 2. Cure: array_split"),
        (lambda: xp.array_split(V, 0), OptionError, "at least 1; got 0"),
        (lambda: xp.vsplit(V, 3), ShapeError, r"vsplit takes arrays of at least 2 dimensions; got shape \(3,\)"),
        (lambda: xp.delete(V, 7), BoundsError, "positions are from -3 to 2; got 7"),
        (lambda: xp.block([[X], []]), ShapeError, "got an empty one"),
        (lambda: xp.block([X, [X]]), ShapeError, "nested to one depth"),
        (lambda: xp.fliplr(V), ShapeError, "at least 2 dimensions"),
        (lambda: xp.rot90(X, axes=(0, 0)), OptionError, "in the plane of two dimensions"),
        (lambda: xp.resize(V[:0], 3), ShapeError, "resize repeats elements; got none"),
        (lambda: xp.pad(V, 1, "other"), OptionError, "mode is one of constant, edge"),
        (lambda: xp.pad(V, -1), OptionError, "widths are at least 0"),
        (lambda: xp.pad(V, ((1, 2), (3, 4))), ShapeError, "a pair for each of 1 dimensions"),
        (lambda: xp.sliding_window_view(V, 4), ShapeError, "have sizes 0 to 3; got 4"),
        (lambda: xp.diag(Z), ShapeError, r"a vector or a matrix; got shape \(2, 3, 4\)"),
        (lambda: xp.geomspace(1, -1), OptionError, "numbers of one sign"),
        (lambda: xp.vander(X), ShapeError, "vander takes a vector"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
