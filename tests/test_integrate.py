"""odeint against SciPy's solvers and closed forms; its gradients through the steps and by the adjoint equation."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn.errors import ConvergenceError, DTypeError, GraphError, OptionError, ShapeError
from xnn.integrate import NODES, WEIGHTS, WITHIN, odeint

TIMES = np.asarray([0.0, 0.7, 2.0])
START = np.asarray([1.0, 0.3])


def pendulum(y, t, a, b):
    return xp.stack([y[1], -a * xp.sin(y[0]) - b * y[1] + 0.1 * t])


def test_the_tableau_is_consistent():
    assert [sum(row) for row in WEIGHTS] == pytest.approx(NODES)
    assert [sum(row) for row in WITHIN] == pytest.approx([*WEIGHTS[-1], 0.0])


@pytest.mark.needs("scipy")
def test_against_scipy(device):
    integrate = optional.module("scipy.integrate")
    times = np.linspace(0, 5, 40)

    def slope(t, y):
        return [y[1], -2 * np.sin(y[0]) - 0.1 * y[1] + 0.1 * t]

    expected = integrate.solve_ivp(slope, (0, 5), START, t_eval=times, rtol=1e-12, atol=1e-12, method="DOP853").y.T
    for options, allowed in (({}, 1e-6), ({"rtol": 1e-11, "atol": 1e-11}, 1e-8), ({"rtol": 1e-4, "atol": 1e-4}, 1e-2)):
        came = odeint(pendulum, xp.asarray(START, device=device), times, (2.0, 0.1), **options)
        assert came.device is device
        assert np.abs(came.numpy() - expected).max() < allowed


def test_the_order_of_the_error():
    """Ten times the tolerance is ten times the error, not a hundred times: steps are chosen by the right estimate."""
    errors = []
    for tol in (1e-4, 1e-6, 1e-8):
        y = odeint(lambda y, t: xp.cos(t) * y, np.asarray(1.0), np.linspace(0, 10, 30), rtol=tol, atol=tol)
        errors.append(np.abs(y.numpy() - np.exp(np.sin(np.linspace(0, 10, 30)))).max() / tol)
    assert max(errors) < 100
    assert min(errors) > 0.01


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("times", [TIMES, TIMES[::-1], TIMES[:2]], ids=["rising", "falling", "two"])
def test_gradients(adjoint, times, device):
    def solution(y0, t, a):
        return odeint(pendulum, y0, t, (a, 0.1), adjoint=adjoint, rtol=1e-10, atol=1e-10)

    args = [xp.asarray(x.copy(), device=device) for x in (START, times, np.asarray(2.0))]
    xp.check_gradients(solution, *args, order=1)


def test_derivatives_of_second_order_go_through_the_steps():
    def last(y0, a):
        return odeint(lambda y, t: -a * y, y0, TIMES, rtol=1e-10, atol=1e-10)[-1]

    xp.check_gradients(last, np.asarray(1.5), np.asarray(0.5), order=2)
    gradient = xp.grad(lambda a: odeint(lambda y, t, a: -a * y, np.asarray(1.0), [0.0, 2.0], (a,), adjoint=True)[1])
    assert_close(gradient(np.asarray(0.5)), -2 * np.exp(-1.0), "float32")
    with pytest.raises(GraphError, match=r"adjoint of odeint gives derivatives of first order.* Cure: adjoint=False"):
        xp.grad(gradient)(np.asarray(0.5))


def test_trees_float32_and_one_time():
    y0 = {"x": np.ones(2, "float32"), "v": np.zeros((), "float32")}
    came = odeint(lambda y, t: {"x": -y["x"], "v": xp.sum(y["x"])}, y0, [0.0, 1.0], rtol=1e-5, atol=1e-5)
    assert came["x"].shape == (2, 2)
    assert came["x"].dtype is xp.float32
    assert_close(came["v"].numpy(), [0.0, 2 * (1 - np.exp(-1.0))], "float32")
    assert odeint(lambda y, t: y, 1.0, [3.0]).tolist() == [1.0]
    assert odeint(lambda y, t: y, 1.0, [3.0, 3.0]).tolist() == [1.0, 1.0]


def test_networks_are_arguments(device):
    """A neural ODE: the weights are in `args`, and both ways give their gradient."""
    w = xp.asarray(np.asarray([[0.1, -1.0], [1.0, 0.2]]), device=device)
    found = [
        xp.grad(
            lambda w, adjoint=adjoint: xp.sum(
                odeint(lambda y, t, w: xp.tanh(w @ y), xp.asarray(START, device=device), TIMES, (w,), adjoint=adjoint)
                ** 2
            )
        )(w)
        for adjoint in (False, True)
    ]
    assert np.abs(found[0].numpy() - found[1].numpy()).max() < 1e-6


def test_errors():
    with pytest.raises(ConvergenceError, match=r"odeint: no solution from t = 1 to 2 within .* Cure: larger rtol"):
        odeint(lambda y, t: y * y, np.asarray(1.0), [0.0, 2.0])
    with pytest.raises(ConvergenceError, match="within 3 steps"):
        odeint(lambda y, t: xp.sin(50 * t) * y, np.asarray(1.0), [0.0, 9.0], max_steps=3)
    with pytest.raises(OptionError, match="finite times that rise, or fall"):
        odeint(lambda y, t: y, 1.0, [0.0, 1.0, 0.5])
    with pytest.raises(OptionError, match="rtol and atol are at least 0"):
        odeint(lambda y, t: y, 1.0, [0.0, 1.0], rtol=-1.0)
    with pytest.raises(ShapeError, match=r"a vector of times, .* got shape \(\)"):
        odeint(lambda y, t: y, 1.0, 2.0)
    with pytest.raises(ShapeError, match="func gives a pytree like y0, of 1 elements; got 2"):
        odeint(lambda y, t: (y, y), 1.0, [0.0, 1.0])
    a = xp.asarray(1.0, requires_grad=True)
    with pytest.raises(
        GraphError, match="odeint: func depends on an array that requires a gradient and is no argument"
    ):
        odeint(lambda y, t: a * y, xp.asarray(1.0, requires_grad=True), [0.0, 1.0], adjoint=True)
    with pytest.raises(DTypeError, match="real floating-point y0; got int64"):
        odeint(lambda y, t: y, 1, [0.0, 1.0])


def test_one_argument_needs_no_tuple():
    times = xp.linspace(0.0, 1.0, 3, dtype=xp.float64)

    def end(rate, wrap=lambda rate: rate):
        return odeint(lambda y, t, rate: -rate * y, xp.asarray(1.0, dtype=xp.float64), times, wrap(rate))[-1]

    rate = xp.asarray(2.0, dtype=xp.float64)
    assert end(rate).item() == end(rate, lambda rate: (rate,)).item() == end(2.0).item()
    assert xp.grad(end)(rate).item() == xp.grad(end)(rate, lambda rate: (rate,)).item()
