"""What a library refuses is refused in our words, of our tree and with a cure, by all; NumPy is the oracle."""

import itertools
import math
import re

import numpy as np
import pytest

import xnn as xp
from xnn.autograd.primitive import primitive
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError, XnnError

INTERNALS = re.compile(r"ufunc|NoneType' object|object is not|cannot be interpreted|AxisError|positional|dtype\(")


def arange(device, *shape):
    return xp.reshape(xp.arange(float(math.prod(shape)), device=device), shape)


MESSAGES = [
    (lambda x: xp.sum(x, axis=5), BoundsError, "sum: an array of 2 dimensions has no axis 5. Cure: from -2 to 1;"),
    (lambda x: xp.max(x, axis=(0, 0)), BoundsError, "max takes each axis once; got (0, 0) for 2 dimensions. Cure:"),
    (lambda x: xp.mean(x, axis=1.5), OptionError, "mean: an axis is an int; got 1.5. Cure: -1 is the last one."),
    (lambda x: xp.flip(x, axis="a"), OptionError, "flip: an axis is an int; got 'a'. Cure:"),
    (lambda x: xp.fft.fft(x, axis=None), OptionError, "fft: an axis is an int; got None. Cure:"),
    (lambda x: xp.sort(x, axis=4), BoundsError, "sort: an array of 2 dimensions has no axis 4. Cure:"),
    (lambda x: xp.argmax(x[0, 0], axis=3), BoundsError, "argmax: an array of 0 dimensions has no axis 3. Cure:"),
    (lambda x: x + x[:, :2], ShapeError, "add: shapes that broadcast have equal sizes, or 1, counted from the end; got "
     "(2, 3) and (2, 2). Cure: xnn.reshape, or xnn.expand_dims, one of them."),
    (lambda x: xp.where(x > 0, x, x[:, :2]), ShapeError, "where: shapes that broadcast"),
    (lambda x: xp.clip(x, x[:, :2], 1.0), ShapeError, "clip: shapes that broadcast"),
    (lambda x: x < x[:, :2], ShapeError, "less: shapes that broadcast"),
    (lambda x: x @ x, ShapeError,
     "matmul takes (..., n, k) and (..., k, m); got (2, 3) and (2, 3), where k is 3 and 2. "
     "Cure: x1 @ x2.mT."),
    (lambda x: x @ x[0, 0], ShapeError, "matmul takes vectors and matrices; got shapes (2, 3) and (). Cure: x1 * x2."),
    (lambda x: x[0, :] @ x[:, 0], ShapeError, "where k is 3 and 2. Cure:"),
    (lambda x: xp.matmul(arange(x.device, 2, 1, 3), arange(x.device, 3, 3, 1)), ShapeError,
     "matmul broadcasts the dimensions before the last two; got (2, 1, 3) and (3, 3, 1). Cure:"),
    (lambda x: xp.tensordot(x, x, axes=1), ShapeError, "tensordot sums over dimensions of equal sizes; got (2, 3) and"),
    (lambda x: xp.tensordot(x[:1, :], x), ShapeError, "tensordot sums over dimensions of equal sizes; got (1, 3) and"),
    (lambda x: xp.reshape(x, (4, 2)), ShapeError, "reshape keeps the number of elements; got shape (2, 3), of 6, for"),
    (lambda x: xp.reshape(x, (-1, -1)), ShapeError,
     "reshape keeps the number of elements; got shape (2, 3), of 6, for"),
    (lambda x: xp.reshape(x, (-2, 3)), ShapeError,
     "reshape: got the shape (-2, 3), where sizes are 0 or more, or one of"),
    (lambda x: xp.reshape(x, "a"), OptionError, "reshape: a shape is an int, or a tuple of ints; got 'a'. Cure: as"),
    (lambda x: xp.reshape(x, 1.5), OptionError, "reshape: a shape is an int, or a tuple of ints; got 1.5. Cure: as"),
    (lambda x: xp.broadcast_to(x, (3, 2)), ShapeError, "broadcast_to repeats along dimensions of size 1, and new ones"),
    (lambda x: xp.broadcast_to(x, (-1, 3)), ShapeError,
     "broadcast_to: got the shape (-1, 3), where sizes are 0 or more"),
    (lambda x: xp.broadcast_to(x[:1, 0], ()), ShapeError, "broadcast_to repeats along"),
    (lambda x: xp.permute_dims(x, (0, 2)), BoundsError, "permute_dims: an array of 2 dimensions has no axis 2. Cure:"),
    (lambda x: xp.permute_dims(x, ()), ShapeError,
     "permute_dims names each dimension once; got axes=() for shape (2, 3)"),
    (lambda x: xp.permute_dims(x, None), ShapeError, "permute_dims names each dimension once; got axes=None for shape"),
    (lambda x: xp.squeeze(x, 0), ShapeError,
     "squeeze removes dimensions of size 1; got axis=0 for shape (2, 3). Cure:"),
    (lambda x: xp.concat([x, x[:, :1]]), ShapeError,
     "concat joins shapes that are equal but for the size at axis=0; got "
     "(2, 3) and (2, 1). Cure:"),
    (lambda x: xp.concat([x[:0, 0], x], axis=1), BoundsError, "concat: an array of 1 dimensions has no axis 1. Cure:"),
    (lambda x: xp.concat([x[:0, 0], x]), ShapeError, "concat joins shapes that are equal but for the size at axis=0"),
    (lambda x: xp.concat(3.0), DTypeError, "concat takes a list of arrays; got 3.0. Cure: concat([x, y])."),
    (lambda x: xp.stack(None), DTypeError, "stack takes a list of arrays; got None. Cure:"),
    (lambda x: xp.roll(x, 1.5), OptionError, "roll: shift is an int; got 1.5. Cure: int(shift)."),
    (lambda x: xp.tile(x, -1), ShapeError, "tile: got the shape -1, where sizes are 0 or more. Cure:"),
    (lambda x: xp.max(x[:0, :]), ShapeError, "max of no elements is no number; got shape (0, 3) with axis=None. Cure:"),
    (lambda x: xp.min(x[:, :0], axis=1), ShapeError, "min of no elements is no number; got shape (2, 0) with axis=1"),
    (lambda x: xp.argmin(x[:0, :], axis=0), ShapeError, "argmin of no elements is no number; got shape (0, 3)"),
    (lambda x: xp.bitwise_and(x, x), DTypeError,
     "bitwise_and: it takes integers and bool; got float32 (2, 3), float32 (2, 3). "
     "Cure: xnn.astype(x, ...) to such a type first."),
    (lambda x: xp.triu(x, k=1.5), OptionError, "triu: k is an int; got 1.5. Cure: int(k)."),
    (lambda x: xp.tril(x, k="a"), OptionError, "tril: k is an int; got 'a'. Cure: int(k)."),
    (lambda x: xp.linalg.det(x), ShapeError, "det takes square matrices, (..., n, n); got shape (2, 3). Cure:"),
    (lambda x: xp.linalg.inv(x[0, :]), ShapeError, "inv takes matrices, (..., n, n); got shape (3,). Cure:"),
    (lambda x: xp.linalg.svd(x[0, 0]), ShapeError, "svd takes matrices, (..., m, n); got shape (). Cure:"),
    (lambda x: xp.linalg.solve(x[:, :2], x[0, :]), ShapeError,
     "solve takes x1 (..., n, n), and x2 (n,) or (..., n, k)"),
    (lambda x: xp.linalg.solve(x[0, 0], x), ShapeError,
     "solve takes square matrices, of shape (..., n, n); got shape ()"),
    (lambda x: xp.special.log_softmax(x, 2), BoundsError, "log_softmax: an array of 2 dimensions has no axis 2. Cure:"),
    (lambda x: xp.zeros((2, -1), device=x.device), ShapeError,
     "zeros: got the shape (2, -1), where sizes are 0 or more"),
    (lambda x: xp.ones(2.5, device=x.device), OptionError,
     "ones: a shape is an int, or a tuple of ints; got 2.5. Cure:"),
    (lambda x: xp.zeros(None, device=x.device), OptionError, "zeros: a shape is an int, or a tuple of ints; got None"),
    (lambda x: xp.zeros(2**70, device=x.device), ShapeError, "makes no such array"),
    (lambda x: xp.eye(-1, device=x.device), OptionError, "eye: n_rows is 0 or more; got -1. Cure:"),
    (lambda x: xp.arange(0, 3, 0, device=x.device), OptionError, "arange: step is not 0. Cure: linspace"),
    (lambda x: xp.arange(float("inf"), device=x.device), OptionError,
     "arange takes finite real numbers; got inf, 1. Cure:"),
    (lambda x: xp.linspace(0, 1, -1, device=x.device), OptionError, "linspace: num is 0 or more; got -1. Cure:"),
    (lambda x: xp.linspace(0, 1, 2.5, device=x.device), OptionError,
     "linspace: num is an int; got 2.5. Cure: int(num)."),
    (lambda x: xp.broadcast_shapes(None), OptionError,
     "broadcast_shapes: a shape is an int, or a tuple of ints; got None"),
    (lambda x: x[1.0], DTypeError, "x[index] takes integers and bools; got 1.0. Cure: int(i), or i // 2 for i / 2."),
    (lambda x: x[x[0, :]], DTypeError,
     "x[index] takes integers and bools; got an array of float32. Cure: xnn.astype(indices, xnn.int64)."),
    (lambda x: xp.concat(x, x), OptionError,
     "concat: an axis is an int; got Array of shape (2, 3). Cure: concat([x, y])."),
    (lambda x: xp.zeros(2, 3, device=x.device), DTypeError,
     "the second argument is a data type; got 3. Cure: the sizes in one tuple, (2, 3)."),
    (lambda x: bool(x > 1), TypeError,
     "only an array of shape () is true or false; this one has shape (2, 3). Cure: xnn.any(x), xnn.all(x), or & and |"),
    (lambda x: xp.Array([1.0]), TypeError, "an Array is made by xnn.asarray; got Array(...). Cure: xnn.asarray(...)."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), MESSAGES, ids=[message[:50] for *_, message in MESSAGES])
