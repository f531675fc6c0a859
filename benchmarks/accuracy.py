"""Test accuracies of the models of `xnn train`, for several seeds.

python -m benchmarks.accuracy [--seeds 5] [--models softmax mlp cnn] [--device cpu]
"""

from __future__ import annotations

import argparse

import xnn as xp
from xnn import data, optim, train
from xnn.train import models

EPOCHS = {"softmax": 20, "mlp": 20, "cnn": 10}
AT_LEAST = {"softmax": 0.895, "mlp": 0.93, "cnn": 0.97}


def final_accuracy(name: str, seed: int, device: str) -> float:
    """The test accuracy after the last epoch: not the best of all, which peeks at the test digits."""
    xp.random.manual_seed(seed)
    with xp.use_device(device):
        model = models.build(name)
        training, test = (part.to(device) for part in data.load_mnist())
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(EPOCHS[name]):
        train.train_epoch(model, training, optimizer, batch_size=128)
    return train.accuracy(model, test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", nargs="+", choices=list(EPOCHS), default=list(EPOCHS))
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    for name in options.models:
        reached = [final_accuracy(name, seed, options.device) for seed in range(options.seeds)]
        verdict = "reached" if min(reached) >= AT_LEAST[name] else "MISSED"
        print(f"{name:8} {' '.join(f'{a:.4f}' for a in reached)}   at least {AT_LEAST[name]}: {verdict}", flush=True)


if __name__ == "__main__":
    main()
