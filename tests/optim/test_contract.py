"""What holds for every optimizer: convergence, types and devices, state, and closures."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.optim.bowl import fitting, make, quadratic, train
from tests.optim.table import BY_GRADIENT, FULLEST, Case
from tests.tolerances import assert_close
from xnn import nn, optim

every = pytest.mark.parametrize("case", FULLEST, ids=str)
DOWNHILL = [c for c in BY_GRADIENT if not c.options.get("weight_decay") and not c.options.get("maximize")]


def arrays(own):
    """The arrays of a parameter's state; beside them it has numbers."""
    assert all(isinstance(x, (int, float, xp.Array)) for x in own.values())
    return {name: x for name, x in own.items() if isinstance(x, xp.Array)}


@pytest.mark.every_device
@pytest.mark.parametrize("case", [*FULLEST, Case("LBFGS", {"line_search_fn": "strong_wolfe"})], ids=str)
def test_every_device_gives_the_numbers_of_numpy(case, device):
    def after(where, steps=3):
        params = fitting(case, where)
        optimizer = case.ours(params)

        def closure():
            optimizer.zero_grad()
            loss = quadratic(params)
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)
        return params

    for came, expected in zip(after(device), after("numpy:cpu"), strict=True):
        assert came.device is device
        assert_close(came.detach().numpy(), expected.detach().numpy())


@pytest.mark.parametrize("case", DOWNHILL, ids=str)
def test_it_converges_and_keeps_type_and_device(case, device):
    for dtype in ("float32", "float64") if device.backend.name == "numpy" else ("float32",):
        params = fitting(case, device, dtype)
        optimizer = case.ours(params, **case.converging)
        before = float(quadratic(params))
        train(optimizer, params, 60)
        assert float(quadratic(params)) < 0.1 * before
        for p, own in zip(params, optimizer.state_dict()["state"].values(), strict=True):
            assert (p.dtype.name, p.device, p.is_leaf, p.requires_grad) == (dtype, device, True, True)
            assert isinstance(p._data, device.backend.array_type)  # no scalar of NumPy's
            for name, x in arrays(own).items():
                assert isinstance(x._data, device.backend.array_type)
                assert (x.dtype, x.device, x.shape) == (p.dtype, device, optimizer.state_shape(name, p.shape))


