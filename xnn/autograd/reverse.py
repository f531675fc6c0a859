"""The backward pass: cotangents flow from outputs to leaves, newest node first."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from heapq import heappop, heappush
from typing import Any

from xnn.errors import GraphError
from xnn_backends import Device

from .dispatch import cast_by
from .graph import Leaf, Node, Output, Spec, Tracked, Vertex, enable_grad, frontend, no_grad

FREED = (
    "a derivative is asked for a second time through a graph that the first backward pass freed. "
    "Cure: backward(retain_graph=True) the first time."
)


def backward(
    outputs: Iterable[tuple[Vertex, Any]],
    targets: Iterable[Vertex] | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> dict[Vertex, Any]:
    """Propagate cotangents from outputs towards the leaves, or to the targets and not beyond.

    Nodes are taken by falling number, which is an order in which each comes after all that depend
    on it; so the pass is iterative, and its sums have one order. What a node keeps is let go as
    soon as it was used.

    Args:
        outputs: nodes with their cotangents, of their shape and type; these are raw arrays, or Arrays with
            `create_graph`, and bilinear (see Primitive).
        targets: the nodes whose cotangents are wanted, none of which depends on another; None for all leaves.
        retain_graph: keep what the nodes hold, for another pass.
        create_graph: record the pass itself, for derivatives of higher order.

    Returns:
        The cotangent of each target that was reached; raw, or Arrays with `create_graph`.

    Raises:
        GraphError: if a node was freed by an earlier pass.
    """
    wanted = None if targets is None else set(targets)
    oldest = 0 if wanted is None else min((node.number for node in wanted), default=0)
    received: dict[Vertex, list[Any]] = {}
    heap: list[tuple[int, Vertex]] = []  # the newest first

    def receive(node: Vertex, cotangent: Any) -> None:
        if node in received:
            received[node].append(cotangent)
        else:
            received[node] = [cotangent]
            heappush(heap, (-node.number, node))

    for node, cotangent in outputs:
        receive(node, cotangent)
    result: dict[Vertex, Any] = {}
    current: Device | None = None
    if not heap:
        return result
    quiet = heap[0][1].device.backend.without_underflow()
    with ExitStack() as scope, quiet, _recorded() if create_graph else no_grad():
        while heap:
            node = heappop(heap)[1]
            if node.device is not current:
                if node.device.needs_scope:
                    scope.pop_all().close()
                    scope.enter_context(node.device.scope())
                current = node.device
            pieces = received.pop(node)
            if isinstance(node, Node):
                if len(pieces) == 1 and not node.count and type(pieces[0]) is not Placed:
                    g = pieces[0]
                else:
                    g = _of_outputs(node, pieces) if node.count else total(pieces, node)
                if wanted is not None and node in wanted:
                    result[node] = g if create_graph or node.count else node.device.backend.normalise(g)
                    continue
                if node.inputs is None:
                    raise GraphError(FREED)
                for parent, cotangent in zip(node.parents, cotangents(node, g, create_graph), strict=True):
                    if cotangent is not None and parent is not None and (number := parent.number) >= oldest:
                        if parent in received:
                            received[parent].append(cotangent)
                        else:  # as in receive, whose call would cost as much as this
                            received[parent] = [cotangent]
                            heappush(heap, (-number, parent))
                if not (retain_graph or create_graph):
                    node.free()
            elif isinstance(node, Leaf) if wanted is None else node in wanted:
                g = total(pieces, node)
                result[node] = g if create_graph else node.device.backend.normalise(g)
            elif isinstance(node, Output) and node.node.number >= oldest:
                receive(node.node, (node.index, total(pieces, node)))
    return result


@contextmanager
def _recorded() -> Generator[None]:
    """Record the pass, whose types are those of the forward pass: an autocast around it does not cast its steps."""
    with enable_grad(), cast_by(None):
        yield


class Placed:
    """A raw cotangent of `x[key]`, for a key without arrays: x's own is 0 elsewhere.

    The many of an array that is read bit by bit are added up in one buffer, not each in one of its own.
    """

    __slots__ = ("key", "shape", "value")

    def __init__(self, shape: tuple[int, ...], key: Any, value: Any) -> None:
        self.shape = shape
        self.key = key
        self.value = value


def total(pieces: list[Any], node: Vertex) -> Any:
    """The sum of the cotangents that a node received, in the order in which they came; those of parts last."""
    if len(pieces) == 1 and type(pieces[0]) is not Placed:
        return pieces[0]
    whole = [piece for piece in pieces if type(piece) is not Placed]
    placed = [piece for piece in pieces if type(piece) is Placed]
    result = functools.reduce(operator.add, whole) if whole else None
    if placed:
        backend, value = node.device.backend, placed[0].value
        xp = backend.xp
        if result is None:
            result = xp.zeros(placed[0].shape, dtype=value.dtype, device=xp.device(value))
        elif len(whole) == 1:
            result = xp.asarray(result, copy=True)  # it may be somebody's
        else:
            result = backend.normalise(result)
        for piece in placed:
            result = xp.add_at_slices(result, piece.key, piece.value)
    return result


def _of_outputs(node: Node, pieces: list[tuple[int, Any]]) -> tuple[Any, ...]:
    """What the outputs of a node have sent, None for those that nothing depends on."""
    gs: list[Any] = [None] * node.count
    for i, g in pieces:
        gs[i] = g if gs[i] is None else gs[i] + g
    return tuple(gs)


def cotangents(node: Node, g: Any, create_graph: bool) -> Sequence[Any]:
    """The cotangents of a node's inputs, None for those that need none."""
    primitive, kernel = node.primitive, node.kernel
    if create_graph or not primitive.has_rules_only or (kernel is not None and kernel.vjp is not None):
        return _cotangents(node, g, create_graph)
    xp, out, inputs, static = node.device.backend.xp, node.output, node.inputs, node.static
    assert inputs is not None
    if len(inputs) == 1 and (rule := primitive.rules[0]) is not None:  # as most are: without the loop below
        cotangent = rule(xp, g, out, inputs[0], **static)
        if cotangent is not None and cotangent.shape != inputs[0].shape:
            cotangent = unbroadcast(xp, cotangent, inputs[0])
        return (cotangent,)
    found = []
    for parent, rule, x in zip(node.parents, primitive.rules, inputs, strict=True):
        cotangent = None
        if parent is not None and rule is not None:
            cotangent = rule(xp, g, out, *inputs, **static)
            if cotangent is not None and cotangent.shape != x.shape:
                cotangent = unbroadcast(xp, cotangent, x)
        found.append(cotangent)
    return found


