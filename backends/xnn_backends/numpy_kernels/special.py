"""What NumPy lacks and SciPy has: special functions in C, faster than their definitions.

SciPy is imported when one of them is first called, and never where it is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

# Not xlog1py and polygamma, whose definitions are the faster ones.
ELEMENTWISE = (
    "betaln", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "gammaln", "i0e", "i1e", "kl_div", "log_ndtr",
    "logit", "ndtr", "ndtri", "rel_entr", "xlogy",
)  # fmt: skip


def _scipy() -> Any:
    return importlib.import_module("scipy.special")


def elementwise(name: str) -> Kernel:
    """SciPy's function of that name; of a type that it lacks (float16), in that type again."""

    def forward(xp: Any, *arrays: HostArray) -> tuple[HostArray, None]:
        out = np.asarray(getattr(_scipy(), name)(*arrays))
        return out.astype(np.result_type(*arrays), copy=False), None  # one of them may be a number

    return Kernel(forward)


def bessel(name: str, order: int) -> Kernel:
    """SciPy's i0 or i1, which are NaN at infinity."""

    def forward(xp: Any, x: HostArray) -> tuple[HostArray, None]:
        out, _ = elementwise(name).forward(xp, x)
        return np.where(np.isinf(x), x if order else np.abs(x), out), None

    return Kernel(forward)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives, where SciPy is installed."""
    if importlib.util.find_spec("scipy") is None:
        return {}
    return {
        **{name: elementwise(name) for name in ELEMENTWISE},
        "i0": bessel("i0", 0),
        "i1": bessel("i1", 1),
    }
