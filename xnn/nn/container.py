"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Layers one after another; their names are "0", "1", ...

    Args:
        layers: modules, each of which takes what the one before gives.

    Shapes: from what the first layer takes to what the last one gives.

    Example:
        >>> import xnn as xp
        >>> from xnn import nn
        >>> model = nn.Sequential(nn.Linear(4, 8, device="cpu"), nn.ReLU(), nn.Linear(8, 2, device="cpu"))
        >>> model(xp.ones((3, 4), device="cpu")).shape
        (3, 2)
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *layers: Module) -> None:
        super().__init__()
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential takes modules; layer {i} is of {type(layer).__name__}")
            setattr(self, str(i), layer)

    def forward(self, input: Any) -> Any:
        for layer in self._modules.values():
            input = layer(input)
        return input

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int) -> Module:
        return list(self._modules.values())[index]
