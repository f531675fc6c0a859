"""Forward mode: tangents flow along a recorded graph from inputs to outputs, oldest node first."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xnn.errors import GraphError

from .graph import Leaf, Node, Output, Spec, Vertex, enable_grad, forward_mode, frontend, no_grad
from .reverse import FREED, backward, connected, cotangents, fresh, handle

NOT_FORWARD = (
    "a part of the function was recorded elsewhere than in forward mode, as by another thread. "
    "Cure: contextvars.copy_context().run there, or vjp in the place of jvp."
)


def between(outputs: Iterable[Vertex | None], oldest: int) -> tuple[list[Vertex], list[Vertex]]:
    """What the outputs depend on, oldest first: nodes from number `oldest` on, and the older ones that these reach."""
    inside: set[Vertex] = set()
    outside: set[Vertex] = set()
    left = [node for node in outputs if node is not None]
    while left:
        node = left.pop()
        if node.number < oldest:
            outside.add(node)
        elif node not in inside:
            inside.add(node)
            if not isinstance(node, Leaf):
                left += [parent for parent in node.parents if parent is not None]
    return sorted(inside, key=_number), sorted(outside, key=_number)


def _number(node: Vertex) -> int:
    return node.number


def push_forward(outputs: Sequence[Vertex | None], tangents: Mapping[Vertex, Any], create_graph: bool) -> list[Any]:
    """The tangent of each output, for tangents of nodes that are newer than whatever else these are computed from.

    Args:
        outputs: nodes that were recorded in forward mode; None for what is not on the graph.
        tangents: Arrays of the nodes' shapes and types.
        create_graph: record the pass itself, for derivatives of higher order.

    Returns:
        Arrays; None for an output that depends on no node with a tangent.
    """
    known: dict[Vertex, Any] = dict(tangents)
    nodes, _ = between(outputs, min((node.number for node in tangents), default=0))
    with enable_grad() if create_graph else no_grad():
        for node in nodes:
            if isinstance(node, Output):
                if node.node in known:
                    known[node] = known[node.node][node.index]
            elif isinstance(node, Node) and node not in tangents:
                if node.inputs is None:
                    raise GraphError(FREED)
                given = [None if parent is None else known.get(parent) for parent in node.parents]
                if any(t is not None for t in given):
                    if not hasattr(node, "spec"):
                        raise GraphError(NOT_FORWARD)
                    with node.device.computing():
                        known[node] = _tangent(node, given, create_graph)
    return [None if node is None else known.get(node) for node in outputs]


def _tangent(node: Node, given: list[Any], create_graph: bool) -> Any:
    """The tangent of a node's output, or the tuple of those of its outputs."""
    primitive = node.primitive
    if primitive.definition is not None:
        return _through_definition(node, given, create_graph)
    return _WAYS[primitive.kind](node, given, create_graph)


def _elementwise(node: Node, given: list[Any], create_graph: bool) -> Any:
    """A rule multiplies by a diagonal, which is its own transpose."""
    inputs, out = connected(node)
    xp, shape, terms = frontend.xp, node.spec.shape, []
    for rule, tangent in zip(node.primitive.rules, given, strict=True):
        if tangent is not None:
            assert rule is not None
            wide = tangent if tangent.shape == shape else xp.broadcast_to(tangent, shape)
            terms.append(rule(xp, wide, out, *inputs, **node.static))
    return functools.reduce(operator.add, terms)


def _linear(node: Node, given: list[Any], create_graph: bool) -> Any:
    """The function of the tangents; 0 in the place of one that is not there."""
    inputs, _ = connected(node)
    rules = node.primitive.rules or (True,) * len(inputs)
    args = [
        x if x is None or rule is None else _zero(x, node) if tangent is None else tangent
        for x, rule, tangent in zip(inputs, rules, given, strict=True)
    ]
    return node.primitive(*args, **node.static)


def _zero(x: Any, node: Node) -> Any:
    if not hasattr(x, "shape") or x.dtype is None:
        return 0.0  # in the place of a Python scalar
    return frontend.xp.zeros(tuple(x.shape), dtype=x.dtype, device=node.device)


def _multilinear(node: Node, given: list[Any], create_graph: bool) -> Any:
    """The product rule."""
    inputs, _ = connected(node)
    terms = [
        node.primitive(*inputs[:i], tangent, *inputs[i + 1 :], **node.static)
        for i, tangent in enumerate(given)
        if tangent is not None
    ]
    return functools.reduce(operator.add, terms)


def _transposed(node: Node, given: list[Any], create_graph: bool) -> Any:
    """The transpose of the node's rule, a linear function of its cotangent, wherever that is."""
    if node.primitive.kind == "backward only":
        raise GraphError(
            f"{node.primitive.name} has a derivative of its own, which goes backward only. Cure: vjp, not jvp."
        )
    specs = node.spec if node.count else (node.spec,)
    known = node.device.backend.known_dtypes
    gs = [_leaf_of_zeros(node, spec) if known[spec.dtype].is_floating else None for spec in specs]
    with enable_grad():
        found = cotangents(node, tuple(gs) if node.count else gs[0], True)
    seeds = [
        (cotangent._node, tangent if create_graph else tangent._data)
        for cotangent, tangent in zip(found, given, strict=True)
        if tangent is not None and cotangent is not None and cotangent._node is not None
    ]
    leaves = [g._node for g in gs if g is not None]
    by_leaf = backward(seeds, leaves, create_graph=create_graph)
    tangents = [None if g is None else _result(by_leaf.get(g._node), g, create_graph) for g in gs]
    return tangents if node.count else tangents[0]


def _leaf_of_zeros(node: Node, spec: Spec) -> Any:
    zeros = frontend.xp.zeros(tuple(spec.shape), dtype=spec.dtype, device=node.device)
    return fresh(zeros, on_graph=False)


def _result(tangent: Any, like: Any, create_graph: bool) -> Any:
    if tangent is None:
        return frontend.xp.zeros_like(like)
    return tangent if create_graph else frontend.array(tangent, like._device)


def _through_definition(node: Node, given: list[Any], create_graph: bool) -> Any:
    """Record what a node stands for in other primitives, and go along that."""
    assert node.primitive.definition is not None
    inputs, _ = connected(node)
    closed_over = zip(node.parents[len(inputs) :], given[len(inputs) :], strict=True)
    with forward_mode():
        args = [x if t is None else fresh(x, create_graph) for x, t in zip(inputs, given, strict=False)]
        outs = node.primitive.definition(node, *map(handle, args))
    tangents = {arg._node: t for arg, t in zip(args, given, strict=False) if t is not None}
    tangents |= {parent: t for parent, t in closed_over if parent is not None and t is not None}
    found = push_forward([out._node for out in outs], tangents, create_graph)
    found = [frontend.xp.zeros_like(out) if t is None else t for out, t in zip(outs, found, strict=True)]
    return found if node.count else found[0]


_WAYS = {
    None: _transposed,
    "backward only": _transposed,
    "elementwise": _elementwise,
    "linear": _linear,
    "multilinear": _multilinear,
}
