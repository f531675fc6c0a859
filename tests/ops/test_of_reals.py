"""Complex numbers have no order: a function of the namespace is right for them, or refuses them with one message."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.ops.table import ROWS, operands
from xnn.errors import DTypeError
from xnn.ops.later import CHAPTER_OF

MESSAGE = "this function is of real numbers; got complex64. Cure: real(x), or abs(x), before."
OF_REALS = {
    "argmax", "argmin", "argsort", "atan2", "ceil", "clip", "copysign", "floor", "floor_divide", "greater",
    "greater_equal", "hypot", "less", "less_equal", "logaddexp", "max", "maximum", "min", "minimum", "nextafter",
    "remainder", "searchsorted", "signbit", "sort", "trunc",
}  # fmt: skip
# Rows of real types alone; what they do to complex ones is tested elsewhere, or another message refuses them.
ELSEWHERE = {"fft.ihfft", "fft.rfft", "fft.rfftn", "sign", "std", "var"}
# Polynomials are right for complex numbers, as SciPy's.
SUMS = ("special.eval_", "special.boxcox", "special.inv_boxcox", "special.expn")


def floating(row):
    return any(d.startswith("float") for d in row.dtypes) and any(x.dtype.kind == "f" for x in operands(row, "float32"))


def is_public(name):
    place, _, last = name.rpartition(".")
    return last in (getattr(xp, place) if place else xp).__all__


COMPLEX = {row.name for row in ROWS if any(d.startswith("complex") for d in row.dtypes)}
PUBLIC = [row for row in ROWS if is_public(row.name) and floating(row)]
# NumPy's further names are compositions: right for complex numbers, or what they are made of refuses them.
REFUSING = [row for row in PUBLIC if row.name not in COMPLEX | ELSEWHERE | CHAPTER_OF.keys() and row.name[:4] != "fft."]
REFUSING = [row for row in REFUSING if not row.name.startswith(SUMS)]


def test_what_orders_is_among_those_that_refuse():
    assert {row.name for row in REFUSING} >= OF_REALS


@pytest.mark.parametrize("row", REFUSING, ids=lambda row: row.id)
def test_each_operand_is_refused(row, device):
    raws = operands(row, "float32")
    for place, raw in enumerate(raws):
        if raw.dtype.kind != "f":
            continue
        given = [x.astype(np.complex64) if i == place else x for i, x in enumerate(raws)]
        assert_refused(
            DTypeError, MESSAGE, lambda given=given: row.call(xp, *(xp.asarray(x, device=device) for x in given))
        )


@pytest.mark.parametrize("name", ["maximum", "minimum", "less", "less_equal", "greater", "greater_equal", "clip"])
def test_a_complex_number_beside_a_real_array_is_refused(name, device):
    x = xp.asarray([1.0, 2.0], device=device)
    assert_refused(DTypeError, MESSAGE, lambda: getattr(xp, name)(x, 1j))
    assert_refused(DTypeError, MESSAGE, lambda: getattr(xp, name)(x._data, 1j))


def test_operators_are_refused(device):
    z = xp.asarray([1 + 1j, 2.0], device=device)
    for call in (lambda: z < z, lambda: z <= 1, lambda: z < 1, lambda: z >= z, lambda: z // 2, lambda: z % z):
        assert_refused(DTypeError, MESSAGE, call)
    assert xp.all(z == z)
    assert not xp.any(z != z)
