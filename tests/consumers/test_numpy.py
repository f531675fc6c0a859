"""NumPy's own functions on Arrays, which call xnn's: np.exp(x), np.sum(x, axis=0), np.linalg.inv(x)."""

import numpy as np
import pytest

import xnn as xp
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id, on
from tests.consumers.row import Refusal, Row, same, uniform

X = uniform(7, low=0.2, high=0.8)
Y = uniform(7, low=0.2, high=0.8, seed=1)
BEYOND = uniform(7, low=1.2, high=1.8)
MATRIX = uniform(3, 4)
OTHER = uniform(4, 3)
SQUARE = uniform(3, 3) + 2 * np.eye(3)
POSITIVE = uniform(3, 3) @ uniform(3, 3).T + np.eye(3)
CUBE = uniform(2, 3, 4)
THREE = uniform(3)
INTEGERS = np.asarray([5, 2, 9, 4])
POWERS = np.asarray([1, 3, 2, 0])
BOOLS = np.asarray([[True, False, True], [True, True, True]])
NONE = uniform(0, 3)
WITH_NAN = np.asarray([0.5, np.nan, np.inf, -np.inf])
COMPLEX = uniform(5) + 1j * uniform(5, seed=1)


def ufuncs(names, *operands, **options):
    return same(names, np, *operands, prefix="ufunc", **options)


def symmetric(x):
    return (x + np.matrix_transpose(x)) / 2


