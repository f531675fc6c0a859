"""Softmaxes: one pass over each row, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.numpy_kernels.activation import in_type
from xnn_backends.numpy_kernels.blocks import single
from xnn_backends.protocol import HostArray, Kernel

from .arrays import in_loops, is_worth


def _softmax(x: HostArray, axis: Any) -> HostArray:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return np.asarray(e / np.sum(e, axis=axis, keepdims=True))


def _log_softmax(x: HostArray, axis: Any) -> HostArray:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))


def softmax_back(out: HostArray, g: HostArray, axis: Any) -> HostArray:
    """The cotangent of x, of that of softmax(x)."""
    if isinstance(axis, int) and is_worth(out, g):
        from .loops.softmax import slope_of_softmax

        return _along(slope_of_softmax, axis, out, g)
    out, cotangent = single(out), single(g)
    return in_type(np.asarray(out * (cotangent - np.sum(cotangent * out, axis=axis, keepdims=True))), g)


def _log_softmax_back(out: HostArray, g: HostArray, axis: Any) -> HostArray:
    if isinstance(axis, int) and is_worth(out, g):
        from .loops.softmax import slope_of_log_softmax

        return _along(slope_of_log_softmax, axis, out, g)
    out, cotangent = single(out), single(g)
    return in_type(np.asarray(cotangent - np.exp(out) * np.sum(cotangent, axis=axis, keepdims=True)), g)


def _along(loop: Callable[..., Any], axis: int, *arrays: HostArray) -> HostArray:
    """A loop over rows along `axis`, (n, size)."""
    aligned = [np.moveaxis(x, axis, -1) for x in arrays]
    out = np.empty(aligned[0].shape, aligned[0].dtype)
    return np.moveaxis(in_loops(loop, out, *aligned, rows=(-1, out.shape[-1])), -1, axis)


def along(name: str, small: Callable[..., HostArray], back: Callable[..., HostArray]) -> Kernel:
    """A kernel of a loop over rows, with a function for small arrays and several dimensions; and the way back."""

    def infer(xp: Any, x: HostArray, *, axis: Any) -> HostArray:
        if isinstance(axis, int) and is_worth(x):
            from .loops import softmax as loops

            return _along(getattr(loops, name), axis, x)
        return in_type(small(single(x), axis), x) if x.size else np.zeros_like(x)

    def forward(xp: Any, x: HostArray, *, axis: Any) -> tuple[HostArray, HostArray]:
        out = infer(xp, x, axis=axis)
        return out, out

    def vjp(xp: Any, out: HostArray, g: HostArray, needs: Sequence[bool], x: Any, *, axis: Any) -> list[Any]:
        return [back(out, g, axis)]

    return Kernel(forward, vjp, infer)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "softmax": along("softmax", _softmax, softmax_back),
        "log_softmax": along("log_softmax", _log_softmax, _log_softmax_back),
    }
