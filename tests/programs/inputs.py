"""Random arrays: shapes from () to four dimensions, data types, odd memory, special values."""

import numpy as np

from .program import Input

FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
TYPES = {
    "float32": 8, "float64": 6, "complex64": 1, "complex128": 2, "bool": 2, "int64": 3, "int32": 2, "int16": 1,
    "int8": 1, "uint8": 2, "uint16": 0.5, "uint32": 0.5, "uint64": 0.5,
}  # fmt: skip
SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 1e30, -1e30, 1e-30, 88.0, -100.0, 0.5)
MEMORY = ("{}", "{}", "{}[::-1]", "{}[..., ::-1]", "{}.T", "np.repeat({}, 2, axis=-1)[..., ::2]", "stretched")


def draw_shape(rng, others=(), dimensions=4):
    """A shape, mostly one that broadcasts with another's."""
    if others and rng.random() < 0.6:
        shape = list(others[rng.integers(len(others))])
        change = rng.random()
        if change < 0.2 and shape:
            shape[rng.integers(len(shape))] = 1
        elif change < 0.4:
            shape = shape[rng.integers(len(shape) + 1) :]
        return tuple(shape)
    ndim = min(rng.choice(5, p=[0.1, 0.25, 0.4, 0.17, 0.08]), dimensions)
    sizes = rng.choice([0, 1, 2, 3, 4, 5, 7], size=ndim, p=[0.02, 0.1, 0.2, 0.3, 0.2, 0.1, 0.08])
    return tuple(int(n) for n in sizes)


def draw_values(rng, shape, dtype):
    """Values of moderate size: floats between -2 and 2, away from 0; small integers."""
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype in INTEGERS:
        return np.asarray(rng.integers(0 if dtype[0] == "u" else -5, 8, shape), dtype)
    size = rng.uniform(0.15, 2, shape) * rng.choice([-1, 1], size=shape)
    if dtype in COMPLEX:
        size = size + 1j * rng.uniform(0.15, 2, shape) * rng.choice([-1, 1], size=shape)
    return np.asarray(np.round(size, 3), dtype)  # short to read, where a program is printed


def with_specials(rng, values):
    """The same with some special values."""
    flat = values.reshape(-1).copy()
    for _ in range(max(1, flat.size // 3) if flat.size else 0):
        flat[rng.integers(flat.size)] = SPECIAL[rng.integers(len(SPECIAL))]
    return flat.reshape(values.shape)


def draw_input(rng, name, dtype, others=(), special=False, dimensions=4, odd_memory=True):
    """An input, in some memory."""
    shape = draw_shape(rng, others, dimensions)
    values = draw_values(rng, shape, dtype)
    if special and dtype in FLOATS:
        values = with_specials(rng, values)
    memory = MEMORY[rng.integers(len(MEMORY))] if odd_memory and values.ndim else "{}"
    if memory == "stretched":
        at = int(rng.integers(values.ndim))
        memory = f"np.broadcast_to({{}}, {shape})"
        values = values.take([0], axis=at) if shape[at] else values
    elif memory == "{}.T":  # so that the shape is the one that was drawn
        values = np.ascontiguousarray(values.T)
    return Input(name, values, memory)


def weighted(rng, table):
    """A key of a dict of weights."""
    weights = np.asarray(list(table.values()), "f8")
    return list(table)[rng.choice(len(table), p=weights / weights.sum())]
