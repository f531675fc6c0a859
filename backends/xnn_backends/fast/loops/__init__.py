"""The loops that numba compiles, when first called with a type, and keeps on disk for later processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from xnn_backends.errors import one_line

try:
    import numba
    from numba.core.compiler_lock import global_compiler_lock as compiling

    from .kept import Kept, tell_unkept
except Exception as error:  # as where NumPy is newer than it knows, or a library of its own does not load
    raise ImportError(
        f"numba, which compiles kernels for NumPy's arrays, cannot be imported: {one_line(error)}. "
        "Cure: a release of numba that fits this NumPy, or XNN_FAST=0, which leaves them out."
    ) from error

if hasattr(os, "register_at_fork"):  # a child of a process that compiles in another thread would wait for it for ever
    os.register_at_fork(before=compiling.acquire, after_in_parent=compiling.release, after_in_child=compiling.release)


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """The function, compiled to run without the interpreter's lock; kept on disk where there is a place for it."""
    made = numba.njit(nogil=True, **options)(function)
    try:
        made._cache = Kept(function)  # what numba's own cache=True does, with a cache that may fail
    except Exception as error:  # neither the package's folder nor the user's cache can be written
        tell_unkept(one_line(error))
    return made
