"""Rows of xnn.ops.resampling."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import F
from xnn.ops import resampling

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
        lambda xp, x: resampling.resample(x, axis=2, taps=taps),
        (Operand(SHAPE, "distinct"),),
        FLOATS,
        numpy,
        torch,
    )


ROWS = [
    row("nearest up", resampling.nearest(5, 10, 0.5, False), (10, 4)),
    row("nearest down", resampling.nearest(5, 3, 5 / 3, True), (3, 4), mode="nearest-exact"),
    row("linear", resampling.linear(5, 7, 5 / 7, False), (7, 4), mode="bilinear"),
    row("cubic", resampling.cubic(5, 8, 4 / 7, True), (8, 4), mode="bicubic", align_corners=True),
    row("area", resampling.area(5, 3), (3, 4), mode="area"),
    row("smooth", resampling.smooth(5, 2, 2.5, resampling.triangle, 1), (2, 4), mode="bilinear", antialias=True),
]
