"""Derivatives of one's own, and graphs that are recorded again: custom_vjp, remat."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Generic, ParamSpec, TypeVar

from xnn.errors import GraphError, OptionError, ShapeError

from .dispatch import cast_by, casting, outputs_of
from .forward import between
from .graph import FORWARD, Leaf, Node, Spec, Tracked, Vertex, frontend, is_recording, mark, no_grad, varying
from .operands import mismatch
from .primitive import Primitive
from .pytree import Structure, alike, flatten, unflatten
from .reverse import conjugated, fresh, handle

__all__ = ["custom_vjp", "remat"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")  # a residual


def _record(
    primitive: Primitive[..., Any],
    parents: Sequence[Vertex | None],
    inputs: tuple[Any, ...],
    outs: list[Any],
    static: dict[str, Any],
) -> list[Any]:
    """The outputs of a call as those of one node."""
    device = outs[0]._device
    for found in [x._device for x in outs] + [parent.device for parent in parents if parent is not None]:
        if found is not device:
            raise mismatch(primitive.name, device, found)
    node = Node(primitive, device, tuple(parents), inputs, None, static)
    if is_recording() == FORWARD:
        node.spec = tuple(map(_spec, outs))
    return list(outputs_of(node, tuple(out._data for out in outs)))


def _passed(x: Any) -> Any:
    """What a function is given: a leaf itself, which it cannot change in place; another handle of any other Array."""
    return x if isinstance(x, Tracked) and isinstance(x._node, Leaf) else handle(x)


def _spec(x: Any) -> Any:
    return Spec(x._data.shape, x._data.dtype) if isinstance(x, Tracked) else x


def _arrays(name: str, leaves: Sequence[Any]) -> list[Any]:
    for leaf in leaves:
        if not isinstance(leaf, Tracked):
            raise TypeError(
                f"{name} gives Arrays when it is given some; got {type(leaf).__name__}, which depends on nobody "
                "knows what. Cure: an Array, without x.detach() on the way; a constant as xnn.asarray(...)."
            )
    return list(leaves)


# Functions of one's own whose forward function is at work: those called there get their residual when it is read.
_forwarding: ContextVar[tuple[Any, ...]] = ContextVar("xnn custom derivatives at work", default=())


class CustomDerivative(Generic[P, R]):
    """A function with `forward` and `backward` functions, which subclasses make of what the user tells."""

    kind: str | None = None

    def __init__(self, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._forward: Callable[..., tuple[R, Any]] | None = None
        self._backward: Callable[[Any, R], tuple[Any, ...]] | None = None

    def _positional(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, as forward takes them and backward answers them."""
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise OptionError(
                f"{name}: {type(self).__name__} takes no keyword-only arguments; got {', '.join(bound.kwargs)}"
            )
        return bound.args

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        name = getattr(self.function, "__name__", "function")
        forward, backward = self._forward, self._backward
        if forward is None or backward is None:
            define = "defvjp(forward, backward)" if isinstance(self, custom_vjp) else "defjvp(rule)"
            raise GraphError(f"{name} has no derivative yet. Cure: {name}.{define} first.")
        function: Callable[..., R] = self.function
        positional = self._positional(name, args, kwargs)
        leaves, structure = flatten(positional)
        if not is_recording():
            return function(*positional)
        parents = [x._node if isinstance(x, Tracked) else None for x in leaves]
        if all(parent is None for parent in parents):
            value = function(*positional)
            if any(isinstance(x, Tracked) and x._node is not None for x in flatten(value)[0]):
                raise GraphError(_closed_over(name))
            return value
        inputs = tuple(map(_spec, leaves))
        if self in _forwarding.get():
            # Called by its own forward function, which would go on calling it: only a derivative of higher order asks
            # for this call's residual.
            with no_grad():
                value = function(*positional)
            found, shape = flatten(value)
            outs = _arrays(name, found)

            def later(given: tuple[Any, ...], g: R) -> tuple[Any, ...]:
                return backward(self._run_forward(forward, name, given)[1], g)

            primitive = _Custom(name, later, structure, shape, outs, self.kind)
            return unflatten(shape, _record(primitive, parents, inputs, outs, {"residual": positional}))
        copies = [fresh(x, True) if parent is not None else x for x, parent in zip(leaves, parents, strict=True)]
        with varying([x._node for x, parent in zip(copies, parents, strict=True) if parent is not None]):
            value, residual = self._run_forward(forward, name, unflatten(structure, [handle(x) for x in copies]))
        found, shape = flatten(value)
        outs = _arrays(name, found)
        oldest = min(x._node.number for x, parent in zip(copies, parents, strict=True) if parent is not None)
        if set(between([x._node for x in outs], oldest)[1]) - set(parents):
            raise GraphError(_closed_over(name))
        primitive = _Custom(name, backward, structure, shape, outs, self.kind)
        return unflatten(shape, _record(primitive, parents, inputs, outs, {"residual": residual}))

    def _run_forward(self, forward: Callable[..., tuple[R, Any]], name: str, args: tuple[Any, ...]) -> tuple[R, Any]:
        """The value and the residual."""
        token = _forwarding.set((*_forwarding.get(), self))
        try:
            result = forward(*args)
        finally:
            _forwarding.reset(token)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(f"{name}: the forward function gives (value, residual); got {type(result).__name__}")
        return result


