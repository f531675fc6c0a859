"""Rows of xnn.nn.position, and of functions of sequences, by the formulas of their papers."""

import math

import numpy as np

from tests.nn.row import Case, Function, Input, Row


def waves(x, batch_first=False, base=10000.0):
    """Vaswani et al., Attention is all you need, 2017, section 3.5."""
    size = x.shape[-1]
    axis = 1 if batch_first and x.ndim == 3 else 0
    out = np.array(x)
    for position in range(x.shape[axis]):
        for j in range(size):
            angle = position / base ** (2 * (j // 2) / size)
            where = (slice(None), position, ..., j) if axis else (position, ..., j)
            out[where] += math.cos(angle) if j % 2 else math.sin(angle)
    return out


def rotations(x, positions=None, dim=None, base=10000.0, interleaved=True):
    """Su et al., RoFormer, 2021, equation 15: the product with a matrix of blocks ((cos, -sin), (sin, cos))."""
    dim = dim or x.shape[-1]
    out = np.array(x)
    positions = np.broadcast_to(np.arange(x.shape[-2]) if positions is None else positions, x.shape[:-1])
    for place in np.ndindex(x.shape[:-1]):
        turn = np.eye(x.shape[-1])
        for i in range(dim // 2):
            a, b = (2 * i, 2 * i + 1) if interleaved else (i, dim // 2 + i)
            angle = positions[place] * base ** (-2 * i / dim)
            turn[[a, a, b, b], [a, b, a, b]] = math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle)
        out[place] = turn @ x[place]
    return out


PLACES = Input((2, 1, 3), np.asarray([[[0, 7, 3]], [[1, 2, 1000]]]))

ROWS = [
    Row(
        "SinusoidalPositionalEncoding",
        (Case((Input((3, 2, 4)),), (4,)), Case((Input((2, 3, 5)),), (5, True, 100.0)), Case((Input((3, 1)),), (1,))),
        theirs=False,
        reference=lambda layer, x: waves(x, layer.batch_first, layer.base),
    ),
    Row(
        "RotaryEmbedding",
        (
            Case((Input((2, 2, 3, 4)),), (4,)),
            Case((Input((2, 2, 3, 5)), PLACES), (4, 100.0, False)),
            Case((Input((3, 6)),), (2,)),
        ),
        theirs=False,
        reference=lambda layer, x, positions=None: rotations(x, positions, layer.dim, layer.base, layer.interleaved),
    ),
]

FUNCTIONS = [
    Function("sinusoidal_encoding", (Input((3, 2, 4)),), {"base": 10.0}, False, waves),
    Function("rotary_embedding", (Input((2, 2, 3, 4)), PLACES), {"interleaved": False}, False, rotations),
]
