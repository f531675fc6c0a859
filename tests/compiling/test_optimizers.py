"""Each family of optimizers, schedules, clipping and scaling, in a compiled step."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.optim.table import FULLEST
from xnn import losses, nn, optim

from .twice import assert_replays, batches

STEPS = 20


def make(device, name="SGD", **options):
    bias = name != "Muon"  # which takes matrices alone

    def made():
        first, last = (nn.Linear(*features, bias=bias, device=device) for features in ((3, 4), (4, 2)))
        model = nn.Sequential(first, nn.Tanh(), last)
        optimizer = getattr(optim, name)(model.parameters(), **options)

        def step(x, y):
            optimizer.zero_grad()
            loss = losses.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, model, optimizer

    return made


@pytest.mark.parametrize("case", FULLEST, ids=str)
def test_optimizers(device, case):
    assert_replays(make(device, case.name, **case.options), batches(device, STEPS, (4, 3), classes=2))


def test_a_schedule_goes_on(device):
    schedule = optim.lr_scheduler.StepLR(0.5, step_size=2, gamma=0.5)
    made = make(device, "SGD", lr=schedule, momentum=0.9, nesterov=True)
    assert_replays(made, batches(device, STEPS, (4, 3), classes=2))


def test_options_are_read_at_each_step(device):
    xp.random.manual_seed(0)
    step, _, optimizer = make(device, "Adam")()
    xp.random.manual_seed(0)
    other, _, other_optimizer = make(device, "Adam")()
    fast = xp.compile(other)
    for i, call in enumerate(batches(device, 6, (4, 3), classes=2)):
        optimizer.param_groups[0]["lr"] = other_optimizer.param_groups[0]["lr"] = 0.1 / (i + 1)
        assert float(step(*call).detach()) == float(fast(*call).detach())
    assert len(fast._programs) == 1


def test_clipping_and_accumulation_over_two_backward_passes(device):
    def made():
        model = nn.Linear(3, 2, device=device)
        optimizer = optim.Adam(model.parameters(), lr=0.1)

        def step(x, y, z):
            optimizer.zero_grad()
            losses.cross_entropy(model(x), y).backward()
            xp.sum(model(z) ** 2).backward()
            norm = optim.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            optim.clip_grad_value_(model.parameters(), 0.1)
            return norm

        return step, model, optimizer

    calls = [[x, y, x + 1] for x, y in batches(device, STEPS, (4, 3), classes=2)]
    assert_replays(made, calls)


def test_accumulation_over_calls(device):
    """The gradient is there at a call, or it is not: two programs."""

    def made():
        model = nn.Linear(3, 2, device=device)
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, y, last):
            losses.cross_entropy(model(x), y).backward()
            if last:
                optimizer.step()
                optimizer.zero_grad()

        return step, model, optimizer

    calls = [[x, y, i % 3 == 2] for i, (x, y) in enumerate(batches(device, STEPS, (4, 3), classes=2))]
    assert_replays(made, calls, recorded=3)


def test_gradients_that_are_read_and_changed_in_the_step(device):
    def made():
        model = nn.Linear(3, 2, device=device)
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, y):
            for p in model.parameters():
                if p.grad is not None:
                    p.grad = p.grad * 0.5
            losses.cross_entropy(model(x), y).backward()
            for p in model.parameters():
                p.grad = p.grad / (1e-3 + xp.sqrt(xp.sum(p.grad * p.grad)))
            optimizer.step()

        return step, model, optimizer

    assert_replays(made, batches(device, STEPS, (4, 3), classes=2), recorded=2)


def test_zeros_in_the_place_of_gradients(device):
    def made():
        model = nn.Linear(3, 2, device=device)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x, y):
            optimizer.zero_grad(set_to_none=False)
            losses.cross_entropy(model(x), y).backward()
            optimizer.step()

        return step, model, optimizer

    assert_replays(made, batches(device, STEPS, (4, 3), classes=2), recorded=2)


def test_two_optimizers_in_turn(device):
    def made():
        one, other = nn.Linear(3, 2, device=device), nn.Linear(2, 3, device=device)
        optimizers = [optim.SGD(one.parameters(), lr=0.1), optim.Adam(other.parameters())]

        def step(x, y):
            loss = xp.sum((other(one(x)) - x) ** 2)
            one.zero_grad()
            loss.backward()
            optimizers[0].step()
            other.zero_grad()
            after = xp.sum((other(one(x)) - x) ** 2)
            after.backward()
            optimizers[1].step()
            return loss, after

        return step, one, other, *optimizers

    assert_replays(made, batches(device, STEPS, (4, 3), classes=2), recorded=2)


def test_weights_before_and_after_an_update(device):
    """A graph from before keeps the old ones; handles made after have the new ones, also where nothing changed."""

    def made():
        w = nn.Parameter(xp.asarray([1.0, 2.0], device=device))
        optimizer = optim.Adam([w], lr=0.1)

        def step(x):
            w.grad = None
            early = xp.sum(w * w * x)
            xp.sum(w * x).backward()
            optimizer.step()
            late = w.detach() * 2
            w.grad = None
            early.backward()
            return late, w.grad

        return step, optimizer

    assert_replays(made, batches(device, 5, (2,)))

    def skipping():
        _, optimizer = made()
        scaler = xp.amp.GradScaler(init_scale=4.0, growth_interval=100)
        (w,) = optimizer.param_groups[0]["params"]

        def scaled(x):
            w.grad = None
            early = xp.sum(w * w * x)
            scaler.scale(xp.sum(w * x)).backward()
            scaler.step(optimizer)
            late = w.detach() * 2
            w.grad = None
            early.backward()
            return late, w.grad

        return scaled, optimizer, scaler

    calls = batches(device, 5, (2,))
    xp.random.manual_seed(0)
    (slow, *_, one), (step, *_, other) = skipping(), skipping()
    fast = xp.compile(step)
    for i, (x,) in enumerate(calls):
        x = xp.abs(x) * math.inf if i in (0, 3) else x
        found, wanted = fast(x), slow(x)
        np.testing.assert_array_equal(found[0].numpy(), wanted[0].numpy())
        np.testing.assert_array_equal(found[1].numpy(), wanted[1].numpy())
        for scaler in (one, other):
            scaler.update(4.0)
    assert len(fast._programs) == 1


def test_gradients_that_are_one_array(device):
    """That of a sum is one array for both terms; later they are two."""

    def made():
        a, b = (nn.Parameter(xp.asarray([v, v], device=device)) for v in (1.0, 2.0))
        optimizer = optim.SGD([a, b], lr=0.1)

        def step(x, apart):
            grads = [] if a.grad is None else [xp.sum(a.grad * 2), xp.sum(b.grad * 3)]
            a.grad = b.grad = None
            xp.sum((a + b) * x if not apart else a * x + b * 2 * x).backward()
            return grads

        return step, optimizer

    calls = [[x, i > 3] for i, (x,) in enumerate(batches(device, 8, (2,)))]
    assert_replays(made, calls, recorded=4)


def test_averaged_weights(device):
    def made():
        step, model, optimizer = make(device)()
        averaged = optim.swa_utils.AveragedModel(model)

        def both(x, y):
            loss = step(x, y)
            averaged.update_parameters(model)
            return loss

        return both, model, averaged, optimizer

    assert_replays(made, batches(device, 6, (4, 3), classes=2))


def test_grad_scaler(device):
    scaler = None

    def made():
        nonlocal scaler
        model = nn.Linear(3, 2, device=device)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        scaler = xp.amp.GradScaler(init_scale=8.0, growth_interval=4)

        def step(x, y):
            optimizer.zero_grad()
            loss = losses.cross_entropy(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            return loss

        return step, model, optimizer

    # The scale grows after 4 steps each: then a program more is there.
    assert_replays(made, batches(device, 11, (4, 3), classes=2), recorded=3)
    assert scaler.get_scale() == 32.0


def test_autocast(device):
    if xp.float16 not in device.backend.raw_dtypes:
        pytest.skip("this backend has no float16")

    def made():
        model = nn.Sequential(nn.Linear(3, 4, device=device), nn.ReLU(), nn.Linear(4, 2, device=device))
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad()
            with xp.amp.autocast():
                loss = losses.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, model, optimizer

    assert_replays(made, batches(device, 6, (4, 3), classes=2))
