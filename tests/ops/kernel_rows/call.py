"""One call of a primitive for the kernel matrix: its operands, drawn anew for each check, and its options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Call:
    """A call that every kernel of the primitive must get right.

    Attributes:
        operands: for each array its shape, or `maker(random)` for one of other than plain numbers (labels, lengths,
            masks: see `integers` and `booleans`; what it gives that is floating is cast), or None for an optional one.
        static: the options.
        bounds: within which floating operands are drawn; a list has one pair for each operand.
        ties: whether equal values may stand among them.
        finite: operands (by position) that get NaN, but no infinities: say beside it what the definition does there
            that nobody can want of a kernel.
    """

    operands: Sequence[Any]
    static: Mapping[str, Any] = field(default_factory=dict)
    bounds: Bounds | Sequence[Bounds] | None = None
    ties: bool = True
    finite: Sequence[int] = ()

    def draw(self, dtype: str, seed: int = 0, ties: bool = False) -> list[Any]:
        """The operands as NumPy arrays, None for those left out."""
        random = np.random.default_rng(seed)
        return [self._operand(i, x, random, dtype, ties) for i, x in enumerate(self.operands)]

    def _operand(self, i: int, x: Any, random: np.random.Generator, dtype: str, ties: bool) -> Any:
        if x is None:
            return None
        if callable(x):
            made = np.asarray(x(random))
            return made.astype(dtype) if made.dtype.kind == "f" else made
        if ties and self.bounds is None:
            return random.integers(0, 3, x).astype(dtype)
        low, high = self._bounds(i)
        values = random.uniform(low, high, x)
        if ties:
            values = random.choice(random.uniform(low, high, 3), x)
        return np.asarray(values).astype(dtype)

    def _bounds(self, i: int) -> Bounds:
        if self.bounds is None:
            return -2.0, 2.0
        return self.bounds[i] if isinstance(self.bounds, list) else self.bounds


def integers(low: int, high: int, shape: tuple[int, ...], dtype: str = "int64") -> Callable[..., Any]:
    """A maker of whole numbers from low to high - 1: labels, indices, lengths."""
    return lambda random: random.integers(low, high, shape).astype(dtype)


def booleans(shape: tuple[int, ...]) -> Callable[..., Any]:
    """A maker of masks."""
    return lambda random: random.integers(0, 2, shape).astype(bool)