@every
def test_a_run_that_was_stopped_goes_on_bit_for_bit(case, device):
    whole = fitting(case, device)
    train(case.ours(whole), whole, 8)
    params = fitting(case, device)
    first = case.ours(params)
    train(first, params, 5)
    blob = pickle.dumps((first.state_dict(), [p.detach() for p in params]))
    state, values = pickle.loads(blob)
    fresh = [nn.Parameter(v) for v in values]
    second = case.ours(fresh)
    second.load_state_dict(state)
    train(second, fresh, 3)
    for a, b in zip(fresh, whole, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


@every
def test_state_goes_round_bit_for_bit(case):
    params = fitting(case, "cpu")
    optimizer = case.ours([{"params": params[:1], "lr": 0.5}, {"params": params[1:]}])
    train(optimizer, params, 3)
    state = optimizer.state_dict()
    other = getattr(optim, case.name)([{"params": params[:1]}, {"params": params[1:]}])
    other.load_state_dict(copy.deepcopy(state))
    again = other.state_dict()
    assert again["param_groups"] == state["param_groups"]
    assert again["param_groups"][0]["params"] == [0]
    assert again["param_groups"][1]["params"] == [1, 2]
    assert again["param_groups"][0]["lr"] == 0.5
    for i, own in state["state"].items():
        assert own["step"] == again["state"][i]["step"] == 3
        assert set(own) == set(again["state"][i])
        for name in own:
            came, expected = (
                np.asarray(x.numpy() if isinstance(x, xp.Array) else x) for x in (again["state"][i][name], own[name])
            )
            np.testing.assert_array_equal(came, expected)


@every
def test_a_state_of_another_type_is_converted(case):
    params = fitting(case, "cpu", "float64")
    optimizer = case.ours(params)
    train(optimizer, params, 2)
    narrow = fitting(case, "cpu", "float32")
    other = case.ours(narrow)
    other.load_state_dict(optimizer.state_dict())
    train(other, narrow, 2)
    assert {p.dtype for p in narrow} == {xp.float32}


@every
def test_numbers_of_numpy_do_not_widen_parameters(case):
    """NumPy's float64 is no weak number."""
    params = fitting(case, "cpu", "float32")
    options = {k: np.float64(v) if isinstance(v, float) else v for k, v in case.options.items()}
    options |= {k: tuple(map(np.float64, v)) for k, v in options.items() if isinstance(v, tuple)}
    kind = getattr(optim, case.name)
    for optimizer in (kind(params, **options), kind([{"params": params, **options}])):
        optimizer.param_groups[0]["lr"] = np.float64(0.01)
        train(optimizer, params, 2)
        assert {p.dtype for p in params} == {xp.float32}


@pytest.mark.every_device
@every
def test_parameters_that_move_on_the_way(case, device):
    """To another device after three steps, to another type after six: the state goes along."""
    expected = fitting(case, "numpy:cpu")
    train(case.ours(expected), expected, 6)
    net = nn.Module()
    net.a, net.b, net.c = fitting(case, "numpy:cpu")
    params = list(net.parameters())
    optimizer = case.ours(params)
    train(optimizer, params, 3)
    net.to(device)
    train(optimizer, params, 3)
    for p, e in zip(params, expected, strict=True):
        assert p.device is device
        assert_close(p.detach().numpy(), e.detach().numpy())
    net.to(dtype=xp.float32)
    train(optimizer, params, 2)
    for own in optimizer.state_dict()["state"].values():
        assert own["step"] == 8
        assert {x.dtype for x in arrays(own).values()} == {xp.float32}


@pytest.mark.every_device
@every
def test_parameters_of_several_devices_and_types(case, device):
    params = [*fitting(case, "numpy:cpu"), *fitting(case, device, "float32")]
    optimizer = case.ours(params)
    for _ in range(3):
        optimizer.zero_grad()
        quadratic(params[:3]).backward()
        quadratic(params[3:]).backward()
        optimizer.step()
    for a, b in zip(params[:3], params[3:], strict=True):
        assert_close(b.detach().numpy(), a.detach().numpy(), "float32")


@every
def test_parameters_without_elements(case, device):
    """An empty one stays as it is, and the others learn."""
    shape = (0, 2) if case.name == "Muon" else (0,)
    empty = nn.Parameter(xp.zeros(shape, dtype=xp.float64, device=device))
    params = fitting(case, device)
    optimizer = case.ours([empty, *params])
    alone = fitting(case, device)
    other = case.ours(alone)
    for _ in range(2):
        empty.grad = xp.zeros(shape, dtype=xp.float64, device=device)
        quadratic(params).backward()
        quadratic(alone).backward()
        optimizer.step()
        other.step()
    assert empty.shape == shape
    for p, e in zip(params, alone, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), e.detach().numpy())


@every
def test_a_closure_computes_the_loss_before_the_step(case):
    params, expected = fitting(case, "cpu"), fitting(case, "cpu")
    optimizer = case.ours(params)

    def closure():
        optimizer.zero_grad()
        loss = quadratic(params)
        loss.backward()
        return loss

    before = float(quadratic(params))
    with xp.no_grad():
        assert float(optimizer.step(closure)) == before
    train(case.ours(expected), expected, 1)
    for p, e in zip(params, expected, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), e.detach().numpy())


@every
def test_a_frozen_parameter_stays(case):
    params = fitting(case, "cpu")
    params[1].requires_grad = False
    before = params[1].tolist()
    optimizer = case.ours(params)
    train(optimizer, params, 2)
    assert params[1].tolist() == before
    assert set(optimizer.state_dict()["state"]) == {0, 2}


