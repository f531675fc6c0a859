"""What an operation costs beside the arithmetic: forward and backward of 50 mixed operations on 16x16 float32.

    python -m benchmarks.overhead [--rounds 40]

The chain is the same in PyTorch (eager, one thread) and here (NumPy), in one process; rounds alternate between the
two. A ratio is PyTorch's time by ours: above 1 we are faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import xnn as xp

SIZE, REPEAT = 16, 5
REPETITIONS = 20  # of the chain in a round


def chain(xp: Any, x: Any, w: Any) -> Any:
    """50 operations: each of element-wise, product, reduction, shape, indexing and selection, five times over."""
    y = x
    for _ in range(REPEAT):
        y = xp.matmul(y, w)
        z = xp.tanh(y)
        y = z * x
        y = y + 0.5
        s = xp.mean(y, axis=1, keepdims=True)
        y = y - s
        y = xp.exp(y)
        y = xp.permute_dims(y, (1, 0))
        y = xp.where(z > 0, y, z)
    return xp.sum(y)


def ours(x: np.ndarray[Any, Any], w: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """The chain and its gradient in xnn; returns the gradient of w."""
    a, b = (xp.asarray(v, device="cpu", requires_grad=True) for v in (x, w))

    def run() -> Any:
        a.grad = b.grad = None
        chain(xp, a, b).backward()
        return b.grad.numpy()

    return run


def torchs(x: np.ndarray[Any, Any], w: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """The same in PyTorch, called through its own names."""
    import torch

    torch.set_num_threads(1)

    class Names:
        matmul, tanh, exp, permute_dims, where = torch.matmul, torch.tanh, torch.exp, torch.permute, torch.where
        sum = torch.sum

        @staticmethod
        def mean(x: Any, axis: int, keepdims: bool) -> Any:
            return torch.mean(x, axis, keepdims)

    a, b = (torch.tensor(v, requires_grad=True) for v in (x, w))

    def run() -> Any:
        a.grad = b.grad = None
        chain(Names, a, b).backward()
        assert b.grad is not None
        return b.grad.numpy()

    return run


def seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    for _ in range(REPETITIONS):
        run()
    return (time.perf_counter() - start) / REPETITIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    random = np.random.default_rng(0)
    x, w = random.normal(size=(SIZE, SIZE)).astype("f4"), random.normal(size=(SIZE, SIZE)).astype("f4") / 4
    mine, theirs = ours(x, w), torchs(x, w)
    np.testing.assert_allclose(mine(), theirs(), rtol=1e-3, atol=1e-5)
    pairs = [(seconds(theirs), seconds(mine)) for _ in range(rounds)]
    ratios = sorted(other / own for other, own in pairs)
    other, own = (statistics.median(times) * 1e6 for times in zip(*pairs, strict=True))
    print(
        f"50 operations, forward and backward: PyTorch {other:.0f} us, xnn {own:.0f} us; "
        f"ratio {statistics.median(ratios):.2f} ({ratios[len(ratios) // 10]:.2f} to {ratios[-len(ratios) // 10]:.2f})"
    )


if __name__ == "__main__":
    main()
