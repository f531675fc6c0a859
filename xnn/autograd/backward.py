"""The backward pass: cotangents flow from outputs to leaves, newest node first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from xnn.errors import GraphError
from xnn_backends import Device

from .graph import Leaf, Node, Spec, Tracked, enable_grad, frontend, no_grad

FREED = (
    "a derivative is asked for a second time through a graph that the first backward pass freed. "
    "Cure: backward(retain_graph=True) the first time."
)


def backward(
    outputs: Sequence[tuple[Node | Leaf, Any]],
    targets: Iterable[Node | Leaf] | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> dict[Node | Leaf, Any]:
    """Propagate cotangents from outputs towards the leaves.

    Nodes are taken by falling number, which is an order in which each comes after all that depend
    on it; so the pass is iterative, and its sums have one order. What a node keeps is let go as
    soon as it was used.

    Args:
        outputs: nodes with their cotangents; these are raw arrays, or Arrays with `create_graph`.
        targets: the nodes whose cotangents are wanted; None for all leaves.
        retain_graph: keep what the nodes hold, for another pass.
        create_graph: record the pass itself, for derivatives of higher order.

    Returns:
        The cotangent of each target that was reached; raw, or Arrays with `create_graph`.

    Raises:
        GraphError: if a node was freed by an earlier pass.
    """
    wanted = None if targets is None else set(targets)
    oldest = min((node.number for node in wanted), default=0) if wanted is not None else 0
    pieces: dict[Node | Leaf, list[Any]] = {}
    heap: list[tuple[int, Node | Leaf]] = []

    def receive(node: Node | Leaf, cotangent: Any) -> None:
        if node in pieces:
            pieces[node].append(cotangent)
        else:
            pieces[node] = [cotangent]
            heapq.heappush(heap, (-node.number, node))

    for node, cotangent in outputs:
        receive(node, cotangent)
    result: dict[Node | Leaf, Any] = {}
    current: Device | None = None
    with ExitStack() as scope, enable_grad() if create_graph else no_grad():
        while heap:
            node = heapq.heappop(heap)[1]
            if node.device is not current and node.device.needs_scope:
                scope.pop_all().close()
                scope.enter_context(node.device.scope())
            current = node.device
            g = total(pieces.pop(node))
            if isinstance(node, Leaf) or (wanted is not None and node in wanted):
                if wanted is None or node in wanted:
                    result[node] = g
                if isinstance(node, Leaf):
                    continue
            if node.inputs is None:
                raise GraphError(FREED)
            for parent, cotangent in zip(node.parents, cotangents(node, g, create_graph), strict=True):
                if parent is not None and cotangent is not None and parent.number >= oldest:
                    receive(parent, cotangent)
            if not (retain_graph or create_graph):
                node.free()
    return result


def total(pieces: list[Any]) -> Any:
    """The sum of the cotangents that came in, in the order in which they came."""
    result = pieces[0]
    for piece in pieces[1:]:
        result = result + piece
    return result


def cotangents(node: Node, g: Any, create_graph: bool) -> Sequence[Any]:
    """The cotangents of a node's inputs, None for those that need none."""
    primitive, static = node.primitive, node.static
    inputs = node.inputs
    assert inputs is not None
    needs = [parent is not None for parent in node.parents]
    if node.kernel is not None and node.kernel.vjp is not None and not create_graph:
        return node.kernel.vjp(node.device.backend.xp, node.residual, g, needs, *inputs, **static)  # type: ignore[no-any-return]
    if primitive.is_fused:
        return _through_definition(node, g, needs, create_graph)
    if create_graph:
        xp = frontend.xp
        inputs = tuple(map(_as_array, inputs, node.parents, (node.device,) * len(inputs)))
        out = None if node.output is None else frontend.array(node.output, node.device, node)
    else:
        xp, out = node.device.backend.xp, node.output
    if primitive.joint is not None:
        return primitive.joint(xp, needs, g, out, *inputs, **static)  # type: ignore[no-any-return]
    return [
        unbroadcast(xp, rule(xp, g, out, *inputs, **static), x) if need and rule is not None else None
        for rule, need, x in zip(primitive.rules, needs, inputs, strict=True)
    ]


def _as_array(x: Any, parent: Node | Leaf | None, device: Device) -> Any:
    """An input of a node as the Array that it was, connected to the graph again."""
    return frontend.array(x, device, parent) if isinstance(x, device.backend.array_type) else x


def _through_definition(node: Node, g: Any, needs: list[bool], create_graph: bool) -> list[Any]:
    """Record a fused primitive's definition, and differentiate that."""
    assert node.inputs is not None
    device = node.device
    array_type = device.backend.array_type
    with enable_grad():
        if create_graph:
            args = list(map(_as_array, node.inputs, node.parents, (device,) * len(needs)))
            # Copies on the graph, whose nodes are newer than anything else: the inner pass ends there.
            args = [frontend.xp.positive(a) if need else a for a, need in zip(args, needs, strict=True)]
        else:
            args = [
                frontend.array(x, device, Leaf(device, x.shape)) if need else x
                for x, need in zip(node.inputs, needs, strict=True)
            ]
            args = [frontend.array(x, device) if isinstance(x, array_type) else x for x in args]
        out = node.primitive.forward(frontend.xp, *args, **node.static)
    targets = [a._node for a, need in zip(args, needs, strict=True) if need]
    found = backward([(out._node, g)], targets, retain_graph=create_graph, create_graph=create_graph)
    return [found.get(a._node) if need else None for a, need in zip(args, needs, strict=True)]


def unbroadcast(xp: Any, g: Any, x: Any) -> Any:
    """Sum a cotangent over the dimensions along which x was broadcast."""
    shape = getattr(x, "shape", ())
    if g is None or g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1)
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if g.ndim > len(shape):
        g = xp.reshape(g, g.shape[extra:])
    return g if g.shape == shape else xp.broadcast_to(g, shape)


def backward_from(x: Tracked, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
    """Add the gradient of x to `grad` of every leaf that it depends on; see Array.backward."""
    node = x._node
    if node is None:
        raise GraphError(
            "backward needs an array that depends on one with requires_grad=True; this one does not. "
            "Cure: asarray(..., requires_grad=True), and no no_grad() or detach() on the way."
        )
    device, xp = x._device, x._device.backend.xp
    if gradient is None:
        if x._data.shape != ():
            raise GraphError(
                f"backward without a gradient starts from a scalar; this array has shape {tuple(x._data.shape)}. "
                "Cure: reduce it first (sum, mean), or backward(gradient) with one of the same shape."
            )
        with device.scope():
            gradient = frontend.array(xp.ones_like(x._data), device)
    seed = gradient if create_graph else gradient._data
    for leaf, g in backward([(node, seed)], retain_graph=retain_graph, create_graph=create_graph).items():
        assert isinstance(leaf, Leaf)
        new = g if create_graph else frontend.array(g, leaf.device)
        leaf.grad = new if leaf.grad is None else leaf.grad + new


__all__ = ["Spec", "backward", "backward_from", "unbroadcast"]
