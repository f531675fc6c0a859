"""Special functions, by those of cupyx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

# cupyx has more. Not taken are those that CUDA's own erfcx, erfinv, normcdfinv and Bessel functions stand behind, which
# the emulation lacks, so that no test has run them; nor xlog1py, which is 0 where x is 0 and y is NaN, and logit, which
# loses its digits near 1 / 2.
SPECIAL = ("betaln", "digamma", "entr", "erf", "erfc", "gammaln", "kl_div", "ndtr", "rel_entr", "xlogy")


def elementwise(name: str) -> Kernel:
    """The function of that name in cupyx.scipy.special; of half precision in that again, not in float64."""

    def forward(xp: Any, *arrays: Any) -> tuple[Any, None]:
        import cupyx.scipy.special

        function, dtype = getattr(cupyx.scipy.special, name), arrays[0].dtype
        if dtype.char == "e":
            return function(*(x.astype(cupy.float32) for x in arrays)).astype(dtype), None
        return function(*arrays), None

    return Kernel(forward)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {name: elementwise(name) for name in SPECIAL}
