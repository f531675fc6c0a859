"""A bowl for optimizers to go down, and parameters to do it with."""

import numpy as np

import xnn as xp
from xnn import nn


def quadratic(params):
    """A bowl with its minimum at 1."""
    return sum((xp.sum((p - 1.0) ** 2) for p in params[1:]), xp.sum((params[0] - 1.0) ** 2))


def make(device, dtype="float64", shapes=((2, 2), (3,), ())):
    values = (np.full(shapes[0], 3.0), np.reshape([-1.0, 0.5, 2.0], shapes[1]), np.full(shapes[2], 0.5))
    return [nn.Parameter(xp.asarray(v, dtype=dtype, device=device)) for v in values]


def fitting(case, device, dtype="float64"):
    """Parameters that the optimizer takes."""
    return make(device, dtype, ((2, 2), (3, 1), (1, 2))) if case.name == "Muon" else make(device, dtype)


def train(optimizer, params, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        quadratic(params).backward()
        optimizer.step()