def _cotangents(node: Node, g: Any, create_graph: bool) -> Sequence[Any]:
    """The same for what is not only rules on raw arrays."""
    primitive, static, inputs = node.primitive, node.static, node.inputs
    assert inputs is not None
    needs = [parent is not None for parent in node.parents]
    if not create_graph:  # NumPy's arithmetic gives scalars in the place of arrays of shape ()
        normalise = node.device.backend.normalise
        g = tuple(None if x is None else normalise(x) for x in g) if node.count else normalise(g)
    if node.kernel is not None and node.kernel.vjp is not None and not create_graph:
        return node.kernel.vjp(node.device.backend.xp, node.residual, g, needs, *inputs, **static)
    if primitive.definition is not None:
        gs = g if node.count else (g,)
        closed_over = [parent for parent in node.parents[len(inputs) :] if parent is not None]
        definition = functools.partial(primitive.definition, node)
        return through(definition, connected(node)[0], gs, needs[: len(inputs)], create_graph, closed_over)
    if create_graph:
        xp = frontend.xp
        inputs, out = connected(node)
    else:
        xp, out = node.device.backend.xp, node.output
    if primitive.joint is not None:
        return primitive.joint(xp, needs, g, out, *inputs, **static)
    return [
        unbroadcast(xp, rule(xp, g, out, *inputs, **static), x) if need and rule is not None else None
        for rule, need, x in zip(primitive.rules, needs, inputs, strict=True)
    ]


def connected(node: Node) -> tuple[tuple[Any, ...], Any]:
    """The inputs and the output of a node as the Arrays that they were, on the graph again."""
    assert node.inputs is not None
    device, out = node.device, node.output
    inputs = tuple(_as_array(x, parent, device) for x, parent in zip(node.inputs, node.parents, strict=False))
    if node.count and out is not None:
        # Other nodes in the place of the Arrays' own: to the node, they are the same.
        out = tuple(frontend.array(x, device, Output(node, i, x.shape)) for i, x in enumerate(out))
    elif out is not None:
        out = frontend.array(out, device, node)
    return inputs, out


