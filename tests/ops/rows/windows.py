"""Rows of xnn.ops.windows."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from xnn.ops import windows


def image(name, static, *shapes, torch=None, label=""):
    def call(xp, *arrays):
        return getattr(windows, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(
        f"{name}{label}{shapes[0]}", name, call, tuple(Operand(s, "distinct") for s in shapes), FLOATS, numpy, torch
    )


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
    image(
        "conv",
        {"groups": 2, **WINDOWS},
        (2, 2, 3, 4),
        (4, 1, 2, 2),
        (4,),
        torch=lambda x, w, b: torch_functional.conv2d(x, w, b, (2, 1), (1, 0), (1, 2), 2),
    ),
    image(
        "max_pool",
        {"kernel_size": (2, 2), **WINDOWS},
        (2, 2, 3, 4),
        torch=lambda x: torch_functional.max_pool2d(x, (2, 2), (2, 1), (1, 0), (1, 2)),
    ),
    image(
        "conv_transpose",
        {"groups": 2, "output_padding": (1, 1), **WINDOWS},
        (2, 4, 2, 3),
        (4, 1, 2, 2),
        (2,),
        torch=lambda x, w, b: torch_functional.conv_transpose2d(x, w, b, (2, 1), (1, 0), (1, 1), 2, (1, 2)),
    ),
    image(
        "pad",
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
