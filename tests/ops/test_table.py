"""Every primitive has a row in the table, and every row is of a primitive."""

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import quiet
from tests.ops.table import ROWS, numpy_reference, operands, primitives
from tests.tolerances import assert_close
from xnn.autograd import check_gradients

WITHOUT_ROW = {"to_device"}  # tests/ops/test_devices.py

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def test_every_primitive_has_a_row():
    missing = set(primitives()) - {row.name for row in ROWS} - WITHOUT_ROW
    assert not missing, f"a row in tests/ops/table.py is missing for {sorted(missing)}"


def test_no_row_is_of_something_else():
    assert {row.name for row in ROWS} <= set(primitives())


def test_ids_are_unique():
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)


def test_a_row_says_whether_its_primitive_is_differentiable():
    for row in ROWS:
        primitive = primitives()[row.name]
        has_rule = bool(primitive.rules or primitive.joint or primitive.is_fused)
        assert row.differentiable == has_rule, row.id


@rows
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


@pytest.mark.parametrize("row", [row for row in ROWS if row.differentiable], ids=lambda row: row.id)
def test_derivatives_of_both_orders(row, device):
    arrays = [xp.asarray(r, device=device) for r in operands(row, "float64")]

    def curved(*a):
        out = row.call(xp, *a)
        return out + 0.5 * out * out  # so that the second derivatives of linear functions are not 0

    check_gradients(curved, *arrays)


NOT_FINITE = ["relu", "sigmoid", "softplus", "tanh", "exp", "expm1", "log1p", "sqrt", "abs", "negative", "sign",
              "square", "floor", "isfinite", "isnan", "add", "multiply", "divide", "maximum", "minimum", "less",
              "equal"]  # fmt: skip


@pytest.mark.parametrize("row", [row for row in ROWS if row.id in NOT_FINITE], ids=lambda row: row.id)
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
