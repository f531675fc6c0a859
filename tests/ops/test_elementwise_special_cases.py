"""What the array API standard says of infinities, NaN and signed zeros where libraries depart, and what xnn refuses.

The official suite has all of the standard's special cases; here are those that are mended in backends/.
"""

import math

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import arrays_on, assert_like_torch, quiet
from tests.oracle import torch
from xnn.errors import OptionError

inf, nan, pi = math.inf, math.nan, math.pi


def z(real, imag):
    """A complex number of these parts: `real + imag * 1j` would lose infinities and signs."""
    return complex(real, imag)


CASES = {
    "floor_divide": [
        (inf, 2.0, inf), (inf, -2.0, -inf), (-inf, 2.0, -inf), (-inf, -2.0, inf), (2.0, inf, 0.0), (2.0, -inf, -0.0),
        (-2.0, inf, -0.0), (-2.0, -inf, 0.0), (inf, inf, nan), (0.0, 0.0, nan), (5.0, 2.0, 2.0), (-5.0, 2.0, -3.0),
        (1.0, 0.0, inf), (-0.0, 2.0, -0.0),
    ],
    "remainder": [
        (2.0, inf, 2.0), (2.0, -inf, -inf), (-2.0, inf, inf), (-2.0, -inf, -2.0), (0.0, -2.0, -0.0), (-0.0, 2.0, 0.0),
        (0.0, -inf, -0.0), (6.0, -3.0, -0.0), (inf, 2.0, nan), (2.0, 0.0, nan), (-5.0, 3.0, 1.0),
    ],
    "expm1": [
        (z(-0.0, 0.0), z(0, 0)), (z(inf, 0), z(inf, 0)), (z(-inf, inf), z(-1, 0)), (z(inf, inf), z(inf, nan)),
        (z(-inf, nan), z(-1, 0)), (z(inf, nan), z(inf, nan)), (z(nan, 0), z(nan, 0)), (z(1, inf), z(nan, nan)),
        (z(0, 0.5), np.expm1(0.5j)),
    ],
    "tanh": [
        (z(inf, 2.0), z(1, 0)), (z(inf, -2.0), z(1, -0.0)), (z(-inf, 2.0), z(-1, 0)), (z(0, inf), z(0, nan)),
        (z(0, nan), z(0, nan)), (z(1, 0.5), np.tanh(1 + 0.5j)),
    ],
    "log": [(z(inf, nan), z(inf, nan)), (z(-inf, nan), z(inf, nan)), (z(nan, inf), z(inf, nan))],
    "log1p": [(z(inf, nan), z(inf, nan)), (z(nan, inf), z(inf, nan)), (z(1, inf), z(inf, pi / 2))],
    "acos": [(z(0, 0), z(pi / 2, -0.0)), (z(-0.0, 0), z(pi / 2, -0.0))],
    "acosh": [(z(0, nan), z(nan, pi / 2))],
    "sign": [(z(0, 0), z(0, 0)), (z(3, -4), z(0.6, -0.8)), (2.0, 1.0), (nan, nan)],
}  # fmt: skip


def assert_same(came, expected, case):
    """Assert that two numbers agree part by part, the signs of zeros and nothing of NaN's included."""
    for c, e in zip((came.real, came.imag), (expected.real, expected.imag), strict=True):
        assert math.isclose(c, e, rel_tol=1e-6) or (math.isnan(c) and math.isnan(e)), (case, came)
        assert math.isnan(c) or math.copysign(1, c) == math.copysign(1, e), (case, came)


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")  # NumPy's, which says what comes out
@pytest.mark.parametrize("name", CASES)
def test_special_cases(name, device):
    for *operands, expected in CASES[name]:
        kind = "complex" if any(isinstance(x, complex) for x in operands) else "float"
        for bits in (32, 64):
            dtype = f"{kind}{bits if kind == 'float' else 2 * bits}"
            arrays = arrays_on(device, [np.asarray([x], dtype) for x in operands])
            assert_same(complex(getattr(xp, name)(*arrays).tolist()[0]), complex(expected), operands)
            if len(operands) == 2:
                assert_same(complex(getattr(xp, name)(arrays[0], operands[1]).tolist()[0]), complex(expected), operands)
                assert_same(complex(getattr(xp, name)(operands[0], arrays[1]).tolist()[0]), complex(expected), operands)


def test_far_shifts(device):
    for dtype in ("int8", "int32", "uint8", "int64"):
        (x,) = arrays_on(device, [np.asarray([1, 3, 100], dtype)])
        bits = np.dtype(dtype).itemsize * 8
        assert (x << bits).tolist() == [0, 0, 0]
        assert (x >> bits).tolist() == [0, 0, 0]
        assert (x << (x * 0 + bits)).tolist() == [0, 0, 0]
        assert (x << 1).tolist() == (np.asarray([1, 3, 100], dtype) << 1).tolist()
    assert (xp.asarray([-5, 5], device=device) >> 70).tolist() == [-1, 0]


