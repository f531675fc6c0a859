"""Random numbers that are the same on every device.

One stream: Philox 4x64-10, counter-based, as `numpy.random.Philox` defines it. The same seed gives
the same weights, shuffles and dropout masks on CPU and GPU, bit for bit; `normal` only as nearly as
the devices' logarithm and cosine agree.

Threads that draw from one stream share it out: no number comes twice. Processes do not share theirs: see
`default_generator`.
"""

from __future__ import annotations

import contextlib
import functools
import math
import operator
import os
import reprlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from xnn import ops  # noqa: F401  # announces the functions on arrays
from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.cures import offer, offer_attributes
from xnn.dtypes import DType, float64
from xnn.errors import CheckpointError, OptionError
from xnn.typing import DeviceLike, DTypeLike, Shape
from xnn_backends import Device, find_device
from xnn_backends.philox import philox_blocks, philox_child

from .arguments import DRAWN, F, bound_in_reach, drawn_as, drawn_shape, in_this_order, inside

__all__ = ["Generator", "default_generator", "manual_seed", "normal", "permutation", "uniform"]

LAST = 2**64 - 1  # of seeds, and of blocks


@offer_attributes
class Generator:
    """A stream of random numbers, whose whole state is a seed and a position.

    In a process that is forked it is a copy, as NumPy's generators are, and both draw the same numbers: give each
    process a Generator with a seed of its own, or let it draw from the default stream.

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

    _children = 0  # processes forked since the stream moved

    def __init__(self, seed: int, block: int = 0) -> None:
        self.seed = _checked("a seed", seed)
        self.block = _checked("a block", block)

    def state_dict(self) -> dict[str, int]:
        """The state, to be saved."""
        with _moving:
            here = self._here
            return {"seed": here.seed, "block": here.block}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on from a saved state.

        Raises:
            CheckpointError: for what is no state of a Generator; the stream then stays where it is.
            OptionError: for a seed or a block that is none.
        """
        if not isinstance(state, Mapping) or not {"seed", "block"} <= state.keys():
            raise CheckpointError(
                f"the state of a Generator has seed and block; got {reprlib.repr(state)}. "
                "Cure: what state_dict gave, or manual_seed(seed) to start anew."
            )
        seed, block = _checked("a seed", state["seed"]), _checked("a block", state["block"])
        with _moving:
            here = self._here
            here.seed, here.block, here._children = seed, block, 0

    @in_this_order
    def uniform(
        self,
        shape: Shape,
        low: float = 0.0,
        high: float = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers in [low, high), of a real floating type: none is below `low`, none is `high`.

        float16 and bfloat16 are float32's numbers, rounded to the nearest in the interval. Where low = high, all are
        that.

        Raises:
            OptionError: for another data type, a shape that is none, and bounds that are not finite, in order, and in
                reach of each other; or if no number of the type lies between them.
            DTypeError: for a type that the device lacks.
        """
        sizes = drawn_shape("uniform", shape)
        wanted, found = drawn_as(dtype), find_device(device)
        drawn, size, xp = DRAWN[wanted], math.prod(sizes), frontend.xp
        is_drawn = wanted is drawn and type(low) is type(high) is float and (low, high) == (0.0, 1.0)
        if not is_drawn:
            low, high = bound_in_reach("uniform", "low", low, wanted), bound_in_reach("uniform", "high", high, wanted)
            least, largest = inside(low, high, wanted)
        found.backend.raw_dtype(wanted)  # raises before anything is drawn
        x: Array = xp.reshape(frontend.array(self._draw(size, drawn, found), found), sizes)
        if is_drawn:
            return x
        x = xp.clip(x * (high - low) + low, least, largest)  # where rounding left the interval
        return x if wanted is drawn else xp.astype(x, wanted)

    @in_this_order
    def normal(
        self,
        shape: Shape,
        mean: float = 0.0,
        std: float = 1.0,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """Numbers of a normal distribution, by Box and Muller's transform of pairs of uniform ones.

        float16 and bfloat16 are float32's numbers, rounded.

        Raises:
            OptionError: for another data type, a shape that is none, and for std below 0.
            DTypeError: for a type that the device lacks.
        """
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

    @in_this_order
    def permutation(self, n: int, *, device: DeviceLike | None = None) -> Array:
        """The integers 0 to n - 1 in random order, int64 of shape (n,): what sorts n numbers of 53 random bits.

        Raises:
            OptionError: if n is no int of at least 0.
        """
        n = whole("permutation: n", n, 0)
        result: Array = frontend.xp.argsort(self.uniform(n, dtype=float64, device=device))
        return result

    # ---- where it is ----

    @property
    def _here(self) -> Generator:
        """Whose numbers are drawn: its own; while the default stream is drawn again, in that context, a copy's."""
        if self is not _default:
            return self
        if _is_starting:
            _look_for_number()
        return (_again.get() or (self,))[-1]

    def _skip(self, size: int, dtype: DType) -> tuple[int, int]:
        """The seed and the block of the next numbers, which nobody else then draws."""
        count = philox_blocks(size, dtype)
        with _moving:
            here = self._here
            block, after = here.block, here.block + count
            if after > LAST:
                raise OptionError(f"a stream of random numbers ends at block 2**64 - 1; this one is at {block}")
            here.block = after
            if count:
                here._children = 0
            return here.seed, block

    def _draw(self, size: int, dtype: DType, device: Device) -> Any:
        """The next numbers of the stream, raw."""
        seed, block = self._skip(size, dtype)
        try:
            return device.backend.random_uniform(seed, block, size, dtype, device)
        except BaseException:
            with _moving:
                here = self._here
                if here.block == block + philox_blocks(size, dtype):  # for want of memory: nobody had these numbers
                    here.block = block
            raise

    def _go_back(self, state: dict[str, int]) -> None:
        """Draw from there in this context, until `_go_on`; elsewhere the stream stays where it is."""
        _again.set((*_again.get(), Generator(**state)))

    def _go_on(self) -> None:
        """Draw from where the stream was before `_go_back`."""
        _again.set(_again.get()[:-1])


def _checked(what: str, value: Any) -> int:
    with contextlib.suppress(TypeError):
        if not isinstance(value, bool) and 0 <= (found := operator.index(value)) <= LAST:
            return found
    raise OptionError(f"{what} is an int from 0 to 2**64 - 1; got {value!r}")


# ---- the default stream ----

_moving = threading.RLock()  # held while a stream's position is read and moved; a signal's handler may draw as well
_default = Generator(0)
_again: ContextVar[tuple[Generator, ...]] = ContextVar("copies of the default stream, drawn again", default=())


def default_generator() -> Generator:
    """The stream of what is not given one: initial weights, dropout, shuffles. At first it is that of seed 0.

    In a forked process it is another stream than its parent's and its siblings': the n-th child that is forked at a
    position of a stream always gets the same one, so that with `manual_seed` before, what children draw can be had
    again, too. The parent's stream goes on as if there were no children. A process that multiprocessing starts afresh
    (spawn, forkserver) knows nothing of its parent's seed: it gets the stream of a child of its number, from seed 0, or
    from where the modules that it imports at its start have put the stream.
    """
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
        _default._go_back(state)
        try:
            yield
        finally:
            _default._go_on()

    return again


def leaves_replays(function: F) -> F:
    """A function that draws again, and may end by an error in between: then the stream is where it was."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        before = _again.get()
        try:
            return function(*args)
        finally:
            _again.set(before)

    return call  # type: ignore[return-value]  # it takes what the function takes


@in_this_order
def uniform(
    shape: Shape,
    low: float = 0.0,
    high: float = 1.0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """`Generator.uniform` of the default stream, of any shape."""
    return _default.uniform(shape, low=low, high=high, dtype=dtype, device=device)


@in_this_order
def normal(
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> Array:
    """`Generator.normal` of the default stream, of any shape."""
    return _default.normal(shape, mean=mean, std=std, dtype=dtype, device=device)


@in_this_order
def permutation(n: int, *, device: DeviceLike | None = None) -> Array:
    """`Generator.permutation` of the default stream, of shape (n,)."""
    return _default.permutation(n, device=device)


offer(__name__)


# ---- processes ----

_is_starting = False  # by multiprocessing, which has not said yet the how-many-th of its children this process is


def _become_child(number: int) -> None:
    """Make the default stream that of the n-th child at its place."""
    _default.seed, _default.block = philox_child(_default.seed, _default.block, number), 0
    _default._children = 0


def _after_fork(is_child: bool) -> None:
    if is_child:
        _become_child(_default._children)
    else:
        _default._children += 1
    _moving.release()


def _look_for_number() -> None:
    """In a process that multiprocessing started afresh: the child by its number, and its parent's, and so on."""
    global _is_starting
    process = sys.modules["multiprocessing.process"].current_process()
    _is_starting = hasattr(process, "_inheriting")  # while the user's modules are imported, it has none
    for place in () if _is_starting else getattr(process, "_identity", ()):
        _become_child(place)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_moving.acquire,
        after_in_parent=functools.partial(_after_fork, False),
        after_in_child=functools.partial(_after_fork, True),
    )
if "multiprocessing.process" in sys.modules:
    _look_for_number()


def __dir__() -> list[str]:
    return __all__
