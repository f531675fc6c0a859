"""What may change between calls: each time the numbers are those of the step as it is written."""

import threading

import numpy as np
import pytest

import xnn as xp
from xnn import losses, nn, optim

from .twice import assert_equal, assert_replays, batches, state_of, values


def network(device):
    return nn.Sequential(
        nn.Linear(3, 4, device=device),
        nn.BatchNorm1d(4, device=device),
        nn.Dropout(0.5),
        nn.Linear(4, 2, device=device),
    )


def pair(device, build=network):
    """The same step twice: as it is written, and compiled."""

    def make():
        xp.random.manual_seed(1)
        model = build(device)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x, y):
            optimizer.zero_grad()
            loss = losses.cross_entropy(model(x), y)
            if loss.requires_grad:
                loss.backward()
                optimizer.step()
            return loss

        return step, model, optimizer

    slow, fast = make(), make()
    return slow, (xp.compile(fast[0]), *fast[1:])


def assert_alike(slow, fast, calls, change=lambda i, model, optimizer: None):
    """The same losses and the same state, with `change(i, model, optimizer)` before call i of both."""
    xp.random.manual_seed(2)
    losses_of = []
    for step, model, optimizer in (slow, fast):
        xp.random.manual_seed(2)
        found = []
        for i, call in enumerate(calls):
            change(i, model, optimizer)
            found += values(step(*call))
        losses_of.append(found + state_of(model, optimizer))
    assert_equal(losses_of[1], losses_of[0])
    assert fast[0].reason is None


def test_modes(device):
    def change(i, model, optimizer):
        model.train(i % 3 != 2)

    slow, fast = pair(device)
    assert_alike(slow, fast, batches(device, 9, (5, 3), classes=2), change)
    assert len(fast[0]._programs) == 2


def test_a_mode_that_the_step_sets(device):
    def make():
        model = network(device)

        def step(x):
            model.train()
            a = model(x).detach()
            model.eval()
            with xp.no_grad():
                return a, model(x)

        return step, model

    fast = assert_replays(make, batches(device, 5, (4, 3)))
    assert fast.reason is None


def test_freezing(device):
    def change(i, model, optimizer):
        model[0].weight.requires_grad = i % 4 < 2

    slow, fast = pair(device)
    assert_alike(slow, fast, batches(device, 8, (5, 3), classes=2), change)


def test_batch_shapes_and_types(device):
    slow, fast = pair(device)
    calls = [call for n in (5, 3, 5) for call in batches(device, 3, (n, 3), classes=2)]
    assert_alike(slow, fast, calls)
    assert len(fast[0]._programs) == 2
    x, y = calls[0]
    assert_alike(slow, fast, [[x, xp.astype(y, xp.int32)], [x, y]])
    assert len(fast[0]._programs) == 3


def test_states_that_are_loaded(device):
    slow, fast = pair(device)
    saved = []

    def change(i, model, optimizer):
        if i == 2:
            saved[:] = [model.state_dict(), optimizer.state_dict()]
        if i == 5:
            model.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])

    assert_alike(slow, fast, batches(device, 8, (5, 3), classes=2), change)
    assert len(fast[0]._programs) == 1


def test_weights_that_are_changed_by_hand(device):
    def change(i, model, optimizer):
        with xp.no_grad():
            model[0].weight *= 0.5
            model[1].running_mean[...] = 1.0
        if i == 3:
            model[3].bias.grad = None

    slow, fast = pair(device)
    assert_alike(slow, fast, batches(device, 6, (5, 3), classes=2), change)
    assert len(fast[0]._programs) == 1


def test_parts_and_buffers_that_are_replaced(device):
    def change(i, model, optimizer):
        if i == 2:
            model[1].running_var = xp.full((4,), 2.0, device=device)
        if i == 4:
            model[0].weight = nn.Parameter(xp.ones((4, 3), device=device))
        if i == 6:
            model[2] = nn.ReLU()

    slow, fast = pair(device)
    model_mode = [m.train(False) for m in (slow[1], fast[1])]
    assert all(model_mode)
    assert_alike(slow, fast, batches(device, 8, (5, 3), classes=2), change)


