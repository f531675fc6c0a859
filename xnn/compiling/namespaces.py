"""A library's namespace whose functions are recorded: what xnn computes with it outside of primitives."""

from __future__ import annotations

import math
from typing import Any

from xnn_backends import Namespace

from .recorder import Recorder

CREATING = frozenset(["arange", "eye", "full", "full_like", "linspace", "ones", "ones_like", "zeros", "zeros_like"])
SMALL = 1 << 14  # elements that are kept, lest they are made at each call


class Seen:
    """A namespace as it is, but for its functions, which a recorder writes down."""

    def __init__(self, real: Namespace, recorder: Recorder) -> None:
        self._real = real
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if isinstance(value, Namespace):
            return Seen(value, self._recorder)
        if not callable(value) or isinstance(value, type) or not self._recorder.is_on():
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._recorder.is_on():
                return value(*args, **kwargs)
            out = self._recorder.call(value, args, kwargs)
            if name in CREATING and self._recorder.reason is None and math.prod(out.shape) <= SMALL:
                self._recorder.instructions[-1].made = out  # type: ignore[union-attr]  # a Call
            return out

        return call


def unwrapped(xp: Any) -> Any:
    """The namespace itself."""
    return xp._real if isinstance(xp, Seen) else xp
