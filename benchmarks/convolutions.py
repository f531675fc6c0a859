"""Forward and backward of single convolutions, with the gradients of input, weight and bias, beside PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from statistics import geometric_mean
from typing import Any

import numpy as np

import xnn as xp
from xnn import nn

from .timing import Contender, Cost, Effort, Row, Work, passes

# Images, channels in, side, channels out, side of the kernel; stride 1, and padding that keeps the side.
SHAPES = [
    (64, 1, 28, 32, 3),
    (64, 32, 28, 64, 3),
    (64, 32, 14, 64, 3),
    (64, 64, 14, 128, 3),
    (64, 3, 32, 32, 3),
    (64, 6, 14, 16, 5),
]
TARGETS: dict[str | tuple[str, str], float] = {("xnn, pure NumPy", "PyTorch"): 0.35, "PyTorch": 0.8}  # of the mean


def arrays(n: int, c: int, h: int, o: int, k: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Input, weight, bias, and the gradient of the output."""
    random = np.random.default_rng(0)
    shapes = [(n, c, h, h), (o, c, k, k), (o,), (n, o, h, h)]
    return tuple(random.normal(size=shape).astype(np.float32) for shape in shapes)


def xnn_pass(shape: tuple[int, ...]) -> Contender:
    """In xnn."""
    x, weight, bias, g = (xp.asarray(a, device="cpu", requires_grad=i < 3) for i, a in enumerate(arrays(*shape)))
    return passes(lambda: nn.functional.conv2d(x, weight, bias, padding=shape[-1] // 2), [x, weight, bias], g)


def torch_pass(shape: tuple[int, ...]) -> Contender:
    """In PyTorch."""
    import torch

    x, weight, bias, g = (torch.from_numpy(a).requires_grad_(i < 3) for i, a in enumerate(arrays(*shape)))
    return passes(lambda: torch.nn.functional.conv2d(x, weight, bias, padding=shape[-1] // 2), [x, weight, bias], g)


def cost(n: int, c: int, h: int, o: int, k: int) -> Cost:
    """Three products; forward reads the input and writes the output, backward reads both, and writes one of them."""
    return Cost(3 * 2 * n * h * h * c * o * k * k, 4 * n * h * h * (3 * c + 2 * o))


def works(effort: Effort) -> Iterator[Work]:
    """Each shape; none has a target of its own, their geometric mean has."""
    for shape in SHAPES:
        yield Work(
            f"convolution {','.join(map(str, shape))}",
            {"xnn": partial(xnn_pass, shape)},
            {"PyTorch": partial(torch_pass, shape)},
            cost=cost(*shape),
        )


def means(rows: Sequence[Row]) -> Iterator[Row]:
    """The geometric means over the shapes, for each of our ways: times, ratios, and the ends of their spread."""
    for ours, peer in dict.fromkeys((row.ours, row.peer) for row in rows):
        same = [row for row in rows if (row.ours, row.peer) == (ours, peer)]
        own, other, ratio, low, high, floor = (
            geometric_mean([getattr(row, name) for row in same])
            for name in ("own", "other", "ratio", "low", "high", "floor")
        )
        target = TARGETS.get((ours, peer), TARGETS[peer])
        yield Row("convolutions, geometric mean", ours, peer, own, other, ratio, low, high, target, floor)
