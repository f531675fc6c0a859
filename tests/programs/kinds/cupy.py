"""The program on CuPy, on emulated CUDA where there is no GPU: its statements and its gradient, against NumPy's.

Calm values, as CuPy's own choices at special ones are not xnn's affair, and no errors, as a GPU tells of them later.
"""

import numpy as np

import xnn as xp
from tests.programs.comparison import agree

from . import eager
from .gradients import Scalar, guarded

TYPES = {"float32": 8, "int64": 2, "bool": 1}
DOUBLE = {"float64": 8, "int64": 2, "bool": 1}
DEVICE = "cupy:cuda:0"


def options(number):
    # few types, dimensions and strides: each new combination is a kernel to compile
    types = TYPES if number % 8 else DOUBLE
    return {"types": types, "calm": True, "refusals": False, "dimensions": 2, "odd_memory": number % 4 == 1}


def check(program, number=0):
    """Hold a program on CuPy against NumPy; raise Failure. "checked" or "checked, with gradients"."""
    eager.check(program, number, DEVICE)
    scalar = Scalar(program, number)
    if not scalar.points or not scalar.kept:
        return "checked"
    found = gradients_on(DEVICE, scalar, scalar.points)
    expected = gradients_on("numpy:cpu", scalar, scalar.points)
    largest = max((np.abs(g[np.isfinite(g)]).max(initial=0) for g in expected), default=0)
    for i, (came, wanted) in enumerate(zip(found, expected, strict=True)):

        def again(nudge, i=i):
            return gradients_on("numpy:cpu", scalar, [nudge(x) for x in scalar.points])[i]

        agree("gradient", came, wanted, again, least=1e-6 * largest if came.dtype == np.float32 else 1e-12 * largest)
    return "checked, with gradients"


def gradients_on(device, scalar, points):
    """The gradients of a program's scalar by all floating inputs, computed on a device; NumPy arrays."""
    with xp.use_device(device):
        arrays = [xp.asarray(x, device=device) for x in points]
        gradient = xp.grad(scalar.xnn, argnums=tuple(range(len(arrays))))
        return [np.array(g.numpy()) for g in guarded(f"grad on {device}", lambda: gradient(*arrays))]
