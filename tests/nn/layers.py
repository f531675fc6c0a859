"""A table of layers beside PyTorch's: how each is made, and the shape that it takes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import xnn as xp
from tests.oracle import torch
from xnn import nn


class Case(NamedTuple):
    """`ours(device=..., dtype=...)` and `theirs()` make the same layer; `kinks`: values kept off 0 and ties."""

    id: str
    ours: Callable[..., Any]
    theirs: Callable[[], Any]
    shape: tuple[int, ...]


def with_parameters(kind, *arguments, **options):
    return lambda device, dtype: kind(*arguments, **options, device=device, dtype=dtype)


def without(kind, *arguments, **options):
    return lambda device, dtype: kind(*arguments, **options)


def case(name, shape, *arguments, **options):
    make = with_parameters if name in ("Linear", "Conv2d") else without
    text = ", ".join([*map(str, arguments), *(f"{k}={v}" for k, v in options.items())])
    return Case(
        f"{name}({text}) of {shape}",
        make(getattr(nn, name), *arguments, **options),
        lambda: getattr(torch.nn, name)(*arguments, **options),
        shape,
    )


CASES = [
    case("Linear", (4, 3), 3, 2),
    case("Linear", (3,), 3, 2, bias=False),
    case("Linear", (2, 4, 3), 3, 1),
    case("Conv2d", (2, 2, 5, 6), 2, 3, 3),
    case("Conv2d", (2, 4, 5, 6), 4, 6, (2, 3), (2, 1), (1, 2), (2, 1), 2, False),
    case("Conv2d", (1, 2, 5, 4), 2, 2, 3, padding="same", dilation=(2, 1)),
    case("Conv2d", (1, 2, 4, 4), 2, 2, 1, padding="valid", groups=2),
    case("MaxPool2d", (2, 2, 5, 6), 2),
    case("MaxPool2d", (1, 1, 6, 5), (3, 2), (2, 1), (1, 0), (1, 2)),
    case("Dropout", (3, 4), 0.0),
    case("Flatten", (2, 3, 4)),
    case("Flatten", (2, 3, 4, 5), 0, 2),
    case("Flatten", (3,), 0),
    case("Unflatten", (2, 12), 1, (3, 4)),
    case("Unflatten", (12, 2), -2, (2, 3, 2)),
    case("ReLU", (3, 4)),
    case("Sigmoid", (3, 4)),
    case("Tanh", (3, 4)),
]


def both(case, device, dtype="float64"):
    """Our layer with the values of PyTorch's, and that."""
    theirs = case.theirs().to(getattr(torch, dtype))
    ours = case.ours(device, getattr(xp, dtype))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def points(shape, dtype="float64", seed=0):
    """Values that are far from each other and from 0."""
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    return ((random.permutation(size) - size // 2 + 0.3) * 3 / max(size, 1)).reshape(shape).astype(dtype)
