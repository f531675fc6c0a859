"""Infinities, NaN and signed zeros, as the standard has them, where some library departs from it and is mended.

The standard's own list is long, and the official suite runs all of it (KNOWN_FAILURES.md).
"""

import math

import numpy as np
import pytest

import xnn
from tests.ops.compare import quiet

inf, nan, pi = math.inf, math.nan, math.pi
c = complex

# By function: arguments, and what comes. Of complex numbers -0.0 and 0.0 differ too.
CASES = {
    "floor_divide": [
        ((inf, 2.0), inf), ((inf, -2.0), -inf), ((-inf, 2.0), -inf), ((-inf, -2.0), inf), ((inf, inf), nan),
        ((2.0, inf), 0.0), ((2.0, -inf), -0.0), ((-2.0, inf), -0.0), ((-2.0, -inf), 0.0), ((2.0, 0.0), inf),
        ((2.0, -0.0), -inf), ((-2.0, 0.0), -inf), ((0.0, 0.0), nan), ((0.0, -2.0), -0.0), ((-0.0, -2.0), 0.0),
        ((nan, 2.0), nan),
    ],
    "remainder": [
        ((3.0, inf), 3.0), ((3.0, -inf), -inf), ((-3.0, inf), inf), ((-3.0, -inf), -3.0), ((inf, 3.0), nan),
        ((inf, inf), nan), ((3.0, 0.0), nan), ((0.0, 2.0), 0.0), ((-0.0, 2.0), 0.0), ((0.0, -2.0), -0.0),
        ((-0.0, -2.0), -0.0), ((4.0, 2.0), 0.0), ((4.0, -2.0), -0.0), ((-5.0, 3.0), 1.0), ((5.0, -3.0), -1.0),
    ],
    "sign": [
        ((c(0, 0),), c(0, 0)), ((c(-0.0, -0.0),), c(0, 0)), ((c(3, 4),), c(0.6, 0.8)), ((c(nan, 0),), c(nan, nan)),
    ],
    "expm1": [
        ((c(0, 0),), c(0, 0)), ((c(0, -0.0),), c(0, -0.0)), ((c(2, inf),), c(nan, nan)), ((c(inf, 0),), c(inf, 0)),
        ((c(-inf, 1),), c(-1, 0)), ((c(inf, 1),), c(inf, inf)), ((c(-inf, inf),), c(-1, 0)),
        ((c(inf, inf),), c(inf, nan)), ((c(-inf, nan),), c(-1, 0)), ((c(inf, nan),), c(inf, nan)),
        ((c(nan, 0),), c(nan, 0)), ((c(nan, 1),), c(nan, nan)),
    ],
    "tanh": [
        ((c(0, 0),), c(0, 0)), ((c(inf, 1),), c(1, 0)), ((c(inf, -1),), c(1, -0.0)), ((c(inf, inf),), c(1, 0)),
        ((c(1, inf),), c(nan, nan)), ((c(nan, 0),), c(nan, 0)), ((c(0, inf),), c(0, nan)), ((c(0, nan),), c(0, nan)),
    ],
    "acos": [((c(0, 0),), c(pi / 2, -0.0)), ((c(0, -0.0),), c(pi / 2, 0)), ((c(-inf, 1),), c(pi, -inf))],
    "acosh": [((c(0, 0),), c(0, pi / 2)), ((c(0, nan),), c(nan, pi / 2)), ((c(inf, 1),), c(inf, 0))],
    "log": [((c(inf, nan),), c(inf, nan)), ((c(nan, inf),), c(inf, nan)), ((c(-0.0, 0),), c(-inf, pi))],
    "log1p": [((c(inf, nan),), c(inf, nan)), ((c(nan, inf),), c(inf, nan)), ((c(-1, 0),), c(-inf, 0)), ((-0.0,), -0.0)],
}  # fmt: skip
# The sign of a part is open.
UNSIGNED = {("expm1", c(-inf, inf)), ("expm1", c(inf, inf)), ("tanh", c(inf, inf))}
ROWS = [pytest.param(name, *case, id=f"{name}{case[0]}") for name, cases in CASES.items() for case in cases]


def parts(value):
    return (value.real, value.imag) if isinstance(value, complex) else (value,)


@pytest.mark.parametrize("dtype", ["single", "double"])
@pytest.mark.parametrize(("name", "arguments", "expected"), ROWS)
def test_special_cases(name, arguments, expected, dtype, device):
    is_complex = isinstance(arguments[0], complex)
    wanted = {"single": xnn.float32, "double": xnn.float64}[dtype]
    if is_complex:
        wanted = {"single": xnn.complex64, "double": xnn.complex128}[dtype]
    signed = not any((name, x) in UNSIGNED for x in arguments)
    # an array of one element, and one long enough for the wide instructions of a processor
    for n in (1, 20):
        arrays = [xnn.asarray([x] * n, dtype=wanted, device=device) for x in arguments]
        with quiet():
            result = getattr(xnn, name)(*arrays)
        assert result.dtype is wanted
        for value in result.tolist():
            for came, part in zip(parts(value), parts(expected), strict=True):
                np.testing.assert_allclose(came, part, rtol=1e-6, atol=0)
                if signed and part == 0:
                    assert math.copysign(1, came) == math.copysign(1, part), f"{value} in the place of {expected}"
