"""Seconds for a training epoch of the models of `xnn train`, beside PyTorch's in the same process.

    python -m benchmarks.mnist [--epochs 5] [--models softmax mlp cnn]

Both train on 8,000 digits, batch 128, Adam (PyTorch's fused one), float32, threads as each library
sets them. Epochs alternate between the two, so that a machine whose speed drifts is as fair to one as
to the other; the ratio is PyTorch's time by ours, above 1 we are faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import xnn as xp
from xnn import data, optim, train
from xnn.train import models

BATCH = 128


def ours(name: str) -> Callable[[], None]:
    """An epoch of xnn on the CPU."""
    xp.random.manual_seed(0)
    with xp.use_device("cpu"):
        model = models.build(name)
        digits = data.load_mnist()[0].to("cpu")
    optimizer = optim.Adam(model.parameters())
    return lambda: train.train_epoch(model, digits, optimizer, batch_size=BATCH)


def torchs(name: str) -> Callable[[], None]:
    """An epoch of PyTorch, of the same network."""
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(*(getattr(torch.nn, type(x).__name__)(*arguments(x)) for x in models.build(name)))
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    digits = data.load_mnist()[0].to("cpu")
    images, labels = torch.from_numpy(digits.inputs.numpy()), torch.from_numpy(digits.labels.numpy())

    def epoch() -> None:
        order = torch.randperm(len(images))
        for i in range(0, len(images), BATCH):
            part = order[i : i + BATCH]
            loss = torch.nn.functional.cross_entropy(model(images[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def arguments(layer: object) -> list[object]:
    """What PyTorch's layer of the same name is made with."""
    names = {
        "Linear": ["in_features", "out_features"],
        "Conv2d": ["in_channels", "out_channels", "kernel_size", "stride", "padding"],
        "MaxPool2d": ["kernel_size"],
        "Dropout": ["p"],
    }
    return [getattr(layer, name) for name in names.get(type(layer).__name__, [])]


def seconds(epoch: Callable[[], None]) -> float:
    start = time.perf_counter()
    epoch()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=list(models.MODELS), default=list(models.MODELS))
    options = parser.parse_args()
    print(f"{'model':8} {'xnn s':>8} {'torch s':>8} {'ratio':>6}  (smallest to largest ratio)")
    for name in options.models:
        epochs = [ours(name), torchs(name)]
        for epoch in epochs:
            epoch()  # warm
        pairs = [tuple(map(seconds, epochs)) for _ in range(options.epochs)]
        ratios = sorted(theirs / mine for mine, theirs in pairs)
        mine, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        spread = f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{name:8} {mine:8.3f} {theirs:8.3f} {statistics.median(ratios):6.2f}  {spread}", flush=True)


if __name__ == "__main__":
    main()
