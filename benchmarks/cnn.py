"""A training epoch of the convolutional network of `xnn train mnist --model cnn`, beside PyTorch's.

Imports neither library before it is asked for one: benchmarks/footprint.py measures the memory of each alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .timing import Contender, Cost, Effort, Work

BATCH = 128
Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def xnn_training(images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> Contender:
    """In xnn: the loop that a user writes."""
    import xnn as xp
    from xnn import data, losses, optim
    from xnn.train import models

    xp.random.manual_seed(0)
    with xp.use_device("cpu"):
        model: Any = models.build("cnn")
    optimizer = optim.Adam(model.parameters())
    examples = data.Dataset(xp.asarray(images, device="cpu"), xp.asarray(labels, device="cpu"))

    def epoch() -> None:
        model.train()
        order = xp.random.permutation(len(examples), device="cpu")
        for inputs, classes in examples.batches(BATCH, order):
            optimizer.zero_grad()
            losses.cross_entropy(model(inputs), classes).backward()
            optimizer.step()

    def gradients() -> list[np.ndarray[Any, Any]]:
        model.eval()  # no dropout, which draws other numbers in each library
        model.zero_grad()
        losses.cross_entropy(model(examples.inputs[:BATCH]), examples.labels[:BATCH]).backward()
        return [parameter.grad.numpy().copy() for parameter in model.parameters()]

    return Contender(epoch, gradients)


def torch_training(
    images: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], weights: list[np.ndarray[Any, Any]] | None = None
) -> Contender:
    """In PyTorch, eager, with its fused Adam; `weights` to begin with."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )
    if weights is not None:
        with torch.no_grad():
            for parameter, values in zip(model.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(values))
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    inputs, classes = torch.from_numpy(images), torch.from_numpy(labels)

    def epoch() -> None:
        model.train()
        for part in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[part]), classes[part]).backward()
            optimizer.step()

    def gradients() -> list[np.ndarray[Any, Any]]:
        model.eval()
        model.zero_grad()
        nn.functional.cross_entropy(model(inputs[:BATCH]), classes[:BATCH]).backward()
        return [parameter.grad.numpy().copy() for parameter in model.parameters()]

    return Contender(epoch, gradients)


def examples(count: int) -> Arrays:
    """Images without meaning, (count, 1, 28, 28), and labels (count,)."""
    random = np.random.default_rng(0)
    return random.random((count, 1, 28, 28), dtype=np.float32), random.integers(0, 10, count)


def _initial() -> list[np.ndarray[Any, Any]]:
    import xnn as xp
    from xnn.train import models

    xp.random.manual_seed(0)
    with xp.use_device("cpu"):
        return [parameter.detach().numpy().copy() for parameter in models.build("cnn").parameters()]


def cost(count: int) -> Cost:
    """Products, two backward for one forward (the first layer's input needs no gradient). What layers give, and its
    gradient, each written once and read once. Adam, which reads four arrays and writes three.
    """
    first, second, third, fourth = 28 * 28 * 32 * 9, 14 * 14 * 64 * 32 * 9, 64 * 7 * 7 * 128, 128 * 10
    flops = 2 * BATCH * (2 * first + 3 * (second + third + fourth))
    given = 28 * 28 * 32 + 14 * 14 * 32 + 14 * 14 * 64 + 7 * 7 * 64 + 128 + 10
    parameters = 32 * 9 + 32 + 64 * 32 * 9 + 64 + third + 128 + fourth + 10
    return Cost(flops, 4 * (4 * BATCH * given + 7 * parameters), count // BATCH)


def works(effort: Effort) -> Iterator[Work]:
    """An epoch."""
    arrays = examples(effort.examples)
    yield Work(
        "epoch of the MNIST cnn, batch 128",
        {"xnn": partial(xnn_training, *arrays)},
        {"PyTorch": lambda: torch_training(*arrays, _initial())},
        {("xnn, pure NumPy", "PyTorch"): 0.35, "PyTorch": 0.8},
        cost(effort.examples),
    )
