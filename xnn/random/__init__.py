"""Random numbers that are the same on every device.

One stream: Philox 4x64-10, counter-based, as `numpy.random.Philox` defines it. The same seed gives
the same weights, shuffles and dropout masks on CPU and GPU, bit for bit; `normal`, and all that is made
of it or of a logarithm, only as nearly as the devices' functions agree. What is refused and drawn again
is decided in float64, so that the last digit decides once in about 2**50 numbers.

Threads that draw from one stream share it out: no number comes twice. Processes do not share theirs: see
`default_generator`; what else is to have numbers of its own gets a stream that `Generator.spawn` gives.

`uniform` and `normal` take a shape first, as JAX's, and NumPy's arguments where they cannot be mistaken; all others
take NumPy's: parameters, which may be arrays and broadcast, then `size`. What has a name of NumPy's has its
distribution, and other numbers than NumPy draws. Families beyond these two are loaded when they are first asked for.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import operator
import os
import reprlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from xnn import ops  # noqa: F401  # announces the functions on arrays
from xnn.arguments import whole
from xnn.cures import offer_attributes, without_name
from xnn.dtypes import DType
from xnn.errors import CheckpointError, OptionError
from xnn_backends import Device
from xnn_backends.philox import philox_blocks, philox_child

from .arguments import F
from .basic import Basic
from .later import LATER, NAMES, NUMPYS_NAMES, Later, load

if TYPE_CHECKING:
    from .choices import Choices
    from .continuous import Continuous
    from .counts import Counts
    from .gammas import Gammas
    from .normals import Normals
    from .numpys_names import RandomState as RandomState
    from .numpys_names import default_rng as default_rng
    from .numpys_names import seed as seed

__all__ = ["Generator", "default_generator", "manual_seed", "normal", "uniform", *NAMES]

LAST = 2**64 - 1  # of seeds, and of blocks


if TYPE_CHECKING:

    class _Families(Choices, Continuous, Counts, Gammas, Normals): ...

else:
    _Families = Basic


@offer_attributes
class Generator(_Families):
    """A stream of random numbers, whose whole state is a seed and a position.

    In a process that is forked it is a copy, as NumPy's generators are, and both draw the same numbers: give each
    process a Generator of its own, by its seed or by `spawn`, or let it draw from the default stream.

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

    _children = 0  # processes forked, and streams spawned, since the stream moved

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

    def spawn(self, n_children: int) -> list[Generator]:
        """As many new streams, which share no numbers with this one, with one another, or with forked processes.

        For workers: those of a list (n,) of tasks, say. Nothing is drawn; where this stream stands decides what the
        new ones are, so a seed decides what all workers draw.

        Raises:
            OptionError: if n_children is no int of at least 0.
        """
        count = whole("spawn: n_children", n_children, 0)
        with _moving:
            here = self._here
            first = here._children
            here._children = first + count
            return [Generator(philox_child(here.seed, here.block, first + i)) for i in range(count)]

    def split(self, num: int = 2) -> list[Generator]:
        """`spawn` under JAX's name, of a list (num,): this stream goes on as well, where a key of JAX's is used up."""
        return self.spawn(whole("split: num", num, 0))

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


for _chapter, _names in LATER.items():
    for _name in _names:
        setattr(Generator, _name, Later(Generator, _chapter, _name))


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


def _of_default(name: str) -> Callable[..., Any]:
    """A method of Generator as a function of the default stream; no bound method, which would be pickled as a copy."""
    method = getattr(Generator, name)

    @functools.wraps(method)
    def draw(*args: Any, **options: Any) -> Any:
        return getattr(_default, name)(*args, **options)

    signature = inspect.signature(method)
    draw.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(signature.parameters.values())[1:]
    )
    draw.__module__, draw.__qualname__ = __name__, name
    return draw


if TYPE_CHECKING:
    bernoulli = _default.bernoulli
    beta = _default.beta
    binomial = _default.binomial
    categorical = _default.categorical
    cauchy = _default.cauchy
    chisquare = _default.chisquare
    choice = _default.choice
    dirichlet = _default.dirichlet
    exponential = _default.exponential
    gamma = _default.gamma
    geometric = _default.geometric
    gumbel = _default.gumbel
    integers = _default.integers
    laplace = _default.laplace
    logistic = _default.logistic
    lognormal = _default.lognormal
    multinomial = _default.multinomial
    multivariate_normal = _default.multivariate_normal
    negative_binomial = _default.negative_binomial
    normal = _default.normal
    pareto = _default.pareto
    permutation = _default.permutation
    poisson = _default.poisson
    rand = _default.rand
    randint = _default.randint
    randn = _default.randn
    random = _default.random
    random_sample = _default.random_sample
    rayleigh = _default.rayleigh
    shuffle = _default.shuffle
    spawn = _default.spawn
    split = _default.split
    standard_cauchy = _default.standard_cauchy
    standard_exponential = _default.standard_exponential
    standard_gamma = _default.standard_gamma
    standard_normal = _default.standard_normal
    standard_t = _default.standard_t
    truncated_normal = _default.truncated_normal
    uniform = _default.uniform
    weibull = _default.weibull
else:

    def __getattr__(name: str) -> Any:
        if name not in NAMES and name not in ("normal", "uniform"):
            raise without_name(__name__, name)
        found = load("numpys_names", name) if name in NUMPYS_NAMES else _of_default(name)
        return globals().setdefault(name, found)  # kept, so that the next time costs nothing


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
