"""Rows of xnn.ops.conv."""

from functools import partial

from tests.ops.rows.folding import WINDOWS
from tests.ops.rows.row import of_image
from tests.oracle import F as torch_functional
from xnn.ops import conv

image = partial(of_image, conv)


ROWS = [
    image(
        "conv",
        {"groups": 2, **WINDOWS},
        (2, 2, 3, 4),
        (4, 1, 2, 2),
        (4,),
        torch=lambda x, w, b: torch_functional.conv2d(x, w, b, (2, 1), (1, 0), (1, 2), 2),
    ),
    image(
        "conv_transpose",
        {"groups": 2, "output_padding": (1, 1), **WINDOWS},
        (2, 4, 2, 3),
        (4, 1, 2, 2),
        (2,),
        torch=lambda x, w, b: torch_functional.conv_transpose2d(x, w, b, (2, 1), (1, 0), (1, 1), 2, (1, 2)),
    ),
]
