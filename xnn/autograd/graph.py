"""The graph: nodes, the arrays that carry them, and whether it is being recorded. Knows no operation."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from xnn.errors import GraphError
from xnn_backends import Backend, Device, Namespace
from xnn_backends.protocol import Kernel

if TYPE_CHECKING:
    from xnn.array_object import Array
    from xnn_backends.dtypes import DType

F = TypeVar("F", bound=Callable[..., Any])

_numbers = itertools.count(1)  # nodes made later have higher numbers: a parent's is below its child's


def mark() -> int:
    """A number: nodes made before have lower ones, nodes made from now on higher ones."""
    return next(_numbers)


Rule = Callable[..., Any]
Promotion = Callable[[Device, Sequence[Any], list[Any]], Sequence[Any]]
Explanation = Callable[[Sequence[tuple[int, ...]], dict[str, Any]], object]
Check = Callable[..., dict[str, Any] | None]


class Operation:
    """What the engine knows of an operation: the base of Primitive, which says what each of these is."""

    name: str
    forward: Callable[..., Any]
    rules: tuple[Rule | None, ...]
    joint: Rule | None
    has_rules_only: bool
    is_differentiable: bool
    definition: Callable[..., Sequence[Any]] | None
    kind: str | None
    kept: tuple[bool, ...]
    keeps_all: bool
    keeps_out: bool
    promote: Promotion | None
    keeps_floats: bool
    takes_scalars: bool
    takes_dtype: bool
    array_names: tuple[str, ...]
    static_names: tuple[str, ...]
    optional: int
    explain: Explanation | None
    kernels_found: dict[Backend, Kernel | None]

    def kernel_for(self, backend: Backend) -> Kernel | None:
        """The kernel that does the work on a backend's arrays, if there is one."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


