"""What an operation costs beside the arithmetic: forward and backward of 50 mixed operations on 16x16 float32."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import xnn as xp

from .timing import Contender, Effort, Work, passes

SIZE, REPEAT = 16, 5


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


def operands() -> list[np.ndarray[Any, Any]]:
    random = np.random.default_rng(0)
    return [random.normal(size=(SIZE, SIZE)).astype(np.float32) / scale for scale in (1, 4)]


def xnn_chain() -> Contender:
    """The chain and its gradients in xnn."""
    leaves = [xp.asarray(v, device="cpu", requires_grad=True) for v in operands()]
    return passes(lambda: chain(xp, *leaves), leaves, None)


def torch_chain() -> Contender:
    """The same in PyTorch, called through its own names."""
    import torch

    class Names:
        matmul, tanh, exp, permute_dims, where = torch.matmul, torch.tanh, torch.exp, torch.permute, torch.where
        sum = torch.sum

        @staticmethod
        def mean(x: Any, axis: int, keepdims: bool) -> Any:
            return torch.mean(x, axis, keepdims)

    leaves = [torch.from_numpy(v).requires_grad_() for v in operands()]
    return passes(lambda: chain(Names, *leaves), leaves, None)


def works(effort: Effort) -> Iterator[Work]:
    """The chain."""
    yield Work(
        "50 small operations, forward and backward", {"xnn": xnn_chain}, {"PyTorch": torch_chain}, {"PyTorch": 1.0}
    )
