"""Rows of xnn.nn.unpooling."""

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.nn.rows.pooling import COUNTS, LAYOUTS, leads


def places(shape, count, seed=0):
    """Positions, none of them twice in an image."""
    random = np.random.default_rng(seed)
    planes = [random.permutation(count)[: int(np.prod(shape[2:]))] for _ in range(int(np.prod(shape[:2])))]
    return np.asarray(planes, np.int64).reshape(shape)


def case(lead, size, kernel, stride=None, padding=0, layout="C", seed=0):
    """A case, with positions in the image that comes out."""
    steps = kernel if stride is None else stride
    usual = tuple((m - 1) * steps - 2 * padding + kernel for m in size)
    shape = (*lead, *size)
    wide = ((1,) * (2 - len(lead)) + shape) if len(lead) == 1 else shape
    found = places(wide, int(np.prod(usual)), seed).reshape(shape)
    options = {"stride": stride, "padding": padding}
    return Case((Input(shape, "real", layout), Input(shape, found)), (kernel,), options)


@st.composite
def unpools(draw, count):
    kernel = draw(st.integers(1, 3))
    stride = draw(st.one_of(st.none(), st.integers(kernel, 4)))  # else there is no place for all
    size = tuple(draw(st.integers(1, 3)) for _ in range(count))
    return case(draw(leads()), size, kernel, stride, 0, draw(LAYOUTS), draw(st.integers(0, 9)))


def row(count):
    size = (2, 3, 2)[:count]
    return Row(
        f"MaxUnpool{count}d",
        (
            case((2, 2), size, 2),
            case((2,), size, 3, stride=3, padding=1, layout="F"),
            case((1, 2), size, 2, layout="strided"),
            case((0, 1), size, 2),
        ),
        unpools(count),
    )


ROWS = [row(count) for count in COUNTS]

FUNCTIONS = [
    *[
        Function(
            f"max_unpool{n}d",
            (Input((2, 2, *size), "real"), Input((2, 2, *size), places((2, 2, *size), 2**n * int(np.prod(size))))),
            {"kernel_size": 2},
        )
        for n in COUNTS
        for size in [(2, 3, 2)[:n]]
    ],
]
