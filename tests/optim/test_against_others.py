"""Fifty steps of the optimizers that PyTorch has not, beside numbers of Keras or the authors, or the paper's formula.

The numbers were computed once, by `gradients` and from `STARTS`, in float64: with Keras 3.15.1 on PyTorch
(keras.optimizers.Lion, Lamb and Ftrl), and with schedulefree 1.4.1 (AdamWScheduleFree).
"""

import numpy as np
import pytest

import xnn as xp
from tests import parity
from tests.optim.table import CASES, OTHERS
from xnn import optim
from xnn.errors import OptionError
from xnn.nn import Parameter

STARTS = [np.sin(1 + np.arange(3.0)), np.cos(np.arange(4.0)).reshape(2, 2)]
STEPS = 50

LION = {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1}
LAMB = {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}
FTRL = {
    "lr": 0.1,
    "learning_rate_power": -0.7,
    "initial_accumulator_value": 0.2,
    "l1_regularization_strength": 0.05,
    "l2_regularization_strength": 0.1,
    "l2_shrinkage_regularization_strength": 0.03,
    "beta": 0.5,
    "weight_decay": 0.1,
}
FREE = {
    "lr": 0.1,
    "betas": (0.8, 0.95),
    "eps": 1e-3,
    "weight_decay": 0.1,
    "warmup_steps": 5,
    "r": 1.0,
    "weight_lr_power": 1.5,
}
# The parameters after fifty steps, one after the other.
NUMBERS = [
    ("Lion", {}, [0.7914709848078965, 0.8592974268256817, 0.09112000805986717, 0.95, 0.4903023058681397,
                  -0.36614683654714236, -0.9399924966004454]),
    ("Lion", LION, [0.3124682186840827, 0.37698511207197954, -0.019412787710815234, 0.46326191016734436,
                    0.025994876239921874, 0.09210250494965476, -0.4537427166094874]),
    ("LAMB", {"lr": 0.05}, [0.05350747792046087, 0.08928341471871765, -0.0041447268091696745, 0.10086857796419212,
                            -0.028506107384435743, 0.004453292361347527, -0.09519523993881447]),
    ("LAMB", LAMB, [0.05590923799343258, 0.08766594575683723, -0.0010296975239686746, 0.09719581610376563,
                    -0.0012000791330405356, -0.0018923229772478509, -0.09210709168005862]),
    ("FTRL", {"lr": 0.1}, [0.014503605854501106, 0.018615350660793815, -0.012434419106023447, 0.031790861871847965,
                           -0.0006313126164150142, -0.004002520448782987, -0.030686320197622297]),
    ("FTRL", FTRL, [0.15619133854171394, 0.18453189402441633, -0.00429226757866875, 0.2369524250986903,
                    0.016959001038828674, -0.0033710276477227283, -0.23223637790055307]),
    ("ScheduleFreeAdamW", {}, [0.7717724950365017, 0.8391684004084912, 0.07722320845537889, 0.9300670841923824,
                               0.4712928327876661, -0.34825675575700277, -0.9200962791277048]),
    ("ScheduleFreeAdamW", FREE, [0.003141696428031144, -0.0008359269708473013, -0.017522275070860037,
                                 0.004974426728022991, -0.0034333653569778486, -0.009790500278261949,
                                 -0.005301575500402418]),
]  # fmt: skip
# The same in eval mode.
MEANS = [
    ({}, [0.7778969270265969, 0.8453357056929723, 0.08228607305361027, 0.9362332636791331, 0.4772765217171244,
          -0.3540902891749446, -0.9262583419392977]),
    (FREE, [0.0031312041153232903, 0.003435235898954911, -0.0040975198906214785, 0.005104767300625418,
            0.0004860147989130359, -0.0010674031286622716, -0.004985915954879031]),
]  # fmt: skip


def told(value):
    """An id without the numbers that are expected."""
    return "" if isinstance(value, list) else str(value)


def gradients(values, step):
    return [2 * v + np.sin(3 * v) + 0.1 * np.cos(step + np.arange(v.size)).reshape(v.shape) for v in values]


def make(device, dtype="float64"):
    return [Parameter(xp.asarray(v, dtype=dtype, device=device)) for v in STARTS]


def train(optimizer, params, device, steps=STEPS):
    for step in range(steps):
        for p, g in zip(params, gradients([p.detach().numpy() for p in params], step), strict=True):
            p.grad = xp.asarray(g, dtype=p.dtype, device=device)
        optimizer.step()


def values_of(params):
    return np.concatenate([p.detach().numpy().ravel() for p in params])


def test_every_other_optimizer_has_numbers_or_a_formula():
    assert {name for name, _, _ in NUMBERS} | {"LARS"} == OTHERS


@pytest.mark.parametrize(("name", "options", "expected"), NUMBERS, ids=told)
def test_fifty_steps(name, options, expected, device):
    params = make(device)
    train(getattr(optim, name)(params, **options), params, device)
    parity.compare("optimizer", name, values_of(params), expected)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in OTHERS], ids=str)
def test_float32(case, device):
    """Five steps beside those in float64."""
    narrow, wide = make(device, "float32"), make("cpu")
    train(case.ours(narrow), narrow, device, 5)
    train(case.ours(wide), wide, "cpu", 5)
    assert {p.dtype for p in narrow} == {xp.float32}
    parity.compare("optimizer", case.name, values_of(narrow), values_of(wide), "float32")


