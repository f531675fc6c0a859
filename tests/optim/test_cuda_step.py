"""No step of an optimizer makes the host wait, counted by the emulation; LBFGS's does, and says so."""

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.optim.table import BY_GRADIENT, CASES
from xnn import nn, optim
from xnn.optim import swa_utils

pytestmark = pytest.mark.needs("cuda_emulation")
GPU = "cupy:cuda:0"


def parameters(shapes):
    params = [nn.Parameter(xp.asarray(np.full(shape, 2.0, "float32"), device=GPU)) for shape in shapes]
    for p in params:
        p.grad = 2 * p.detach()
    return params


def assert_no_wait(counts):
    assert counts.launches > 0
    assert (counts.d2h, counts.h2d, counts.peer, counts.synchronisations) == (0, 0, 0, 0), counts


@pytest.mark.parametrize("case", BY_GRADIENT, ids=str)
def test_a_step(case):
    optimizer = case.ours(parameters(case.shapes))
    optimizer.step()
    with cuda_emulation.count() as counts:
        optimizer.step()
        optimizer.zero_grad()
    assert_no_wait(counts)


def test_lbfgs_waits():
    case = next(c for c in CASES if c.name == "LBFGS")
    (p,) = parameters([(2,)])
    optimizer = case.ours([p])

    def closure():
        optimizer.zero_grad()
        loss = xp.sum(p * p)
        loss.backward()
        return loss

    with cuda_emulation.count() as counts:
        optimizer.step(closure)
    assert counts.d2h > 0
    assert "waits for the device" in optim.LBFGS.__doc__


@pytest.mark.parametrize(
    "clip",
    [
        lambda params: optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True),
        lambda params: optim.clip_grad_norm_(params, 1.0, "inf"),
        lambda params: optim.clip_grad_value_(params, 1.0),
    ],
)
def test_clipping(clip):
    params = parameters([(2, 3), (), (4,)])
    with cuda_emulation.count() as counts:
        clip(params)
    assert_no_wait(counts)


@pytest.mark.parametrize("use_buffers", [False, True])
def test_averaging(use_buffers):
    with xp.use_device(GPU):
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    averaged = swa_utils.AveragedModel(model, use_buffers=use_buffers)
    with cuda_emulation.count() as counts:
        for _ in range(2):
            averaged.update_parameters(model)
    assert_no_wait(counts)


def test_schedule_free_modes():
    optimizer = optim.ScheduleFreeAdamW(parameters([(2, 3), ()]))
    optimizer.step()
    with cuda_emulation.count() as counts:
        optimizer.eval()
        optimizer.train()
    assert_no_wait(counts)


def test_the_perceptrons_rule():
    with xp.use_device(GPU):
        layer = nn.Linear(2, 1)
    x, target = xp.ones((3, 2), device=GPU), xp.ones((3, 1), device=GPU)
    with cuda_emulation.count() as counts:
        optim.PerceptronRule(layer).step(x, target)
    assert_no_wait(counts)
