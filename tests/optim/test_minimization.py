"""SciPy's optimizers on pytrees of arrays of each device."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn import optim
from xnn.errors import DTypeError, GraphError, OptionError

scipy = optional.module("scipy.optimize")

METHODS = ["BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "TNC", "SLSQP", "Nelder-Mead"]


def rosenbrock(p, shift):
    x, y = p["x"], p["y"]
    return (1 - x) ** 2 + 100.0 * (y[0] - x**2) ** 2 + xp.sum((y - shift) ** 2)


@pytest.mark.parametrize("method", METHODS)
def test_a_minimum_is_found(method, device):
    seen = []
    start = {"x": xp.asarray(-0.5, dtype=xp.float64, device=device), "y": xp.zeros(2, dtype=xp.float64, device=device)}
    tol = None if method == "CG" else 1e-10
    found = optim.minimize(rosenbrock, start, (1.0,), method=method, tol=tol, callback=seen.append)
    assert found.x["x"].device is device
    assert abs(found.x["x"].item() - 1.0) < 1e-4
    assert np.abs(found.x["y"].numpy() - 1.0).max() < 1e-4
    assert found.fun < 1e-7
    if method not in ("TNC",):
        assert isinstance(seen[0]["y"], xp.Array)


def test_the_gradient_is_used():
    """As many evaluations as SciPy takes with the gradient written by hand."""
    found = optim.minimize(lambda x: xp.sum((x - 3.0) ** 4), np.zeros(3))
    expected = scipy.minimize(lambda x: (((x - 3) ** 4).sum(), 4 * (x - 3) ** 3), np.zeros(3), jac=True)
    assert (found.nfev, found.nit) == (expected.nfev, expected.nit)
    assert_close(found.x, expected.x)


def test_bounds_floats_and_float32():
    found = optim.minimize(lambda x: (x - 2.0) ** 2, 0.0, method="L-BFGS-B", bounds=[(0.0, 1.0)])
    assert found.x.item() == 1.0
    found = optim.minimize(lambda x: xp.sum(x**2), xp.ones(2, dtype=xp.float32), options={"maxiter": 1})
    assert found.x.dtype is xp.float32
    assert found.nit == 1


def test_errors():
    with pytest.raises(GraphError, match=r"whose value is an Array of shape \(\); got \(2,\)"):
        optim.minimize(lambda x: x, np.zeros(2))
    with pytest.raises(GraphError, match=r"whose value is an Array of shape \(\); got float"):
        optim.minimize(lambda x: 1.0, np.zeros(2))
    with pytest.raises(DTypeError, match="real floating-point arrays in x0; got int64"):
        optim.minimize(lambda x: xp.sum(x), np.zeros(2, "int64"))
    with pytest.raises(OptionError, match="method is the name of one of SciPy's; got None"):
        optim.minimize(lambda x: xp.sum(x), np.zeros(2), method=None)