class custom_vjp(CustomDerivative[P, R]):  # noqa: N801  # a decorator, under JAX's name
    """A function with a derivative of one's own, given backward.

    Decorate the function, then tell its derivative with `defvjp(forward, backward)`: `forward(*args)` gives
    (value, residual), and `backward(residual, cotangent)` a tuple with a cotangent for each argument, or None for 0.
    Cotangents have the structure, shapes and types of what they belong to; of complex arrays they are PyTorch's. What
    `forward` puts into the residual stays connected, so that derivatives of higher order are those of `backward`;
    `forward` may call the decorated function itself, as JAX's manual does. There is no forward mode: `backward` need
    not be linear in the cotangent (`custom_jvp` has both).

    Raises:
        GraphError: without defvjp, or if the function depends on an array that requires a gradient and is no argument.
        ShapeError: if `backward` gives something else than cotangents of the arguments.

    Example:
        >>> import xnn as xp
        >>> @xp.custom_vjp
        ... def clipped(x):  # the identity, whose gradient is clipped
        ...     return x
        >>> clipped.defvjp(lambda x: (x, None), lambda residual, g: (xp.clip(g, -1.0, 1.0),))
        >>> xp.grad(lambda x: 5 * clipped(x))(2.0).item()
        1.0
    """

    kind = "backward only"

    def defvjp(self, forward: Callable[..., tuple[R, S]], backward: Callable[[S, R], tuple[Any, ...]]) -> None:
        """Tell the derivative: `forward(*args)` gives (value, residual), `backward(residual, cotangent)` a tuple.

        Shapes: see the class.
        """
        self._forward, self._backward = forward, backward


def _closed_over(name: str) -> str:
    return (
        f"{name} depends on an array that requires a gradient and is no argument: its gradient would be lost. "
        "Cure: pass it as an argument, or x.detach() it."
    )


def _elsewhere(xp: Any, *arrays: Any) -> Any:
    raise AssertionError("the values of such a call are computed by the user's function")


