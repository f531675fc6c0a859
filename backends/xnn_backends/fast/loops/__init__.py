"""The loops that numba compiles, when first called with a type, and keeps on disk for later processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn_backends.errors import one_line

try:
    import numba
except ImportError as error:  # as where NumPy is newer than it knows
    raise ImportError(
        f"numba, which compiles kernels for NumPy's arrays, cannot be imported: {one_line(error)}. "
        "Cure: a release of numba that fits this NumPy, or XNN_FAST=0, which leaves them out."
    ) from error


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """The function, compiled to run without the interpreter's lock; kept on disk where there is a place for it."""
    try:
        return numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return numba.njit(nogil=True, **options)(function)
