"""What every initialiser does at the end: it puts values in."""

from __future__ import annotations

from collections.abc import Callable

from xnn.array_object import Array
from xnn.autograd.graph import frontend, no_grad
from xnn.dtypes import DType, float32, float64
from xnn.errors import DTypeError


def fill(name: str, tensor: Array, values: Callable[[DType], Array]) -> Array:
    """Put in `values(dtype)`, drawn as float64 for that type, as float32 for smaller ones."""
    if not isinstance(tensor, Array):
        raise TypeError(
            f"{name} fills an xnn Array in place; got a {type(tensor).__name__}. Cure: xnn.asarray(tensor)."
        )
    if tensor.dtype.kind != "real floating":
        raise DTypeError(f"{name} fills real floating-point arrays; got {tensor.dtype.name} of shape {tensor.shape}")
    with no_grad():
        drawn = values(float64 if tensor.dtype is float64 else float32)
        tensor[...] = frontend.xp.astype(drawn, tensor.dtype, copy=False)
    return tensor
