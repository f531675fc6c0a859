"""Derivatives of one's own, and graphs that are recorded again in the backward pass."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DeviceMismatchError, GraphError, OptionError, ShapeError

X = np.asarray([0.5, -1.5, 2.0])
Y = np.asarray([1.0, 0.25, -0.75])


def leaf(x, device="cpu"):
    return xp.asarray(x, device=device, requires_grad=True)


# ---- custom_vjp ----


@xp.custom_vjp
def log1pexp(x):
    """The example of JAX's manual, whose own derivative is stable."""
    return xp.log1p(xp.exp(x))


log1pexp.defvjp(lambda x: (xp.log1p(xp.exp(x)), x), lambda x, g: (g * (1 - 1 / (1 + xp.exp(x))),))


@xp.custom_vjp
def twofold(pair, scale=1.0):
    """Several arguments and outputs, as pytrees."""
    return {"product": pair["a"] * pair["b"], "sum": scale * pair["a"]}


def _twofold(pair, scale):
    return twofold.function(pair, scale), (pair, scale)


def _twofold_back(residual, g):
    pair, scale = residual
    a = g["product"] * pair["b"] + scale * g["sum"]
    return {"a": a, "b": g["product"] * pair["a"]}, None


twofold.defvjp(_twofold, _twofold_back)


def test_the_derivative_is_the_users(device):
    x = leaf([0.0, 20.0], device)
    xp.sum(log1pexp(x)).backward()
    assert_close(x.grad.numpy(), [0.5, 1 / (1 + np.exp(-20.0))], "float32")
    assert log1pexp.__name__ == "log1pexp"
    assert "JAX" in log1pexp.__doc__


def test_without_a_graph_the_function_runs(device):
    x = xp.asarray(X, device=device)
    assert not log1pexp(x).requires_grad
    assert isinstance(log1pexp(x._data), device.backend.array_type)
    with xp.no_grad():
        assert not log1pexp(leaf(X, device)).requires_grad


def test_every_order_and_mode(device):
    def plain(x):
        return xp.sum(xp.log1p(xp.exp(x)) * x)

    def custom(x):
        return xp.sum(log1pexp(x) * x)

    x, v = (xp.asarray(a, device=device) for a in (X, Y))
    for transform in (xp.grad, xp.hessian, lambda f: xp.grad(lambda x: xp.sum(xp.grad(f)(x) ** 2))):
        assert_close(transform(custom)(x).numpy(), transform(plain)(x).numpy())
    (came,), (expected,) = (xp.hvp(f, (x,), (v,)) for f in (custom, plain))
    assert_close(came.numpy(), expected.numpy())
    tall = xp.jacobian(lambda x: xp.concat([log1pexp(x), x]))(x)  # backward, though there are fewer columns
    assert_close(tall.numpy(), xp.jacobian(lambda x: xp.concat([xp.log1p(xp.exp(x)), x]))(x).numpy())
    with pytest.raises(GraphError, match=r"log1pexp has a derivative of its own, which goes backward only\. Cure: vjp"):
        xp.jvp(custom, (x,), (v,))


def test_pytrees_and_defaults():
    a, b = leaf(X), leaf(Y)
    out = twofold({"a": a, "b": b})
    xp.sum(out["product"] * 2.0).backward()  # nothing depends on the other output
    assert_close(a.grad.numpy(), 2 * Y)
    assert_close(b.grad.numpy(), 2 * X)
    a, b = leaf(X), leaf(Y)
    xp.sum(twofold({"a": a, "b": b}, scale=3.0)["sum"]).backward()
    assert_close(a.grad.numpy(), [3.0, 3, 3])


def test_complex_cotangents_are_pytorchs():
    seen = []

    @xp.custom_vjp
    def square(z):
        return z * z

    def back(z, g):
        seen.append(g.numpy())
        return (2 * xp.conj(z) * g,)

    square.defvjp(lambda z: (z * z, z.detach()), back)
    z = np.asarray([1.0 + 2.0j])
    x = leaf(z)
    square(x).backward(xp.asarray([1j], dtype=xp.complex128, device="cpu"))
    assert_close(seen[0], [1j])
    assert_close(x.grad.numpy(), 2 * np.conj(z) * 1j)


