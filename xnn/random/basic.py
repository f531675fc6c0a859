"""What is drawn most, and all else is made of: uniform and normal numbers."""

from __future__ import annotations

import math
from typing import Any, overload

from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import DType
from xnn.typing import AnyArray, DeviceLike, DTypeLike, Scalar, Shape
from xnn_backends import Device, find_device

from .arguments import DRAWN, bound_in_reach, drawn_as, drawn_shape, in_this_order, inside, is_number

__all__ = ["Basic"]


class Basic:
    """What draws from a stream."""

    def _draw(self, size: int, dtype: DType, device: Device) -> Any:
        """The next numbers of the stream, raw."""
        raise NotImplementedError

    def _located(self, name: str, first: Any, second: Any, size: Any, dtype: Any, device: Any) -> Array:
        """`_located_uniform` or `_located_normal`, which a family brings."""
        found: Array = getattr(self, f"_located_{name}")(first, second, size, dtype=dtype, device=device)
        return found

    @overload
    def uniform(
        self,
        shape: Shape = (),
        low: Scalar | AnyArray = 0.0,
        high: Scalar | AnyArray = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array: ...
    @overload
    def uniform(
        self,
        low: Scalar | AnyArray = 0.0,
        high: Scalar | AnyArray = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array: ...
    @in_this_order
    def uniform(
        self,
        shape: Shape = (),
        low: Scalar | AnyArray = 0.0,
        high: Scalar | AnyArray = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers in [low, high), of a real floating type: none is below `low`, none is `high`.

        float16 and bfloat16 are float32's numbers, rounded to the nearest in the interval. Where low = high, all are
        that. Bounds may be arrays, which broadcast to the shape and have derivatives; rounding then may give `high`.
        NumPy's arguments, uniform(low, high, size), are taken where they cannot be mistaken.

        Raises:
            OptionError: for another data type, a shape that is none, and bounds that are not finite, in order, and in
                reach of each other; or if no number of the type lies between them.
            DTypeError: for a type that the device lacks.
        """
        if not (is_number(low) and is_number(high)):
            return self._located("uniform", low, high, shape, dtype, device)
        sizes = drawn_shape("uniform", shape)
        wanted, found = drawn_as(dtype), find_device(device)
        drawn, size, xp = DRAWN[wanted], math.prod(sizes), frontend.xp
        is_drawn = wanted is drawn and type(low) is type(high) is float and (low, high) == (0.0, 1.0)
        if not is_drawn:
            least, most = bound_in_reach("uniform", "low", low, wanted), bound_in_reach("uniform", "high", high, wanted)
            inner = inside(least, most, wanted)
        found.backend.raw_dtype(wanted)  # raises before anything is drawn
        x: Array = xp.reshape(frontend.array(self._draw(size, drawn, found), found), sizes)
        if is_drawn:
            return x
        x = xp.clip(x * (most - least) + least, *inner)  # where rounding left the interval
        return x if wanted is drawn else xp.astype(x, wanted)

    @overload
    def normal(
        self,
        shape: Shape = (),
        mean: Scalar | AnyArray = 0.0,
        std: Scalar | AnyArray = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array: ...
    @overload
    def normal(
        self,
        loc: Scalar | AnyArray = 0.0,
        scale: Scalar | AnyArray = 1.0,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array: ...
    @in_this_order
    def normal(
        self,
        shape: Shape = (),
        mean: Scalar | AnyArray = 0.0,
        std: Scalar | AnyArray = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of a normal distribution, by Box and Muller's transform of pairs of uniform ones.

        float16 and bfloat16 are float32's numbers, rounded. `mean` and `std` may be arrays, which broadcast to the
        shape and have derivatives. NumPy's arguments, normal(loc, scale, size), are taken where they cannot be
        mistaken.

        Raises:
            OptionError: for another data type, a shape that is none, and for std below 0.
            DTypeError: for a type that the device lacks.
        """
        if not (is_number(mean) and is_number(std)):
            return self._located("normal", mean, std, shape, dtype, device)
        sizes = drawn_shape("normal", shape)
        wanted, found = drawn_as(dtype), find_device(device)
        mean, std = bound_in_reach("normal", "mean", mean, wanted), bound_in_reach("normal", "std", std, wanted, 0.0)
        found.backend.raw_dtype(wanted)  # raises before anything is drawn
        size = math.prod(sizes)
        half, xp = -(-size // 2), frontend.xp
        u = self.uniform((2, half), dtype=DRAWN[wanted], device=found)
        radius = xp.sqrt(-2 * xp.log1p(-u[0]))  # 1 - u is never 0
        angle = 2 * math.pi * u[1]
        pairs = xp.concat([radius * xp.cos(angle), radius * xp.sin(angle)])
        x = xp.reshape(pairs[:size], sizes) * std + mean
        result: Array = x if x.dtype is wanted else xp.astype(x, wanted)
        return result
