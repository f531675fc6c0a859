"""Kernels of update rules: the numbers of the rules, and memory that is written in place only where nobody sees it."""

import copy
import importlib
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

import xnn as xp
from tests.optim.table import BY_GRADIENT, Case
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.backends import get_backend
from xnn.optim.batches import with_kernels
from xnn.optim.ownership import CAN_COUNT
from xnn_backends import fast
from xnn_backends.fast import updates as compiled_updates
from xnn_backends.numpy_kernels import updates

SHAPES = [(3, 2), (4, 5000), (), (0, 3), (7,), (130, 260), (1, 1, 2)]  # small neighbours, and of more than one block
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-42)


def compiled():
    """The compiled kernels, which small arrays are not spared either; none where they are off."""
    if not fast.is_on():
        return {}
    importlib.import_module(compiled_updates.LOOPS)
    return compiled_updates.kernels()


SOURCES = {"numpy": updates.kernels(), "fast": compiled()}
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


def drawn(seed, dtype, shapes=SHAPES, special=()):
    """Arrays of these shapes: some transposed, some read-only."""
    rng = np.random.default_rng(seed)
    found = []
    for i, shape in enumerate(shapes):
        x = rng.normal(size=shape[::-1]).astype(dtype).T if i % 2 else rng.normal(size=shape).astype(dtype)
        if special and x.ndim:
            flat = x.reshape(-1)
            x = (
                np.where(rng.random(flat.shape) < 0.3, rng.choice(special, flat.shape), flat)
                .astype(dtype)
                .reshape(shape)
            )
        x.flags.writeable = i % 3 != 0
        found.append(x)
    return found


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
@pytest.mark.parametrize("source", SOURCES)
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


@pytest.mark.parametrize("source", SOURCES)
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


@pytest.mark.a_device_of_each
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


# ---- what is written in place ----

needs_counts = pytest.mark.skipif(not CAN_COUNT, reason="this interpreter does not count references exactly")
TWO = [(3, 2), (4,)]


def training(device="cpu", shapes=TWO, **options):
    """Parameters, their optimizer after two steps, and a function that goes another one."""
    params = [nn.Parameter(xp.asarray(x, device=device)) for x in drawn(0, "float32", shapes)]
    optimizer = optim.Adam(params, lr=0.1, **options)

    def step():
        for p, g in zip(params, drawn(1, "float32", shapes), strict=True):
            p.grad = xp.asarray(g, device=device)
        optimizer.step()

    step()
    step()
    return params, optimizer, step


def places(params, optimizer):
    """Which arrays there are, and where they lie; nothing that holds them."""
    (batch,) = optimizer._batches[0]
    arrays = [batch.data, *(p._data for p in params), *batch.state.values()]
    return [(id(x), x.ctypes.data) for x in arrays]


@needs_counts
@pytest.mark.parametrize("shapes", [TWO, [(3, 2)], [(4,)], [()], [(), (0, 2), (5,)]], ids=str)
def test_memory_that_nobody_else_sees_is_written_in_place(shapes):
    params, optimizer, step = training(shapes=shapes)
    before, values = places(params, optimizer), [p.tolist() for p in params]
    step()
    assert places(params, optimizer) == before
    assert [p.tolist() for p in params] != values


HOLDERS = {
    "detach": lambda p: p.detach(),
    "numpy": lambda p: p.detach().numpy(),
    "a view of a view": lambda p: p.detach().numpy().T[::-1].reshape(-1)[:1],
    "a copy of the object": lambda p: copy.copy(p.detach()),
    "memoryview": lambda p: memoryview(p.detach().numpy()),
    "DLPack": lambda p: np.from_dlpack(p.detach()),
    "broadcast": lambda p: np.broadcast_to(p.detach().numpy(), (2, *p.shape)),
    "the transpose": lambda p: xp.permute_dims(p.detach(), tuple(range(p.ndim))[::-1]),
    "a slice": lambda p: p.detach()[1:],
    "a gradient": lambda p: setattr(p, "grad", p.detach()) or p.grad,
}


@needs_counts
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", HOLDERS)
def test_who_holds_a_parameters_values_keeps_them(name, which):
    params, optimizer, step = training()
    held = HOLDERS[name](params[which])
    seen = np.asarray(held.numpy() if isinstance(held, xp.Array) else held)
    values, before = seen.copy(), [p.tolist() for p in params]
    step()
    np.testing.assert_array_equal(seen, values)
    assert all(p.tolist() != was for p, was in zip(params, before, strict=True))
    del held, seen
    now = places(params, optimizer)
    step()
    assert places(params, optimizer) == now


