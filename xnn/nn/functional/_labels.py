"""Labels as vectors."""

from __future__ import annotations

from xnn import checks
from xnn.arguments import check_arrays, whole
from xnn.autograd.graph import Tracked
from xnn.autograd.operands import device_of
from xnn.dtypes import int64
from xnn.errors import DTypeError, LabelError, ShapeError
from xnn.ops.comparison import equal
from xnn.ops.creation import arange
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.manipulation import expand_dims
from xnn.typing import A

from ._noise import beside

__all__ = ["one_hot"]


def one_hot(tensor: A, num_classes: int = -1) -> A:
    """Vectors of 0, with 1 at the label.

    Args:
        tensor: labels, integers from 0 to num_classes - 1, of any shape (...).
        num_classes: how many classes there are; -1: one more than the largest label, for which the host waits.

    Returns:
        (..., num_classes), int64.

    Raises:
        LabelError: for a label that no class has: at once on the CPU; on a GPU the next call that waits for the device
            raises, and until then the vector is 0.
        OptionError: for another num_classes.
        ShapeError: for no labels, without num_classes.
        DTypeError: if the labels are not integers.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.one_hot(xp.asarray([0, 2], device="cpu"), 3).tolist()
        [[1, 0, 0], [0, 0, 1]]
    """
    check_arrays("one_hot", tensor=tensor)
    dtype = dtype_of(tensor)
    if "integer" not in dtype.kind:
        raise DTypeError(f"one_hot takes integer labels; got {dtype.name}. Cure: xnn.astype(tensor, xnn.int64).")
    device, shape = device_of(tensor, "one_hot"), tuple(tensor.shape)
    raw = tensor._data if isinstance(tensor, Tracked) else tensor
    xp = device.backend.xp
    with device.scope():
        wide = xp.astype(raw, xp.int64)  # there may be more classes than a uint8 can count
        if num_classes != -1:
            count = whole("num_classes, unless it is -1,", num_classes, 1)
        elif 0 in shape:
            raise ShapeError(f"one_hot cannot tell the classes of no labels, shape {shape}. Cure: num_classes.")
        else:
            count = max(int(device.backend.to_numpy(xp.max(wide))) + 1, 1)
        fits = xp.all(xp.logical_and(wide >= 0, wide < count))
    checks.require(
        fits,
        device,
        LabelError,
        f"one_hot takes labels from 0 to {count - 1}, for {count} classes; another one came. "
        "Cure: count classes from 0, or give a larger num_classes.",
    )
    classes = beside(tensor, arange(count, dtype=int64, device=device))
    return astype(equal(expand_dims(astype(tensor, int64), axis=-1), classes), int64)
