"""Errors in a compiled step leave what they leave in the step as it is written."""

import pytest

import xnn as xp
from xnn import losses, nn, optim

from .twice import assert_equal, batches, state_of, values


def made(device):
    xp.random.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 4, device=device), nn.BatchNorm1d(4, device=device))
    optimizer = optim.Adam(model.parameters())

    def step(x, y):
        optimizer.zero_grad()
        loss = losses.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer


def test_a_label_that_no_class_has(device):
    if device.is_asynchronous:
        pytest.skip("the error comes at the next wait there: see the test below")
    slow, fast = made(device), made(device)
    fast = (xp.compile(fast[0]), *fast[1:])
    calls = batches(device, 4, (5, 3), classes=4)
    wrong = xp.asarray([0, 9, 1, 2, 3], device=device)
    for step, *_ in (slow, fast):
        for x, y in calls[:2]:
            step(x, y)
        with pytest.raises(xp.errors.LabelError, match="labels are from 0 to 3"):
            step(calls[2][0], wrong)
    assert_equal(state_of(*fast[1:]), state_of(*slow[1:]))
    assert_equal(values(fast[0](*calls[3])), values(slow[0](*calls[3])))
    assert_equal(state_of(*fast[1:]), state_of(*slow[1:]))


@pytest.mark.every_device
def test_a_label_that_no_class_has_on_a_device_that_is_not_waited_for(device):
    if not device.is_asynchronous:
        pytest.skip("the error comes at once here")
    step, *_ = made(device)
    fast = xp.compile(step)
    calls = batches(device, 2, (5, 3), classes=4)
    for x, y in calls:
        fast(x, y)
    loss = fast(calls[0][0], xp.asarray([0, 9, 1, 2, 3], device=device))
    with pytest.raises(xp.errors.LabelError):
        float(loss.detach())


def test_an_error_in_the_first_call(device):
    step, *_ = made(device)
    fast = xp.compile(step)
    with pytest.raises(xp.errors.ShapeError):
        fast(xp.ones((5, 3), device=device), xp.zeros((4,), dtype=xp.int64, device=device))
    (x, y), *_ = batches(device, 1, (5, 3), classes=4)
    fast(x, y)
    fast(x, y)
    assert fast.reason is None
    assert len(fast._programs) == 1


@pytest.mark.every_device
def test_no_memory(device, monkeypatch):
    """An error within an update: no parameter has changed."""
    step, model, _ = made(device)
    fast = xp.compile(step)
    calls = batches(device, 3, (5, 3), classes=4)
    for call in calls[:2]:
        fast(*call)
    before = values(list(model.parameters()))
    with monkeypatch.context() as patch:

        def update(*args, **options):
            raise MemoryError

        patch.setattr("xnn.optim.batches.Batch.update", update)
        with pytest.raises(MemoryError):
            fast(*calls[2])
    assert_equal(values(list(model.parameters())), before)
