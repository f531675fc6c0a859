"""PyTorch, which much is held against: tests that do are marked `needs("torch")`, and skipped where one is not."""

import os

from tests import optional


class _Missing:
    """PyTorch, or what is in it: while tests are collected it may be named, as in rows of tables."""

    def __getattr__(self, name):
        if name.startswith(("__", "_pytest", "pytest")):  # pytest asks what it finds in a module for such names
            raise AttributeError(name)
        return self._skip() if "PYTEST_CURRENT_TEST" in os.environ else _Missing()

    def _skip(self, *_, **__):
        optional.require("torch")

    __call__ = __dir__ = __enter__ = __exit__ = __instancecheck__ = __iter__ = __mro_entries__ = _skip
    __signature__ = property(_skip)


try:
    import array_api_compat.torch as torch_xp
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = torch_xp = F = _Missing()

__all__ = ["F", "torch", "torch_xp"]