def test_rule_what_came_and_cure(call, kind, message, device):
    x = arange(device, 2, 3)
    with pytest.raises(kind, match=re.escape(message)) as error:
        call(x)
    assert "Cure: " in str(error.value)
    assert not INTERNALS.search(str(error.value))


@pytest.mark.parametrize(
    ("call", "kind", "message"), MESSAGES[:12], ids=[message[:50] for *_, message in MESSAGES[:12]]
)
def test_on_the_graph_as_well(call, kind, message, device):
    x = arange(device, 2, 3)
    x.requires_grad = True
    with pytest.raises(kind, match=re.escape(message)):
        call(x)


# ---- lists and ints, where tuples are meant ----

LISTS = [
    (lambda x, s: xp.reshape(x, s(3, 2)), (3, 2)), (lambda x, s: xp.sum(x, axis=s(0, 1)), ()),
    (lambda x, s: xp.max(x, axis=s(0)), (3,)), (lambda x, s: xp.std(x, axis=s(-1), keepdims=True), (2, 1)),
    (lambda x, s: xp.flip(x, axis=s(0, 1)), (2, 3)), (lambda x, s: xp.permute_dims(x, s(1, 0)), (3, 2)),
    (lambda x, s: xp.tile(x, s(2, 1)), (4, 3)), (lambda x, s: xp.broadcast_to(x, s(2, 2, 3)), (2, 2, 3)),
    (lambda x, s: xp.expand_dims(x, axis=s(0, 3)), (1, 2, 3, 1)),
    (lambda x, s: xp.roll(x, s(1, 1), axis=s(0, 1)), (2, 3)),
    (lambda x, s: xp.moveaxis(x, s(0, 1), s(1, 0)), (3, 2)), (lambda x, s: xp.linalg.vector_norm(x, axis=s(0, 1)), ()),
    (lambda x, s: xp.squeeze(xp.expand_dims(x, axis=0), s(0)), (2, 3)),
    (lambda x, s: xp.tensordot(x, x, axes=(s(1), s(1))), (2, 2)),
    (lambda x, s: xp.all(x, axis=s(0, 1)), ()), (lambda x, s: xp.count_nonzero(x, axis=s(1)), (2,)),
    (lambda x, s: xp.real(xp.fft.fftn(x, s=s(2, 2), axes=s(0, 1))), (2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("call", "shape"), LISTS, ids=[str(i) for i in range(len(LISTS))])
def test_lists_are_tuples(call, shape, device):
    x = arange(device, 2, 3)
    x.requires_grad = True
    values, gradients = [], []
    for form in (lambda *s: tuple(s), lambda *s: list(s), lambda *s: tuple(map(np.int64, s))):
        x.grad = None
        y = call(x, form)
        assert y.shape == shape
        values.append(y.detach().tolist())
        if y.requires_grad:
            xp.sum(y * y).backward()
            gradients.append(x.grad.tolist())
    assert values[0] == values[1] == values[2]
    assert all(gradient == gradients[0] for gradient in gradients)


def test_a_list_that_is_changed_before_the_backward_pass(device):
    x = arange(device, 2, 3)
    x.requires_grad = True
    axes = [0]
    y = xp.sum(x * x, axis=axes)
    axes[:] = [1]
    xp.sum(y).backward()
    assert x.grad.tolist() == (2 * np.arange(6.0).reshape(2, 3)).tolist()


def test_ints_are_shapes(device):
    x = arange(device, 2, 3)
    assert (xp.reshape(x, -1).shape, xp.reshape(x, 6).shape, xp.tile(x, 2).shape) == ((6,), (6,), (2, 6))
    assert (xp.broadcast_to(x[0, 0], 2).shape, xp.zeros(3, device=device).shape) == ((2,), (3,))
    assert (xp.fft.fftn(x, axes=1).shape, xp.fft.fftshift(x, axes=-1).shape) == ((2, 3), (2, 3))
    x.requires_grad = True
    xp.sum(xp.reshape(x, -1) * xp.reshape(x, 6)).backward()
    assert x.grad.tolist() == (2 * np.arange(6.0).reshape(2, 3)).tolist()


# ---- NumPy refuses it, so do all; NumPy takes it, so do all ----

SHAPES = [(), (0,), (1,), (3,), (0, 3), (3, 0), (2, 3), (2, 0, 3)]
AXES = [None, 0, -1, 1, -2, 2, -3, (), (0,), (0, 1), (1, 0), (-1, 0), (0, 0), 5, -7]
REDUCTIONS = ["sum", "prod", "mean", "max", "min", "var", "std", "all", "any", "count_nonzero"]
ORDERS = (2, 1, 0, math.inf, -math.inf, 6, 0.5, -1)


def outcome(call, kinds):
    try:
        return np.asarray(call())
    except kinds:
        return None


def check(call, oracle, case):
    """The same numbers and type as NumPy's, or one of our errors where it raises."""
    with np.errstate(all="ignore"):
        expected = outcome(oracle, (ValueError, TypeError, IndexError))
        result = outcome(lambda: call().numpy(), XnnError)
    assert (result is None) == (expected is None), case
    if result is not None:
        assert (result.shape, result.dtype) == (expected.shape, expected.dtype), case
        assert np.allclose(result, expected, equal_nan=True), case


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_of_odd_shapes(name, device):
    for shape, axis, keepdims in itertools.product(SHAPES, AXES, (False, True)):
        if shape == () and axis in (0, -1):
            continue  # of which the standard says nothing, and libraries differ
        values = np.random.default_rng(0).standard_normal(shape)
        x = xp.asarray(values, device=device)
        check(
            lambda x=x, axis=axis, keepdims=keepdims: getattr(xp, name)(x, axis=axis, keepdims=keepdims),
            lambda values=values, axis=axis, keepdims=keepdims: getattr(np, name)(values, axis=axis, keepdims=keepdims),
            (shape, axis, keepdims),
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("order", ORDERS)
def test_norms_of_odd_shapes(order, device):
    for shape, axis, keepdims in itertools.product(SHAPES, AXES, (False, True)):
        if order == -1 and 0 in shape and device.backend.name == "cupy":
            continue
        values = np.random.default_rng(0).standard_normal(shape)
        options = {"axis": axis, "keepdims": keepdims, "ord": order}
        if axis == () or shape == ():  # NumPy's own takes no axes for all of them
            expected = np.abs(values) if order != 0 else (values != 0).astype(float)
            if axis in (None, ()):
                result = xp.linalg.vector_norm(xp.asarray(values, device=device), **options)
                assert (result.shape, result.dtype.name) == (shape, "float64")
                assert np.allclose(result.numpy(), expected)
            continue
        check(
            lambda values=values, options=options: xp.linalg.vector_norm(xp.asarray(values, device=device), **options),
            lambda values=values, options=options: np.linalg.vector_norm(values, **options),
            (shape, axis, keepdims),
        )


@pytest.mark.parametrize("name", ["concat", "stack"])
def test_joins_of_odd_shapes(name, device):
    for one, other, axis in itertools.product(SHAPES, SHAPES, (None, 0, 1, -1, 2, -3)):
        if name == "stack" and axis is None:
            continue
        arrays = np.ones(one), np.zeros(other)
        check(
            lambda arrays=arrays, axis=axis: getattr(xp, name)(
                [xp.asarray(x, device=device) for x in arrays], axis=axis
            ),
            lambda arrays=arrays, axis=axis: getattr(np, name)(arrays, axis=axis),
            (one, other, axis),
        )


@pytest.mark.parametrize("name", ["add", "maximum", "less", "matmul", "tensordot"])
def test_pairs_of_odd_shapes(name, device):
    for one, other in itertools.product([*SHAPES, (1, 3), (3, 2), (2, 3, 2)], repeat=2):
        arrays = np.ones(one), np.full(other, 2.0)
        check(
            lambda arrays=arrays: getattr(xp, name)(*(xp.asarray(x, device=device) for x in arrays)),
            lambda arrays=arrays: getattr(np, name)(*arrays),
            (one, other),
        )


@pytest.mark.parametrize("name", ["reshape", "broadcast_to", "tile"])
def test_shapes_that_do_not_fit(name, device):
    shapes = [0, 6, (6,), (-1,), (2, -1), (-1, -1), (3, 2), (1.5,), (2, 3), (2, 2, 3), (), (0, -1), [6]]
    for shape, new in itertools.product(SHAPES, shapes):
        values = np.ones(shape)
        if name == "tile" and -1 in np.ravel(new):
            continue  # of which NumPy makes what it likes
        check(
            lambda values=values, new=new: getattr(xp, name)(xp.asarray(values, device=device), new),
            lambda values=values, new=new: getattr(np, name)(values, new),
            (shape, new),
        )


# ---- what stays as it is ----


def test_a_users_primitive_raises_what_it_raises(device):
    @primitive()
    def broken(xp, x, /):
        raise ValueError("of its own")

    with pytest.raises(ValueError, match=r"^of its own$"):
        broken(xp.ones(2, device=device))


def test_a_missing_option_is_python_s_affair(device):
    x = xp.ones(2, device=device)
    with pytest.raises(TypeError, match="shape"):
        xp.reshape(x)
    with pytest.raises(TypeError, match="foo"):
        xp.mean(x, foo=1)


def test_a_singular_matrix_is_the_library_s_affair():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        xp.linalg.inv(xp.zeros((2, 2), device="numpy:cpu"))


def test_a_division_by_zero_is_none_of_shapes(device):
    x = xp.asarray([1, 2], device=device)
    if device.backend.name == "torch":
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            x // 0
    else:
        with np.errstate(divide="ignore"):
            assert (x // 0).shape == (2,)


FLAGS = {
    "sort": lambda x, flag: xp.sort(x, descending=flag),
    "argsort": lambda x, flag: xp.argsort(x, stable=flag),
    "sum": lambda x, flag: xp.sum(x, keepdims=flag),
    "vector_norm": lambda x, flag: xp.linalg.vector_norm(x, keepdims=flag),
    "cumulative_sum": lambda x, flag: xp.cumulative_sum(x, axis=0, include_initial=flag),
    "logsumexp": lambda x, flag: xp.special.logsumexp(x, keepdims=flag),
    "cholesky": lambda x, flag: xp.linalg.cholesky(xp.eye(2), upper=flag),
    "svd": lambda x, flag: xp.linalg.svd(xp.ones((2, 3)), full_matrices=flag),
    "linspace": lambda x, flag: xp.linspace(0, 1, 3, endpoint=flag),
    "asarray": lambda x, flag: xp.asarray(x, requires_grad=flag),
    "x": lambda x, flag: setattr(xp.asarray(x, copy=True), "requires_grad", flag),
    "backward": lambda x, flag: xp.sum(xp.asarray(x, requires_grad=True)).backward(retain_graph=flag),
    "grad": lambda x, flag: xp.grad(lambda x: (xp.sum(x), None) if flag else xp.sum(x), has_aux=flag)(x),
    "vjp": lambda x, flag: xp.vjp(lambda x: (x, None) if flag else x, x, has_aux=flag),
    "jvp": lambda x, flag: xp.jvp(lambda x: (x, None) if flag else x, (x,), (x,), has_aux=flag),
    "jacobian": lambda x, flag: xp.jacobian(lambda x: (x, None) if flag else x, has_aux=flag)(x),
}


@pytest.mark.parametrize("name", FLAGS)
def test_a_text_is_neither_true_nor_false(name, device):
    x = xp.asarray([1.0, 3.0, 2.0], device=device)
    for flag in (True, False, np.False_):
        FLAGS[name](x, flag)
    with pytest.raises(OptionError, match=rf"{name}: \w+ is True or False; got 'False'\. Cure: without quotes"):
        FLAGS[name](x, "False")


def test_an_integer_to_a_negative_power(device):
    if device.backend.name != "cupy":  # whose result is 0, as of a division by it
        with pytest.raises(DTypeError, match=r"Cure: x\*\*-2\.0, whose exponent is no integer"):
            xp.arange(1, 3, device=device) ** -1
