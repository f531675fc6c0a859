"""Some real digits and a few epochs of training, for the tests of whole models."""

import xnn as xp
from xnn import data, optim, train
from xnn.train import models


def some_digits(count, device, dtype):
    """The first digits of the packaged set as images (count, 1, 28, 28) in [0, 1], with labels."""
    digits = data.load_mnist()[0].to("cpu")
    images = xp.asarray(digits.inputs[:count], dtype=dtype, device=device)
    return data.Dataset(images, xp.asarray(digits.labels[:count], device=device))


def losses_of(name, device, dtype, *, epochs=2, count=48, batch_size=16, optimizer=optim.Adam):
    """The mean loss of each epoch, from seed 0."""
    xp.random.manual_seed(0)
    with xp.use_device(device):
        model = models.build(name).to(dtype=dtype)
    digits = some_digits(count, device, dtype)
    made = optimizer(model.parameters(), lr=1e-3)
    return [train.train_epoch(model, digits, made, batch_size=batch_size) for _ in range(epochs)]
