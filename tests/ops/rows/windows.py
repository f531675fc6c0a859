"""Rows of xnn.ops.windows."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F as torch_functional
from xnn.ops import windows


def image(name, static, *shapes, torch=None):
    def call(xp, *arrays):
        return getattr(windows, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(tensor, arrays)).numpy()

    return Row(f"{name}{shapes[0]}", name, call, tuple(Operand(s, "distinct") for s in shapes), FLOATS, numpy, torch)


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
]
