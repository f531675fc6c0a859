"""Rows of xnn.ops.fourier."""

import numpy as np

from tests.ops.rows.row import COMPLEX, FLOATS, NUMBERS, Operand, Row
from tests.oracle import torch


def transform(name, options, shape=(3, 4), dtypes=COMPLEX, **more):
    """A transform, against NumPy's and PyTorch's, which calls an axis a dimension."""
    dims = {{"axis": "dim", "axes": "dim"}.get(key, key): value for key, value in options.items()}
    said = ", ".join(f"{key}={value}" for key, value in options.items())
    return Row(
        f"{name} {shape} {said}",
        more.get("primitive", f"fft.{name}"),
        lambda xp, x: getattr(xp.fft, name)(x, **options),
        (Operand(shape),),
        dtypes,
        lambda x: of_numpy(name, x, options),
        # PyTorch puts off a conjugation, and what is put off is no array for NumPy: times 1 it is done, backward too
        lambda x: getattr(torch.fft, name)(x, **dims),
    )


def of_numpy(name, x, options):
    if name in HERMITIAN:  # NumPy has them over one axis alone
        return HERMITIAN[name](x, options)
    if "axes" in options and options.get("s") is not None:
        options = {**options, "s": tuple(options["s"])}
    return getattr(np.fft, name)(x, **options)


ONE = [
    {},
    {"n": 6, "axis": 0, "norm": "forward"},
    {"n": 2, "norm": "ortho"},
    {"n": 5},
    {"n": 1, "axis": 1},
    {"n": 7, "axis": -2, "norm": "backward"},
]
MANY = [
    {},
    {"axes": (1,), "norm": "ortho"},
    {"s": (2, 5), "axes": (2, 0), "norm": "forward"},
    {"s": (3, 3, 3), "axes": (0, -1, 1)},
    {"axes": (-1, 0), "norm": "ortho"},
]

PLANES = [{}, {"s": (2, 5), "axes": (2, 0), "norm": "forward"}, {"axes": (0, 1), "norm": "ortho"}]
OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def opposite(options, axes):
    return {"axes": axes, **options, "norm": OPPOSITE[options.get("norm", "backward")]}


def hermitian(axes):
    return lambda x, options: np.fft.irfftn(np.conj(x), **opposite(options, axes))


def of_hermitian(axes):
    return lambda x, options: np.conj(np.fft.rfftn(x, **opposite(options, axes)))


HERMITIAN = {
    "hfftn": hermitian(None),
    "hfft2": hermitian((-2, -1)),
    "ihfftn": of_hermitian(None),
    "ihfft2": of_hermitian((-2, -1)),
}

ROWS = [
    *(transform(name, options, (2, 3, 4)) for name in ("fft2", "ifft2", "irfft2", "hfft2") for options in PLANES),
    *(transform(name, options, (2, 3, 4), FLOATS) for name in ("rfft2", "ihfft2") for options in PLANES),
    *(transform("hfftn", options, (2, 3, 4)) for options in MANY),
    *(transform("ihfftn", options, (2, 3, 4), FLOATS) for options in MANY),
    *(transform(name, options) for name in ("fft", "ifft", "irfft", "hfft") for options in ONE),
    *(transform(name, options, dtypes=FLOATS) for name in ("rfft", "ihfft") for options in ONE),
    *(transform(name, {"norm": "ortho"}, dtypes=FLOATS) for name in ("fft", "ifft", "irfft", "hfft")),
    *(transform(name, options, (2, 3, 4)) for name in ("fftn", "ifftn", "irfftn") for options in MANY),
    *(transform("rfftn", options, (2, 3, 4), FLOATS) for options in MANY),
    *(
        transform(name, options, (2, 3, 4), (*NUMBERS, *COMPLEX))
        for name in ("fftshift", "ifftshift")
        for options in ({}, {"axes": 1}, {"axes": (0, -1)})
    ),
    transform("fftn", {"axes": (0, 1)}, primitive="_complex"),
    transform("rfft", {"n": 3}, (5,), FLOATS, primitive="_real_to_half"),
    transform("irfft", {"n": 3}, (5,), primitive="_half_to_real"),
]
