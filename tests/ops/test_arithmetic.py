"""NumPy's element-wise functions beyond the standard: compared with NumPy over what Hypothesis draws; kinks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xnn as xp
from tests.ops.compare import quiet
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError

SHAPES = st.sampled_from([(), (0,), (3,), (2, 3), (2, 0, 3)])
REAL = st.sampled_from(["float32", "float64", "int64", "int32"])


@st.composite
def arrays(draw, count, dtypes=REAL):
    """Arrays of one shape and type, of which some are not contiguous, with NaN, infinities and zeros."""
    dtype, shape = draw(dtypes), draw(SHAPES)
    values = st.integers(-9, 9)
    if dtype.startswith("float"):
        values = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -2.5, 1e-3, 3.0, 80.0, -1e4])
    found = [draw(hnp.arrays(dtype, shape, elements=values)) for _ in range(count)]
    return [x.T if draw(st.booleans()) and len(set(shape)) < 2 else x[..., ::-1] if x.ndim else x for x in found]


UNARY = "exp2 cbrt angle deg2rad rad2deg degrees radians nan_to_num rint fix frexp modf real_if_close i0"
BINARY = "logaddexp2 fmod fmin fmax heaviside divmod float_power"


def check(name, raws):
    """Values, shapes and types; NumPy computes with integers in float64, where ours is the default type."""
    with quiet(), np.errstate(all="ignore"):
        expected = getattr(np, name)(*raws)
        came = getattr(xp, name)(*(xp.asarray(x, device="cpu") for x in raws))
    several = isinstance(expected, tuple)
    for one, other in zip(came if several else [came], expected if several else [expected], strict=True):
        other = np.asarray(other)
        if raws[0].dtype.kind == "i" and other.dtype == "float64" and name != "float_power":
            other = other.astype("float32")
        if raws[0].dtype == "float32" and name in ("i0", "heaviside"):
            other = other.astype("float32")
        assert one.dtype.name == other.dtype.name, name
        assert_close(one.numpy(), other)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(UNARY.split()), arrays(1))
def test_of_one_array(name, raws):
    if name == "i0" and not np.all(np.abs(raws[0]) < 50):
        return  # where NumPy's own is NaN of infinities
    if name == "fix" and raws[0].dtype.kind == "i" and np.fix(raws[0]).dtype.kind == "f":
        return
    if name == "rint" and raws[0].dtype.kind == "i":
        return  # float64 there, an integer here
    check(name, raws)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(BINARY.split()), arrays(2))
def test_of_two_arrays(name, raws):
    if name in ("fmod", "divmod") and (raws[1] == 0).any():
        return  # an integer divided by 0 is the library's affair
    if name == "divmod" and np.isinf(raws).any():
        return
    if name == "float_power" and raws[0].dtype.kind == "i":
        raws = [raws[0].astype("float64"), raws[1].astype("float64")]
    check(name, raws)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["gcd", "lcm", "bitwise_count"]), arrays(2, st.sampled_from(["int64", "int32", "int8"])))
def test_of_integers(name, raws):
    check(name, raws[:1] if name == "bitwise_count" else raws)


def test_roots_are_exact_to_an_eps(device):
    x = np.asarray([1e-300, 1e300, 27.0, -8e30, 5e-324, math.inf, -0.0, math.nan])
    came = xp.cbrt(xp.asarray(x, device=device)).numpy()
    np.testing.assert_allclose(came, np.cbrt(x), rtol=4e-16)


def test_numbers_are_taken_apart_and_put_together(device):
    x = np.asarray([2.0**k * s for k in (-1074, -1030, -1, 0, 1, 1023) for s in (1, -1)] + [0.1, 1 - 2**-53, 3.0])
    mantissa, exponent = xp.frexp(xp.asarray(x, device=device))
    np.testing.assert_array_equal(mantissa.numpy(), np.frexp(x)[0])
    np.testing.assert_array_equal(exponent.numpy(), np.frexp(x)[1])
    np.testing.assert_array_equal(xp.ldexp(mantissa, exponent).numpy(), x)
    assert xp.ldexp(xp.asarray(1.0, dtype=xp.float64, device=device), -3000).tolist() == 0


def test_large_integers(device):
    a, b = 2**61 + 2**7, 2**40
    x = xp.asarray([a, 7540113804746346429, -6, 0], device=device)
    y = xp.asarray([b, 4660046610375530309, 4, 0], device=device)
    assert xp.gcd(x, y).tolist() == [math.gcd(a, b), 1, 2, 0]
    assert xp.lcm(x[2:], y[2:]).tolist() == [12, 0]
    assert xp.bitwise_count(xp.asarray([2**62 + 1, -1, -(2**63), 0], device=device)).tolist() == [2, 1, 1, 0]


def gradient(function, *values, device):
    arrays = [xp.asarray(v, dtype=xp.float64, device=device, requires_grad=True) for v in values]
    with quiet():
        xp.sum(function(*arrays)).backward()
    return [None if x.grad is None else x.grad.tolist() for x in arrays]


def test_derivatives_at_kinks(device):
    nan = math.nan
    assert gradient(xp.fmax, [nan, 1.0, 2.0, 3.0], [1.0, nan, 2.0, 1.0], device=device) == [
        [0.0, 1.0, 0.5, 1.0],
        [1.0, 0.0, 0.5, 0.0],
    ]
    assert gradient(xp.fmin, [nan, 1.0, 2.0, 3.0], [1.0, nan, 2.0, 1.0], device=device) == [
        [0.0, 1.0, 0.5, 0.0],
        [1.0, 0.0, 0.5, 1.0],
    ]
    assert gradient(xp.heaviside, [-1.0, 0.0, 1.0], [5.0, 5.0, 5.0], device=device) == [[0.0] * 3, [0.0, 1.0, 0.0]]
    assert gradient(xp.nan_to_num, [nan, math.inf, 1.0], device=device) == [[0.0, 0.0, 1.0]]
    assert gradient(lambda x: xp.modf(x)[0], [math.inf, -2.0, 1.5], device=device) == [[0.0, 1.0, 1.0]]
    assert gradient(xp.fmod, [4.0, -5.0], [2.0, 3.0], device=device) == [[1.0, 1.0], [-2.0, 1.0]]
    assert gradient(xp.cbrt, [0.0, 8.0, -8.0], device=device) == [[math.inf, 1 / 12, 1 / 12]]


def test_sinc_at_0(device):
    """sinc'(0) = 0 and sinc''(0) = -pi**2 / 3."""
    x = xp.asarray(0.0, dtype=xp.float64, device=device)
    assert float(xp.grad(xp.sinc)(x)) == 0
    assert_close(float(xp.grad(xp.grad(xp.sinc))(x)), -(math.pi**2) / 3)