class Leaf:
    """Where the gradient of an array that requires one is gathered.

    The array knows its leaf, never the other way round: no cycles, and an array's data may be
    rebound (as an optimizer does) while old graphs keep the values that they saw. `is_input` marks
    the argument of a function that is differentiated, which the function may change in place.
    """

    __slots__ = ("device", "grad", "is_input", "number", "shape")
    primitive = None

    def __init__(self, device: Device, shape: tuple[int, ...], is_input: bool = False) -> None:
        self.is_input = is_input
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
    `count` is that of the outputs where the primitive gives a tuple, whose Arrays have an Output each; otherwise 0.
    `spec` is the output's, or a tuple of theirs; only there where the recording is for forward mode. `freed` are the
    parents that a node had before it was freed; only there where a function was being differentiated then.
    """

    __slots__ = (
        "count",
        "device",
        "freed",
        "inputs",
        "kernel",
        "number",
        "output",
        "parents",
        "primitive",
        "residual",
        "spec",
        "static",
    )

    def __init__(
        self,
        primitive: Operation,
        device: Device,
        parents: Sequence[Vertex | None],
        inputs: Sequence[Any],
        output: Any,
        static: dict[str, Any],
        kernel: Any = None,
        residual: Any = None,
        count: int = 0,
    ) -> None:
        self.number = next(_numbers)
        self.primitive = primitive
        self.device = device
        self.parents = parents
        self.inputs: Sequence[Any] | None = inputs
        self.output = output
        self.static = static
        self.kernel = kernel
        self.residual = residual
        self.count = count
        self.spec: Any
        self.freed: Sequence[Vertex | None]

    def free(self) -> None:
        """Let go of what only a further backward pass would need."""
        if _varied:
            self.freed = self.parents  # which `is_varied` asks for
        self.inputs = self.output = self.residual = None
        self.parents = ()
        self.static = {}


class Output:
    """One of the several outputs of a node; it sends what it receives on to the node."""

    __slots__ = ("device", "index", "node", "number", "shape")
    primitive = None

    def __init__(self, node: Node, index: int, shape: tuple[int, ...]) -> None:
        self.number = next(_numbers)
        self.node = node
        self.device = node.device
        self.index = index
        self.shape = shape

    @property
    def parents(self) -> tuple[Node]:
        """The node, as if it were a parent: what a walk over the graph follows."""
        return (self.node,)


Vertex = Node | Leaf | Output

_varied: set[Vertex] = set()  # the arguments of all functions that are being differentiated, in whatever thread


@contextlib.contextmanager
def varying(nodes: Sequence[Vertex]) -> Generator[None]:
    """While a function runs whose dependence on these nodes is asked for."""
    _varied.update(nodes)
    try:
        yield
    finally:
        _varied.difference_update(nodes)


def is_varied(node: Vertex | None) -> bool:
    """Whether it depends on an argument of a function that is being differentiated, and the dependence is recorded.

    A walk, for those who are about to take a value off the graph: no operation pays for the question.
    """
    if node is None or not _varied or not _recording.get():
        return False
    # Another thread may have ended the last function meanwhile: then this one depends on none.
    oldest = min((vertex.number for vertex in tuple(_varied)), default=node.number)
    left: list[Vertex] = [node]
    seen: set[Vertex] = set(left)
    while left:
        node = left.pop()
        if node in _varied:
            return True
        if node.number > oldest and not isinstance(node, Leaf):
            parents = [p for p in getattr(node, "freed", node.parents) if p is not None and p not in seen]
            seen.update(parents)
            left += parents
    return False


def refuse_if_varied(x: Any, name: str, cure: str) -> None:
    """Raise GraphError where values are about to leave the graph on which a derivative is asked for."""
    if isinstance(x, Tracked) and is_varied(x._node):
        raise GraphError(
            f"{name} would leave the graph unseen: this array depends on what the function is differentiated by. "
            f"Cure: {cure}."
        )


def require_constants(name: str, **options: Any) -> None:
    """Raise GraphError for an Array on the graph in the place of a number: an option has no derivative."""
    for option, x in options.items():
        if isinstance(x, Tracked) and x._node is not None and _recording.get():
            raise GraphError(
                f"{name} takes a number for {option}, and would lose the gradient of this array. "
                "Cure: x.detach(), for a constant."
            )


class Tracked:
    """The part of an array that the graph needs: raw data, its device, and the node that made it."""

    __slots__ = ("__weakref__", "_data", "_device", "_node")

    def __init__(self, data: Any, device: Device | None = None, node: Vertex | None = None) -> None:
        if device is None:
            raise TypeError(f"an Array is made by xnn.asarray; got {type(self).__name__}(...). Cure: xnn.asarray(...).")
        self._data = data
        self._device = device
        self._node = node

    if TYPE_CHECKING:  # what its subclass has: where the base is named, it is an array as well

        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def ndim(self) -> int: ...
        @property
        def dtype(self) -> DType: ...
        def __len__(self) -> int: ...
        def __getitem__(self, key: Any, /) -> Any: ...


class _Frontend:
    """What the layers above put in: the class of arrays, the functions on them, and how to draw random numbers again.

    Rules of higher order run on Arrays with the same functions that a user calls, but imports
    point the other way, so `xnn.array_object`, `xnn.ops` and `xnn` announce themselves here.
    """

    array: type[Array]
    xp: Namespace
    replay: Callable[[], Callable[[], contextlib.AbstractContextManager[None]]]


frontend = _Frontend()

OFF, ON, FORWARD = 0, 1, 2  # not recording; recording; recording for forward mode, where nodes have a spec

_recording: ContextVar[int] = ContextVar("xnn recording", default=ON)
_recorded_as: ContextVar[int] = ContextVar("xnn recorded as", default=ON)  # what recording means: ON or FORWARD
is_recording = _recording.get


class _Recording(contextlib.ContextDecorator):
    def __init__(self) -> None:
        self._tokens: list[Token[int]] = []

    def _mode(self) -> int:
        raise NotImplementedError

    def _recreate_cm(self) -> _Recording:
        return type(self)()  # a decorated function may run in several threads, or call itself

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._resumed(function)  # type: ignore[return-value]  # of the same signature
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
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
        self._tokens.append(_recording.set(self._mode()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _recording.reset(self._tokens.pop())


class _Bare(_Recording):
    """A mode without options: `@no_grad` decorates as `@no_grad()` does."""

    @overload
    def __new__(cls, function: F, /) -> F: ...  # type: ignore[misc]  # no instance
    @overload
    def __new__(cls) -> Self: ...
    def __new__(cls, function: F | None = None, /) -> Self | F:  # type: ignore[misc]  # mypy misses Self here
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_Bare):  # noqa: N801  # PyTorch's name
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

    def _mode(self) -> int:
        return OFF


class enable_grad(_Bare):  # noqa: N801  # PyTorch's name
    """Record again inside of a `no_grad`."""

    def _mode(self) -> int:
        return _recorded_as.get()


@contextlib.contextmanager
def forward_mode() -> Generator[None]:
    """Record for forward mode, also inside of `enable_grad`."""
    tokens = _recording.set(FORWARD), _recorded_as.set(FORWARD)
    try:
        yield
    finally:
        _recording.reset(tokens[0])
        _recorded_as.reset(tokens[1])
