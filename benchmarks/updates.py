"""A step of Adam for 1 million parameters in 100 arrays, beside PyTorch's two fast forms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import xnn as xp
from xnn import nn, optim

from .timing import Contender, Cost, Effort, Work

ARRAYS, SIDE, STEPS_COMPARED = 100, 100, 3
Values = np.ndarray[Any, Any]


def values(seed: int, count: int, side: int) -> list[Values]:
    random = np.random.default_rng(seed)
    return [random.standard_normal((side, side), dtype=np.float32) for _ in range(count)]


def xnn_update(count: int = ARRAYS, side: int = SIDE) -> Contender:
    """In xnn; the gradients lie where a backward pass leaves them."""
    parameters = [nn.Parameter(xp.asarray(v, device="cpu")) for v in values(0, count, side)]
    for parameter, g in zip(parameters, values(1, count, side), strict=True):
        xp.sum(parameter * xp.asarray(g, device="cpu")).backward()
    optimizer = optim.Adam(parameters)

    def three_steps() -> list[Values]:
        for _ in range(STEPS_COMPARED):
            optimizer.step()
        return [parameter.detach().numpy().copy() for parameter in parameters]

    return Contender(optimizer.step, three_steps)


def torch_update(count: int = ARRAYS, side: int = SIDE, *, form: str) -> Contender:
    """In PyTorch; `form` is "fused" or "foreach"."""
    import torch

    parameters = [torch.from_numpy(v).requires_grad_() for v in values(0, count, side)]
    for parameter, g in zip(parameters, values(1, count, side), strict=True):
        (parameter * torch.from_numpy(g)).sum().backward()
    optimizer = torch.optim.Adam(parameters, **{form: True})

    def three_steps() -> list[Values]:
        for _ in range(STEPS_COMPARED):
            optimizer.step()
        return [parameter.detach().numpy().copy() for parameter in parameters]

    return Contender(optimizer.step, three_steps)


def works(effort: Effort) -> Iterator[Work]:
    """One step."""
    peers = {f"PyTorch, {form}": partial(torch_update, form=form) for form in ("fused", "foreach")}
    # Parameter, gradient and two moments are read; all but the gradient are written.
    cost = Cost(0.0, 4 * 7 * ARRAYS * SIDE**2)
    yield Work("step of Adam, 1 million in 100 arrays", {"xnn": xnn_update}, peers, dict.fromkeys(peers, 1.0), cost)
