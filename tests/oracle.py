"""PyTorch, which much is held against. Where it is not installed, a test that comes to use it is skipped."""

import pytest


class _Missing:
    def __getattr__(self, name):
        pytest.skip("PyTorch, the oracle here, is not installed", allow_module_level=True)


try:
    import array_api_compat.torch as torch_xp
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = torch_xp = F = _Missing()

__all__ = ["F", "torch", "torch_xp"]
