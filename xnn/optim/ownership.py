"""Whether anybody else sees an array's memory, which may then not be written to: found by counting references."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

# Other interpreters than CPython have no counts; without its lock they come late.
CAN_COUNT = hasattr(sys, "getrefcount") and getattr(sys, "_is_gil_enabled", lambda: True)()


def references(objects: Sequence[object]) -> list[int]:
    """How many references each has. By `map`, as a variable that holds one would count in some releases of Python."""
    return list(map(sys.getrefcount, objects))


ONE = references([object()])[0] if CAN_COUNT else 0  # of what nothing but the list holds


def is_unseen(arrays: Sequence[Any], holders: Sequence[int]) -> bool:
    """Whether nobody holds the arrays but the list that is given, and beside it as many as `holders` says for each.

    A view of NumPy's or CuPy's holds, as its `base`, the array whose memory it shows, from whatever view it was made;
    so do buffers and capsules. Whoever sees an array's memory thus holds it, or one of the arrays that are its slices.
    """
    return CAN_COUNT and references(arrays) == [ONE + n for n in holders]
