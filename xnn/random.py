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
from .dtypes import DType, as_dtype, float32, float64, get_default_dtype
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
        """Numbers in [low, high), float32 or float64.

        Raises:
            OptionError: for another data type.
        """
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
        if wanted not in (float32, float64):
            raise OptionError(f"random numbers are float32 or float64; got {wanted.name}")
        found, size = find_device(device), math.prod(shape)
        raw = found.backend.random_uniform(self.seed, self.block, size, wanted, found)
        self.block += philox_blocks(size, wanted)
        x = frontend.xp.reshape(frontend.array(raw, found), shape)
        result: Array = x if (low, high) == (0.0, 1.0) else x * (high - low) + low
        return result

    def normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        *,
        dtype: DType | str | None = None,
        device: str | Device | None = None,
    ) -> Array:
        """Numbers of a normal distribution, by Box and Muller's transform of pairs of uniform ones."""
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        size = math.prod(shape)
        half, xp = -(-size // 2), frontend.xp
        u = self.uniform((2, half), dtype=dtype, device=device)
        radius = xp.sqrt(-2 * xp.log1p(-u[0]))  # 1 - u is never 0
        angle = 2 * math.pi * u[1]
        pairs = xp.concat([radius * xp.cos(angle), radius * xp.sin(angle)])
        result: Array = xp.reshape(pairs[:size], shape) * std + mean
        return result

    def permutation(self, n: int, *, device: str | Device | None = None) -> Array:
        """The integers 0 to n - 1 in random order, int64 of shape (n,): what sorts n numbers of 53 random bits."""
        result: Array = frontend.xp.argsort(self.uniform(n, dtype=float64, device=device))
        return result


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
