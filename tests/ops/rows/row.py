"""One row, or several, for each primitive: how it is called, on what operands, and what NumPy says to it."""

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.oracle import torch, torch_xp

FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
INEXACT = (*FLOATS, *COMPLEX)
NUMBERS = (*FLOATS, "int64", "int32", "uint8")
INTEGERS = ("int64", "int32", "uint8")
ANY = (*NUMBERS, "bool")
INTEGERS_AND_BOOL = (*INTEGERS, "bool")


class Operand(NamedTuple):
    """An operand: its shape, and the values it may have. Of the row's data type, unless the domain says another."""

    shape: tuple[int, ...]
    domain: str = "real"


class Row(NamedTuple):
    """`call(xp, *arrays)`, which gives one array, is run with xnn, and with NumPy and torch where these are None.

    `name` is of a primitive or a public function ("linalg.inv"). Derivatives are tested to `order`, in float64 and,
    where `dtypes` has it, complex128.
    """

    id: str
    name: str
    call: Callable[..., Any]
    operands: tuple[Operand, ...]
    dtypes: tuple[str, ...] = FLOATS
    numpy: Callable[..., Any] | None = None
    torch: Callable[..., Any] | None = None
    differentiable: bool = True
    order: int = 2


def values(operand, dtype, seed):
    """An operand's values: a NumPy array that is the same in each run."""
    random = np.random.default_rng(seed)
    shape, domain = operand
    if domain.startswith("below "):  # int64 indices
        return random.integers(0, int(domain[6:]), shape)
    if domain == "bool" or dtype == "bool":
        return random.random(shape) < 0.5
    if dtype.startswith("complex"):  # off the branch cuts where the domain has a positive real part
        real = values(operand, "float64", seed)
        return np.asarray(real + 1j * random.uniform(-1, 1, shape), dtype)
    if not dtype.startswith("float"):
        low, high = {"real": (0 if dtype[0] == "u" else -9, 10), "shift": (0, 4)}.get(domain, (1, 6))
        return random.integers(low, high, shape).astype(dtype)
    if domain == "distinct":  # maxima and kinks are far from each other, from 0, and from the other operand's
        flat = (random.permutation(int(np.prod(shape))) - np.prod(shape) // 2 + 0.2 + 0.2 * (seed % 4)) * 0.4
        return np.reshape(flat, shape).astype(dtype)
    low, high = {"real": (-2, 2), "positive": (0.4, 2.5), "above -1": (-0.6, 2)}[domain]
    return random.uniform(low, high, shape).astype(dtype)


def operands(row, dtype):
    """The row's operands as NumPy arrays."""
    return [values(o, dtype, zlib.crc32(row.id.encode()) + i) for i, o in enumerate(row.operands)]


def numpy_reference(row):
    """What NumPy says."""
    return row.numpy or partial(row.call, np)


def torch_reference(row):
    """What torch says."""
    return row.torch or partial(row.call, torch_xp)


def function(name, *arguments, **options):
    return lambda xp, *arrays: getattr(xp, name)(*arrays, *arguments, **options)


def tensor(x):
    return torch.asarray(np.ascontiguousarray(x))


def of_primitive(module, name, static, *operands, torch, id="", **more):
    """A row of a primitive of a module of xnn.ops, which PyTorch has, or which is written with its functions."""

    def call(xp, *arrays):
        return getattr(module, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(f"{name}{id}", name, call, operands, FLOATS, numpy, torch, **more)


def of_image(module, name, static, *shapes, torch, label=""):
    """A row of a primitive of images, of those shapes."""
    operands = [Operand(shape, "distinct") for shape in shapes]
    return of_primitive(module, name, static, *operands, torch=torch, id=f"{label}{shapes[0]}")


def of_torch(id, name, call, operands, torch_call):
    """A row whose reference is PyTorch alone."""
    return Row(id, name, call, operands, FLOATS, lambda *raws: torch_call(*map(tensor, raws)).numpy(), torch_call)
