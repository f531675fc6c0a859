"""Roots and fixed points, whose derivatives are those of their equations."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import ConvergenceError, GraphError, OptionError, ShapeError


def square_root(a, **options):
    guess = xp.ones_like(a) if isinstance(a, xp.Array) else np.ones_like(a)
    return xp.custom_root(lambda x, a: x**2 - a, guess, args=(a,), **options)


def babylonian(a):
    return xp.fixed_point(lambda x, a: (x + a / x) / 2, xp.ones_like(a), (a,))


@pytest.mark.parametrize("root", [square_root, babylonian])
def test_derivatives_of_every_order_and_mode(root, device):
    a = xp.asarray([4.0, 9.0], dtype=xp.float64, device=device)
    assert_close(root(a).numpy(), [2.0, 3.0])
    assert root(a).device is device
    xp.check_gradients(root, a, order=3)
    assert_close(xp.jvp(root, (a,), (a,))[1].numpy(), [1.0, 1.5])
    assert_close(xp.jacobian(root)(a).numpy(), np.diag([0.25, 1 / 6]))


def test_the_iteration_is_not_recorded():
    seen = []

    def solve(f, guess):
        x = guess
        for _ in range(20):
            x = x - f(x) / (2 * x)
        seen.append(x.requires_grad)
        return x

    a = xp.asarray([4.0, 9.0], dtype=xp.float64, requires_grad=True, device="cpu")
    xp.sum(square_root(a, solve=solve)).backward()
    assert seen == [False]
    assert_close(a.grad.numpy(), [0.25, 1 / 6])


def test_trees_and_arguments_that_are_no_arrays():
    def equation(x, a, power):
        return {"u": x["u"] * a["a"] + x["v"] - 3.0, "v": x["v"] ** power - a["b"]}

    def u(a):
        guess = {"u": np.ones(2), "v": np.ones(2)}
        return xp.custom_root(
            equation,
            guess,
            args=(a, 3),
            tangent_solve=lambda g, y: xp.linalg.solve(xp.jacobian(g)(xp.zeros_like(y)), y),
        )["u"]

    a = {"a": np.asarray(2.0), "b": np.asarray([3.0, 8.0])}
    assert_close(np.asarray(u(a)), (3 - np.cbrt([3.0, 8.0])) / 2)
    gradient = xp.grad(lambda a: xp.sum(u(a)))(a)
    assert_close(gradient["b"], -(np.asarray([3.0, 8.0]) ** (-2 / 3)) / 6)
    assert_close(gradient["a"], np.sum(-(3 - np.cbrt([3.0, 8.0])) / 4))


def test_errors():
    with pytest.raises(ConvergenceError, match=r"Newton's method found no root; the residual is .* Cure: a nearer"):
        xp.custom_root(lambda x: x**2 + 1.0, xp.asarray(0.5))
    with pytest.raises(ConvergenceError, match="no fixed point within 7 steps"):
        xp.fixed_point(lambda x: 2 * x + 1, xp.asarray(1.0), max_steps=7)
    with pytest.raises(OptionError, match="tol is above 0, and max_steps at least 1; got 0 and 1000"):
        xp.fixed_point(lambda x: x, xp.asarray(1.0), tol=0)
    with pytest.raises(ShapeError, match=r"custom_root: function gives a pytree like the initial guess, \*; got tuple"):
        xp.custom_root(lambda x: (x, x), xp.asarray(1.0))
    a = xp.asarray(4.0, requires_grad=True)
    with pytest.raises(GraphError, match=r"Cure: pass it in `args`"):
        xp.custom_root(
            lambda x, b: x**2 - a * b, xp.asarray(1.0), args=(xp.asarray(1.0, requires_grad=True),)
        ).backward()