def test_a_first_step_without_any_gradient_does_nothing(device):
    params = make(device)
    before = [p.tolist() for p in params]
    optimizer = optim.Adam(params)
    optimizer.step()
    assert [p.tolist() for p in params] == before
    assert optimizer.state_dict()["state"] == {}


def test_a_schedule_counts_the_steps_that_were_done():
    seen = []
    params = make("cpu")
    optimizer = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    train(optimizer, params, 3)
    assert seen == [0, 1, 2]
    state = optimizer.state_dict()
    assert "lr" not in state["param_groups"][0]
    fresh = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    fresh.load_state_dict(state)
    train(fresh, params, 1)
    assert seen[3:] == [3]  # also of SGD without momentum, whose parameters have no state


def test_a_schedule_counts_for_all_parameters_at_once():
    """One that gets its first gradient late is trained at the same rate as the others."""
    seen = []
    p, q = make("cpu")[:2]
    optimizer = optim.Adam([p, q], lr=lambda step: seen.append(step) or 0.1)
    for step in range(4):
        optimizer.zero_grad()
        quadratic([p, q] if step == 3 else [p]).backward()
        optimizer.step()
    assert seen == [0, 1, 2, 3]
    assert [own["step"] for own in optimizer.state_dict()["state"].values()] == [4, 1]  # of the bias correction


def test_a_schedule_where_the_state_has_no_count():
    """PyTorch's: the parameter with the most steps counts, and SGD's have none."""
    seen = []
    params = make("cpu")
    optimizer = optim.Adam(params)
    train(optimizer, params, 3)
    state = optimizer.state_dict()
    assert state.pop("step") == 3
    state["state"][0]["step"] = 2.0
    fresh = optim.Adam(params, lr=lambda step: seen.append(step) or 0.1)
    fresh.load_state_dict(state)
    train(fresh, params, 2)
    assert seen == [3, 4]
    plain = optim.SGD(params, lr=lambda step: seen.append(step) or 0.1)
    plain.load_state_dict({"state": {}, "param_groups": state["param_groups"]})
    train(plain, params, 1)
    assert seen == [3, 4, 0]


def test_old_graphs_see_the_old_values(device):
    p = nn.Parameter(xp.asarray([2.0], device=device))
    loss = xp.sum(p * p)
    p.grad = xp.asarray([1.0], device=device)
    optim.SGD([p], lr=1.0).step()
    assert p.tolist() == [1.0]
    p.grad = None
    loss.backward()
    assert p.grad.tolist() == [4.0]


def test_zero_grad():
    params = make("cpu")
    optimizer = optim.SGD(params)
    quadratic(params).backward()
    optimizer.zero_grad()
    assert all(p.grad is None for p in params)


def test_zero_grad_with_zeros():
    params = make("cpu")
    optimizer = optim.SGD(params)
    xp.sum(params[0] ** 2).backward()
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert params[1].grad is None
    optimizer.zero_grad(set_to_none=True)
    assert params[0].grad is None


def test_an_optimizer_of_ones_own():
    class Signs(optim.Optimizer):
        @staticmethod
        def rule(xp, param, grad, state, *, step, lr):
            return param - lr * xp.sign(grad), {"last": grad}

        def __init__(self, params, lr=0.5):
            super().__init__(params, lr=lr)

    params = make("cpu")
    optimizer = Signs(params)
    train(optimizer, params, 1)
    assert params[2].tolist() == 1.0
    assert optimizer.state_dict()["state"][1]["last"].tolist() == [-4.0, -1.0, 2.0]


def test_an_option_switched_on_in_the_middle():
    params = make("cpu")
    optimizer = optim.RMSprop(params)
    train(optimizer, params, 2)
    optimizer.param_groups[0].update(momentum=0.9, centered=True)
    train(optimizer, params, 2)
    assert set(optimizer.state_dict()["state"][0]) == {"step", "square_avg", "grad_avg", "momentum_buffer"}
