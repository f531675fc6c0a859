"""An interrupt in the midst of a step comes after it: half a step is neither the old parameters nor the new ones."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

# C's own functions: those around them make enums of what they take and give, and a step would cost 9 us, not 1.
_functions: Any = sys.modules.get("_signal", signal)


class DelayedInterrupt:
    """Hold back Ctrl-C while the block runs.

    Without it, every second one that came during SGD over 10 arrays of 200,000 numbers left some of them changed.
    """

    __slots__ = ("came", "handler")

    def __enter__(self) -> None:
        self.came: list[tuple[int, FrameType | None]] = []
        self.handler = _functions.getsignal(signal.SIGINT)
        if callable(self.handler):  # otherwise the system ends the process, or nothing happens
            try:
                _functions.signal(signal.SIGINT, self._remember)
            except ValueError:  # not the main thread, which alone is interrupted
                self.handler = None

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.came.append((number, frame))

    def __exit__(self, *error: object) -> None:
        if callable(self.handler):
            _functions.signal(signal.SIGINT, self.handler)
            if self.came:
                self.handler(*self.came[0])
