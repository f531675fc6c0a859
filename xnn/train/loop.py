"""The loop: one epoch of training, predictions, accuracy. The host waits for the device once for each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import xnn as xp
from xnn.array import Array
from xnn.data import Dataset
from xnn.errors import OptionError, ShapeError
from xnn.losses import cross_entropy
from xnn.nn import Module
from xnn.optim import Optimizer
from xnn.random import Generator, default_generator
from xnn_backends import Device

EVALUATION_BATCH = 500


def train_epoch(
    model: Module,
    data: Dataset,
    optimizer: Optimizer,
    *,
    batch_size: int = 128,
    loss: Callable[[Any, Any], Any] = cross_entropy,
    generator: Generator | None = None,
    after_step: Callable[[], object] | None = None,
    device: str | Device | None = None,
) -> float:
    """Train on every example once, in random order.

    Args:
        model: what is trained, on the device of the data, or on `device`.
        data: inputs and labels.
        optimizer: of the model's parameters.
        batch_size: examples a step; the last step takes what is left.
        loss: `loss(model(inputs), labels)`, the mean over a batch, of shape ().
        generator: draws the order; None: the default stream.
        after_step: called after each step, for a progress bar.
        device: the model's, if the data lie elsewhere: each batch is sent there during the step before.

    Returns:
        The mean loss of the examples, each as it was when its step came.

    Raises:
        LabelError: for a label that no output of the model stands for.
        OptionError: for a batch size below 1.
        ShapeError: for a data set without examples.

    Example:
        >>> import xnn as xp
        >>> _ = xp.random.manual_seed(0)
        >>> x = xp.random.normal((256, 2), device="cpu")
        >>> data = xp.data.Dataset(x, xp.astype(x[:, 0] > x[:, 1], xp.int64))
        >>> model = xp.nn.Linear(2, 2, device="cpu")
        >>> optimizer = xp.optim.Adam(model.parameters(), lr=0.1)
        >>> first, *_, last = [train_epoch(model, data, optimizer, batch_size=32) for _ in range(10)]
        >>> last < first / 2
        True
    """
    _check_not_empty(data.inputs)
    model.train()
    # The sum stays on the device: a float for each step would make the host wait for each.
    total: Any = 0.0  # and so of the loss's data type from the first step on
    order = (generator or default_generator()).permutation(len(data), device=data.device)
    for inputs, labels in data.batches(batch_size, order, device):
        optimizer.zero_grad()
        batch_loss = loss(model(inputs), labels)
        batch_loss.backward()
        optimizer.step()
        total = total + batch_loss.detach() * len(labels)
        if after_step is not None:
            after_step()
    return float(total) / len(data)


def predict(model: Module, inputs: Array, *, batch_size: int = EVALUATION_BATCH) -> Array:
    """The class that the model gives each input.

    Args:
        model: gives logits (k, classes) for (k, ...); it is in evaluation mode meanwhile.
        inputs: (n, ...), on the model's device.
        batch_size: how many go through the model at once.

    Returns:
        int64 (n,), on the same device.

    Raises:
        OptionError: for a batch size below 1.
        ShapeError: if n is 0.
    """
    _check_not_empty(inputs)
    if batch_size < 1:
        raise OptionError(f"a batch has at least 1 example; got batch_size={batch_size}")
    with _evaluating(model):
        count = len(inputs)
        parts = [xp.argmax(model(inputs[i : min(i + batch_size, count)]), axis=1) for i in range(0, count, batch_size)]
        result: Array = xp.concat(parts)
    return result


def accuracy(model: Module, data: Dataset, *, batch_size: int = EVALUATION_BATCH) -> float:
    """The share of examples whose class the model finds, from 0 to 1.

    Args:
        model: gives logits (k, classes) for (k, ...); it is in evaluation mode meanwhile.
        data: inputs, and labels (n,), integers, on the model's device.
        batch_size: how many go through the model at once.

    Raises:
        OptionError: for a batch size below 1.
        ShapeError: for a data set without examples.
    """
    hits = predict(model, data.inputs, batch_size=batch_size) == data.labels
    return int(xp.sum(xp.astype(hits, xp.int64))) / len(data)


@contextlib.contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]  # a frozen layer has its own
    model.eval()
    try:
        with xp.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _check_not_empty(inputs: Array) -> None:
    if inputs.shape[0] == 0:
        raise ShapeError(
            f"there is at least one example to train on or predict; inputs have shape {inputs.shape}. "
            "Cure: look at what selected them."
        )
