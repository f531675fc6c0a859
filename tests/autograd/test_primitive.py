"""Primitives of a user, raw arrays in and out, and the gradient checker itself."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.autograd import check_gradients
from xnn.autograd.primitive import fused, primitive
from xnn.backends import Kernel
from xnn.errors import DeviceMismatchError, DTypeError, OptionError


@primitive(lambda xp, g, out, x: 3 * g * x**2, keeps="x")
def cube(xp, x, /):
    """x ** 3."""
    return x**3


@primitive(joint=lambda xp, needs, g, out, a, b, scale: [g * b * scale, g * a * scale], keeps="a b")
def scaled_product(xp, a, b, /, *, scale=2.0):
    """a * b * scale."""
    return a * b * scale


def point(device, dtype=xp.float64):
    return xp.asarray([0.5, -1.5, 2.0], dtype=dtype, device=device)


def test_a_users_primitive(device):
    check_gradients(cube, point(device))
    check_gradients(scaled_product, point(device), point(device) + 1)
    check_gradients(lambda x: scaled_product(x, x, scale=0.5), point(device))


def test_a_users_fused_primitive(device):
    @fused()
    def softplus(xp, x, /):
        return xp.log1p(xp.exp(x))

    check_gradients(softplus, point(device))


def test_a_users_primitive_is_not_taken_for_another_of_its_name(device):
    @fused()
    def relu(xp, x, /):
        return xp.exp(x)

    assert_close(relu(point(device)).to_device("cpu").numpy(), np.exp([0.5, -1.5, 2.0]))
    check_gradients(relu, point(device))


def test_an_operand_that_the_user_writes_to_after_the_forward_pass():
    def forward(xp, a, b):
        return a * b, b

    def vjp(xp, b, g, needs, *arrays):
        return [g * b, None]

    @fused(kernel=Kernel(forward, vjp))
    def scaled(xp, a, b, /):
        return a * b

    a, b = xp.asarray([1.0, 2.0], device="cpu", requires_grad=True), np.asarray([3.0, 4.0], np.float32)
    out = scaled(a, b)
    b[:] = 0
    xp.sum(out).backward()
    assert a.grad.tolist() == [3.0, 4.0]


def test_a_kernels_derivative_comes_before_the_rules(device):
    def forward(xp, x):
        return 2 * x, x

    def vjp(xp, residual, g, needs, x):
        return [5 * g]

    @primitive(lambda xp, g, out, x: 2 * g, kernel=Kernel(forward, vjp))
    def double(xp, x, /):
        return 2 * x

    x = xp.asarray([1.0], device=device, requires_grad=True)
    xp.sum(double(x)).backward()
    assert x.grad.tolist() == [5.0]


def test_raw_arrays_give_raw_arrays(device):
    raw = point(device)._data
    for result in (cube(raw), xp.add(raw, 1.0), xp.sum(raw), xp.nn.functional.relu(raw), xp.losses.mse_loss(raw, raw)):
        assert isinstance(result, device.backend.array_type)
        assert device.backend.device_of(result) is device
    assert isinstance(cube(point(device)), xp.Array)
    assert isinstance(xp.add(raw, point(device)), xp.Array)


def test_a_raw_array_is_a_constant(device):
    x = point(device)
    x.requires_grad = True
    xp.sum(x * point(device)._data).backward()
    assert x.grad.tolist() == [0.5, -1.5, 2.0]


@pytest.mark.parametrize("wrong", ["text", {"a": 1}, object(), None], ids=lambda v: type(v).__name__)
def test_unknown_types_raise(wrong, device):
    message = r"add takes arrays and Python scalars; got \w+\. Cure: xnn\.asarray" if wrong is not None else None
    with pytest.raises((TypeError, AttributeError, ValueError), match=message):
        xp.add(point(device), wrong)
    with pytest.raises(TypeError, match="unsupported operand"):
        point(device) + wrong


def test_scalars_alone_are_arrays():
    with xp.use_device("cpu"):
        assert (xp.add(1.0, 2).dtype, xp.add(1.0, 2).tolist()) == (xp.float32, 3.0)
        assert (xp.add(1, True).dtype, xp.add(1, True).tolist()) == (xp.int64, 2)


def test_missing_and_unknown_arguments_raise():
    x = point("cpu")
    with pytest.raises(TypeError, match="missing a required argument"):
        xp.add(x)
    with pytest.raises(TypeError, match="too many positional arguments"):
        xp.exp(x, x)
    with pytest.raises(TypeError, match="axes"):
        xp.sum(x, axes=1)


def test_a_primitive_says_what_it_is():
    assert repr(xp.add) == "<xnn function add(x1: 'A | Scalar', x2: 'A | Scalar', /) -> 'A'>"
    assert xp.add.__name__ == "add"
    assert xp.add.__doc__.startswith("x1 + x2, element-wise.")


def test_static_arguments_may_be_positional(device):
    x = point(device)
    assert xp.reshape(x, (3, 1)).shape == xp.reshape(x, shape=(3, 1)).shape == (3, 1)
    assert xp.squeeze(xp.reshape(x, (3, 1)), 1).shape == (3,)


# ---- the checker ----


@primitive(lambda xp, g, out, x: 2.99 * g * x**2, keeps="x")
def wrong_first(xp, x, /):
    return x**3


@primitive(lambda xp, g, out, x: g * xp.exp(x), keeps="x")
def wrong_exp(xp, x, /):
    return 2 * xp.exp(x)


@primitive(lambda xp, g, out, x: g * _as_constant(x), keeps="x")
def wrong_second(xp, x, /):
    return 0.5 * x * x


def _as_constant(x):
    return x.detach() if isinstance(x, xp.Array) else x


def test_a_wrong_first_derivative_is_found(device):
    for wrong in (wrong_first, wrong_exp):
        with pytest.raises(AssertionError, match=r"the first derivative is .*; finite differences say"):
            check_gradients(wrong, point(device))


def test_a_wrong_second_derivative_is_found(device):
    check_gradients(wrong_second, point(device), order=1)
    with pytest.raises(AssertionError, match=r"the second derivative is .*; finite differences say"):
        check_gradients(wrong_second, point(device))


def test_a_derivative_that_is_cut_is_found():
    with pytest.raises(AssertionError, match="the first derivative"):
        check_gradients(lambda x: xp.asarray(x.detach()) * x, point("cpu"))


def test_the_checker_refuses_float32():
    with pytest.raises(DTypeError, match=r"varies float64 and complex128 arrays; got none\. Cure: dtype=xnn\.float64"):
        check_gradients(cube, point("cpu", xp.float32))
    with pytest.raises(DTypeError, match="varies float64 and complex128"):
        check_gradients(cube, np.asarray([1.0], "float32"))


def test_a_function_without_any_dependence_has_derivative_zero():
    check_gradients(lambda x: xp.ones(2, dtype=xp.float64, device="cpu"), point("cpu"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("numpy:cpu", "strict:device1"),
        ("strict:CPU_DEVICE", "strict:device1"),  # of one library, which may mix them or say something else
        pytest.param("cupy:cuda:0", "cupy:cuda:1", marks=pytest.mark.needs("cuda_emulation")),
    ],
)
def test_operands_on_two_devices_name_both_and_the_cure(one, other):
    x, y = point(one), point(other)
    with pytest.raises(DeviceMismatchError) as raised:
        cube(x) + y
    assert str(raised.value) == (
        f"add works on arrays of one device; got {one} and {other}. Cure: x.to_device('{one}') moves one over."
    )


def test_a_primitive_is_pickled_by_name_and_copied_as_itself():
    for function in (xp.exp, xp.nn.functional.relu):
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(function) is function


def test_named_arrays_and_numbers_are_checked_by_the_primitive_itself():
    relu, hardtanh = xp.nn.functional.relu, xp.nn.functional.hardtanh
    x = xp.asarray([-2.0, 2.0], device="cpu")
    assert relu(input=x).tolist() == [0.0, 2.0]
    assert hardtanh(x, max_val=0.5).tolist() == hardtanh(input=x, min_val=-1, max_val=0.5).tolist() == [-1.0, 0.5]
    with pytest.raises(OptionError, match="hardtanh: min_val is a number; got 'a'"):
        hardtanh(x, "a")
    with pytest.raises(OptionError, match="hardtanh takes min_val <= max_val; got 2 and 1"):
        hardtanh(x, 2, 1)
    with pytest.raises(TypeError, match=r"relu takes arrays; input is a float\. Cure: xnn\.asarray"):
        relu(1.0)
