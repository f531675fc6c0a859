"""Optimizers as pure functions: the same steps as those of the classes, and differentiable ones."""

import numpy as np
import pytest

import xnn as xp
from tests.optim.bowl import fitting
from tests.optim.table import FULLEST
from tests.tolerances import assert_close
from xnn import optim
from xnn.errors import DTypeError, OptionError, ShapeError


def gradients(params, step):
    """Some, which depend on the parameters."""
    return [xp.sin(3 * p + step) for p in params]


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_the_steps_are_those_of_the_class(case, device):
    params = fitting(case, device)
    optimizer = case.ours(params)
    pure = optim.functional(case.ours)
    tree = {"params": [p.detach() for p in params]}
    state = pure.init(tree)
    for step in range(4):
        found = gradients([p.detach() for p in params], step)
        for p, g in zip(params, found, strict=True):
            p.grad = g
        optimizer.step()
        before = [p.numpy().copy() for p in tree["params"]]
        old, (tree, state) = tree, pure.update({"params": gradients(tree["params"], step)}, state, tree)
        for p, value in zip(old["params"], before, strict=True):
            assert_close(p.numpy(), value)  # nothing is changed in place
    assert state.step == 4
    for p, came in zip(params, tree["params"], strict=True):
        assert came.device is device
        assert_close(came.numpy(), p.detach().numpy())


def test_raw_arrays_complex_ones_and_schedules():
    pure = optim.functional(lambda params: optim.SGD(params, lr=lambda step: 1.0 / (step + 1), momentum=0.5))
    params = (np.asarray([1.0, 2.0]), np.asarray(1.0 + 2.0j))
    state = pure.init(params)
    for _ in range(2):
        params, state = pure.update((np.ones(2), np.asarray(1j)), state, params)
    assert type(params[0]) is np.ndarray
    assert_close(params[0], np.asarray([1.0, 2.0]) - 1 - 1.5 / 2)
    assert_close(params[1], 1.0 + 2.0j - 1j - 1.5j / 2)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.RMSprop])
def test_a_step_is_differentiable(kind):
    """What meta-learning needs: the loss after a step as a function of the parameters before it."""
    pure = optim.functional(lambda params: kind(params, lr=0.1))
    w = np.asarray([0.5, -1.0])

    def after(w):
        state = pure.init(w)
        for _ in range(2):
            w, state = pure.update(xp.grad(lambda w: xp.sum(w**4))(w), state, w)
        return xp.sum(w**2)

    xp.check_gradients(after, w, order=1)


def test_errors():
    with pytest.raises(OptionError, match=r"an optimizer with an update rule; got LBFGS\. Cure: functional"):
        optim.functional(optim.LBFGS)
    with pytest.raises(OptionError, match="lr"):
        optim.functional(lambda params: optim.Adam(params, lr=-1.0))
    pure = optim.functional(optim.Adam)
    params = {"w": np.ones(2)}
    state = pure.init(params)
    with pytest.raises(ShapeError, match=r"gradients and a state like the parameters dict\('w': \*\); got list"):
        pure.update([np.ones(2)], state, params)
    with pytest.raises(ShapeError, match=r"a gradient has its parameter's shape \(2,\); got \(3,\)"):
        pure.update({"w": np.ones(3)}, state, params)
    with pytest.raises(DTypeError, match="update takes floating-point arrays; got a parameter"):
        pure.update({"w": np.ones(2)}, state, {"w": np.ones(2, "int64")})
    muon, z = optim.functional(optim.Muon), np.ones((2, 2), "complex128")
    with pytest.raises(DTypeError, match="Muon changes real parameters; got complex128"):
        muon.update(z, muon.init(z), z)
