"""A row for each loss: what it is called with, drawn or fixed, and what says the right numbers.

`tests/losses/rows/<family>.py` has ROWS. A `Case` holds NumPy arrays by their argument's name (None is left out), and
the other options. A row draws cases by `draw`, a Hypothesis strategy, and lists `cases` that run on every device.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import xnn as xp
from tests.oracle import F, torch
from xnn import losses


class Case(NamedTuple):
    arrays: dict[str, Any]
    options: dict[str, Any] = {}  # noqa: RUF012


class Row(NamedTuple):
    """The loss `name`; `oracle` None: torch.nn.functional's of that name. `varied`: the arguments with a gradient.

    prepare: what is done before the loss, of the namespace and the arrays.
    """

    name: str
    cases: tuple[Case, ...]
    draw: Any = None
    varied: tuple[str, ...] = ("input",)
    oracle: Any = None
    reductions: tuple[str, ...] = ("mean", "sum", "none")
    prepare: Callable[..., Any] | None = None


def reference(row):
    return row.oracle or getattr(F, row.name)


def as_type(raws, dtype):
    """The arrays, floating ones in a type."""
    found = {k: np.asarray(v) for k, v in raws.items() if v is not None}  # NumPy's functions of shape () give scalars
    return {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in found.items()}


def evaluate(row, case, dtype, device, strided=False):
    """The value, and the gradient of each varied argument for a fixed cotangent, in xnn."""
    arrays = {}
    for name, raw in as_type(case.arrays, dtype).items():
        x = xp.asarray(raw, device=device)
        if strided and raw.ndim:
            x = xp.flip(xp.asarray(np.repeat(raw, 2, axis=-1), device=device)[..., ::-2], axis=-1)
        x.requires_grad = name in row.varied
        arrays[name] = x
    given = row.prepare(xp, arrays) if row.prepare else arrays
    value = getattr(losses, row.name)(**given, **case.options)
    assert value.device is device
    found = value.detach().numpy()
    value.backward(xp.asarray(weights(found), device=device))
    return found, {k: x.grad.numpy() for k, x in arrays.items() if k in row.varied}


def evaluate_torch(row, case, dtype):
    """The same in torch."""
    arrays = {k: torch.tensor(v, requires_grad=k in row.varied) for k, v in as_type(case.arrays, dtype).items()}
    given = row.prepare(torch, arrays) if row.prepare else arrays
    value = reference(row)(**given, **case.options)
    found = value.detach().numpy()
    value.backward(torch.tensor(weights(found)))
    return found, {
        k: np.zeros(x.shape, dtype) if x.grad is None else x.grad.numpy() for k, x in arrays.items() if k in row.varied
    }


def weights(value):
    """A cotangent: numbers that are not alike, of the shape and type of a value."""
    return np.asarray(np.cos(np.arange(value.size)).reshape(value.shape), value.dtype)


# ---- drawing ----


class Numbers:
    """Random arrays of a seed."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def normal(self, shape, scale=1.0):
        return np.asarray(self.random.normal(size=shape) * scale)

    def uniform(self, shape, low=0.0, high=1.0):
        return np.asarray(self.random.uniform(low, high, shape))

    def labels(self, shape, classes, low=0):
        return np.asarray(self.random.integers(low, classes, shape))

    def signs(self, shape):
        return np.asarray(self.random.choice([-1.0, 1.0], shape))

    def softmax(self, shape, axis):
        e = np.exp(self.normal(shape))
        return np.asarray(e / e.sum(axis=axis, keepdims=True))


numbers = st.integers(0, 2**16).map(Numbers)
sizes = st.sampled_from([1, 2, 3, 5])
counts = st.sampled_from([0, 1, 2, 4])
shapes = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=3).map(tuple)


def maybe(draw, x):
    """x or nothing."""
    return x if draw(st.booleans()) else None