UFUNCS = [
    *ufuncs("sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh exp expm1 log log1p log2 log10 sqrt "
            "square negative positive absolute reciprocal conjugate", X),
    *ufuncs("arccosh", BEYOND),
    *ufuncs("sign floor ceil trunc rint signbit fabs", X, order=0),
    *ufuncs("isfinite isinf isnan", WITH_NAN, order=0),
    *ufuncs("add subtract multiply divide true_divide power arctan2 hypot logaddexp maximum minimum copysign "
            "float_power", X, Y),
    *ufuncs("floor_divide remainder mod", BEYOND, Y, order=0),
    *ufuncs("equal not_equal less less_equal greater greater_equal nextafter",
            X, Y, order=0),
    *ufuncs("bitwise_and bitwise_or bitwise_xor left_shift right_shift", INTEGERS, POWERS, order=0),
    *ufuncs("logical_and logical_or logical_xor", BOOLS, BOOLS[::-1], order=0),
    *ufuncs("logical_not", BOOLS, order=0),
    *ufuncs("invert bitwise_not", INTEGERS, order=0),
    *ufuncs("matmul", MATRIX, OTHER),
    *ufuncs("vecdot", CUBE, CUBE[1]),
    Row("divmod", lambda x, y: np.divmod(x, y)[1], (BEYOND, Y), order=0),
    Row("add, of a number", lambda x: np.add(1.5, x), (X,)),
    Row("add, of a list", lambda x: np.add(x, [1.0, 2.0, 3.0]), (THREE,)),
    Row("multiply, of a scalar", lambda x: np.float64(2) * x * np.float64(3), (X,)),
    Row("multiply, of no elements", np.multiply, (NONE, NONE)),
    Row("exp, of shape ()", np.exp, (np.asarray(0.5),)),
    Row("exp, of complex numbers", np.exp, (COMPLEX,), order=0),
    Row("exp, options that change nothing",
        lambda x: np.exp(x, where=True, casting="same_kind", order="K", subok=True), (X,)),
    Row("add.reduce", np.add.reduce, (CUBE,)),
    Row("add.reduce, of all", lambda x: np.add.reduce(x, axis=None), (CUBE,)),
    Row("add.reduce, axes", lambda x: np.add.reduce(x, (0, 2), keepdims=True), (CUBE,)),
    Row("multiply.reduce", lambda x: np.multiply.reduce(x, axis=1), (CUBE,)),
    Row("maximum.reduce", np.maximum.reduce, (CUBE,)),
    Row("minimum.reduce", lambda x: np.minimum.reduce(x, axis=-1), (CUBE,)),
    Row("logaddexp.reduce", np.logaddexp.reduce, (CUBE,)),
    Row("logical_and.reduce", np.logical_and.reduce, (BOOLS,), order=0),
    Row("logical_or.reduce", lambda x: np.logical_or.reduce(x, axis=1), (BOOLS,), order=0),
    Row("add.accumulate", np.add.accumulate, (CUBE,)),
    Row("multiply.accumulate", lambda x: np.multiply.accumulate(x, axis=1), (CUBE,)),
    Row("add.outer", np.add.outer, (MATRIX, THREE)),
    Row("power.outer", np.power.outer, (X, Y)),
    Row("subtract.outer, of a number", lambda x: np.subtract.outer(x, 1.0), (X,)),
]  # fmt: skip
REDUCTIONS = [
    *same("sum mean prod max min amax amin std var cumsum cumprod", np, X, prefix="of all"),
    *(Row(f"{name}, axis", lambda x, name=name: getattr(np, name)(x, 1), (CUBE,))
      for name in ("sum", "mean", "prod", "max", "min", "std", "var", "cumsum", "cumprod")),
    *(Row(f"{name}, keepdims", lambda x, name=name: getattr(np, name)(x, axis=(0, 2), keepdims=True), (CUBE,))
      for name in ("sum", "mean", "prod", "max", "min", "std", "var")),
    *same("cov corrcoef median nansum nanmean", np, MATRIX, prefix="of a matrix"),
    Row("quantile", lambda x: np.quantile(x, 0.3, axis=1), (MATRIX,)),
    Row("average", lambda x, w: np.average(x, weights=w), (X, Y)),
    Row("std, ddof", lambda x: np.std(x, axis=0, ddof=1), (CUBE,)),
    Row("var, correction", lambda x: np.var(x, correction=1), (X,)),
    Row("sum, dtype", lambda x: np.sum(x, dtype=np.float64), (X,)),
    *same("argmax argmin argsort count_nonzero all any", np, X, prefix="of all", order=0),
    Row("all, axis", lambda x: np.all(x, axis=1), (BOOLS,), order=0),
    Row("any, axis", lambda x: np.any(x, axis=0, keepdims=True), (BOOLS,), order=0),
    Row("argmax, axis", lambda x: np.argmax(x, axis=2), (CUBE,), order=0),
    Row("cumulative_sum", lambda x: np.cumulative_sum(x, axis=1, include_initial=True), (MATRIX,)),
    Row("cumulative_prod", lambda x: np.cumulative_prod(x, axis=1), (MATRIX,)),
]  # fmt: skip
SHAPES = [
    Row("reshape", lambda x: np.reshape(x, (4, 3)), (MATRIX,)),
    Row("reshape, -1", lambda x: np.reshape(x, -1), (MATRIX,)),
    Row("transpose", np.transpose, (CUBE,)),
    Row("transpose, axes", lambda x: np.transpose(x, (2, 0, 1)), (CUBE,)),
    Row("permute_dims", lambda x: np.permute_dims(x, (1, 2, 0)), (CUBE,)),
    Row("matrix_transpose", np.matrix_transpose, (CUBE,)),
    Row("moveaxis", lambda x: np.moveaxis(x, 0, -1), (CUBE,)),
    Row("expand_dims", lambda x: np.expand_dims(x, (0, 2)), (X,)),
    Row("squeeze", lambda x: np.squeeze(x[None]), (X,)),
    Row("squeeze, axis", lambda x: np.squeeze(x[None], axis=0), (CUBE,)),
    Row("broadcast_to", lambda x: np.broadcast_to(x, (2, 7)), (X,)),
    Row("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y)[1], (MATRIX, MATRIX[:, :1])),
    Row("flip", np.flip, (MATRIX,)),
    Row("flip, axis", lambda x: np.flip(x, 1), (MATRIX,)),
    Row("roll", lambda x: np.roll(x, 2), (MATRIX,)),
    Row("roll, axis", lambda x: np.roll(x, (1, 2), axis=(0, 1)), (MATRIX,)),
    Row("repeat", lambda x: np.repeat(x, 2, axis=1), (MATRIX,)),
    Row("tile", lambda x: np.tile(x, (2, 1)), (MATRIX,)),
    Row("concatenate", lambda x, y: np.concatenate([x, y]), (MATRIX, MATRIX[:1])),
    Row("concatenate, axis", lambda x, y: np.concatenate((x, y), axis=1), (MATRIX, MATRIX[:, :1])),
    Row("concatenate, flat", lambda x, y: np.concatenate([x, y], axis=None), (MATRIX, X)),
    Row("concat", lambda x, y: np.concat([x, y], axis=-1), (MATRIX, MATRIX)),
    Row("stack", lambda x, y: np.stack([x, y], axis=1), (MATRIX, MATRIX)),
    Row("unstack", lambda x: np.unstack(x, axis=1)[2], (MATRIX,)),
    Row("meshgrid", lambda x, y: np.meshgrid(x, y, indexing="ij")[1], (X, THREE)),
    Row("copy", np.copy, (X,)),
    Row("astype", lambda x: np.astype(x, "float64"), (X,)),
    Row("tril", np.tril, (MATRIX,)),
    Row("triu, k", lambda x: np.triu(x, 1), (MATRIX,)),
    Row("real", np.real, (X,)),
    Row("imag", np.imag, (COMPLEX,), order=0),
    Row("shape", lambda x: np.shape(x), (CUBE,), order=0, gives=tuple),
    Row("ndim", np.ndim, (CUBE,), order=0, gives=int),
    Row("size", np.size, (CUBE,), order=0, gives=int),
    Row("size, axis", lambda x: np.size(x, 1), (CUBE,), order=0, gives=int),
    Row("iscomplexobj", np.iscomplexobj, (COMPLEX,), order=0, gives=bool),
    Row("isrealobj", np.isrealobj, (COMPLEX,), order=0, gives=bool),
    Row("zeros_like", np.zeros_like, (X,), order=0),
    Row("ones_like", np.ones_like, (X,), order=0),
    Row("full_like", lambda x: np.full_like(x, 2.5), (X,), order=0),
]  # fmt: skip
CHOICES = [
    Row("where", lambda x, y: np.where(x > y, x, y), (X, Y)),
    Row("where, a number", lambda x: np.where(x > 0.5, x, 0.0), (X,)),
    Row("where, of a condition alone", lambda x: np.where(x > 0.5)[0], (X,), order=0),
    Row("nonzero", lambda x: np.nonzero(x > 0.5)[0], (X,), order=0),
    Row("clip", lambda x: np.clip(x, 0.3, 0.6), (X,)),
    Row("clip, a_max", lambda x: np.clip(x, None, a_max=0.6), (X,)),
    Row("clip, min", lambda x: np.clip(x, min=0.3), (X,)),
    Row("sort", np.sort, (MATRIX,)),
    Row("sort, axis", lambda x: np.sort(x, axis=0), (MATRIX,)),
    Row("argsort, axis", lambda x: np.argsort(x, 0), (MATRIX,), order=0),
    Row("take", lambda x: np.take(x, [2, 0], axis=1), (MATRIX,)),
    Row("take_along_axis", lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), (MATRIX,)),
    Row("searchsorted", lambda x, y: np.searchsorted(np.sort(x), y, side="right"), (X, Y), order=0),
    Row("isin", lambda x: np.isin(x, x[:2]), (INTEGERS,), order=0),
    Row("unique_values", np.unique_values, (X,), order=0),
    Row("round", lambda x: np.round(x, 1), (X,), order=0),
    Row("around", np.around, (X,), order=0),
    Row("nan_to_num", np.nan_to_num, (X,)),
    Row("isclose", np.isclose, (X, X), order=0),
    Row("diff", lambda x: np.diff(x, 2), (X,)),
    Row("diff, axis", lambda x: np.diff(x, axis=0), (MATRIX,)),
]  # fmt: skip
PRODUCTS = [
    Row("dot", np.dot, (MATRIX, OTHER)),
    Row("outer", np.outer, (X, Y)),
    Row("inner", np.inner, (MATRIX, MATRIX)),
    Row("kron", np.kron, (MATRIX, THREE)),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=([1], [0])), (MATRIX, OTHER)),
    Row("cross", np.cross, (THREE, 2 * THREE[::-1].copy())),
    Row("einsum", lambda x, y: np.einsum("ij,jk->ik", x, y), (MATRIX, OTHER)),
    Row("einsum, optimize", lambda x, y, z: np.einsum("ij,jk,k->i", x, y, z, optimize=True), (MATRIX, OTHER, THREE)),
    Row("trace", np.trace, (SQUARE,)),
    Row("trace, of a stack", np.trace, (CUBE,)),
    Row("trace, axes", lambda x: np.trace(x, 1, 1, 2), (CUBE,)),
    Row("diagonal", np.diagonal, (CUBE,)),
    Row("diagonal, axes", lambda x: np.diagonal(x, offset=-1, axis1=2, axis2=0), (CUBE,)),
    *same("inv det pinv svdvals matrix_transpose", np.linalg, POSITIVE, prefix="linalg"),
    Row("linalg.cholesky", lambda x: np.linalg.cholesky(symmetric(x)), (POSITIVE,)),
    Row("linalg.eigvalsh", lambda x: np.linalg.eigvalsh(symmetric(x)), (POSITIVE,)),
    Row("linalg.eigh", lambda x: np.linalg.eigh(symmetric(x)).eigenvalues, (POSITIVE,)),
    Row("linalg.slogdet", lambda x: np.linalg.slogdet(x).logabsdet, (SQUARE,)),
    Row("linalg.svd", lambda x: np.linalg.svd(x, full_matrices=False)[1], (MATRIX,)),
    Row("linalg.qr", lambda x: np.linalg.qr(x).R, (SQUARE,)),
    Row("linalg.solve", np.linalg.solve, (SQUARE, THREE)),
    Row("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, 3), (SQUARE,)),
    Row("linalg.matrix_rank", np.linalg.matrix_rank, (SQUARE,), order=0),
    Row("linalg.vector_norm", np.linalg.vector_norm, (X,)),
    Row("linalg.matrix_norm", np.linalg.matrix_norm, (MATRIX,)),
    Row("linalg.outer", np.linalg.outer, (X, Y)),
    Row("linalg.cross", np.linalg.cross, (THREE, 2 * THREE[::-1].copy())),
    Row("linalg.vecdot", np.linalg.vecdot, (X, Y)),
    Row("linalg.trace", np.linalg.trace, (CUBE,)),
    Row("linalg.diagonal", np.linalg.diagonal, (CUBE,)),
    Row("linalg.matmul", np.linalg.matmul, (MATRIX, OTHER)),
    Row("linalg.tensordot", np.linalg.tensordot, (CUBE, CUBE[0]), order=0),
]  # fmt: skip
SPECTRA = [
    *same("fft ifft rfft ihfft fftn rfftn fftshift ifftshift", np.fft, X, prefix="fft", order=0),
    Row("fft.fft, power", lambda x: np.abs(np.fft.fft(x, n=8, norm="ortho")) ** 2, (X,)),
    Row("fft.irfft", lambda x: np.fft.irfft(np.fft.rfft(x), n=7), (X,)),
    Row("fft.hfft", np.fft.hfft, (X,)),
    Row("fft.irfftn", lambda x: np.fft.irfftn(np.fft.rfftn(x), s=(3, 4), axes=(0, 1)), (MATRIX,)),
]
ROWS = [*UFUNCS, *REDUCTIONS, *SHAPES, *CHOICES, *PRODUCTS, *SPECTRA]

