"""A step in place: only where nobody sees the memory, and whole or not at all."""

import copy
import pickle
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import xnn as xp
from tests.optim.gradients import drawn
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.backends import get_backend
from xnn.optim.ownership import CAN_COUNT

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


def test_an_interrupt_in_the_midst_of_a_step_comes_after_it(monkeypatch):
    params = [nn.Parameter(xp.asarray(x, device="cpu")) for x in drawn(0, "float32", TWO)]
    optimizer = optim.SGD([{"params": [p]} for p in params], lr=0.5)
    backend = get_backend("numpy")
    kernel = backend.updates["sgd"]

    def interrupted(*arrays, **options):
        planned = kernel(*arrays, **options)
        return planned._replace(run=lambda: (signal.raise_signal(signal.SIGINT), planned.run()))

    monkeypatch.setattr(backend, "updates", {"sgd": interrupted})
    before = [p.detach() for p in params]
    for p in params:
        p.grad = xp.ones(p.shape, device="cpu")
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert [p.tolist() for p in params] == [(x - 0.5).tolist() for x in before]
    assert optimizer.state_dict()["step"] == 1
    assert signal.getsignal(signal.SIGINT) is handler
    with ThreadPoolExecutor(1) as pool:  # nobody interrupts another thread than the main one
        monkeypatch.setattr(backend, "updates", {"sgd": kernel})
        pool.submit(optimizer.step).result()
    assert optimizer.state_dict()["step"] == 2


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
