"""The loops that numba compiles, when first called with a type, and keeps on disk for later processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

from xnn_backends.errors import one_line

try:
    import numba
    from llvmlite.binding.ffi import lib
    from numba.core.compiler_lock import global_compiler_lock as compiling

    from .kept import Kept, tell_unkept
except Exception as error:  # as where NumPy is newer than it knows, or a library of its own does not load
    raise ImportError(
        f"numba, which compiles kernels for NumPy's arrays, cannot be imported: {one_line(error)}. "
        "Cure: a release of numba that fits this NumPy, or XNN_FAST=0, which leaves them out."
    ) from error

# What another thread holds at a fork, the child would wait for for ever: numba's lock, and inside it LLVM's, which is
# also taken without it, where code is loaded or freed.
of_llvm: Any = getattr(lib, "_lock", contextlib.nullcontext())


def _hold() -> None:
    compiling.acquire()
    of_llvm.__enter__()


def _let_go() -> None:
    of_llvm.__exit__(None, None, None)
    compiling.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_let_go)


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """The function, compiled to run without the interpreter's lock; kept on disk where there is a place for it."""
    made = numba.njit(nogil=True, **options)(function)
    try:
        made._cache = Kept(function)  # what numba's own cache=True does, with a cache that may fail
    except Exception as error:  # neither the package's folder nor the user's cache can be written
        tell_unkept(one_line(error))
    return made
