"""class Parameter: what a module learns."""

from __future__ import annotations

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd.graph import Leaf, refuse_if_varied
from xnn.ops.creation import asarray
from xnn.typing import ArrayLike

__all__ = ["Parameter"]


class Parameter(Array):
    """An Array that a module learns: a leaf that requires a gradient.

    Sets and dicts distinguish parameters by identity, whatever their values; `==` compares elements, as of any Array.

    Args:
        data: an Array or a raw array of any backend, floating-point, of any shape.
        requires_grad: False freezes it.

    Raises:
        DTypeError: if the data are not floating-point.
        GraphError: if they depend on an argument of a function that is being differentiated.
    """

    __slots__ = ()
    __hash__ = object.__hash__  # also of one that is frozen; of two ids that differ, sets and dicts never ask for ==

    @flagged
    def __init__(self, data: ArrayLike, requires_grad: bool = True) -> None:
        refuse_if_varied(
            data, "nn.Parameter", "differentiate by the module, a pytree of its parameters; x.detach() for a leaf"
        )
        source = asarray(data)
        super().__init__(source._data, source._device)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter({super().__repr__()})"

    def _rebind(self, data: Array) -> None:
        """Other data in the place of these, on any device; then the gradient is dropped."""
        if data._data is self._data:
            return
        self._data, self._device = data._data, data._device
        self._node = Leaf(self._device, self.shape) if self._node is not None else None
