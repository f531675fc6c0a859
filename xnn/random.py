"""Random numbers that are the same on every device.

One stream: Philox 4x64-10, counter-based, as `numpy.random.Philox` defines it. The same seed gives
the same weights, shuffles and dropout masks on CPU and GPU, bit for bit; `normal` only as nearly as
the devices' logarithm and cosine agree.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from xnn_backends import Device, find_device
from xnn_backends.protocol import philox_blocks

from . import ops  # noqa: F401  # announces the functions on arrays
from .array import Array
from .autograd.graph import frontend
from .dtypes import DType, as_dtype, bfloat16, float16, float32, float64, get_default_dtype
from .errors import OptionError

__all__ = ["Generator", "default_generator", "manual_seed", "normal", "permutation", "uniform"]

Shape = int | tuple[int, ...]


class Generator:
    """A stream of random numbers, whose whole state is a seed and a position.

    Args:
        seed: an int from 0 to 2**64 - 1: the key of Philox.
        block: the position, in blocks of 256 bits.

    Example:
        >>> import xnn as xp
        >>> import numpy as np
        >>> ours = xp.random.Generator(7).uniform((3,), device="cpu")
        >>> bool((ours.numpy() == np.random.Generator(np.random.Philox(key=7)).random(3, np.float32)).all())
        True
    """

    def __init__(self, seed: int, block: int = 0) -> None:
        self.seed = _checked("a seed", seed)
        self.block = _checked("a block", block)

    def state_dict(self) -> dict[str, int]:
        """The state, to be saved."""
        return {"seed": self.seed, "block": self.block}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a saved state."""
        self.seed, self.block = _checked("a seed", state["seed"]), _checked("a block", state["block"])

    def uniform(
        self,
        shape: Shape,
        low: float = 0.0,
        high: float = 1.0,
        *,
        dtype: DType | str | None = None,
        device: str | Device | None = None,
    ) -> Array:
        """Numbers in [low, high), of a real floating type.

        float16 and bfloat16 are float32's numbers, rounded to the nearest: then `high` itself may come.

        Raises:
            OptionError: for another data type.
            DTypeError: for one that the device lacks.
        """
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        wanted, found = _drawn_as(dtype), find_device(device)
        drawn, size = DRAWN[wanted], math.prod(shape)
        found.backend.raw_dtype(wanted)  # raises before anything is drawn
        x = frontend.xp.reshape(frontend.array(self._draw(size, drawn, found), found), shape)
        x = x if (low, high) == (0.0, 1.0) else x * (high - low) + low
        result: Array = x if wanted is drawn else frontend.xp.astype(x, wanted)
        return result

    def _skip(self, size: int, dtype: DType) -> tuple[int, int]:
        """The seed and the block of the next numbers, which another one draws."""
        block = self.block
        self.block += philox_blocks(size, dtype)
        return self.seed, block

    def _draw(self, size: int, dtype: DType, device: Device) -> Any:
        """The next numbers of the stream, raw."""
        raw = device.backend.random_uniform(self.seed, self.block, size, dtype, device)
        self.block += philox_blocks(size, dtype)
        return raw

    def normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        *,
        dtype: DType | str | None = None,
        device: str | Device | None = None,
    ) -> Array:
        """Numbers of a normal distribution, by Box and Muller's transform of pairs of uniform ones.

        float16 and bfloat16 are float32's numbers, rounded. Raises: as `uniform`.
        """
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        wanted, found = _drawn_as(dtype), find_device(device)
        found.backend.raw_dtype(wanted)  # raises before anything is drawn
        size = math.prod(shape)
        half, xp = -(-size // 2), frontend.xp
        u = self.uniform((2, half), dtype=DRAWN[wanted], device=found)
        radius = xp.sqrt(-2 * xp.log1p(-u[0]))  # 1 - u is never 0
        angle = 2 * math.pi * u[1]
        pairs = xp.concat([radius * xp.cos(angle), radius * xp.sin(angle)])
        x = xp.reshape(pairs[:size], shape) * std + mean
        result: Array = x if x.dtype is wanted else xp.astype(x, wanted)
        return result

    def permutation(self, n: int, *, device: str | Device | None = None) -> Array:
        """The integers 0 to n - 1 in random order, int64 of shape (n,): what sorts n numbers of 53 random bits."""
        result: Array = frontend.xp.argsort(self.uniform(n, dtype=float64, device=device))
        return result


# What is drawn for numbers of a type.
DRAWN = {float16: float32, bfloat16: float32, float32: float32, float64: float64}


def _drawn_as(dtype: DType | str | None) -> DType:
    """The data type that is meant; OptionError for one that no random numbers have."""
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted not in DRAWN:
        raise OptionError(f"random numbers are {', '.join(known.name for known in DRAWN)}; got {wanted.name}")
    return wanted


def _checked(what: str, value: Any) -> int:
    if not isinstance(value, bool) and hasattr(value, "__index__") and 0 <= operator.index(value) < 2**64:
        return operator.index(value)
    raise OptionError(f"{what} is an int from 0 to 2**64 - 1; got {value!r}")


_default = Generator(0)


def default_generator() -> Generator:
    """The stream of what is not given one: initial weights, dropout, shuffles."""
    return _default


def manual_seed(seed: int) -> Generator:
    """Start the default stream anew."""
    _default.load_state_dict(Generator(seed).state_dict())
    return _default


def replay() -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Remember where the default stream is: a context in which it goes on from there, and then where it was."""
    state = _default.state_dict()

    @contextlib.contextmanager
    def again() -> Iterator[None]:
        now = _default.state_dict()
        _default.load_state_dict(state)
        try:
            yield
        finally:
            _default.load_state_dict(now)

    return again


def uniform(shape: Shape, low: float = 0.0, high: float = 1.0, **options: Any) -> Array:
    """`Generator.uniform` of the default stream, of any shape."""
    return _default.uniform(shape, low, high, **options)


def normal(shape: Shape, mean: float = 0.0, std: float = 1.0, **options: Any) -> Array:
    """`Generator.normal` of the default stream, of any shape."""
    return _default.normal(shape, mean, std, **options)


def permutation(n: int, **options: Any) -> Array:
    """`Generator.permutation` of the default stream, of shape (n,)."""
    return _default.permutation(n, **options)