def test_attributes_of_modules(device):
    """Also those that a program reads without calling the module, and those that it sets."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop, self.factor, self.calls, self.sizes = nn.Dropout(0.5), 2.0, 0, [3]

        def encode(self, x):
            self.last_size = len(x)
            return self.drop(x) * self.factor * self.sizes[0] + (1.0 if self.training else 0.0)

    net = Net()
    fast = xp.compile(net.encode)
    x = xp.ones((4, 3), device=device)

    def assert_same(*changes):
        for change in ((lambda: None), *changes):
            change()
            for _ in range(2):
                stream = xp.random.default_generator().state_dict()
                found = fast(x).tolist()
                xp.random.default_generator().load_state_dict(stream)
                assert found == net.encode(x).tolist()
                assert net.last_size == 4

    assert_same(
        lambda: setattr(net.drop, "p", 0.25),
        lambda: setattr(net, "factor", 3.0),
        lambda: net.eval(),
        lambda: net.sizes.append(1),
        lambda: setattr(net, "drop", nn.Identity()),
        lambda: net.train(),
        lambda: net.sizes.__setitem__(0, 5),
    )
    assert fast.reason is None


def test_names_that_are_bound_anew(device):
    layer, factor = nn.Linear(2, 2, device=device), 2.0

    @xp.compile
    @xp.no_grad()
    def step(x):
        return layer(x) * factor

    x = xp.ones((1, 2), device=device)
    first = [step(x).tolist() for _ in range(2)]
    layer = nn.Linear(2, 2, device=device)
    second = [step(x).tolist() for _ in range(2)]
    factor = 3.0
    third = [step(x).tolist() for _ in range(2)]
    factor = xp.asarray([3.0, 3.0], device=device)
    assert step(x).tolist() == third[0]
    assert first[0] == first[1]
    with xp.no_grad():
        assert second == [(layer(x) * 2.0).tolist()] * 2
        assert third == [(layer(x) * 3.0).tolist()] * 2


def test_attributes_of_what_the_step_knows(device):
    class Trainer:
        def __init__(self):
            self.scale, self.other = 2.0, 1

        def step(self, x):
            return x * self.scale

    trainer, x = Trainer(), xp.asarray([1.0], device=device)
    for fast in (xp.compile(trainer.step), xp.compile(lambda x: x * trainer.scale)):
        for scale in (2.0, 3.0):
            trainer.scale = scale
            for trainer.other in range(3):
                assert fast(x).tolist() == [scale]
        assert len(fast._programs) == 2


def test_methods(device):
    """Decorated in a class: each object has programs of its own, and its attributes count."""

    class Scaled:
        def __init__(self, scale):
            self.scale = scale
            self.weight = nn.Parameter(xp.asarray([scale], device=device))

        @xp.compile
        def __call__(self, x):
            return (x * self.weight * self.scale).detach()

    x, (one, other) = xp.asarray([1.0], device=device), (Scaled(2.0), Scaled(3.0))
    for _ in range(3):
        assert [one(x).tolist(), other(x).tolist()] == [[4.0], [9.0]]
    one.scale = 5.0
    other.weight = nn.Parameter(xp.asarray([1.0], device=device))
    for _ in range(2):
        assert [one(x).tolist(), other(x).tolist()] == [[10.0], [3.0]]
    assert type(one).__call__.reason is None


def test_hooks(device):
    """What hooks do with arrays is a part of the step; hooks that come and go are another step."""
    layer = nn.Linear(2, 2, device=device)
    fast = xp.compile(xp.no_grad()(lambda x: layer(x)))
    x = xp.ones((1, 2), device=device)
    plain = [fast(x).tolist() for _ in range(2)]
    with layer.register_forward_hook(lambda module, args, out: out * 2):
        doubled = [fast(x).tolist() for _ in range(3)]
    assert doubled == [[[2 * v for v in plain[0][0]]]] * 3
    assert plain == [fast(x).tolist() for _ in range(2)]
    assert len(fast._programs) <= 3


def test_types(device):
    slow, fast = pair(device)
    calls = batches(device, 3, (5, 3), classes=2)
    assert_alike(slow, fast, calls)
    for _, model, _ in (slow, fast):
        model.double()
    assert_alike(slow, fast, [[xp.astype(x, xp.float64), y] for x, y in calls])


def test_grad_mode(device):
    slow, fast = pair(device)
    calls = batches(device, 3, (5, 3), classes=2)
    assert_alike(slow, fast, calls)
    with xp.no_grad():
        assert_alike(slow, fast, calls)
    assert_alike(slow, fast, calls)
    assert len(fast[0]._programs) == 2


def test_default_dtype(device):
    fast = xp.compile(lambda x: xp.sum(x) + xp.ones((2,), device=device))
    x = xp.ones((3,), dtype=xp.float64, device=device)
    xp.set_default_dtype(xp.float64)
    try:
        assert fast(x).dtype is fast(x).dtype is xp.float64
    finally:
        xp.set_default_dtype(xp.float32)
    fast = xp.compile(lambda x: x + xp.ones((2,), device=device))
    x = xp.ones((2,), device=device)
    assert fast(x).dtype is fast(x).dtype is xp.float32
    xp.set_default_dtype(xp.float64)
    try:
        assert fast(x).dtype is xp.float64
    finally:
        xp.set_default_dtype(xp.float32)


def test_labels_that_are_ignored(device):
    """Whether one comes is a value, which the loss looks at on the CPU: another program, and nothing done twice."""
    slow, fast = pair(device)
    calls = batches(device, 6, (5, 3), classes=2)
    for i in (2, 3, 5):
        calls[i][1][1] = -100
    assert_alike(slow, fast, calls)


@pytest.mark.every_device
def test_threads(device):
    if str(device).startswith("cupy"):
        pytest.skip("the emulated CUDA has one thread")
    w = xp.asarray(np.eye(8, dtype="f4") * 2, device=device)
    fast = xp.compile(lambda x: xp.sum(xp.tanh(x @ w) @ w, axis=1))
    inputs = [xp.asarray(np.full((8, 8), i, dtype="f4"), device=device) for i in range(8)]
    wanted = [fast.step(x).tolist() for x in inputs]
    wrong = []

    def work(i):
        for _ in range(20):
            if fast(inputs[i]).tolist() != wanted[i]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
