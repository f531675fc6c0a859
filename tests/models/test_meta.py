"""PyTorch's device `meta` has no values: whatever looks at one, and so waits for a device, raises on it.

array-api-strict lets `float(x)`, `if x`, `range(x)` and the like pass; this finds them.
"""

import pytest

import xnn as xp
from tests import optional
from tests.models.digits import some_digits
from xnn import checks, losses, optim
from xnn.backends import get_backend
from xnn.train.models import MODELS, build

torch = optional.module("torch")


@pytest.fixture
def meta(monkeypatch):
    backend = get_backend("torch")
    device = backend.make_device("meta")
    monkeypatch.setitem(backend._devices, "meta", device)
    yield device
    checks._pending.pop(device, None)


@pytest.mark.parametrize("name", MODELS)
def test_a_training_step_looks_at_no_value(name, meta):
    with xp.use_device("torch:cpu"):
        model = build(name).to(meta)
    optimizer = optim.Adam(model.parameters())
    digits = some_digits(32, "torch:cpu", "float32").to(meta)
    order = xp.random.permutation(len(digits), device=meta)
    for _ in range(2):
        inputs, labels = digits.take(order[:8])
        loss = losses.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.shape == ()
    assert all(p.device is meta and p.grad is not None for p in model.parameters())


def test_looking_is_found(meta):
    x = xp.zeros((3,), device="torch:cpu").to_device(meta)
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        float(xp.sum(x))
