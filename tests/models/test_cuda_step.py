"""What a training step costs on CUDA, counted by the emulation: no copy to the host, and no waiting."""

import pytest

import xnn as xp
from tests import cuda_emulation
from tests.models.digits import some_digits
from xnn import losses, optim
from xnn.train.models import MODELS, build

pytestmark = pytest.mark.needs("cuda_emulation")


def prepared(name, device, count=32):
    xp.random.manual_seed(0)
    with xp.use_device(device):
        model = build(name)
    return model, optim.Adam(model.parameters()), some_digits(count, device, "float32")


def step(model, optimizer, inputs, labels):
    loss = losses.cross_entropy(model(inputs), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def count_steps(name, device, steps=3):
    model, optimizer, digits = prepared(name, device)
    order = xp.random.permutation(len(digits), device=device)
    step(model, optimizer, *digits.take(order[:8]))  # compiles what is compiled once
    with cuda_emulation.count() as counts:
        for i in range(steps):
            step(model, optimizer, *digits.take(order[8 * i : 8 * (i + 1)]))
    return counts


@pytest.mark.parametrize("gpu", ["cupy:cuda:0", "cupy:cuda:1"])
@pytest.mark.parametrize("name", MODELS)
def test_a_step_never_waits_for_the_host(name, gpu):
    counts = count_steps(name, gpu)
    assert counts.launches > 0
    assert (counts.d2h, counts.h2d, counts.peer, counts.synchronisations) == (0, 0, 0, 0), counts


def test_the_count_sees_a_wait():
    model, optimizer, digits = prepared("softmax", "cupy:cuda:0")
    with cuda_emulation.count() as counts:
        float(step(model, optimizer, digits.inputs, digits.labels))
    assert counts.d2h == 2  # the loss, and the check of the labels that was put off until then


def test_memory_does_not_grow():
    model, optimizer, digits = prepared("mlp", "cupy:cuda:0")
    used = []
    for _ in range(6):
        step(model, optimizer, digits.inputs, digits.labels)
        used.append(cuda_emulation.memory_used(0))
    assert used[-1] == used[2]


def test_out_of_memory_in_the_middle_of_an_epoch_leaves_a_whole_model():
    import cupy

    model, optimizer, digits = prepared("mlp", "cupy:cuda:0")
    step(model, optimizer, digits.inputs, digits.labels)
    before = {name: x.tolist() for name, x in model.state_dict().items()}
    cupy.get_default_memory_pool().free_all_blocks()
    with cuda_emulation.memory_limit(cuda_emulation.memory_used(0)), pytest.raises(MemoryError):
        step(model, optimizer, xp.concat([digits.inputs] * 200), xp.concat([digits.labels] * 200))
    assert {name: x.tolist() for name, x in model.state_dict().items()} == before
    step(model, optimizer, digits.inputs, digits.labels)
    assert {name: x.tolist() for name, x in model.state_dict().items()} != before
