"""array-api-extra on Arrays: every public function."""

from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id
from tests.consumers.row import Refusal, Row, namespace, same, uniform
from xnn.errors import GraphError

REASON = "a consumer that is not installed: array-api-extra 0.11"
xpx = optional.module("array_api_extra")

X = uniform(7, low=0.2, high=0.8)
Y = uniform(7, low=0.2, high=0.8, seed=1)
MATRIX = uniform(3, 3)
TALL = uniform(4, 3)
WEIGHTS = uniform(3, low=0.3, high=0.9)
WITH_NAN = uniform(4)
WITH_NAN[1] = float("nan")


def integers(like, *values):
    return namespace(like).asarray(values, device=like.device)


def at(name):
    return lambda x, y: getattr(xpx.at(x)[1:4], name)(y, copy=True)


def of_indices(make):
    """The elements at the positions that a function of no arrays gives."""
    return lambda x: x[make(3, xp=namespace(x), device=x.device)]


OF_THE_STANDARD = "ignore:`xpx:DeprecationWarning"  # its name, now also the standard's, is to go

ROWS = [
    Row("angle", lambda x, y: xpx.angle(x + 1j * y), (X, Y)),
    Row("apply_where", lambda x, y: xpx.apply_where(x > y, (x, y), lambda x, y: x * y, lambda x, y: x - y), (X, Y)),
    Row("apply_where, fill_value", lambda x: xpx.apply_where(x > 0.5, x, lambda x: x**2, fill_value=1.0), (X,)),
    Row("argpartition", lambda x: xpx.argpartition(x, 2), (X,), order=0),
    *(Row(f"at.{name}", at(name), (X, Y[:3]))
      for name in ("set", "add", "subtract", "multiply", "divide", "power", "min", "max")),
    Row("at, a mask", lambda x: xpx.at(x)[x > 0.5].set(0.25, copy=True), (X,)),
    Row("atleast_nd", lambda x: xpx.atleast_nd(x, ndim=3), (X,)),
    Row("cov", xpx.cov, (MATRIX,)),
    Row("cov, weights", lambda x, w: xpx.cov(x, aweights=w), (TALL, WEIGHTS)),
    Row("create_diagonal", lambda x: xpx.create_diagonal(x, offset=1), (X,)),
    *same("deg2rad rad2deg sinc", xpx, X, prefix="elementwise"),
    Row("default_dtype", lambda x: namespace(x).ones(2, dtype=xpx.default_dtype(namespace(x)), device=x.device) * x[:2],
        (X,)),
    Row("broadcast_shapes", lambda x: namespace(x).broadcast_to(x, xpx.broadcast_shapes((2, 1), x.shape)), (X,),
        warns=OF_THE_STANDARD),
    *(Row(name, of_indices(getattr(xpx, name)), (MATRIX,))
      for name in ("diag_indices", "tril_indices", "triu_indices")),
    Row("expand_dims", lambda x: xpx.expand_dims(x, axis=(0, 2)), (X,), warns=OF_THE_STANDARD),
    Row("isclose", lambda x: xpx.isclose(x, x + 1e-9), (X,), order=0),
    Row("isin", lambda x: xpx.isin(x, x[:3]), (X,), order=0),
    Row("kron", xpx.kron, (TALL, MATRIX)),
    Row("lazy_apply", lambda x: xpx.lazy_apply(lambda x: x**2, x), (X,)),
    Row("nan_to_num", xpx.nan_to_num, (X,)),
    Row("nan_to_num, of NaN", xpx.nan_to_num, (WITH_NAN,), order=0),
    *same("nanmax nanmean nanmin nansum", xpx, X, prefix="reduction"),
    *same("nanmax nanmean nanmin nansum", xpx, WITH_NAN, prefix="of NaN", order=0),
    Row("nunique", xpx.nunique, (X,), order=0),
    Row("one_hot", lambda x: xpx.one_hot(integers(x, 0, 2), 3, dtype=x.dtype) * x[0], (X,)),
    Row("pad", lambda x: xpx.pad(x, ((1, 2), (0, 1)), constant_values=0.5), (MATRIX,)),
    Row("partition", lambda x: xpx.partition(x, 2), (X,)),
    Row("searchsorted", lambda x, y: xpx.searchsorted(namespace(x).sort(x), y), (X, Y), order=0),
    Row("setdiff1d", lambda x, y: xpx.setdiff1d(namespace(x).concat([x, y]), y), (X, Y)),
    Row("union1d", xpx.union1d, (X, Y)),
    Row("unravel_index", lambda x: xpx.unravel_index(integers(x, 1, 5), (2, 3))[1], (X,), order=0),
]  # fmt: skip

REFUSALS = [
    Refusal("at, in place", lambda x: xpx.at(x)[0].set(1.0), (X,), GraphError, "leaf .* cannot be changed in place",
            "at(x) assigns to x itself where it can; a leaf stays what it is. Cure: copy=True, or x + 0"),
    Refusal("lazy_apply, as_numpy", lambda x: xpx.lazy_apply(lambda x: x**2, x, as_numpy=True), (X,), TypeError,
            "does not become a NumPy array in silence", "NumPy has no gradients"),
    *(Refusal(f"testing.{name}", lambda x, name=name: getattr(xpx.testing, name)(x, x), (X,), GraphError,
              "__dlpack__ would leave the graph", "compares with NumPy; x.detach() can be compared")
      for name in ("assert_close", "assert_close_nulp", "assert_equal", "assert_less")),
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


def test_every_function_has_a_row():
    functions = {name for name in xpx.__all__ if callable(getattr(xpx, name))}
    told = {word for row in ROWS for word in row.id.replace(",", " ").replace(".", " ").split()}
    assert not functions - told, "a row is missing for these"
