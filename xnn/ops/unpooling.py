"""The way back from maxima to where they stood."""

from __future__ import annotations

import math
from typing import Any

from xnn.autograd.primitive import fused
from xnn.typing import A, AnyArray

from .pooling import flat_places


@fused()
def unpool(xp: Any, x: A, places: AnyArray, /, *, size: tuple[int, ...]) -> A:
    """The elements written to their flat positions in images (N, C, *size) of zeros; of several at one, the last.

    An element whose position is beyond the image becomes NaN at its beginning.
    """
    length = math.prod(size)
    inside = xp.logical_and(places >= 0, places < length)
    x = xp.where(inside, x, math.nan)
    zeros = xp.zeros((math.prod(x.shape[:2]) * length,), dtype=x.dtype, device=xp.device(x))
    places = flat_places(xp, xp.where(inside, places, 0), length)
    return xp.reshape(xp.setitem(zeros, places, xp.reshape(x, (-1,))), (*x.shape[:2], *size))