def _as_array(x: Any, parent: Vertex | None, device: Device) -> Any:
    return frontend.array(x, device, parent) if isinstance(x, device.backend.array_type) else x


def fresh(x: Any, on_graph: bool) -> Any:
    """An Array with a new node, newer than any other: a copy on the graph of x, or a leaf of its values."""
    if on_graph and x._node is not None:
        return frontend.xp.positive(x)
    return frontend.array(x._data, x._device, Leaf(x._device, x._data.shape, is_input=True))


def handle(x: Any) -> Any:
    """Another handle of an Array, which a function may move by assignment in place."""
    return frontend.array(x._data, x._device, x._node) if isinstance(x, Tracked) else x


def through(
    function: Callable[..., Sequence[Any]],
    inputs: Sequence[Any],
    gs: Sequence[Any],
    needs: Sequence[bool],
    create_graph: bool,
    closed_over: Sequence[Vertex] = (),
) -> list[Any]:
    """Record a function, and differentiate that: the cotangents of its inputs, then of the nodes that it closes over.

    Args:
        function: of Arrays; gives Arrays.
        inputs: what it is called with.
        gs: a cotangent for each output, or None.
        needs: for each input, whether its cotangent is wanted.
        create_graph: as in `backward`.
        closed_over: nodes older than this call on which the function depends all the same.
    """
    with enable_grad():
        args = [fresh(x, create_graph) if need else x for x, need in zip(inputs, needs, strict=True)]
        outs = function(*map(handle, args))
    targets = [arg._node for arg, need in zip(args, needs, strict=True) if need]
    seeds = [(out._node, g) for out, g in zip(outs, gs, strict=True) if g is not None and out._node is not None]
    found = backward(seeds, [*targets, *closed_over], retain_graph=create_graph, create_graph=create_graph)
    own = [found.get(arg._node) if need else None for arg, need in zip(args, needs, strict=True)]
    return own + [found.get(node) for node in closed_over]


def unbroadcast(xp: Any, g: Any, x: Any) -> Any:
    """Sum a cotangent over the dimensions along which x was broadcast."""
    shape = getattr(x, "shape", ())
    if g is None or g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if extra < 0:  # an assignment drops leading dimensions of size 1
        return xp.reshape(unbroadcast(xp, g, Spec(shape[-extra:], x.dtype)), shape)
    wide = g.shape
    axes = (*range(extra), *[i + extra for i, n in enumerate(shape) if n == 1 and wide[i + extra] != 1])
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if g.ndim > len(shape):
        g = xp.reshape(g, g.shape[extra:])
    return g if g.shape == shape else xp.broadcast_to(g, shape)


def conjugated(xp: Any, g: Any, device: Device) -> Any:
    """A cotangent that enters or leaves the engine: bilinear inside, PyTorch's outside. Real ones are the same."""
    is_complex = device.backend.known_dtypes[getattr(g, "_data", g).dtype].kind == "complex floating"
    return xp.conj(g) if is_complex else g


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
        require_real_scalar("backward without a gradient", x, "or backward(gradient) with one of the same shape")
        with device.scope():
            gradient = frontend.array(xp.ones_like(x._data), device)
    with device.scope():
        seed = conjugated(frontend.xp, gradient, device) if create_graph else conjugated(xp, gradient._data, device)
    for leaf, g in backward([(node, seed)], retain_graph=retain_graph, create_graph=create_graph).items():
        assert isinstance(leaf, Leaf)
        with leaf.device.scope():
            g = conjugated(frontend.xp if create_graph else leaf.device.backend.xp, g, leaf.device)
        gather(leaf, g if create_graph else frontend.array(g, leaf.device))


def gather(leaf: Leaf, gradient: Any) -> None:
    """Add to the gradient of a leaf."""
    leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient


def require_real_scalar(what: str, x: Tracked, cure: str) -> None:
    """Raise GraphError unless a derivative can start from x as it is: from one element, in whatever shape."""
    dtype = x._device.backend.dtype_of(x._data)
    if math.prod(x._data.shape) != 1 or dtype.kind != "real floating":
        raise GraphError(
            f"{what} starts from a real scalar, or an array of one element; this array is {dtype.name} of shape "
            f"{tuple(x._data.shape)}. Cure: reduce it first (sum, mean, abs), {cure}."
        )
