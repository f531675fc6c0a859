"""The graph: nodes, the arrays that carry them, and whether it is being recorded. Knows no operation."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
from collections.abc import Callable, Generator
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from xnn_backends import Device, Namespace

if TYPE_CHECKING:
    from xnn.array import Array

    from .primitive import Primitive

F = TypeVar("F", bound=Callable[..., Any])

_numbers = itertools.count(1)  # nodes made later have higher numbers: a parent's is below its child's


class Leaf:
    """Where the gradient of an array that requires one is gathered.

    The array knows its leaf, never the other way round: no cycles, and an array's data may be
    rebound (as an optimizer does) while old graphs keep the values that they saw.
    """

    __slots__ = ("device", "grad", "number", "shape")
    primitive = None

    def __init__(self, device: Device, shape: tuple[int, ...]) -> None:
        self.number = next(_numbers)
        self.device = device
        self.shape = shape
        self.grad: Array | None = None


class Spec:
    """What a rule sees of an array that its primitive does not keep: shape and dtype, no values."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)


class Node:
    """One recorded call of a primitive: raw arrays and parent nodes, never an Array.

    `inputs` holds, for each operand, the raw array where the derivative reads it, otherwise a Spec.
    """

    __slots__ = (
        "device",
        "inputs",
        "kernel",
        "number",
        "output",
        "parents",
        "primitive",
        "residual",
        "static",
    )

    def __init__(
        self,
        primitive: Primitive[Any],
        device: Device,
        parents: tuple[Node | Leaf | None, ...],
        inputs: tuple[Any, ...],
        output: Any,
        static: dict[str, Any],
        kernel: Any = None,
        residual: Any = None,
    ) -> None:
        self.number = next(_numbers)
        self.primitive = primitive
        self.device = device
        self.parents = parents
        self.inputs: tuple[Any, ...] | None = inputs
        self.output = output
        self.static = static
        self.kernel = kernel
        self.residual = residual

    def free(self) -> None:
        """Let go of what only a further backward pass would need."""
        self.inputs = self.output = self.residual = None
        self.parents = ()


class Tracked:
    """The part of an array that the graph needs: raw data, its device, and the node that made it."""

    __slots__ = ("__weakref__", "_data", "_device", "_node")

    def __init__(self, data: Any, device: Device, node: Node | Leaf | None = None) -> None:
        self._data = data
        self._device = device
        self._node = node


class _Frontend:
    """What the layers above put in: the class of arrays, and the functions on them.

    Rules of higher order run on Arrays with the same functions that a user calls, but imports
    point the other way, so `xnn.array` and `xnn.ops` announce themselves here.
    """

    array: type[Array]
    xp: Namespace


frontend = _Frontend()

_recording: ContextVar[bool] = ContextVar("xnn recording", default=True)
is_recording = _recording.get


class _Recording(contextlib.ContextDecorator):
    on: bool

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def _recreate_cm(self) -> _Recording:
        return type(self)()  # a decorated function may run in several threads, or call itself

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._resumed(function)  # type: ignore[return-value]  # of the same signature
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{type(self).__name__} decorates no coroutine. Cure: a `with` block inside of it.")
        return super().__call__(function)

    def _resumed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator function whose body alone runs in this mode, not what runs while it is suspended."""

        @functools.wraps(function)
        def resume(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = function(*args, **kwargs)
            go_on, sent = generator.send, None
            while True:
                try:
                    with self._recreate_cm():
                        value = go_on(sent)
                except StopIteration as stop:
                    return stop.value
                try:
                    sent, go_on = (yield value), generator.send
                except GeneratorExit:
                    with self._recreate_cm():
                        generator.close()
                    raise
                except BaseException as error:
                    sent, go_on = error, generator.throw

        return resume

    def __enter__(self) -> None:
        self._tokens.append(_recording.set(self.on))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _recording.reset(self._tokens.pop())


class no_grad(_Recording):  # noqa: N801  # PyTorch's name
    """Record nothing while the `with` block, or the decorated function, runs.

    A generator function is decorated, too; a `with` block around a `yield` would, as any in Python,
    hold for what runs between two steps of the generator.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([1.0, 2.0], requires_grad=True)
        >>> with xp.no_grad():
        ...     y = 2 * x
        >>> y.requires_grad
        False
    """

    on = False


class enable_grad(_Recording):  # noqa: N801  # PyTorch's name
    """Record again inside of a `no_grad`."""

    on = True
