"""What is done about floating-point errors, under NumPy's names: it is NumPy's own state, for arrays on the CPU.

GPUs have none: there a division by 0 gives infinity or NaN without a word, whatever is set. Shapes of arrays do not
matter.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any, Literal

__all__ = ["errstate", "geterr", "seterr"]

Reaction = Literal["ignore", "warn", "raise", "call", "print", "log"]


def _numpy() -> Any:
    import xnn_backends  # which NumPy's backend is of

    xnn_backends.get_backend("numpy")
    return sys.modules["numpy"]


def errstate(
    *,
    all: Reaction | None = None,
    divide: Reaction | None = None,
    over: Reaction | None = None,
    under: Reaction | None = None,
    invalid: Reaction | None = None,
) -> AbstractContextManager[None]:
    """NumPy's error state within a `with` block: for division by 0, overflow, underflow and invalid operations.

    Shapes: of any. Raises: ValueError, NumPy's, for another reaction.
    """
    given = {"all": all, "divide": divide, "over": over, "under": under, "invalid": invalid}
    found: AbstractContextManager[None] = _numpy().errstate(**{k: v for k, v in given.items() if v is not None})
    return found


def seterr(
    all: Reaction | None = None,
    divide: Reaction | None = None,
    over: Reaction | None = None,
    under: Reaction | None = None,
    invalid: Reaction | None = None,
) -> dict[str, str]:
    """Set NumPy's error state, for good; gives what was set before.

    Shapes: of any. Raises: ValueError, NumPy's, for another reaction.
    """
    before: dict[str, str] = _numpy().seterr(all, divide, over, under, invalid)
    return before


def geterr() -> dict[str, str]:
    """NumPy's error state. Shapes: of any."""
    state: dict[str, str] = _numpy().geterr()
    return state