def test_the_residual_goes_with_the_graph():
    freed = []

    class Canary:
        def __del__(self):
            freed.append(True)

    @xp.custom_vjp
    def f(x):
        return x * 2.0

    f.defvjp(lambda x: (x * 2.0, Canary()), lambda residual, g: (g * 2.0,))
    y = xp.sum(f(leaf(X)))
    gc.disable()
    try:
        assert not freed
        y.backward()
        assert freed
    finally:
        gc.enable()


def custom(forward, backward=lambda residual, g: (g,)):
    f = xp.custom_vjp(lambda x: x * 2.0)
    f.defvjp(forward, backward)
    return f


w = leaf(X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: xp.custom_vjp(lambda x: x)(leaf(X)), GraphError, r"has no derivative yet\. Cure: .*defvjp"),
        (lambda: custom(lambda x: x)(leaf(X)), TypeError, r"the forward function gives \(value, residual\); got Array"),
        (lambda: custom(lambda x: (1.0, None))(leaf(X)), TypeError, "gives Arrays when .*; got float.*Cure"),
        (lambda: custom(lambda x: (x * w, None))(leaf(X)), GraphError, "is no argument: its gradient would be lost"),
        (
            lambda: xp.sum(custom(lambda x: (x, None), lambda r, g: g)(leaf(X))).backward(),
            ShapeError,
            "gives a tuple of 1 cotangents",
        ),
        (
            lambda: xp.sum(custom(lambda x: (x, None), lambda r, g: (xp.sum(g),))(leaf(X))).backward(),
            ShapeError,
            r"a cotangent is an Array of its argument's shape \(3,\); got \(\)",
        ),
        (
            lambda: xp.sum(custom(lambda x: (x, None), lambda r, g: ([g],))(leaf(X))).backward(),
            ShapeError,
            r"a cotangent has its argument's structure,? \*; got list\(\*\)",
        ),
    ],
)  # fmt: skip
def test_custom_vjp_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_keyword_only_arguments_are_refused():
    @xp.custom_vjp
    def f(x, *, scale):
        return x * scale

    f.defvjp(lambda x: (x, None), lambda r, g: (g,))
    with pytest.raises(OptionError, match="takes no keyword-only arguments; got scale"):
        f(leaf(X), scale=2.0)


def test_two_devices_are_refused():
    f = custom(lambda x: (x.to_device("strict:device1"), None), lambda r, g: (g,))
    with pytest.raises(DeviceMismatchError):
        f(leaf(X))


# ---- remat ----


def block(x, y):
    return xp.exp(xp.sin(x)) * y, xp.sum(x * y)


@xp.remat
def again(x, y):
    return block(x, y)


def loss(f):
    def call(x, y):
        one, other = f(x, y)
        return xp.sum(one * one) * other

    return call


def test_remat_changes_nothing(device):
    x, y = (xp.asarray(a, device=device) for a in (X, Y))
    for transform in (xp.grad, xp.hessian, lambda f: xp.grad(lambda x, y: xp.sum(xp.grad(f, 1)(x, y) ** 2))):
        assert_close(transform(loss(again))(x, y).numpy(), transform(loss(block))(x, y).numpy())
    came, expected = (xp.jvp(loss(f), (x, y), (y, x))[1].numpy() for f in (again, block))
    assert_close(came, expected)


def test_remat_of_what_is_closed_over(device):
    a, b = leaf(X, device), leaf(Y, device)
    inner = a * b  # newer than the leaves, and not an argument

    @xp.remat
    def f(x):
        return xp.sum(xp.sin(inner) * x * a)

    (f(b) * 2.0).backward()
    gradients = a.grad.numpy(), b.grad.numpy()
    a.grad = b.grad = None
    (2.0 * xp.sum(xp.sin(a * b) * b * a)).backward()
    assert_close(gradients, (a.grad.numpy(), b.grad.numpy()))


def test_forward_mode_through_what_is_closed_over():
    def call(function):
        return lambda x: (lambda y: xp.sum(function(lambda z: xp.sin(y) * z * x)(x * 3.0)))(x * x)

    came, expected = (xp.jvp(call(f), (X,), (Y,))[1] for f in (xp.remat, lambda f: f))
    assert_close(came, expected)