LACKING = "xnn has no function of that name"
FUNCTIONAL = "an Array is a value on a graph; what NumPy writes is none"
REFUSALS = [
    Refusal("busday_count", lambda x: np.busday_count(x, x), (X,), TypeError,
            r"numpy.busday_count has no counterpart.*Cure: numpy.busday_count\(x.detach\(\)", LACKING),
    Refusal("spacing", np.spacing, (X,), TypeError, r"numpy.spacing has no counterpart.*Cure", LACKING),
    Refusal("hypot.reduce", np.hypot.reduce, (X,), TypeError, r"numpy.hypot.reduce has no counterpart", LACKING),
    Refusal("add.at", lambda x: np.add.at(x, [0], 1.0), (X,), TypeError, r"numpy.add.at .*Cure: x.at\[", FUNCTIONAL),
    Refusal("add.reduceat", lambda x: np.add.reduceat(x, [0, 2]), (X,), TypeError, "add.reduceat .*Cure: xnn.stack",
            LACKING),
    Refusal("out", lambda x: np.add(x, x, out=x), (X,), TypeError, "numpy.add of Arrays .* out=.*Cure: bind",
            FUNCTIONAL),
    Refusal("sum, out", lambda x: np.sum(x, out=np.zeros(())), (X,), TypeError, "numpy.sum .* out=.*Cure", FUNCTIONAL),
    Refusal("exp, where", lambda x: np.exp(x, where=[True] * 7), (X,), TypeError, "where=.*Cure: xnn.where", LACKING),
    Refusal("sum, where", lambda x: np.sum(x, where=[True] * 7), (X,), TypeError, "where=.*Cure: xnn.where", LACKING),
    Refusal("exp, dtype", lambda x: np.exp(x, dtype="f4"), (X,), TypeError, "dtype=.*Cure: xnn.astype", LACKING),
    Refusal("sort, order", lambda x: np.sort(x, order="f"), (X,), TypeError, r"order=.*Cure: xnn.sort\(", LACKING),
    Refusal("put_along_axis", lambda x: np.put_along_axis(x, np.asarray([0]), 1.0, 0), (X,), TypeError,
            r"to write to.*Cure: x = xnn\.put_along_axis", FUNCTIONAL),
    *(Refusal(f"asarray, {name}", call, (X,), TypeError, "does not become a NumPy array in silence.*Cure",
              "the values would leave the graph")
      for name, call in {"Array": np.asarray, "list": lambda x: np.asarray([x, x]),
                         "testing": lambda x: np.testing.assert_allclose(x, X),
                         "array_repr": np.array_repr}.items()),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id([row for row in ROWS if row.order])
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)


def test_enough_is_called():
    assert len({row.id.split(",")[0] for row in ROWS}) >= 120


def test_plain_numpy_code_is_differentiable(place):
    """A function that knows NumPy alone."""

    def loss(w, x, y):
        hidden = np.tanh(x @ w + np.float64(0.5))
        return np.mean((np.sum(hidden, axis=-1) - y) ** 2) + 0.1 * np.linalg.vector_norm(w)

    w, x, y = on(place, [MATRIX.T.copy(), uniform(5, 4), uniform(5)])
    xp.check_gradients(lambda w: loss(w, x, y), w)
    (leaf,) = on(place, [MATRIX.T.copy()], requires_grad=True)
    loss(leaf, x, y).backward()
    assert leaf.grad.device is place


@pytest.mark.parametrize("name", ["add", "exp"])
def test_the_ufunc_is_ours_to_the_last_bit(name, place):
    x = on(place, [X])[0]
    operands = (x, x) if name == "add" else (x,)
    np.testing.assert_array_equal(getattr(np, name)(*operands).numpy(), getattr(xp, name)(*operands).numpy())
