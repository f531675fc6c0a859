"""Clipping of gradients: by their norm, all together, and by value. On the device: no call waits for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xnn import checks
from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.autograd.graph import refuse_if_varied
from xnn.dtypes import DType
from xnn.errors import GraphError, OptionError
from xnn.ops.creation import asarray, zeros
from xnn.ops.promotion import check_real
from xnn_backends import Device

from .batches import Batch
from .limits import at_least_0, number_where

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


@flagged
def get_total_norm(tensors: Array | Iterable[Array], norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Array:
    """The norm of several arrays, as if they were one vector: (sum |x|^p)^(1/p), and max |x| for p = inf.

    Args:
        tensors: real floating Arrays, or one; of any devices.
        norm_type: p, above 0, or inf ("inf" too).
        error_if_nonfinite: raise where the norm is NaN or infinite: at once on the CPU, on CUDA at the next wait.

    Shapes: arrays of any shape give (), on the first one's device.

    Raises:
        OptionError: for another norm_type.
        GraphError: see error_if_nonfinite; for what depends on an argument of a function that is being differentiated.

    Example:
        >>> import xnn as xp
        >>> float(xp.optim.get_total_norm([xp.asarray([3.0, 0.0], device="cpu"), xp.asarray(4.0, device="cpu")]))
        5.0
    """
    p = _order(norm_type)
    listed = [tensors] if isinstance(tensors, Array) else list(tensors)
    for x in listed:
        refuse_if_varied(x, "get_total_norm", "xnn.linalg.vector_norm, which has a derivative; x.detach() to look")
    if not listed:
        nothing: Array = zeros(())
        return nothing
    device = listed[0].device
    parts = []
    for members in _together(listed):
        here = members[0].device
        with here.computing():
            norm = _norm(here, [x._data for x in members], p)
        parts.append(Array(norm, here).to_device(device))
    dtype = max((part.dtype for part in parts), key=lambda kind: kind.bits)
    with device.computing():
        raws = [asarray(part, dtype=dtype)._data for part in parts]
        total = raws[0] if len(raws) == 1 else _norm(device, raws, p)
        if error_if_nonfinite:
            checks.require(
                device.backend.xp.isfinite(total),
                device,
                GraphError,
                f"the norm of order {p:g} of the gradients is not finite, so they cannot be clipped. "
                "Cure: a smaller learning rate, or error_if_nonfinite=False.",
            )
    return Array(total, device)


def clip_grads_with_norm_(parameters: Array | Iterable[Array], max_norm: float, total_norm: Array | float) -> None:
    """Scale the gradients by min(1, max_norm / (total_norm + 1e-6)), for a norm that is known.

    Args:
        parameters: Arrays with gradients, or without, or one; their `grad` is replaced.
        max_norm: the most that the norm may be, at least 0.
        total_norm: what `get_total_norm` gave, or a number.

    Shapes: parameters of any shape; the norm is ().

    Raises:
        OptionError: for a max_norm that is no number of at least 0.
    """
    if not at_least_0(max_norm):
        raise OptionError(f"max_norm is a number of at least 0; got {max_norm!r}")
    norm = asarray(total_norm)
    device = norm.device
    with device.computing():
        xp = device.backend.xp
        scale = Array(device.backend.normalise(xp.minimum(float(max_norm) / (norm._data + 1e-6), 1.0)), device)
    if not device.is_asynchronous and scale.item() == 1:
        return

    def clip(here: Device, dtype: DType, grads: Any) -> Any:
        return asarray(scale.to_device(here), dtype=dtype)._data * grads

    _replace(parameters, clip)


@flagged
def clip_grad_norm_(
    parameters: Array | Iterable[Array], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Array:
    """Scale the gradients of all parameters together, so that their norm is `max_norm` at most.

    g = g * min(1, max_norm / (norm + 1e-6))

    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    Args:
        parameters: Arrays with gradients, or without, or one; their `grad` is replaced.
        max_norm: the most that the norm may be, at least 0.
        norm_type: p, above 0, or inf.
        error_if_nonfinite: raise where the norm is NaN or infinite: at once on the CPU, on CUDA at the next wait.

    Returns: the norm that it was, on the first gradient's device.

    Shapes: parameters of any shape give ().

    Raises:
        OptionError: for numbers that make no sense.
        GraphError: see error_if_nonfinite.

    Example:
        >>> import xnn as xp
        >>> p = xp.nn.Parameter(xp.asarray([3.0, 4.0], device="cpu"))
        >>> xp.sum(0.5 * p * p).backward()
        >>> float(xp.optim.clip_grad_norm_([p], 1.0))
        5.0
        >>> [round(x, 3) for x in p.grad.tolist()]
        [0.6, 0.8]
    """
    listed = _listed(parameters)
    with no_grad():
        total = get_total_norm([p.grad for p in listed if p.grad is not None], norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


def clip_grad_value_(parameters: Array | Iterable[Array], clip_value: float) -> None:
    """Cut off the gradients of all parameters below -clip_value and above clip_value.

    Args:
        parameters: Arrays with gradients, or without, or one; their `grad` is replaced.
        clip_value: at least 0.

    Shapes: parameters of any shape.

    Raises:
        OptionError: for a clip_value that is no number of at least 0.
        DTypeError: for a complex gradient, which is on no side of a bound; then none is replaced.
    """
    if not at_least_0(clip_value):
        raise OptionError(f"clip_value is a number of at least 0; got {clip_value!r}")
    bound, listed = float(clip_value), _listed(parameters)
    for p in listed:
        if p.grad is not None:
            check_real(p.grad.dtype)
    _replace(listed, lambda device, dtype, grads: device.backend.xp.clip(grads, -bound, bound))


def _order(norm_type: Any) -> float:
    p = math.inf if norm_type == "inf" else norm_type
    if not number_where(lambda v: v > 0)(p):
        raise OptionError(f"norm_type is a number above 0, or inf; got {norm_type!r}")
    return float(p)


def _listed(parameters: Array | Iterable[Array]) -> list[Array]:
    return [parameters] if isinstance(parameters, Array) else list(parameters)


def _together(arrays: Iterable[Array]) -> list[list[Array]]:
    """Arrays of one device and data type together, in the order in which they come."""
    groups: dict[tuple[Device, DType], list[Array]] = {}
    for x in arrays:
        groups.setdefault((x.device, x.dtype), []).append(x)
    return list(groups.values())


def _norm(device: Device, raws: Sequence[Any], p: float) -> Any:
    """The norm of raw arrays laid end to end."""
    xp = device.backend.xp
    rows = [xp.reshape(raw, (-1,)) for raw in raws]
    flat = rows[0] if len(rows) == 1 else xp.concat(rows)
    is_real = flat.dtype in device.backend.real_floating
    sizes = flat if p == 2 and is_real else xp.abs(flat)  # squares are the same
    narrow = sizes.dtype
    if xp.finfo(narrow).bits == 16:  # squares above 65504 are infinite in float16
        sizes = xp.astype(sizes, xp.float32)
    if p == math.inf:
        norm = xp.max(xp.concat([sizes, xp.zeros((1,), dtype=sizes.dtype, device=xp.device(sizes))]))
    elif p == 2:
        norm = xp.sqrt(xp.sum(sizes * sizes))
    else:
        norm = xp.sum(sizes if p == 1 else sizes**p) ** (1 / p)
    return device.backend.normalise(xp.astype(norm, narrow, copy=False))


def _replace(parameters: Array | Iterable[Array], function: Callable[[Device, DType, Any], Any]) -> None:
    """`function(device, dtype, gradients laid end to end)` in the place of the gradients."""
    owners = [p for p in _listed(parameters) if p.grad is not None]
    groups: dict[tuple[Device, DType], list[Any]] = {}
    for p in owners:
        groups.setdefault((p.device, p.dtype), []).append(p)
    for (device, dtype), members in groups.items():
        batch = Batch(members, device, dtype, [{} for _ in members], is_flat=True)
        with device.computing():
            flat = function(device, dtype, batch.flat([p.grad._data for p in members]))
            for p, piece in zip(members, batch.split(flat), strict=True):
                p.grad = Array(piece, device)
