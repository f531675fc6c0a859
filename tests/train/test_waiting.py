"""How often the host waits for a GPU while it trains, counted on emulated CUDA."""

import pytest

import xnn as xp
from tests import cuda_emulation
from xnn import optim
from xnn.data.mnist import read_mnist
from xnn.train import accuracy, models, train_epoch

pytestmark = pytest.mark.needs("cuda_emulation")
GPU = "cupy:cuda:0"


@pytest.fixture
def prepared():
    data = read_mnist()[0].dataset(GPU)
    data = xp.data.Dataset(data.inputs[:40], data.labels[:40])
    xp.random.manual_seed(0)
    with xp.use_device(GPU):
        model = models.build("mlp")
    optimizer = optim.Adam(model.parameters())
    train_epoch(model, data, optimizer, batch_size=8)  # compiles what is compiled once
    accuracy(model, data)
    return model, data, optimizer


def copies(counts):
    assert (counts.h2d, counts.peer) == (0, 0), counts
    assert counts.synchronisations == counts.d2h, counts  # each copy to the host waits, nothing else does
    return counts.d2h


def test_an_epoch_waits_as_often_with_one_step_as_with_ten(prepared):
    model, data, optimizer = prepared
    found = []
    for batch_size in (40, 4):
        with cuda_emulation.count() as counts:
            train_epoch(model, data, optimizer, batch_size=batch_size)
        found.append(copies(counts))
    assert found[0] == found[1] > 0  # the loss, and the check of the labels that was put off


def test_an_accuracy_waits_once(prepared):
    model, data, _ = prepared
    with cuda_emulation.count() as counts:
        accuracy(model, data, batch_size=5)
    assert copies(counts) == 1


def test_digits_travel_as_bytes():
    digits = read_mnist()[1]
    with cuda_emulation.count() as counts:
        digits.dataset(GPU)
    assert (counts.h2d, counts.d2h) == (2, 0)
    assert counts.h2d_bytes == 2000 * (28 * 28 + 1)
