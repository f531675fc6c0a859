"""Rows of xnn.ops.folding."""

from functools import partial

from tests.ops.rows.row import of_image
from tests.oracle import F as torch_functional
from xnn.ops import folding

image = partial(of_image, folding)


WINDOWS = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}

ROWS = [
    image(
        "unfold",
        {"kernel_size": (2, 2), **WINDOWS},
        (1, 2, 3, 4),
        torch=lambda x: torch_functional.unfold(x, (2, 2), (1, 2), (1, 0), (2, 1)).reshape(1, 2, 2, 2, 2, 2),
    ),
    image(
        "fold",
        {"size": (3, 4), **WINDOWS},
        (1, 2, 2, 2, 2, 2),
        torch=lambda x: torch_functional.fold(x.reshape(1, 8, 4), (3, 4), (2, 2), (1, 2), (1, 0), (2, 1)),
    ),
]
