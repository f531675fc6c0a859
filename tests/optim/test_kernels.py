"""Kernels of update rules: the numbers of the rules."""

import copy
import importlib
import math
import subprocess
import sys

import numpy as np
import pytest

import xnn as xp
from tests.optim.gradients import drawn
from tests.optim.table import BY_GRADIENT, Case
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.backends import get_backend
from xnn.optim.batches import with_kernels
from xnn_backends import fast
from xnn_backends.fast import updates as compiled_updates
from xnn_backends.numpy_kernels import updates

SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-42)


def compiled():
    """The compiled kernels, which small arrays are not spared either; none where they are off."""
    if not fast.is_on():
        return {}
    importlib.import_module(compiled_updates.LOOPS)
    return compiled_updates.kernels()


SOURCES = {"numpy": updates.kernels(), "fast": compiled()}
sources = pytest.mark.parametrize("source", ["numpy", pytest.param("fast", marks=pytest.mark.needs("fast"))])
MORE = [
    Case("SGD", {"lr": 0.1, "momentum": 0.5, "nesterov": True, "maximize": True}),
    Case("RMSprop", {"momentum": 0.5, "maximize": True}),
    Case("Adam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "amsgrad": True, "maximize": True}),
    Case("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    Case("Lion", {"lr": 0.5, "betas": (0.0, 0.0)}),
]


def rule_of(case):
    return getattr(optim, case.name).rule


WITH_KERNELS = [case for case in [*BY_GRADIENT, *MORE] if hasattr(rule_of(case), "kernel_name")]


def options_of(case):
    """All of the rule's."""
    optimizer = getattr(optim, case.name)([nn.Parameter(xp.zeros((1,), device="cpu"))], **case.options)
    return dict(optimizer.defaults)


def laid_out(raws):
    return np.concatenate([x.reshape(-1) for x in raws])


def assert_same_bits(came, expected, name=""):
    """But for those of NaN."""
    np.testing.assert_array_equal(came, expected, err_msg=name)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(came)[numbers], np.signbit(expected)[numbers], err_msg=f"signs of {name}")


def assert_same_state(came, expected):
    assert came.keys() == expected.keys()
    for name, value in expected.items():
        assert_same_bits(np.asarray(came[name]), np.asarray(value), name)
        assert type(came[name]) is type(value)
        assert getattr(came[name], "dtype", None) == getattr(value, "dtype", None)


def test_every_rule_with_kernels_has_one():
    assert {rule_of(case).kernel_name for case in WITH_KERNELS} == set(updates.kernels())
    assert not fast.is_on() or compiled().keys() == updates.kernels().keys()


@pytest.mark.parametrize("special", [(), SPECIAL], ids=["usual", "special"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("case", WITH_KERNELS, ids=str)
@sources
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_rules_own_bits(source, case, dtype, special):
    rule, options = rule_of(case), options_of(case)
    kernel = SOURCES[source].get(rule.kernel_name)
    if kernel is None:
        pytest.skip("no compiled kernels: numba is not installed, or XNN_FAST=0 says so")
    xp_ = get_backend("numpy").xp
    param = expected = laid_out(drawn(0, dtype, special=special))
    state, wanted = {}, {}
    for step in range(1, 4):
        grads = drawn(step, dtype, special=special)
        copies = [g.copy() for g in grads]
        expected, wanted = rule(xp_, expected, laid_out(grads), wanted, step=step, **options)
        before, kept = param.copy(), copy.deepcopy(state)
        planned = kernel(xp_, param, grads, state, step=step, **options)
        np.testing.assert_array_equal(param, before)
        assert_same_state(state, kept)
        planned.run()
        state = planned.state
        assert_same_bits(param, expected)
        assert_same_state(state, wanted)
        for g, was in zip(grads, copies, strict=True):
            np.testing.assert_array_equal(g, was)
            assert not any(np.shares_memory(g, x) for x in [param, *state.values()] if isinstance(x, np.ndarray))


@sources
@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        ("Adam", {}, {"amsgrad": True}),
        ("Adam", {"amsgrad": True}, {"amsgrad": False}),
        ("SGD", {}, {"momentum": 0.5}),
        ("SGD", {"momentum": 0.5}, {"momentum": 0.0}),
        ("RMSprop", {}, {"centered": True, "momentum": 0.5}),
        ("RMSprop", {"centered": True, "momentum": 0.5}, {"centered": False}),
    ],
)
def test_options_that_change_on_the_way(source, name, first, then):
    options = options_of(Case(name, {"lr": 0.1, **first}))
    rule = rule_of(Case(name, {}))
    kernel = SOURCES[source].get(rule.kernel_name)
    if kernel is None:
        pytest.skip("no compiled kernels: numba is not installed, or XNN_FAST=0 says so")
    param = expected = laid_out(drawn(0, "float32"))
    state, wanted = {}, {}
    for step in range(1, 5):
        grads, more = drawn(step, "float32"), then if step > 2 else {}
        expected, wanted = rule(
            get_backend("numpy").xp, expected, laid_out(grads), wanted, step=step, **{**options, **more}
        )
        planned = kernel(None, param, grads, state, step=step, **{**options, **more})
        planned.run()
        state = planned.state
        assert_same_bits(param, expected)
        assert_same_state(state, wanted)


@pytest.mark.parametrize("case", WITH_KERNELS, ids=str)
def test_an_optimizer_with_and_without_kernels(case, device, monkeypatch):
    def after(steps=3):
        params = [nn.Parameter(xp.asarray(x, device=device)) for x in drawn(0, "float32", [(3, 2), (), (5,)])]
        optimizer = case.ours(params)
        for step in range(1, steps + 1):
            for p, g in zip(params, drawn(step, "float32", [(3, 2), (), (5,)]), strict=True):
                p.grad = xp.asarray(g, device=device)
            optimizer.step()
        return [p.detach().numpy() for p in params]

    came = after()
    monkeypatch.setattr(device.backend, "updates", {})
    for a, b in zip(came, after(), strict=True):
        if device.backend.name == "numpy":
            np.testing.assert_array_equal(a, b)
        else:
            assert_close(a, b)


def test_parameters_without_elements():
    p = nn.Parameter(xp.zeros((0, 3), device="cpu"))
    optimizer = optim.Adam([p])
    for _ in range(2):
        p.grad = xp.zeros((0, 3), device="cpu")
        optimizer.step()
    assert optimizer.state_dict()["state"][0]["exp_avg"].shape == (0, 3)


@pytest.mark.needs("fast")
def test_gradients_of_any_layout_need_no_other_loop():
    p = nn.Parameter(xp.zeros((20_000,), device="cpu"))
    optimizer = optim.Lion([p], lr=0.5)
    for g in (np.arange(20_000.0, dtype="float32")[::-1], np.ones(40_000, "float32")[::2]):
        p.grad = xp.asarray(g, device="cpu")
        optimizer.step()
    loop = importlib.import_module(compiled_updates.LOOPS).lion
    assert {array.layout for signature in loop.signatures for array in signature[1:]} == {"C"}


def test_small_parameters_do_not_load_numba():
    script = (
        "import sys, xnn as xp; from xnn import nn, optim; layer = nn.Linear(8, 8, device='cpu'); "
        "optimizer = optim.Adam(layer.parameters()); xp.sum(layer(xp.ones((2, 8), device='cpu'))).backward(); "
        "optimizer.step(); print('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"


def test_a_rule_of_ones_own_is_not_taken_for_another(monkeypatch):
    """By its name."""

    def sgd(xp_, param, grad, state, *, step, lr, **options):
        return param + lr * grad, state

    class Climbing(optim.SGD):
        rule = staticmethod(sgd)

    p = nn.Parameter(xp.asarray([1.0], device="cpu"))
    p.grad = xp.ones((1,), device="cpu")
    Climbing([p], lr=0.5).step()
    assert p.tolist() == [1.5]
    monkeypatch.setattr(get_backend("numpy"), "updates", {"sgd": lambda *rest, **options: None})
    Climbing.rule = staticmethod(with_kernels(sgd))  # one that leaves it to the rule
    Climbing([p], lr=0.5).step()
    assert p.tolist() == [2.0]
