"""What functions of matrices share: what they take, adjoints, PyTorch's form of a rule, and the freedom of factors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from xnn import checks, dtypes
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of
from xnn.errors import GraphError, ShapeError
from xnn.typing import A
from xnn_backends import Device

from .data_types import astype, dtype_of
from .promotion import floating

Rule = Callable[..., Any]

# ---- what they take ----


def first_floating(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    """Cast the first operand to a floating type; the others stay."""
    promoted = floating(device, args[:1], raws[:1])
    return args if promoted[0] is args[0] else [promoted[0], *args[1:]]


def as_floating(x: A) -> A:
    """An array in a floating type: integers and bools in the default one."""
    return x if dtype_of(x).is_floating else astype(x, dtypes.get_default_dtype())


def require_square(name: str, x: Any) -> None:
    """Raise ShapeError unless x is a matrix with as many rows as columns, or a stack of such."""
    shape = tuple(x.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(
            f"{name} takes square matrices, of shape (..., n, n); got shape {shape}. Cure: as many rows as columns."
        )


def axis_of_vectors(name: str, x1: Any, x2: Any, axis: int) -> int:
    """The dimension that holds the vectors of x1 and x2, counted from the end.

    Raises:
        ShapeError: if it is out of range, or counted from the beginning where that means two dimensions.
        TypeError: for what is not an array.
    """
    for x in (x1, x2):
        device_of(x, name)
    least = min(len(x1.shape), len(x2.shape))
    found = axis - least if axis >= 0 and len(x1.shape) == len(x2.shape) else axis
    if not -least <= found < 0:
        raise ShapeError(
            f"{name}: axis counts from the end, from {-least} to -1 for shapes {tuple(x1.shape)} and "
            f"{tuple(x2.shape)}; got {axis}. Cure: -1 is the last one."
        )
    return found


# ---- what their derivatives are made of ----


def is_complex(x: Any) -> bool:
    """Whether an array, or a Spec, is complex."""
    return dtypes.as_dtype(x.dtype).kind == "complex floating"


def conj(xp: Any, x: Any) -> Any:
    """The conjugate of a complex array; a real one itself."""
    return xp.conj(x) if is_complex(x) else x


def adjoint(xp: Any, x: Any) -> Any:
    """The conjugate transpose of the matrices x."""
    return conj(xp, xp.matrix_transpose(x))


def scale_rows(xp: Any, scale: Any, x: Any) -> Any:
    """diag(scale) @ x, for scale (..., n)."""
    return xp.expand_dims(scale, axis=-1) * x


def scale_columns(xp: Any, x: Any, scale: Any) -> Any:
    """x @ diag(scale), for scale (..., n)."""
    return x * xp.expand_dims(scale, axis=-2)


def identity(xp: Any, like: Any) -> Any:
    """The identity (n, n) that goes with an array (..., n), in its type."""
    return xp.eye(like.shape[-1], dtype=like.dtype, device=xp.device(like))


def differences(xp: Any, values: Any) -> Any:
    """values[j] - values[i] at (i, j), and 1 on the diagonal, which is divided by."""
    return xp.expand_dims(values, axis=-2) - xp.expand_dims(values, axis=-1) + identity(xp, values)


def hermitian(rule: Rule) -> Rule:
    """A rule in PyTorch's form, for what is not holomorphic.

    There the gradient G of a real L has dL = Re(tr(G^H dA)); inside of the engine cotangents are bilinear,
    dL = Re(tr(g^T dA)), so that g is the conjugate of G. For real arrays both are the same.
    """

    def bilinear(xp: Any, g: Any, out: Any, *arrays: Any, **static: Any) -> Any:
        g = tuple(None if one is None else conj(xp, one) for one in g) if isinstance(g, tuple) else conj(xp, g)
        return conj(xp, rule(xp, g, out, *arrays, **static))

    return bilinear


# ---- what factors are free to be ----


def demand(x: Any, holds: Any, message: str) -> Any:
    """The array x, if the raw bool `holds` is true; otherwise GraphError.

    On a GPU it is raised by the next call that waits for the device, and what is computed with x is NaN until then.
    """
    device = device_of(x, "derivative")
    checks.require(holds, device, GraphError, message)
    if not device.is_asynchronous:
        return x
    xp, dtype = device.backend.xp, getattr(x, "_data", x).dtype
    one, nan = (xp.full((), value, dtype=dtype, device=device.raw) for value in (1.0, math.nan))
    factor = xp.where(holds, one, nan)
    return x * (frontend.array(factor, device) if isinstance(x, Tracked) else factor)


def refuse_gauge(name: str, gradient: Any, turn: Any, among: Sequence[Any], freedom: str) -> Any:
    """The gradient, if the loss does not depend on what a decomposition is free to choose; otherwise GraphError.

    Args:
        name: of the function.
        gradient: (..., m, n).
        turn: (..., k) or (..., k, k), the derivative along that freedom, which has to vanish.
        among: (..., l, k), the cotangents whose part it is.
        freedom: what is free to choose.
    """
    xp = device_of(turn, name).backend.xp
    turn, *among = (getattr(x, "_data", x) for x in (turn, *among))
    # As PyTorch 1e-2, but relative: the size of the loss does not matter. NaN passes, it is no choice.
    batch = among[0].ndim - 2
    limit = 1e-4 * sum(_mean_square(xp, x, batch) for x in among)
    return demand(
        gradient,
        xp.logical_not(xp.any(_mean_square(xp, turn, batch) > limit)),
        f"{name} is free to choose {freedom}, and this loss depends on it, so it has no derivative. "
        "Cure: a loss of abs(u), of products as u @ conj(u.mT), or of the values alone.",
    )


def _mean_square(xp: Any, x: Any, batch: int) -> Any:
    """Over all dimensions but the first ones, as many as `batch`."""
    size = xp.abs(x)
    return xp.sum(size * size, axis=tuple(range(batch, x.ndim))) / max(1, math.prod(x.shape[batch:]))
