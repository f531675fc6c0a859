"""Rows of xnn.nn.functional's spatial transformers."""

from itertools import product

from tests.nn.row import Function, Input

MODES, PADDING_MODES = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
IMAGES, VOLUMES = (2, 2, 3, 4), (2, 1, 2, 3, 4)

FUNCTIONS = [
    *[
        Function(
            "affine_grid", (Input((2, n, n + 1), "real"),), {"size": (2, 1, 3, 4, 2)[: n + 2], "align_corners": aligned}
        )
        for n, aligned in product((2, 3), (True, False))
    ],
    *[
        Function(
            "grid_sample",
            (Input(IMAGES, "real"), Input((2, 3, 5, 2), "real")),
            {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners},
        )
        for mode, padding_mode, align_corners in product(MODES, PADDING_MODES, (False, True))
    ],
    *[
        Function(
            "grid_sample",
            (Input(VOLUMES, "real"), Input((2, 2, 3, 2, 3), "real")),
            {"mode": mode, "padding_mode": padding_mode, "align_corners": aligned},
        )
        for mode, padding_mode, aligned in product(MODES[:2], PADDING_MODES, (False, True))
    ],
    *[
        Function(
            "grid_sample",
            (Input((1, 1, 1, 3), "real"), Input((1, 2, 2, 2), "real")),
            {"padding_mode": mode, "align_corners": aligned},
        )
        for mode, aligned in product(PADDING_MODES, (False, True))
    ],
]