def test_remat_of_a_module():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)).to("cpu")
    x = xp.asarray(np.ones((2, 3), np.float32), device="cpu")
    xp.sum(xp.remat(model)(x)).backward()
    gradients = [p.grad.numpy() for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    xp.sum(model(x)).backward()
    for came, p in zip(gradients, model.parameters(), strict=True):
        assert_close(came, p.grad.numpy())


def test_random_numbers_are_drawn_again():
    layer = nn.Dropout(0.5)
    x = leaf(np.ones(100))
    xp.random.manual_seed(3)
    y = xp.remat(layer)(x)
    after = xp.random.default_generator().state_dict()
    xp.sum(y).backward()
    assert_close(x.grad.numpy(), y.detach().numpy())
    assert xp.random.default_generator().state_dict() == after


def test_remat_leaves_its_arguments_when_the_graph_is_freed():
    y = leaf(X) * 2.0
    argument = weakref.ref(y._data)
    gc.collect()
    gc.disable()
    try:
        z = xp.sum(xp.remat(xp.exp)(y))
        del y
        assert argument() is not None
        z.backward()
        assert argument() is None
    finally:
        gc.enable()


def test_remat_off_the_graph():
    assert isinstance(again(X, Y)[0], np.ndarray)
    assert not again(xp.asarray(X, device="cpu"), Y)[0].requires_grad
    with xp.no_grad():
        assert not again(leaf(X), Y)[0].requires_grad


def test_remat_keeps_less():
    def deep(x):
        for _ in range(20):
            x = xp.sin(x)
        return x

    def kept(function):
        x = leaf(np.ones(100_000))
        tracemalloc.start()
        y = function(x)
        current, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        xp.sum(y).backward()
        return current / 800_000  # in arrays

    assert kept(deep) > 19
    assert kept(xp.remat(deep)) < 2.1


def test_remat_of_a_function_that_changes_its_arguments_in_place():
    def f(x, y):
        y += 1.0
        x *= y
        return xp.sum(x * x)

    y = xp.asarray(Y, device="cpu")
    x = leaf(X) * 1.0
    xp.remat(f)(x, y).backward()
    assert y.tolist() == Y.tolist(), "the caller's array is the caller's"
    assert_close(xp.grad(xp.remat(f))(X, Y), 2 * X * (Y + 1) ** 2)
    assert_close(xp.grad(f)(X, Y), 2 * X * (Y + 1) ** 2)


def test_remat_notices_what_was_changed_in_between():
    x = leaf(X)
    h = x * 2.0
    y = xp.sum(xp.remat(lambda x: x * h)(x))
    h += 100.0
    with pytest.raises(GraphError, match="one that it closes over was changed in place before the backward pass"):
        y.backward()


def test_nested_remat():
    def f(x):
        return xp.sum(xp.remat(lambda y: xp.sin(y) * x)(xp.exp(x)))

    expected = xp.grad(lambda x: xp.sum(xp.sin(xp.exp(x)) * x))(X)
    assert_close(xp.grad(xp.remat(f))(X), expected)


def test_a_custom_function_may_change_its_arguments_in_place():
    f = custom(lambda x: (_doubled(x), None), lambda residual, g: (7.0 * g,))
    assert_close(xp.grad(lambda x: xp.sum(f(x)))(X), [7.0, 7, 7])


def _doubled(x):
    x *= 2.0
    return x


def test_a_cotangent_for_a_python_number_is_dropped():
    @xp.custom_vjp
    def f(x, factor):
        return x * factor

    f.defvjp(lambda x, factor: (x * factor, (x, factor)), lambda r, g: (g * r[1], xp.sum(g * r[0])))
    assert_close(xp.grad(lambda x: xp.sum(f(x, 3.0)))(X), [3.0, 3, 3])


def test_a_custom_function_closes_over_no_graph_with_constants_either():
    f = custom(lambda x: (x * w, None))
    f.function = lambda x: x * w
    with pytest.raises(GraphError, match="is no argument: its gradient would be lost"):
        f(xp.asarray(X, device="cpu"))


# ---- a forward function that calls the function itself, as in JAX's manual ----


def test_forward_may_call_the_function(device):
    calls = []

    @xp.custom_vjp
    def power(x):
        return xp.exp(x)

    def forward(x):
        y = power(x)
        return y, y

    def backward(y, g):
        calls.append(None)
        return (g * y,)

    power.defvjp(forward, backward)
    x = xp.asarray(0.5, dtype=xp.float64, device=device)
    f = power
    for order in range(1, 4):
        f = xp.grad(f)
        assert_close(f(x).numpy(), np.exp(0.5))
        assert len(calls) >= order  # the derivative of the residual is the user's, too
    xp.check_gradients(lambda x: power(x) * x, xp.asarray([0.5, -1.0], dtype=xp.float64, device=device), order=3)


# ---- custom_jvp ----


def sine_times(device):
    seen = []

    @xp.custom_jvp
    def function(x, y, scale=2):
        """scale * sin(x) * y"""
        return scale * xp.sin(x) * y

    @function.defjvp
    def rule(primals, tangents):
        (x, y, scale), (tx, ty, ts) = primals, tangents
        seen.append(ts)
        return function(x, y, scale), scale * (xp.cos(x) * y * tx + xp.sin(x) * ty)

    return function, seen


def test_a_rule_of_tangents_serves_both_modes_and_every_order(device):
    function, seen = sine_times(device)
    assert function.__doc__ == "scale * sin(x) * y"
    x, y = (xp.asarray(a, device=device) for a in (X, Y))

    def plain(x, y):
        return 2 * xp.sin(x) * y

    xp.check_gradients(function, x, y, order=3)
    for came, expected in zip(xp.jvp(function, (x, y), (y, x)), xp.jvp(plain, (x, y), (y, x)), strict=True):
        assert_close(came.numpy(), expected.numpy())
    tall = xp.jacobian(lambda x: xp.concat([function(x, y), x]))(x)  # forward, as there are fewer columns
    assert_close(tall.numpy(), xp.jacobian(lambda x: xp.concat([plain(x, y), x]))(x).numpy())
    assert set(seen) == {0.0}  # of an argument that is no array
    assert isinstance(function(X, Y), np.ndarray)


def test_rules_argument_by_argument(device):
    @xp.custom_jvp
    def f(x, y):
        return x * y

    f.defjvps(lambda t, value, x, y: t * y, None)
    x, y = (xp.asarray(a, device=device) for a in (X, Y))
    gx, gy = xp.grad(lambda x, y: xp.sum(f(x, y)), argnums=(0, 1))(x, y)
    assert_close(gx.numpy(), Y)
    assert_close(gy.numpy(), 0 * X)


@pytest.mark.parametrize("by", ["defjvp", "defjvps"])
def test_a_rule_that_takes_the_functions_value(by, device):
    """exp is its own derivative: the value in the tangent is not differentiated on the way back."""

    @xp.custom_jvp
    def exp(x):
        return xp.exp(x)

    def rule(primals, tangents):
        value = exp(*primals)
        return value, xp.sin(value) * 0 + value * tangents[0]

    exp.defjvp(rule) if by == "defjvp" else exp.defjvps(lambda t, value, x: value * t)
    x = xp.asarray(X, device=device)
    xp.check_gradients(exp, x, order=3)
    assert_close(xp.hessian(lambda x: xp.sum(exp(x)))(x).numpy(), np.diag(np.exp(X)))
    y = leaf(X)
    xp.sum(exp(y)).backward()
    assert_close(y.grad.numpy(), np.exp(X))


def test_errors_of_custom_jvp():
    @xp.custom_jvp
    def f(x):
        return x * 2.0

    with pytest.raises(GraphError, match=r"f has no derivative yet. Cure: f.defjvp\(rule\) first"):
        f(leaf(X))
    f.defjvp(lambda primals, tangents: (primals[0], xp.sum(tangents[0])))
    with pytest.raises(ShapeError, match=r"f: a tangent has its value's shapes \[\(3,\)\]; the rule gave \[\(\)\]"):
        xp.sum(f(leaf(X))).backward()
    f.defjvps(None, None)
    with pytest.raises(ShapeError, match="a rule, or None, for each of 1 arguments; got 2"):
        xp.sum(f(leaf(X))).backward()