UNSIGNED = {
    "add": lambda xp, x, y: xp.add(x, y),
    "divide": lambda xp, x, y: xp.floor_divide(x, y),
    "remainder": lambda xp, x, y: xp.remainder(x, y),
    "less": lambda xp, x, y: xp.less(x, y),
    "maximum": lambda xp, x, y: xp.maximum(x, y),
    "clip": lambda xp, x, y: xp.clip(x, 2, 5),
    "square": lambda xp, x, y: xp.square(x),
    "shift": lambda xp, x, y: xp.bitwise_right_shift(x, y),
    "xor": lambda xp, x, y: xp.bitwise_xor(x, y),
    "max": lambda xp, x, y: xp.max(x),
    "sum": lambda xp, x, y: xp.sum(x),
    "prod": lambda xp, x, y: xp.prod(x, axis=0),
    "cumulative_sum": lambda xp, x, y: xp.cumulative_sum(x),
    "sort": lambda xp, x, y: xp.argsort(x),
    "diff": lambda xp, x, y: xp.diff(x),
}


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64"])
@pytest.mark.parametrize("name", UNSIGNED)
def test_unsigned_integers(name, dtype, device):
    """PyTorch stores these types, and refuses most functions of them."""
    raws = [np.asarray([7, 1, 3], dtype), np.asarray([2, 3, 1], dtype)]
    raws[0][1] = np.iinfo(dtype).max - 1
    with quiet():
        expected = np.asarray(UNSIGNED[name](np, *raws))
    came = UNSIGNED[name](xp, *arrays_on(device, raws))
    assert came.device is device
    assert came.numpy().dtype == expected.dtype
    assert came.tolist() == expected.tolist()


SHAPES = [((2, 3), (3,)), ((3,), (2, 1)), ((), (2, 3)), ((2, 3), ()), ((0, 3), (1,)), ((1, 1), (2,))]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", ["atan2", "copysign", "hypot", "logaddexp", "clip"])
def test_broadcasting(name, device):
    random = np.random.default_rng(3)
    of_torch = torch.clamp if name == "clip" else getattr(torch, name)
    for shapes in SHAPES:
        raws = [random.uniform(0.5, 3, shape) for shape in shapes]
        assert_like_torch(lambda xp, a, b: getattr(xp, name)(a, b), of_torch, raws, device)


def test_python_scalars_on_either_side(device):
    x = xp.asarray([0.5, 2.0], device=device)
    for name in ("atan2", "copysign", "hypot", "logaddexp", "nextafter", "maximum", "floor_divide", "remainder"):
        function = getattr(xp, name)
        one = xp.asarray([1.0, 1.0], device=device)
        assert function(x, 1.0).tolist() == function(x, one).tolist()
        assert function(1.0, x).tolist() == function(one, x).tolist()
        assert function(x, 1).dtype is xp.float32
    yes = xp.asarray([True, False], device=device)
    for name in ("logical_and", "logical_or", "logical_xor"):
        function = getattr(xp, name)
        assert function(yes, True).tolist() == function(True, yes).tolist() == function(yes, yes | True).tolist()


def test_clip_takes_bounds_by_name_and_none(device):
    x = xp.asarray([1.0, 2.0, 3.0], device=device, requires_grad=True)
    assert xp.clip(x).tolist() == [1.0, 2.0, 3.0]
    assert xp.clip(x, max=2).tolist() == [1.0, 2.0, 2.0]
    assert xp.clip(x, min=2).tolist() == [2.0, 2.0, 3.0]
    assert xp.clip(x, xp.asarray([0.0, 3, 0], device=device), 2.5).tolist() == [1.0, 2.5, 2.5]
    xp.sum(xp.clip(x)).backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    raw = x.detach()._data
    assert type(xp.clip(raw, 1.5)) is type(raw)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_the_imaginary_part_of_real_numbers_is_0(device, dtype):
    x = xp.asarray([1, 2], dtype=dtype, device=device)
    for part in (xp.imag(x), x.imag):
        assert part.tolist() == [0, 0]
        assert part.dtype is x.dtype
    if dtype == "float64":
        xp.check_gradients(xp.imag, x)


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_a_cumulative_function_needs_an_axis(name, device):
    with pytest.raises(OptionError, match=rf"{name} needs an axis for x of shape \(2, 2\). Cure: axis=-1"):
        getattr(xp, name)(xp.ones((2, 2), device=device))
    with pytest.raises(IndexError):
        getattr(xp, name)(xp.ones((2, 2), device=device), axis=2)


def test_diff_refuses(device):
    x = xp.ones((2, 2), device=device)
    with pytest.raises(OptionError, match="diff: n is at least 0; got -1"):
        xp.diff(x, n=-1)
    with pytest.raises(IndexError):
        xp.diff(x, axis=2)
    with pytest.raises(TypeError, match=r"diff takes arrays and Python scalars; got str"):
        xp.diff("text")
    assert xp.diff(x, n=0).tolist() == x.tolist()


def test_sign_has_a_derivative_of_complex_numbers_alone(device):
    assert not xp.sign(xp.asarray([1.0, 2.0], device=device, requires_grad=True)).requires_grad
    assert xp.sign(xp.asarray([1.0, 2j], device=device, requires_grad=True)).requires_grad
