"""Rows of xnn.nn.folding."""

import math

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row


@st.composite
def windows(draw, is_fold):
    """Options of windows, and images in which at least one stands; or the columns of these."""
    kernel, dilation, stride = (tuple(draw(st.integers(1, 3)) for _ in range(2)) for _ in range(3))
    padding = tuple(draw(st.integers(0, 2)) for _ in range(2))
    sizes = list(zip(kernel, dilation, padding, strict=True))
    size = tuple(max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3)) for k, d, p in sizes)
    batch, channels = draw(st.sampled_from([(), (1,), (2,)])), draw(st.integers(1, 3))
    layout = draw(st.sampled_from(["C", "F", "strided"]))
    options = {"dilation": dilation, "padding": padding, "stride": stride}
    if not is_fold:
        return Case((Input((*batch, channels, *size), layout=layout),), (kernel,), options)
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, (k, d, p), s in zip(size, sizes, stride, strict=True)]
    shape = (*batch, channels * math.prod(kernel), math.prod(counts))
    return Case((Input(shape, layout=layout),), (size, kernel), options)


ROWS = [
    Row(
        "Unfold",
        (
            Case((Input((2, 3, 4, 5)),), (2,)),
            Case((Input((3, 5, 4)),), ((2, 3),), {"dilation": (2, 1), "padding": (0, 1), "stride": 2}),
            Case((Input((0, 2, 3, 3)),), (2,)),
        ),
        windows(False),
    ),
    Row(
        "Fold",
        (
            Case((Input((2, 12, 12)),), ((4, 5), 2)),
            Case((Input((6, 4)),), ((5, 4), (2, 3)), {"dilation": (2, 1), "padding": (0, 1), "stride": 2}),
        ),
        windows(True),
    ),
]
OPTIONS = {"dilation": 2, "padding": 1, "stride": (2, 1)}
FUNCTIONS = [
    Function("unfold", (Input((2, 3, 4, 5)),), {"kernel_size": (2, 3), **OPTIONS}),
    Function("fold", (Input((2, 12, 6)),), {"output_size": (4, 5), "kernel_size": (2, 3), **OPTIONS}),
]
