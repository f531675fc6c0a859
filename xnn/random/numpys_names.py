"""NumPy's names for streams and their seeds."""

from __future__ import annotations

from . import Generator, default_generator, manual_seed

__all__ = ["RandomState", "default_rng", "seed"]


def seed(seed: int) -> None:
    """Start the default stream anew: `manual_seed` under NumPy's name. The numbers of any shape are not NumPy's."""
    manual_seed(seed)


def default_rng(seed: int | Generator | None = None) -> Generator:
    """A Generator, under NumPy's name: its methods are NumPy's, draws of any shape are other numbers.

    Args:
        seed: an int from 0 to 2**64 - 1; a Generator comes back as it is; None: a stream that the default one spawns,
            so that `manual_seed` decides it, where NumPy asks the system.
    """
    if isinstance(seed, Generator):
        return seed
    return default_generator().spawn(1)[0] if seed is None else Generator(seed)


def RandomState(seed: int | Generator | None = None) -> Generator:  # noqa: N802  # NumPy's name
    """A Generator, under NumPy's older name, as `default_rng` gives; draws of any shape are other numbers than NumPy's.

    It has `rand`, `randn`, `randint`, `random_sample` as well, and `uniform` and `normal` take NumPy's arguments.
    """
    return default_rng(seed)
