"""What a consumer's table is made of: functions of other libraries that work on Arrays, and those that cannot."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def uniform(*shape, low=-1.0, high=1.0, seed=0):
    """Drawn numbers, the same for each shape and seed wherever they stand in a table."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def namespace(x):
    """The namespace of an Array, or of a NumPy array."""
    return x.__array_namespace__()


@dataclass(frozen=True)
class Row:
    """A function that works on Arrays as it does on NumPy arrays."""

    id: str
    call: Callable  # of NumPy arrays, or of Arrays
    operands: tuple  # NumPy arrays of float64
    order: int = 2  # up to which derivatives are held against finite differences; 0: piecewise constant, or no floats
    # "device", "device dtype": the function makes constants and says neither device nor type, so that they are the
    # default's; the row runs with its own device and float64 for defaults
    constants: str = ""
    gives: type | None = None  # a Python type in the place of an Array, which ends the graph
    warns: str = ""  # a filter for a warning that the function gives on NumPy arrays too


@dataclass(frozen=True)
class Refusal:
    """A function that cannot work on Arrays that require a gradient, and says so."""

    id: str
    call: Callable
    operands: tuple
    error: type
    match: str  # in the error's text
    reason: str


def same(names, module, *operands, prefix, **options):
    """A row for each function of a module that takes the operands as they are."""
    return [Row(f"{prefix}.{name}", getattr(module, name), operands, **options) for name in names.split()]
