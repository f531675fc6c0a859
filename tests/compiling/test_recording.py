"""How a step is recorded: names are bound anew for that time alone, and what is not of the step is not written down."""

import queue
import sys
import threading
import types
import weakref

import pytest

import xnn as xp
from xnn import losses, nn, optim
from xnn.autograd.graph import Tracked, mark
from xnn.compiling.hooks import bound
from xnn.compiling.recorder import Recorder
from xnn_backends import registry

from .twice import batches


def names():
    """What all names of xnn stand for, those of its classes and backends too."""
    modules = [
        m for path, m in sys.modules.items() if path.partition(".")[0] == "xnn" and isinstance(m, types.ModuleType)
    ]
    classes = {x for m in modules for x in vars(m).values() if isinstance(x, type) and x.__module__.startswith("xnn.")}
    owners = [*modules, *classes, *registry._backends.values()]
    return {(id(owner), name): id(value) for owner in owners for name, value in vars(owner).items()}


def test_names_are_what_they_were(device):
    x = xp.ones((2,), device=device)
    optim.SGD([nn.Parameter(x)], lr=0.1)
    losses.mse_loss(x, x)
    before = names()
    with bound(Recorder(None, [])):
        changed = {key for key, value in names().items() if before.get(key) != value}
    assert len(changed) > 40
    assert names() == before

    def step(x):
        raise KeyError("of the step")

    with pytest.raises(KeyError, match="of the step"):
        xp.compile(step)(x)
    assert names() == before


def test_a_replay_makes_no_graph(device):
    layer = nn.Linear(3, 2, device=device)
    optimizer = optim.Adam(layer.parameters())

    @xp.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = losses.cross_entropy(layer(x), y)
        loss.backward()
        optimizer.step()
        return loss

    calls = batches(device, 3, (4, 3), classes=2)
    step(*calls[0])
    step(*calls[1])
    before = mark()
    step(*calls[2])
    assert mark() == before + 1


def test_other_threads_are_not_recorded(device):
    if str(device).startswith("cupy"):
        pytest.skip("the emulated CUDA has one thread")
    found = queue.SimpleQueue()  # not a list, whose contents would be looked at

    def elsewhere():
        layer = nn.Linear(2, 2, device=device)
        loss = xp.sum(layer(xp.ones((1, 2), device=device)))
        loss.backward()
        found.put(
            (
                float(loss.detach()),
                layer.weight.grad.tolist(),
                xp.compile(lambda x: x + 1)(xp.ones((1,), device=device)),
            )
        )

    def step(x):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x * 2

    fast = xp.compile(step)
    x = xp.asarray([1.0], device=device)
    assert fast(x).tolist() == [2.0]
    assert fast.reason is None
    assert found.get()[1] == [[1.0, 1.0], [1.0, 1.0]]
    assert fast(x).tolist() == [2.0]
    assert found.empty()


def test_a_compiled_function_in_a_step_is_a_part_of_it(device):
    inner = xp.compile(lambda x: x * 3)
    x = xp.asarray([1.0], device=device)
    outer = xp.compile(lambda x: inner(x) + 1)
    assert [outer(x + i).tolist() for i in range(3)] == [[4.0], [7.0], [10.0]]
    assert not inner._programs
    assert inner(x).tolist() == [3.0]


def test_what_is_not_needed_is_let_go_while_it_is_recorded(device):
    """A recorder knows arrays by their identity, and keeps none of them: memory is that of any step."""
    gone = []

    def step(x):
        for _ in range(3):
            y = xp.exp(x)
            gone.append(weakref.ref(y._data))
            x = xp.sin(y)
            del y
        gone.append([ref() is None for ref in gone])
        return x

    fast = xp.compile(step)
    fast(xp.ones((4,), device=device))
    assert gone[-1] == [True, True, True]


def test_arrays_are_found_by_their_owner(device):
    """Handles of a parameter that the step has not met yet."""
    w = nn.Parameter(xp.asarray([2.0], device=device))
    other = w.detach()
    fast = xp.compile(lambda x: x * w.detach())
    x = xp.asarray([3.0], device=device)
    assert fast(x).tolist() == [6.0]
    with xp.no_grad():
        w *= 2
    assert fast(x).tolist() == [12.0]
    assert fast.reason is None
    assert other.tolist() == [2.0]
    assert isinstance(other, Tracked)
