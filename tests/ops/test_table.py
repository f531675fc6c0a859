"""Every primitive has a row in the table, and every row is of a primitive."""

import operator

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.ops.compare import cotangent, quiet
from tests.ops.table import ROWS, numpy_reference, operands, primitives
from tests.tolerances import assert_close
from xnn.autograd import check_gradients

WITHOUT_ROW = {"to_device"}  # tests/ops/test_devices.py


def needs_of(row):
    return optional.needs_of(numpy_reference(row), *operands(row, row.dtypes[0]))


rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def test_every_primitive_has_a_row():
    missing = set(primitives()) - {row.name for row in ROWS} - WITHOUT_ROW
    assert not missing, f"a row in tests/ops/table.py is missing for {sorted(missing)}"


def test_no_row_is_of_something_else():
    for row in ROWS:
        assert row.name in primitives() or callable(operator.attrgetter(row.name)(xp)), row.id


def test_ids_are_unique():
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)


def test_a_row_says_whether_its_primitive_is_differentiable():
    for row in ROWS:
        if row.name in primitives():
            primitive = primitives()[row.name]
            has_rule = bool(primitive.rules or primitive.joint or primitive.definition)
            assert row.differentiable == has_rule, row.id


@pytest.mark.parametrize("row", [pytest.param(row, marks=needs_of(row), id=row.id) for row in ROWS])
def test_values(row, device):
    for dtype in row.dtypes:
        raws = operands(row, dtype)
        if row.name in ("mean", "var", "divide") and dtype not in ("float32", "float64"):
            continue  # test_promotion.py: NumPy gives float64
        expected = np.asarray(numpy_reference(row)(*raws))
        came = row.call(xp, *(xp.asarray(r, device=device) for r in raws))
        assert came.device is device
        assert came.dtype.name == expected.dtype.name, dtype
        assert_close(came.numpy(), expected)


differentiable = pytest.mark.parametrize("row", [row for row in ROWS if row.differentiable], ids=lambda row: row.id)


def doubles(row, device):
    """The row's operands in float64, and where it takes complex ones in complex128."""
    for dtype in ("float64", "complex128"):
        if dtype in row.dtypes:
            yield [xp.asarray(r, device=device) for r in operands(row, dtype)]


def curved(row):
    """The row's function, and the half of its square, so that higher derivatives of linear functions are not 0."""

    def call(*arrays):
        out = row.call(xp, *arrays)
        return out + 0.5 * out * out

    return call


@pytest.mark.of_parts
@differentiable
def test_derivatives_of_all_orders(row, device):
    for arrays in doubles(row, device):
        check_gradients(curved(row), *arrays, order=row.order)


@pytest.mark.of_parts
@differentiable
def test_forward_mode_is_the_transpose_of_backward(row, device):
    for arrays in doubles(row, device):
        assert_transposed(curved(row), arrays, device)


def assert_transposed(function, arrays, device):
    """<w, jvp(v)> = <vjp(w), v>; and the two products have one gradient."""
    varied = [i for i, x in enumerate(arrays) if x.dtype.is_floating]
    primals = tuple(arrays[i] for i in varied)
    positions = tuple(range(len(primals)))

    def call(*inputs):
        full = list(arrays)
        for i, x in zip(varied, inputs, strict=True):
            full[i] = x
        return function(*full)

    vs = tuple(xp.asarray(cotangent(x.numpy(), 1), device=device) for x in primals)
    value, moved = xp.jvp(call, primals, vs)
    assert (moved.shape, moved.dtype, moved.device) == (value.shape, value.dtype, device)
    w = xp.asarray(cotangent(value.numpy(), 2), device=device)

    def forward(*inputs):
        return product([w], [xp.jvp(call, inputs, vs)[1]])

    def backward(*inputs):
        return product(vs, xp.vjp(call, *inputs)[1](w))

    scale = max(float(np.abs(w.numpy() * moved.numpy()).sum()), 1e-3)  # of the terms of their product
    assert_close(float(forward(*primals)) / scale, float(backward(*primals)) / scale, "float64")
    for one, other in zip(xp.grad(forward, positions)(*primals), xp.grad(backward, positions)(*primals), strict=True):
        assert_close(one.numpy(), other.numpy())


def product(ws, ys):
    """The real inner product of complex arrays: of real ones, their product."""
    terms = [xp.sum(xp.real(xp.conj(w) * y) if y.dtype.kind == "complex floating" else w * y)
             for w, y in zip(ws, ys, strict=True)]  # fmt: skip
    return sum(terms[1:], terms[0])


NOT_FINITE = ["relu", "sigmoid", "softplus", "tanh", "exp", "expm1", "log1p", "sqrt", "abs", "negative", "sign",
              "square", "floor", "isfinite", "isnan", "add", "multiply", "divide", "maximum", "minimum", "less",
              "equal"]  # fmt: skip


@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=needs_of(row), id=row.id) for row in ROWS if row.id in NOT_FINITE]
)
def test_values_of_nan_and_infinities(row, device):
    special = np.asarray([np.nan, np.inf, -np.inf, 0.0, 1.0])
    raws = [special] if len(row.operands) == 1 else [np.repeat(special, 5), np.tile(special, 5)]
    with quiet():
        came = row.call(xp, *(xp.asarray(r, device=device) for r in raws))
        assert_close(came.numpy(), np.asarray(numpy_reference(row)(*raws)))


def test_the_derivatives_can_fail(device):
    def kink(x):
        return xp.abs(x)

    with pytest.raises(AssertionError, match="the first derivative is"):
        check_gradients(kink, xp.asarray([1e-5, 2e-5], dtype=xp.float64, device=device))