def test_logaddexp2_of_equal_numbers_to_second_order(device):
    x = xp.asarray([1.0, 1.0], dtype=xp.float64, device=device)
    hessian = xp.hessian(lambda v: xp.logaddexp2(v[0], v[1]))(x)
    assert_close(hessian.numpy(), np.asarray([[1, -1], [-1, 1]]) * math.log(2) / 4)


def test_scalars_lists_and_raw_arrays(device):
    x = xp.asarray([1.0, 2.0], device=device)
    assert xp.logaddexp2(x, 1.0).dtype is xp.float32
    assert xp.fmax(x, 1.5).tolist() == [1.5, 2.0]
    assert xp.fmin(xp.asarray([1, 2], device=device), 1.5).tolist() == [1.0, 1.5]
    assert xp.deg2rad([180.0]).shape == (1,)
    assert xp.lerp(x, 3.0, 0.5).tolist() == [2.0, 2.5]
    assert xp.ldexp(x, 3).tolist() == [8.0, 16.0]
    raw = np.asarray([-1.0, 2.0, math.nan])
    for name in ("angle", "cbrt", "exp2", "nan_to_num", "fix", "sgn", "rsqrt"):
        with np.errstate(all="ignore"):
            assert type(getattr(xp, name)(raw)) is np.ndarray, name


def test_nan_to_num_of_complex_numbers(device):
    x = np.asarray([complex(math.nan, 1), complex(1, -math.inf), 2j])
    assert_close(xp.nan_to_num(xp.asarray(x, device=device), neginf=-5.0).numpy(), np.nan_to_num(x, neginf=-5.0))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: xp.nan_to_num(x, copy=False), OptionError, "no array in place"),
        (lambda x: xp.ldexp(x, x), DTypeError, "integers for x2"),
        (lambda x: xp.gcd(x, x), DTypeError, "gcd is of integers"),
        (lambda x: xp.bitwise_count(x), DTypeError, "bitwise_count is of integers"),
        (lambda x: xp.fmax(x, 1j), DTypeError, "real numbers"),
        (lambda x: xp.frexp(x * 1j), DTypeError, "real numbers"),
    ],
)
def test_errors(call, error, text, device):
    with pytest.raises(error, match=text):
        call(xp.ones(2, device=device))
