"""class Array: one array of one backend, with its device, its graph, and Python's operators."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, ClassVar, Never

from xnn_backends import Device, backend_of, find_device, why_not

from . import checks
from .array_methods import Methods
from .autograd.graph import Leaf, Operation, Tracked, frontend, is_recording
from .autograd.operands import LISTS, SCALARS, copied, lift, mismatch
from .autograd.refusals import refuse_texts
from .autograd.reverse import backward_from
from .conversions import Conversions
from .cures import offer_attributes
from .dtypes import DType
from .errors import DTypeError, GraphError, ShapeError
from .ops import comparison, elementwise, indexing, linear_algebra, logic, manipulation
from .typing import AnyArray, DeviceLike, Key, Scalar

Operator = Callable[["Array", AnyArray | Scalar], "Array"]


# The revisions of the standard whose namespace this is: each contains the one before.
VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
_OPERANDS = (Tracked, *SCALARS)


def takes(other: Any) -> bool:
    """Whether an operator works on it; otherwise Python asks the other operand."""
    if isinstance(other, (*_OPERANDS, *LISTS)) or backend_of(other) is not None:
        return True
    if getattr(other, "shape", None) == () and hasattr(other, "item"):  # a NumPy scalar
        return True
    # What the operation then refuses, with the cure: pandas would take an Array for a list of objects.
    return bool(why_not(other)) or hasattr(other, "__pandas_priority__")


def _comparison(function: Operation) -> Operator:
    def compare(self: Array, other: Any) -> Array:
        return function(self, other) if takes(other) else NotImplemented

    return compare


def _unary(function: Operation) -> Callable[[Array], Array]:
    return lambda self: function(self)


def _binary(function: Operation) -> tuple[Operator, Operator, Operator]:
    """An operator, the one for the array on the right, and the one in place."""
    call = function.__call__  # Python finds a method faster than it calls an object: 0.1 of 1.3 us

    def forward(self: Array, other: Any) -> Array:
        # what comes most is asked first: a small array feels a function call
        return call(self, other) if isinstance(other, _OPERANDS) or takes(other) else NotImplemented

    def reflected(self: Array, other: Any) -> Array:
        return function(other, self) if takes(other) else NotImplemented

    def in_place(self: Array, other: Any) -> Array:
        if not takes(other):
            return NotImplemented
        # One of shape () is a number, as what NumPy's reductions give: `total += x` gives another one, and a total that
        # was kept before stays. A leaf, as a parameter is, is written to.
        target = self if self.shape or isinstance(self._node, Leaf) else self[...]
        return target._become(function(self, other))

    return forward, reflected, in_place


class _OfTheClass:
    """`__array_ufunc__`, which NumPy looks for at the class.

    At an array it is None, which np.ma asks for: so it leaves `masked * x` to us, and does not take the raw data.
    """

    def __get__(self, instance: object, owner: type) -> Any:
        return _ufunc if instance is None else None


def _ufunc(x: Array, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    from . import protocols

    return protocols.ufunc(ufunc, method, inputs, options)


@offer_attributes
class Array(Methods, Conversions):
    """An array of any shape, of one backend on one device, which can carry a graph of derivatives.

    Made by `xnn.asarray` and the other creation functions. It follows the array API standard: its
    operators and `x.__array_namespace__()` work in any code that is written against that.
    """

    __slots__ = ()
    __pandas_priority__ = 10_000  # and pandas `series + x`

    def __hash__(self) -> int:
        """By identity, as PyTorch's, of what sets and dicts are made of in a loop: leaves that require a gradient."""
        if not isinstance(self._node, Leaf):
            raise TypeError(
                f"unhashable type: '{type(self).__name__}', whose == compares elements; parameters, and leaves that "
                "require a gradient, are distinguished by identity. Cure: id(x)."
            )
        return object.__hash__(self)

    # ---- attributes ----

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return tuple(self._data.shape)

    @shape.setter
    def shape(self, value: Never) -> None:
        raise AttributeError(f"the shape of an Array is not assigned to. Cure: x = x.reshape({value!r})")

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._data.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        result = 1
        for n in self._data.shape:
            result *= n
        return result

    @property
    def dtype(self) -> DType:
        """The data type of the elements, as xnn.float32."""
        return self._device.backend.dtype_of(self._data)

    @property
    def device(self) -> Device:
        """The device that the array is on, as numpy:cpu."""
        return self._device

    @property
    def T(self) -> Array:  # noqa: N802  # the standard's name
        """The transpose of a matrix; of other dimensions all in reverse, as NumPy's, with a warning."""
        if self.ndim == 2:
            return self.mT
        cure = "x.mT for the last two dimensions, or x.transpose() for all in reverse"
        if self.ndim < 2:
            cure = "x as it is, which @ takes as a row or a column; x[:, None] for a column"
        warnings.warn(f"x.T is of matrices; this array has shape {self.shape}. Cure: {cure}.", stacklevel=2)
        return manipulation.permute_dims(self, tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Array:  # noqa: N802  # the standard's name
        """The last two dimensions swapped."""
        return linear_algebra.matrix_transpose(self)

    # ---- derivatives ----

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives flow through it; set it to make the array a leaf."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        refuse_texts("x", requires_grad=value)
        if not value:
            if not self._is_own_leaf():
                raise GraphError(
                    "only a leaf of its own can stop requiring a gradient, no argument of a function that is "
                    "differentiated. Cure: x.detach() gives a new array."
                )
            self._node = None
        elif self._node is None:
            if not self.dtype.is_floating:
                raise DTypeError(
                    f"an array that requires a gradient is floating-point, real or complex; this one is "
                    f"{self.dtype.name}. Cure: x = xnn.astype(x, xnn.float32) first."
                )
            self._node = Leaf(self._device, self.shape)

    @property
    def is_leaf(self) -> bool:
        """Not made by an operation on the graph."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def grad(self) -> Array | None:
        """After `backward`, the gradient of a leaf; None before, and for any other array.

        It may be set: to None, to an Array of the same shape, type and device, or to a raw array, which is copied and
        cast as `backward(gradient)` does.
        """
        return self._node.grad if isinstance(self._node, Leaf) else None

    @grad.setter
    def grad(self, value: AnyArray | None) -> None:
        if not isinstance(self._node, Leaf):
            if value is None:
                return  # a frozen parameter has none to drop
            raise GraphError("only a leaf that requires a gradient has one. Cure: x.requires_grad = True.")
        if value is not None:
            if not isinstance(value, Array):
                value = self._as_cotangent(value, "x.grad", ShapeError)
            if value.device is not self._device:
                raise mismatch("x.grad", self._device, value.device)
            if value.shape != self.shape or value.dtype is not self.dtype:
                raise ShapeError(
                    f"a gradient has its array's shape and type, {self.shape} and {self.dtype.name}; "
                    f"got {value.shape} and {value.dtype.name}"
                )
        self._node.grad = value

    def backward(
        self, gradient: AnyArray | None = None, *, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add the gradient of this array to `grad` of every leaf that it depends on.

        Args:
            gradient: the cotangent of this array, of its shape, or a number for shape (); by default 1 for an array
                of one element.
            retain_graph: keep the graph for another backward pass.
            create_graph: record the pass, so that gradients can be differentiated again.

        Raises:
            GraphError: if no leaf requires a gradient, if the graph was freed, or for a missing gradient.

        Example:
            >>> import xnn as xp
            >>> x = xp.asarray([1.0, 2.0, 3.0], requires_grad=True)
            >>> xp.sum(x**2).backward()
            >>> x.grad.tolist()
            [2.0, 4.0, 6.0]
        """
        refuse_texts("backward", retain_graph=retain_graph, create_graph=create_graph)
        if gradient is not None:
            gradient = self._as_cotangent(gradient)
        backward_from(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def _as_cotangent(
        self, gradient: Any, name: str = "backward", error: type[GraphError | ShapeError] = GraphError
    ) -> Array:
        """A gradient of this array's shape, of its type: a raw array, which the caller may write to, is copied."""
        if isinstance(gradient, SCALARS) and not self.shape:
            return frontend.xp.asarray(gradient, dtype=self.dtype, device=self._device)
        raw, device = (gradient._data, gradient._device) if isinstance(gradient, Array) else lift(gradient, name)
        if device is not None and device is not self._device:
            raise mismatch(name, self._device, device)
        if device is None or tuple(raw.shape) != self.shape:
            came = f"{raw}, a number. Cure: an array of it" if device is None else tuple(raw.shape)
            raise error(f"{name}: the gradient has the array's shape {self.shape}; got {came}")
        array = gradient if isinstance(gradient, Array) else Array(copied(raw, device), device)
        return array if array.dtype is self.dtype else frontend.xp.astype(array, self.dtype)

    def detach(self) -> Array:
        """The same values, off the graph."""
        return Array(self._data, self._device)

    # ---- where it is ----

    def to_device(self, device: DeviceLike, /, *, stream: None = None) -> Array:
        """This array on another device, of any backend; gradients flow back across."""
        if stream is not None:
            raise ValueError("to_device takes no stream: xnn works on the current one")
        return manipulation.to_device(self, device=find_device(device))

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        import xnn

        if api_version is not None and api_version not in VERSIONS:
            raise ValueError(f"xnn follows the revisions {', '.join(VERSIONS)} of the standard; got {api_version!r}")
        return xnn

    # ---- NumPy's functions, which are xnn's ----

    __array_ufunc__ = _OfTheClass()

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from . import protocols

        return protocols.function(function, args, kwargs)

    # ---- containers ----

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array of shape () has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Array]:
        return (self[i] for i in range(len(self)))

    # ---- copies ----

    def __copy__(self) -> Array:
        """A copy that is on the graph where this array is; of a leaf, a leaf of its own."""
        if not self._is_own_leaf():
            return frontend.xp.asarray(self, copy=True)
        copy = type(self).__new__(type(self))
        Tracked.__init__(copy, copied(self._data, self._device), self._device)
        copy.requires_grad = self.requires_grad
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return self.__copy__()

    def _is_own_leaf(self) -> bool:
        """Whether it is off the graph, or where its gradient is gathered: no argument that is being differentiated."""
        return self._node is None or (isinstance(self._node, Leaf) and not self._node.is_input)

    def __reduce__(self) -> Any:
        if not self._is_own_leaf():
            raise GraphError(
                "a pickle would leave the graph unseen: this array depends on one that requires a gradient. "
                "Cure: x.detach() first; copy.copy(x) and copy.deepcopy(x) stay on the graph."
            )
        checks.raise_pending(self._device)
        # As a NumPy array, so that what a GPU wrote a machine without one can read.
        values = self._device.backend.values(self._data)
        return _unpickle, (type(self), values, str(self._device), self.requires_grad, self.dtype)

    # ---- operators ----

    __add__, __radd__, __iadd__ = _binary(elementwise.add)
    __sub__, __rsub__, __isub__ = _binary(elementwise.subtract)
    __mul__, __rmul__, __imul__ = _binary(elementwise.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _binary(elementwise.divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _binary(elementwise.floor_divide)
    __mod__, __rmod__, __imod__ = _binary(elementwise.remainder)
    __pow__, __rpow__, __ipow__ = _binary(elementwise.pow)
    __matmul__, __rmatmul__, __imatmul__ = _binary(linear_algebra.matmul)
    __and__, __rand__, __iand__ = _binary(logic.bitwise_and)
    __or__, __ror__, __ior__ = _binary(logic.bitwise_or)
    __xor__, __rxor__, __ixor__ = _binary(logic.bitwise_xor)
    __lshift__, __rlshift__, __ilshift__ = _binary(logic.bitwise_left_shift)
    __rshift__, __rrshift__, __irshift__ = _binary(logic.bitwise_right_shift)
    # An object's == takes anything, and gives a bool; an array's is element-wise.
    __eq__: ClassVar[Operator] = _comparison(comparison.equal)  # type: ignore[assignment]
    __ne__: ClassVar[Operator] = _comparison(comparison.not_equal)  # type: ignore[assignment]
    __lt__ = _comparison(comparison.less)
    __le__ = _comparison(comparison.less_equal)
    __gt__ = _comparison(comparison.greater)
    __ge__ = _comparison(comparison.greater_equal)

    __neg__ = _unary(elementwise.negative)
    __pos__ = _unary(elementwise.positive)
    __abs__ = _unary(elementwise.abs)

    def __divmod__(self, other: AnyArray | Scalar) -> tuple[Array, Array]:
        return (self // other, self % other) if takes(other) else NotImplemented

    def __rdivmod__(self, other: AnyArray | Scalar) -> tuple[Array, Array]:
        return (other // self, other % self) if takes(other) else NotImplemented

    __invert__ = _unary(logic.bitwise_invert)

    # ---- indexing and assignment ----

    def __getitem__(self, key: Key, /) -> Array:
        return indexing.getitem(self, key)

    def __setitem__(self, key: Key, value: AnyArray | Scalar, /) -> None:
        self._become(indexing.setitem(self, key, value))

    def _become(self, new: Array) -> Array:
        """Assignment in place: this handle moves to the new value and its node; others do not follow."""
        if new.shape != self.shape or new.dtype is not self.dtype:
            raise DTypeError(
                f"an assignment in place keeps shape and type, {self.shape} and {self.dtype.name}; "
                f"the result has {new.shape} and {new.dtype.name}. Cure: x = x + y in the place of x += y."
            )
        if isinstance(self._node, Leaf) and not self._node.is_input:
            if is_recording():
                raise GraphError(
                    "a leaf that requires a gradient cannot be changed in place while the graph is recorded. "
                    "Cure: inside `with xnn.no_grad():`, or on a new array, y = x + 0."
                )
            self._data = new._data  # a leaf stays a leaf: this is how weights are updated
        else:
            self._data, self._node = new._data, new._node
        return self


def _unpickle(kind: type[Array], values: Any, device: str, requires_grad: bool, dtype: DType | None = None) -> Array:
    from xnn_backends import DeviceError

    try:
        found = find_device(device)
    except DeviceError:
        found = find_device(None)
    result = kind.__new__(kind)
    raw = found.backend.from_numpy(values, found)
    if dtype is not None and found.backend.dtype_of(raw) is not dtype:  # bfloat16, which NumPy lacks
        raw = found.backend.xp.astype(raw, found.backend.raw_dtype(dtype))
    Tracked.__init__(result, raw, found)
    result.requires_grad = requires_grad
    return result


frontend.array = Array