class _Custom(Primitive[..., Any]):
    """One call of a function with a derivative of its own."""

    def __init__(
        self,
        name: str,
        backward: Callable[[Any, Any], tuple[Any, ...]],
        arguments: Structure | None,
        value: Structure | None,
        outs: Sequence[Any],
        kind: str | None,
    ) -> None:
        super().__init__(_elsewhere, joint=self._cotangents, kind=kind)
        self.name = name
        self.backward, self.arguments, self.value = backward, arguments, value
        self.specs = [(out._device, Spec(out._data.shape, out._data.dtype)) for out in outs]

    def _cotangents(
        self, xp: Any, needs: Sequence[bool], gs: Sequence[Any], out: Any, *inputs: Any, residual: Any
    ) -> list[Any]:
        create_graph = xp is frontend.xp
        given = []
        for g, (device, spec) in zip(gs, self.specs, strict=True):
            if g is None:
                g = frontend.xp.zeros(tuple(spec.shape), dtype=spec.dtype, device=device)
            elif not create_graph:
                g = frontend.array(g, device)
            given.append(conjugated(frontend.xp, g, device))
        result = self.backward(residual, unflatten(self.value, given))
        found = self._like_arguments(result, inputs)
        device = self.specs[0][0]
        back = [None if g is None else conjugated(frontend.xp, g, device) for g in found]
        return back if create_graph else [None if g is None else g._data for g in back]

    def _like_arguments(self, result: Any, inputs: Sequence[Any]) -> list[Any]:
        """The leaves of what the user's function gave, each a cotangent of the argument's or None."""
        assert self.arguments is not None
        branches = self.arguments.branches
        if not isinstance(result, tuple) or len(result) != len(branches):
            raise ShapeError(
                f"{self.name}: the backward function gives a tuple of {len(branches)} cotangents; got {result!r}"
            )
        leaves: list[Any] = []
        for branch, tree in zip(branches, result, strict=True):
            if tree is None:
                leaves += [None] * _leaf_count(branch)
                continue
            found, structure = flatten(tree)
            if not alike(structure, branch):
                raise ShapeError(
                    f"{self.name}: a cotangent has its argument's structure {branch or '*'}; got {structure or '*'}"
                )
            leaves += found
        leaves = [g if hasattr(x, "shape") else None for g, x in zip(leaves, inputs, strict=True)]  # None for numbers
        for g, x in zip(leaves, inputs, strict=True):
            if g is not None and (not isinstance(g, Tracked) or tuple(g._data.shape) != tuple(x.shape)):
                raise ShapeError(
                    f"{self.name}: a cotangent is an Array of its argument's shape {tuple(x.shape)}; "
                    f"got {getattr(g, 'shape', type(g).__name__)}"
                )
        return [
            g if g is None or g._data.dtype == x.dtype else frontend.xp.astype(g, x.dtype)
            for g, x in zip(leaves, inputs, strict=True)
        ]


def _leaf_count(structure: Structure | None) -> int:
    return 1 if structure is None else sum(map(_leaf_count, structure.branches))


def remat(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, whose intermediate results are not kept for the backward pass but computed again there.

    It saves memory for the time of a second forward pass (gradient checkpointing; Chen et al. 2016). Random numbers of
    the default stream are the same the second time. The function must not depend on anything else that changes in
    between, as a Generator of one's own; what it changes itself (a module's buffers), it changes twice.

    Args:
        function: of pytrees of arrays; gives a pytree of arrays, of any shapes.

    Example:
        >>> import xnn as xp
        >>> block = xp.remat(lambda x: xp.exp(xp.sin(x)))
        >>> xp.grad(block)(0.0).item()
        1.0
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not is_recording():
            return function(*args, **kwargs)
        leaves, structure = flatten((args, kwargs))
        leaves = list(map(_passed, leaves))
        replay, mode, now = frontend.replay(), casting.get(), mark()
        places = [i for i, x in enumerate(leaves) if isinstance(x, Tracked) and x._node is not None]

        def again(*varied: Any) -> Any:
            full = list(map(_passed, leaves))
            for i, x in zip(places, varied, strict=True):
                full[i] = handle(x)
            new_args, new_kwargs = unflatten(structure, full)
            with cast_by(mode):
                return function(*new_args, **new_kwargs)

        varied = [fresh(leaves[i], False) for i in places]
        with varying([x._node for x in varied]):
            value = again(*varied)
        found, shape = flatten(value)
        inside, closed_over = between([x._node for x in found if isinstance(x, Tracked)], now)
        if not inside and not closed_over:
            return value
        primitive: Primitive[..., Any] = Primitive(_elsewhere)
        primitive.name = getattr(function, "__name__", "function")
        # It knows nothing of the primitive: in a cycle the arguments would outlive the graph.
        primitive.definition = functools.partial(_computed_again, again, replay, primitive.name)
        parents = [*(leaves[i]._node for i in places), *closed_over]
        inputs = tuple(leaves[i]._data for i in places)
        return unflatten(shape, _record(primitive, parents, inputs, _arrays("a function under remat", found), {}))

    return run


def _computed_again(
    function: Callable[..., Any], replay: Callable[[], Any], name: str, node: Node, *args: Any
) -> list[Any]:
    """The outputs of a function that is called again in the backward pass."""
    now = mark()
    with replay():
        outs = flatten(function(*args))[0]
    known = {*node.parents, *(arg._node for arg in args if isinstance(arg, Tracked))}
    if set(between([out._node for out in outs], now)[1]) - known:
        raise GraphError(
            f"{name} under remat depends on other arrays than at first: one that it closes over was changed "
            "in place before the backward pass. Cure: pass it as an argument, or y = x + 0 before the change."
        )
    return outs
