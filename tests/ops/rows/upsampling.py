"""Rows of xnn.ops.upsampling."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F
from xnn.ops import upsampling

SHAPE = (2, 3, 5, 4)


def row(label, taps, size, **options):
    """Rows of an image resampled, beside PyTorch's F.interpolate, which takes both sizes."""

    def torch(x):
        return F.interpolate(x, size, **options)

    def numpy(x):
        return torch(tensor(x)).numpy()

    return Row(
        f"resample {label}",
        "resample",
        lambda xp, x: upsampling.resample(x, axis=2, taps=taps),
        (Operand(SHAPE, "distinct"),),
        FLOATS,
        numpy,
        torch,
    )


ROWS = [
    row("nearest up", upsampling.nearest(5, 10, 0.5, False), (10, 4)),
    row("nearest down", upsampling.nearest(5, 3, 5 / 3, True), (3, 4), mode="nearest-exact"),
    row("linear", upsampling.linear(5, 7, 5 / 7, False), (7, 4), mode="bilinear"),
    row("cubic", upsampling.cubic(5, 8, 4 / 7, True), (8, 4), mode="bicubic", align_corners=True),
    row("area", upsampling.area(5, 3), (3, 4), mode="area"),
    row("smooth", upsampling.smooth(5, 2, 2.5, upsampling.triangle, 1), (2, 4), mode="bilinear", antialias=True),
]
