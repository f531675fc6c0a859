"""Derivatives of one's own that are given forward: custom_jvp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from xnn.errors import ShapeError

from .call import Call
from .custom import CustomDerivative
from .forward import between
from .graph import Leaf, Tracked, Vertex, enable_grad, frontend, is_recording
from .pytree import flatten, unflatten
from .transforms import like, pull_back, require_array

__all__ = ["custom_jvp"]

P = ParamSpec("P")
R = TypeVar("R")


class custom_jvp(CustomDerivative[P, R]):  # noqa: N801  # a decorator, under JAX's name
    """A function with a derivative of one's own, given forward; backward mode is its transpose.

    Decorate the function, then tell its derivative with `defjvp(rule)`: `rule(primals, tangents)`, tuples with one for
    each argument, gives (value, tangent), and is linear in the tangents. Or with `defjvps(*rules)`, one
    `rule(tangent, value, *primals)` for each argument, or None for 0. The rule is differentiated again for derivatives
    of higher order. Arguments that are no floating-point arrays have 0.0 for a tangent.

    Raises:
        GraphError: without a rule, or if the function depends on an array that requires a gradient and is no argument.
        ShapeError: if the rule's tangent is not like the value.

    Example:
        >>> import xnn as xp
        >>> @xp.custom_jvp
        ... def log1pexp(x):
        ...     return xp.log1p(xp.exp(x))
        >>> log1pexp.defjvps(lambda t, value, x: t * (1 - 1 / (1 + xp.exp(x))))
        >>> xp.grad(log1pexp)(80.0).item(), xp.jvp(log1pexp, (0.0,), (1.0,))[1].item()
        (1.0, 0.5)
    """

    def defjvp(
        self, rule: Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[R, R]]
    ) -> Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[R, R]]:
        """Tell the derivative: `rule(primals, tangents)` gives (value, tangent). It is given back: a decorator, too.

        Shapes: a tangent has those of what it belongs to.
        """

        def forward(*args: Any) -> tuple[R, Any]:
            function: Callable[..., R] = self
            return function(*args), args

        def backward(args: tuple[Any, ...], g: R) -> tuple[Any, ...]:
            leaves, structure = flatten(args)
            places = [i for i, x in enumerate(leaves) if _is_varied(x)]

            def along(*tangents: Any) -> R:
                full: list[Any] = [0.0] * len(leaves)
                for i, tangent in zip(places, tangents, strict=True):
                    full[i] = tangent
                _, tangent = rule(args, unflatten(structure, full))
                _like(g, tangent, self.function.__name__)
                return tangent

            zeros = [frontend.xp.zeros_like(leaves[i]).detach() for i in places]
            back = [frontend.xp.zeros_like(x) if isinstance(x, Tracked) else x for x in leaves]
            for i, cotangent in zip(places, _transposed(along, zeros, g), strict=True):
                back[i] = cotangent
            cotangents: tuple[Any, ...] = unflatten(structure, back)
            return cotangents

        self._forward, self._backward = forward, backward
        return rule

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """Tell the derivative argument by argument: `rule(tangent, value, *primals)`, or None where it is 0.

        Shapes: of arguments and of a value that are single arrays; each rule gives the value's.
        """

        def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[R, R]:
            if len(rules) != len(primals):
                raise ShapeError(
                    f"{self.function.__name__}: defjvps takes a rule, or None, for each of {len(primals)} arguments; "
                    f"got {len(rules)}"
                )
            function: Callable[..., R] = self
            value = function(*primals)
            total: Any = frontend.xp.zeros_like(value)
            for one, tangent in zip(rules, tangents, strict=True):
                if one is not None and isinstance(tangent, Tracked):
                    total = total + one(tangent, value, *primals)
            return value, total

        self.defjvp(rule)


def _transposed(along: Callable[..., Any], zeros: Sequence[Any], g: Any) -> list[Any]:
    """The cotangents of tangents, for one of what they are taken to.

    The function's own value, of which the rule makes the tangent, ends the way back: its derivative is what is asked.
    """
    call = Call("custom_jvp", zeros, {}, range(len(zeros)))
    with enable_grad():
        tangent = call.run(along)
    outs, structure = flatten(tangent)
    outs = [require_array("custom_jvp", x) for x in outs]
    seeds = list(zip(outs, like(outs, structure, g, "the cotangent of custom_jvp"), strict=True))
    inside = bool(is_recording())
    return pull_back(call, seeds, inside, False, _beside([x._node for x in outs], call))


def _beside(nodes: Sequence[Vertex | None], call: Call) -> list[Vertex]:
    """What is newer than a call's inputs and does not depend on them, and is a parent of what does."""
    ways: set[Vertex] = {x._node for x in call.inputs}
    for node in between(nodes, call.oldest)[0]:
        if not isinstance(node, Leaf) and any(parent in ways for parent in node.parents):
            ways.add(node)
    parents = {parent for node in ways if not isinstance(node, Leaf) for parent in node.parents if parent is not None}
    return [node for node in parents - ways if node.number >= call.oldest]


def _is_varied(x: Any) -> bool:
    return isinstance(x, Tracked) and x._device.backend.dtype_of(x._data).is_floating


def _like(value: Any, tangent: Any, name: str) -> None:
    """Raise ShapeError unless a tangent is like the value."""
    shapes: list[Sequence[Any]] = [
        [tuple(getattr(x, "shape", ())) for x in flatten(tree)[0]] for tree in (value, tangent)
    ]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"{name}: a tangent has its value's shapes {shapes[0]}; the rule gave {shapes[1]}")
