"""What becomes of an array elsewhere: Python's numbers and lists, NumPy's arrays, other libraries' memory, text.

What is converted has left the graph. Where a function is being differentiated, a number that depends on its arguments
would make its derivative wrong in silence, so it is refused; `bool`, `int` and `index` serve control flow and are not.
In a loop with `backward`, and under `no_grad`, all numbers may be looked at.
"""

from __future__ import annotations

import math
from typing import Any

from xnn_backends.protocol import HOST_MEMORY, HostArray

from . import checks
from .autograd.graph import Tracked, refuse_if_varied
from .errors import GraphError
from .ops import interchange

TRUTH = "xnn.any(x), xnn.all(x), or & and | for `and` and `or`"
LOOK = "xnn's functions, which take arrays (xp.sqrt(x) for math.sqrt(x)); x.detach() to look"


class Conversions(Tracked):
    """The part of an array by which its values leave."""

    __slots__ = ()

    def numpy(self) -> HostArray:
        """The values as a NumPy array; waits for the device. May share memory: do not write to it.

        Raises:
            GraphError: for an array on the graph, which NumPy would leave in silence.
        """
        if self._node is not None:
            raise GraphError(
                "numpy() would leave the graph unseen: this array requires a gradient. Cure: x.detach() first."
            )
        checks.raise_pending(self._device)
        return self._device.backend.to_numpy(self._data)

    def tolist(self) -> Any:
        """The values as nested lists of Python scalars; one Python scalar for shape ().

        Raises:
            GraphError: for what depends on an argument of a function that is being differentiated; see `item`.
        """
        refuse_if_varied(self, "tolist()", LOOK)
        checks.raise_pending(self._device)
        return self._device.backend.values(self._data).tolist()

    def _repr_html_(self) -> str:
        """What notebooks show: the text, with what is not to be taken for markup."""
        import html

        return f"<pre>{html.escape(repr(self))}</pre>"

    def item(self, *index: int) -> Any:
        """The only element as a Python scalar; with indices, that element, by its place or its place in the row of all.

        Raises:
            GraphError: for what depends on an argument of a function that is being differentiated, whose derivative
                would not know of it. `x.detach().item()` looks at the value; so does `x.item()` inside of `no_grad`.
        """
        refuse_if_varied(self, "item()", LOOK)
        if index:
            checks.raise_pending(self._device)
            return self._device.backend.values(self._data).item(*index)
        return self._only_element()

    def _only_element(self) -> Any:
        checks.raise_pending(self._device)
        return self._device.backend.values(self._data).item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """What `np.asarray(x)` gives of an array off the graph, in host memory.

        A view where `dtype` and `copy` allow it, and so read-only; `np.array(x)` gives a copy, to write to.

        Raises:
            TypeError: on the graph, which NumPy would leave in silence, and on a GPU.
            ValueError: for copy=False, where another dtype asks for a copy.
        """
        if self._node is not None:
            raise TypeError(
                "an xnn Array on the graph does not become a NumPy array in silence, which would lose its gradient. "
                "Cure: x.detach().numpy()."
            )
        if interchange.memory_of(self._data)[0] != HOST_MEMORY:
            raise TypeError(
                f"an xnn Array on {self._device} does not become a NumPy array in silence, which would leave its "
                "device. Cure: x.numpy(), or x.to_device('cpu')."
            )
        shared = self.numpy()
        values = shared.view()
        if dtype is not None and values.dtype != dtype:
            if copy is False:
                raise ValueError(f"copy=False: {values.dtype} becomes {dtype} by a copy. Cure: copy=None.")
            return values.astype(dtype)
        if copy:
            return values.copy()
        values.flags.writeable = False
        return values

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        interchange.refuse_on_graph(self)
        return self._device.backend.to_dlpack(
            self._data, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return interchange.memory_of(self._data)

    # ---- numbers ----

    def _scalar(self) -> Any:
        if shape := tuple(self._data.shape):
            raise TypeError(f"only an array of shape () becomes a Python scalar; this one has shape {shape}")
        return self._only_element()

    def __float__(self) -> float:
        refuse_if_varied(self, "float(x)", LOOK)
        return float(self._scalar())

    def __complex__(self) -> complex:
        refuse_if_varied(self, "complex(x)", LOOK)
        return complex(self._scalar())

    def __bool__(self) -> bool:
        if shape := tuple(self._data.shape):
            raise TypeError(f"only an array of shape () is true or false; this one has shape {shape}. Cure: {TRUTH}.")
        return bool(self._scalar())

    def __index__(self) -> int:
        if "integer" not in self._device.backend.dtype_of(self._data).kind or self._data.shape:
            raise TypeError("only an integer array of shape () is an index")
        return int(self._scalar())

    # Steps, whose derivative is 0: they serve control flow.

    def __int__(self) -> int:
        return int(self._scalar())

    def __trunc__(self) -> int:
        return math.trunc(self._scalar())

    def __floor__(self) -> int:
        return math.floor(self._scalar())

    def __ceil__(self) -> int:
        return math.ceil(self._scalar())

    def __round__(self, ndigits: int | None = None) -> Any:
        """A Python number, as of NumPy's scalars; `xnn.round` is for arrays."""
        if ndigits is None:
            return round(self._scalar())
        refuse_if_varied(self, "round(x, ndigits)", LOOK)
        return round(self._scalar(), ndigits)

    # ---- text, which only looks ----

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if shape := tuple(self._data.shape):
            raise TypeError(
                f"only an array of shape () is formatted as a number, by {spec!r}; this one has shape {shape}. "
                "Cure: str(x), or an element of it."
            )
        return format(self._only_element(), spec)

    def __repr__(self) -> str:
        checks.raise_pending(self._device)
        backend = self._device.backend
        values = str(backend.values(self._data)).replace("\n", "\n      ")
        grad = ", requires_grad=True" if self._node is not None else ""
        return f"Array({values}, dtype={backend.dtype_of(self._data).name}, device='{self._device}'{grad})"
