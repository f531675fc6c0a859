"""The forward pass of a call on raw arrays, by the definition of a primitive or by a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xnn_backends import Backend, Namespace
from xnn_backends.protocol import Kernel


def compute(
    forward: Callable[..., Any],
    kernel: Kernel | None,
    xp: Namespace,
    raws: list[Any],
    static: dict[str, Any],
    record: int,
) -> tuple[Any, Any]:
    """The output and a kernel's residual."""
    if kernel is None:
        return forward(xp, *raws, **static), None
    if kernel.infer is not None and not record:
        return kernel.infer(xp, *raws, **static), None
    return kernel.forward(xp, *raws, **static)


def compute_again(
    forward: Callable[..., Any],
    kernel: Kernel | None,
    backend: Backend,
    raws: list[Any],
    static: dict[str, Any],
    record: int,
) -> tuple[Any, Any]:
    """The same where the user's NumPy raises: not of underflow, which is no sign of a fault.

    A second time, lest every operation pays for what few have.
    """
    try:
        with backend.without_underflow():
            return compute(forward, kernel, backend.xp, raws, static, record)
    except FloatingPointError as error:
        raise error from None