@pytest.mark.parametrize(("options", "expected"), MEANS, ids=told)
def test_schedule_free_means(options, expected, device):
    params = make(device)
    optimizer = optim.ScheduleFreeAdamW(params, **options)
    train(optimizer, params, device)
    trained = values_of(params)
    for _ in range(2):  # a second call changes nothing
        optimizer.eval()
        parity.compare("optimizer", "ScheduleFreeAdamW", values_of(params), expected)
    optimizer.train()
    parity.compare("optimizer", "ScheduleFreeAdamW", values_of(params), trained)


def test_schedule_free_modes():
    """At first it trains; the mode is in the state."""
    params = make("cpu")
    optimizer = optim.ScheduleFreeAdamW(params)
    optimizer.eval()
    optimizer.train()
    train(optimizer, params, "cpu", 2)
    optimizer.eval()
    with pytest.raises(OptionError, match=r"ScheduleFreeAdamW steps in train mode; it is in eval mode\. Cure: opti"):
        train(optimizer, params, "cpu", 1)
    state, values = optimizer.state_dict(), values_of(params)
    assert [group["train_mode"] for group in state["param_groups"]] == [False]
    fresh = make("cpu")
    with xp.no_grad():
        for p, q in zip(fresh, params, strict=True):
            p[...] = q.detach()
    other = optim.ScheduleFreeAdamW(fresh)
    other.load_state_dict(state)
    np.testing.assert_array_equal(values_of(fresh), values)
    for each, members in ((optimizer, params), (other, fresh)):
        each.train()
        train(each, members, "cpu", 2)
    np.testing.assert_array_equal(values_of(fresh), values_of(params))


def test_schedule_free_is_free_of_lr_0():
    """All weights are 0 then: the mean stays where it is."""
    params = make("cpu")
    train(optim.ScheduleFreeAdamW(params, lr=0.0), params, "cpu", 2)
    np.testing.assert_array_equal(values_of(params), values_of(make("cpu")))


# ---- the papers' formulas ----


def lars(v, g, b, *, lr=1.0, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3, eps=1e-8):
    """You, Gitman and Ginsburg (2017), algorithm 1, with eps in the denominator."""
    local = trust_coefficient * np.linalg.norm(v) / (np.linalg.norm(g) + weight_decay * np.linalg.norm(v) + eps)
    b = momentum * b + lr * local * (g + weight_decay * v)
    return v - b, b


@pytest.mark.parametrize("options", [c.options for c in CASES if c.name == "LARS"], ids=str)
def test_lars(options, device):
    params, values = make(device), [v.copy() for v in STARTS]
    train(optim.LARS(params, **options), params, device)
    buffers = [np.zeros_like(v) for v in values]
    for step in range(STEPS):
        for i, g in enumerate(gradients(values, step)):
            values[i], buffers[i] = lars(values[i], g, buffers[i], **options)
    parity.compare("optimizer", "LARS", values_of(params), np.concatenate([v.ravel() for v in values]))


def test_lamb_with_weight_decay(device):
    """You et al. (2020), algorithm 2, with the identity for phi; Keras decays apart from the ratio."""
    lr, beta1, beta2, eps, weight_decay = 0.05, 0.8, 0.95, 1e-3, 0.1
    params, values = make(device), [v.copy() for v in STARTS]
    train(optim.LAMB(params, **LAMB, weight_decay=weight_decay), params, device)
    m, v = ([np.zeros_like(x) for x in values] for _ in range(2))
    for step in range(STEPS):
        for i, g in enumerate(gradients(values, step)):
            m[i] = beta1 * m[i] + (1 - beta1) * g
            v[i] = beta2 * v[i] + (1 - beta2) * g**2
            r = (m[i] / (1 - beta1 ** (step + 1))) / (np.sqrt(v[i] / (1 - beta2 ** (step + 1))) + eps)
            u = r + weight_decay * values[i]
            values[i] = values[i] - lr * np.linalg.norm(values[i]) / np.linalg.norm(u) * u
    parity.compare("optimizer", "LAMB", values_of(params), np.concatenate([x.ravel() for x in values]))


def test_lars_decays_a_parameter_without_a_slope_by_lr_alone(device):
    p = Parameter(xp.asarray([1.0, 2.0], dtype="float64", device=device))
    p.grad = xp.zeros_like(p.detach())
    optim.LARS([p], lr=0.5, weight_decay=0.1).step()
    parity.compare("optimizer", "LARS", p.detach().numpy(), [0.95, 1.9])


@pytest.mark.parametrize("name", ["LARS", "LAMB"])
def test_a_parameter_or_gradient_of_norm_0(name, device):
    """The ratio is 1: a bias leaves 0, a parameter without a slope stays."""
    at_0, flat = (Parameter(xp.asarray(v, dtype="float64", device=device)) for v in ([0.0, 0.0], [1.0, 2.0]))
    optimizer = getattr(optim, name)([at_0, flat], lr=0.5)
    at_0.grad = xp.asarray([2.0, -2.0], dtype="float64", device=device)
    flat.grad = xp.zeros_like(flat.detach())
    optimizer.step()
    parity.compare(
        "optimizer",
        name,
        at_0.detach().numpy(),
        [-1.0, 1.0] if name == "LARS" else [-0.5 / (1 + 5e-8), 0.5 / (1 + 5e-8)],
    )
    assert flat.tolist() == [1.0, 2.0]
