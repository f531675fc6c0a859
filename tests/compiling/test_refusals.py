"""What a compiled step refuses to replay, with the reason, and what it does instead: what is written."""

import numpy as np
import pytest

import xnn as xp
from xnn import losses, nn, optim


def refused(step, *args, match):
    """The reason, after a call that gave what the step gives."""
    fast = xp.compile(step)
    fast(*args)
    assert match in fast.reason
    assert not fast._programs
    assert match in repr(fast)
    return fast


@pytest.fixture
def x(device):
    return xp.asarray([1.0, 2.0], device=device)


@pytest.mark.parametrize(
    "look",
    [
        lambda x: float(x[0]),
        lambda x: x[0].item(),
        lambda x: x.numpy(),
        lambda x: x.tolist(),
        lambda x: bool(x[0] > 0),
        repr,
    ],
)
def test_values_that_are_read(x, look):
    def step(x):
        look(x)
        return x + 1

    refused(step, x, match="a value is read on the host (test_refusals.py, line ")


def test_arrays_that_are_kept(x):
    kept = []

    def step(x):
        kept.append(x + 1)
        return x

    refused(step, x, match="an Array of shape (2,) that the step makes is kept after it")


def test_hidden_state_on_an_object(x):
    class Cell:
        state = x

    def step(x):
        Cell.state = Cell.state * 0.5 + x
        return Cell.state

    wanted, state = [], x.tolist()
    for _ in range(4):
        state = [0.5 * s + v for s, v in zip(state, [1.0, 2.0], strict=True)]
        wanted.append(state)
    fast = refused(step, x, match="kept after it")
    with pytest.warns(UserWarning, match="kept after it"):
        assert [fast(x).tolist() for _ in range(3)] == wanted[1:]


@pytest.mark.every_device
def test_arrays_from_elsewhere(x, device):
    table = np.asarray([1.0, 2.0], dtype="f4")
    refused(lambda x: x + xp.asarray(table, device=device), x, match="came from outside of what is recorded")


def test_outputs_on_the_graph(device):
    layer = nn.Linear(2, 1, device=device)
    refused(layer, xp.ones((1, 2), device=device), match="gives back an Array that is on the graph")


def test_arguments_that_are_changed(x):
    def step(x):
        x += 1
        return x * 2

    before = x.tolist()
    fast = refused(step, x, match="an argument is changed in place")
    assert x.tolist() == [v + 1 for v in before]
    fast(x)
    assert x.tolist() == [v + 2 for v in before]


def test_requires_grad_that_is_switched_in_the_step(x, device):
    layer = nn.Linear(2, 1, device=device)

    def step(x):
        layer.weight.requires_grad = not layer.weight.requires_grad
        with xp.no_grad():
            return layer(x)

    refused(step, x, match="requires_grad of an Array from before the step is changed")


def test_autocast_around_it(x):
    fast = xp.compile(lambda x: x * 2)
    with xp.amp.autocast():
        assert fast(x).tolist() == [2.0, 4.0]
    assert "inside of autocast" in fast.reason
    assert fast(x).tolist() == [2.0, 4.0]
    assert fast.reason is None


def test_closures(device):
    layer = nn.Linear(2, 1, device=device)
    optimizer = optim.LBFGS(layer.parameters())

    def step(x):
        def closure():
            optimizer.zero_grad()
            loss = xp.sum(layer(x) ** 2)
            loss.backward()
            return loss

        return optimizer.step(closure)

    refused(step, xp.ones((1, 2), device=device), match="is given a function to call")


def test_options_that_are_set_in_the_step(device):
    layer = nn.Linear(2, 1, device=device)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)

    def step(x):
        for group in optimizer.param_groups:
            group["lr"] *= 0.5
        layer.zero_grad()
        xp.sum(layer(x)).backward()
        optimizer.step()

    refused(step, xp.ones((1, 2), device=device), match="an option of an optimizer is set in the step")


def test_iterators(x):
    refused(lambda x: (v for v in (1, 2)), x, match="it gives back an iterator")


def test_generators_that_the_step_makes(x, device):
    refused(
        lambda x: x + xp.random.Generator(1).uniform((2,), device=device), x, match="a Generator that the step makes"
    )


def test_gradients_on_the_graph(device):
    w = nn.Parameter(xp.ones((2,), device=device))

    def step(x):
        w.grad = None
        xp.sum(w * w * x).backward(create_graph=True)

    refused(step, xp.ones((2,), device=device), match="is itself on the graph")


def test_graphs_from_before(device):
    w = nn.Parameter(xp.ones((2,), device=device))
    y = w * 2
    refused(lambda x: (y * x).detach(), xp.ones((2,), device=device), match="Array from before the step depends on one")


def test_what_is_looked_at_after_an_update(device):
    """A check whose outcome decides what is computed comes too late to go back, once parameters have changed."""
    layer = nn.Linear(2, 3, device=device)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)

    def step(x, y):
        xp.sum(layer(x) ** 2).backward()
        optimizer.step()
        return losses.cross_entropy(layer(x), y).detach()

    y = xp.asarray([0, 1], device=device)
    if device.is_asynchronous:  # nobody waits for the outcome, which decides nothing
        fast = xp.compile(step)
        for _ in range(2):
            fast(xp.ones((2, 2), device=device), y)
        assert fast.reason is None
    else:
        refused(step, xp.ones((2, 2), device=device), y, match="after an update")


def test_it_gives_up_with_one_warning(x):
    fast = xp.compile(lambda x: float(x[0]))
    fast(x)
    fast(x)
    with pytest.warns(UserWarning, match=r"runs as it is written, without a gain: a value is read on the host"):
        fast(x)
    assert [fast(x + i) for i in range(3)] == [1.0, 2.0, 3.0]
    assert "not compiled" in repr(fast)


def test_the_first_call_may_make_parameters(device):
    layer = nn.LazyLinear(2, device=device) if hasattr(nn, "LazyLinear") else nn.Linear(None, 2, device=device)
    fast = xp.compile(xp.no_grad()(lambda x: layer(x)))
    calls = [xp.ones((1, 3), device=device) * i for i in range(3)]
    found = [fast(x).tolist() for x in calls]
    assert fast.reason is None
    assert found == [fast.step(x).tolist() for x in calls]


def test_calls_that_are_never_alike(x):
    fast = xp.compile(lambda x, factor: x * factor)
    with pytest.warns(UserWarning, match="was unlike those before"):
        found = [fast(x, float(i)).tolist() for i in range(30)]
    assert found == [[float(i), 2.0 * i] for i in range(30)]
    assert len(fast._programs) == 0


def test_a_count_on_a_module(device):
    """Each call reads what the one before set: no program fits, and the numbers are right."""

    class Net(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    net, x = Net(), xp.asarray([1.0], device=device)
    fast = xp.compile(net)
    with pytest.warns(UserWarning, match="was unlike those before"):
        found = [fast(x).tolist() for _ in range(30)]
    assert found == [[float(i)] for i in range(1, 31)]


def test_what_is_no_step():
    async def waits(x):
        return x

    def yields(x):
        yield x

    for wrong in (3, None, waits, yields):
        with pytest.raises(TypeError, match=r"^xnn\.compile takes a function that returns what it computes; got "):
            xp.compile(wrong)