def test_a_schedule_that_takes_hold_of_another_groups_parameters():
    """In the midst of a step, as a closure of the one that logs."""
    params, held = [nn.Parameter(xp.asarray(x, device="cpu")) for x in drawn(0, "float32", TWO)], []

    def schedule(step):
        held.append((params[0].detach(), params[0].tolist()))
        return 0.1

    optimizer = optim.Adam([{"params": params[:1]}, {"params": params[1:], "lr": schedule}])
    for _ in range(3):
        for p in params:
            p.grad = xp.ones(p.shape, device="cpu")
        optimizer.step()
        (x, values), *_ = held
        assert x.tolist() == values
        held.clear()
        del x


@needs_counts
def test_who_holds_the_state_keeps_it():
    params, optimizer, step = training()
    state = optimizer.state_dict()["state"]
    values = [x.tolist() for own in state.values() for name, x in own.items() if name != "step"]
    step()
    assert [x.tolist() for own in state.values() for name, x in own.items() if name != "step"] == values
    assert optimizer.state_dict()["state"][0]["exp_avg"].tolist() != state[0]["exp_avg"].tolist()
    del state
    before = places(params, optimizer)
    step()
    assert places(params, optimizer) == before


def test_a_graph_that_is_gone_through_again_after_a_step():
    params, _, step = training()
    values = params[1].detach() + 0
    loss = xp.sum(params[1] ** 3)
    loss.backward(retain_graph=True)
    step()
    params[1].grad = None
    loss.backward()
    assert_close(params[1].grad.numpy(), 3 * values.numpy() ** 2)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_an_optimizer_that_is_copied_with_its_parameters(again):
    params, optimizer, _ = training()
    others, second = again((params, optimizer))
    values = [p.tolist() for p in params]
    for p in others:
        p.grad = xp.ones(p.shape, device="cpu")
    for _ in range(3):
        second.step()
    assert [p.tolist() for p in params] == values
    assert all(p.tolist() != was for p, was in zip(others, values, strict=True))
    for p, own in zip(others, second.state_dict()["state"].values(), strict=True):
        assert (own["step"], own["exp_avg"].shape) == (5, p.shape)


def test_a_loaded_state_is_not_written_to():
    params, optimizer, _ = training()
    state = copy.deepcopy(optimizer.state_dict())
    values = [own["exp_avg"].tolist() for own in state["state"].values()]
    for kind in (lambda x: x, lambda x: np.asarray(x.numpy()) if isinstance(x, xp.Array) else x):
        taken = {i: {name: kind(x) for name, x in own.items()} for i, own in state["state"].items()}
        optimizer.load_state_dict({**state, "state": taken})
        for p in params:
            p.grad = xp.ones(p.shape, device="cpu")
        optimizer.step()
        optimizer.step()
        assert [own["exp_avg"].tolist() for own in taken.values()] == values


def test_a_kernel_that_fails_for_the_last_group_leaves_all_as_it_was(monkeypatch):
    """As where memory runs out."""
    params = [nn.Parameter(xp.asarray(x, device="cpu")) for x in drawn(0, "float32", TWO)]
    optimizer = optim.SGD([{"params": [p]} for p in params], lr=0.1, momentum=0.5)
    backend = get_backend("numpy")
    kernel = backend.updates["sgd"]

    def failing(xp_, param, *rest, **options):
        if param.size == 4 and options["step"] == 2:
            raise MemoryError
        return kernel(xp_, param, *rest, **options)

    monkeypatch.setattr(backend, "updates", {"sgd": failing})
    for p in params:
        p.grad = xp.ones(p.shape, device="cpu")
    optimizer.step()
    before, state = [p.tolist() for p in params], str(optimizer.state_dict())
    with pytest.raises(MemoryError):
        optimizer.step()
    assert [p.tolist() for p in params] == before
    assert str(optimizer.state_dict()) == state


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop", "Lion"])
def test_a_step_is_whole_where_numbers_run_over(name):
    def after(errors):
        params = [nn.Parameter(xp.asarray(x, device="cpu")) for x in drawn(0, "float32", [*TWO, (300, 300)])]
        optimizer = getattr(optim, name)(params, lr=0.1)
        for p in params:
            p.grad = xp.full(p.shape, 3e38, device="cpu")
        with np.errstate(all=errors):
            optimizer.step()
        return [p.tolist() for p in params], str(optimizer.state_dict())

    assert after("raise") == after("ignore")


def test_parameters_without_elements():
    p = nn.Parameter(xp.zeros((0, 3), device="cpu"))
    optimizer = optim.Adam([p])
    for _ in range(2):
        p.grad = xp.zeros((0, 3), device="cpu")
        optimizer.step()
    assert optimizer.state_dict()["state"][0]["exp_avg"].shape == (0, 3)


@pytest.mark.skipif(not fast.is_on(), reason="no compiled kernels: numba is not installed, or XNN_FAST=0 says so")
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
