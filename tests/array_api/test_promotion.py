"""One table of promotion on every backend: all pairs of types, as types, as arrays, and with Python scalars.

Integers with integers and floats with floats are the standard's; what it leaves open is xnn's own, the same everywhere:
a bool gives way to the other type, an integer to a floating type.
"""

import itertools

import numpy as np
import pytest

import xnn
from xnn.errors import DTypeError
from xnn_backends.dtypes import BY_NAME

CODES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16")
TABLE = """
    b1  i1  i2  i4  i8  u1  u2  u4  u8  f4  f8  c8  c16
    i1  i1  i2  i4  i8  i2  i4  i8  --  f4  f8  c8  c16
    i2  i2  i2  i4  i8  i2  i4  i8  --  f4  f8  c8  c16
    i4  i4  i4  i4  i8  i4  i4  i8  --  f4  f8  c8  c16
    i8  i8  i8  i8  i8  i8  i8  i8  --  f4  f8  c8  c16
    u1  i2  i2  i4  i8  u1  u2  u4  u8  f4  f8  c8  c16
    u2  i4  i4  i4  i8  u2  u2  u4  u8  f4  f8  c8  c16
    u4  i8  i8  i8  i8  u4  u4  u4  u8  f4  f8  c8  c16
    u8  --  --  --  --  u8  u8  u8  u8  f4  f8  c8  c16
    f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f8  c8  c16
    f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  f8  c16 c16
    c8  c8  c8  c8  c8  c8  c8  c8  c8  c8  c16 c8  c16
    c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16
"""
SCALARS = {
    True: "b1  i1  i2  i4  i8  u1  u2  u4  u8  f4  f8  c8  c16",
    2: "   i8  i1  i2  i4  i8  u1  u2  u4  u8  f4  f8  c8  c16",
    0.5: " f4  f4  f4  f4  f4  f4  f4  f4  f4  f4  f8  c8  c16",
    1j: "  c8  c8  c8  c8  c8  c8  c8  c8  c8  c8  c16 c8  c16",
}


def dtype_of(code):
    """xnn's data type; None where there is none."""
    return None if code == "--" else BY_NAME[np.dtype(code).name]


def row(line):
    return dict(zip(map(dtype_of, CODES), map(dtype_of, line.split()), strict=True))


PROMOTED = dict(zip(map(dtype_of, CODES), map(row, TABLE.strip().splitlines()), strict=True))
PAIRS = [
    pytest.param(one, other, id=f"{one.name}-{other.name}") for one, other in itertools.product(PROMOTED, PROMOTED)
]
WITH_SCALARS = [
    pytest.param(dtype, scalar, common, id=f"{dtype.name}-{scalar}")
    for scalar, line in SCALARS.items()
    for dtype, common in row(line).items()
]


def skip_unless_on(device, *dtypes):
    if missing := set(dtypes) - set(device.backend.dtypes_on(device)):
        pytest.skip(f"{device} does not promise {', '.join(t.name for t in missing)}")


def test_the_table_is_symmetric():
    for one, other in itertools.product(PROMOTED, PROMOTED):
        assert PROMOTED[one][other] is PROMOTED[other][one]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_types(one, other):
    common = PROMOTED[one][other]
    if common is None:
        with pytest.raises(DTypeError, match="have no common integer type"):
            xnn.result_type(one, other)
    else:
        assert xnn.result_type(one, other) is common
    assert xnn.can_cast(one, other) is (common is other)


def test_several_types_are_promoted_in_any_order():
    for types in itertools.permutations((xnn.int8, xnn.uint8, xnn.float32, xnn.bool, xnn.complex64)):
        assert xnn.result_type(*types) is xnn.complex64


JOINED = {
    "add": lambda x, y: xnn.add(x, y),
    "concat": lambda x, y: xnn.concat([x, y]),
    "equal": lambda x, y: xnn.equal(x, y),
    "multiply": lambda x, y: x * y,
    "stack": lambda x, y: xnn.stack([x, y]),
    "where": lambda x, y: xnn.where(xnn.asarray([True, False], device=x.device), x, y),
}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_arrays(one, other, device):
    skip_unless_on(device, one, other)
    common = PROMOTED[one][other]
    x, y = (xnn.ones((2,), dtype=t, device=device) for t in (one, other))
    for name, join in JOINED.items():
        if common is None:
            with pytest.raises(DTypeError, match="have no common integer type"):
                join(x, y)
            continue
        if common is xnn.bool and name in ("add", "multiply"):
            continue  # no arithmetic of bools in the standard
        result = join(x, y)
        assert result.dtype is (xnn.bool if name == "equal" else common), name
        assert result.device is device
    if common is not None:
        assert xnn.result_type(x, y) is xnn.result_type(x, other) is common


@pytest.mark.parametrize(("dtype", "scalar", "common"), WITH_SCALARS)
def test_scalars(dtype, scalar, common, device):
    skip_unless_on(device, dtype)
    x = xnn.ones((2,), dtype=dtype, device=device)
    assert xnn.result_type(x, scalar) is xnn.result_type(scalar, x) is common
    taken = xnn.asarray([True, False], device=device)
    results = [xnn.where(taken, x, scalar), xnn.where(taken, scalar, x)]
    if common is not xnn.bool:
        results += [x + scalar, scalar + x, x * scalar, xnn.subtract(scalar, x)]
    for result in results:
        assert result.dtype is common
        assert result.device is device
