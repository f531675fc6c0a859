"""Rows of xnn.ops.padding."""

from functools import partial

from tests.ops.rows.row import of_image
from tests.oracle import F as torch_functional
from xnn.ops import padding

image = partial(of_image, padding)


ROWS = [
    image(
        "pad_constant",
        {"padding": [(2, -1), (-1, 3), (1, 0)], "value": 1.5},
        (2, 3, 4, 2),
        torch=lambda x: torch_functional.pad(x, (1, 0, -1, 3, 2, -1), value=1.5),
    ),
    *(
        image(
            "pad_edges",
            {"padding": [(2, -1), (0, 3)], "mode": mode},
            (1, 2, 4, 4),
            torch=lambda x, mode=mode: torch_functional.pad(x, (0, 3, 2, -1), mode=mode),
            label=f" {mode} ",
        )
        for mode in ("reflect", "replicate", "circular")
    ),
]
