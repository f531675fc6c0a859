"""What a network is made of, as a table in the manner of Keras: layers, output shapes, parameters, multiply-adds."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xnn.arguments import flagged, whole
from xnn.array_object import Array
from xnn.autograd import enable_grad, no_grad
from xnn.autograd.graph import Node, mark
from xnn.autograd.pytree import flatten, unflatten
from xnn.autograd.reverse import connected
from xnn.dtypes import as_dtype, get_default_dtype
from xnn.errors import DTypeError, OptionError
from xnn.ops.creation import zeros
from xnn.typing import DTypeLike

from .container import ModuleDict, ModuleList
from .module import Module

__all__ = ["Summary", "summary"]

Shape: TypeAlias = Sequence[int | None]
BATCH = 3  # the size that stands for None; what is counted is divided by it
OTHER_BATCH = 4  # where a shape is another one with this, it depends on the batch


@dataclass(frozen=True)
class Row:
    """One layer: `shapes` of its outputs with None for the batch, and its numbers of parameters and multiply-adds."""

    name: str
    kind: str
    shapes: tuple[tuple[int | None, ...], ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """What `summary` gives; `str` and `repr` of it are the table.

    Shapes: each row has the shapes of its layer's outputs, with None for the batch: (None, 10).

    Attributes:
        name: of the network's class.
        rows: one for each layer.
        trainable: the number of parameters that require a gradient; a shared one counts once.
        frozen: that of the others, and of the elements of buffers.
        size: of all of them, in bytes.
        multiply_adds: of matrix products and convolutions, for one sample.
    """

    name: str
    rows: tuple[Row, ...]
    trainable: int
    frozen: int
    size: int
    multiply_adds: int

    def __str__(self) -> str:
        return printable(self._table())

    def _table(self) -> str:
        titles = ("Layer (type)", "Output Shape", "Param #", "Multiply-adds")
        cells = [
            (f"{row.name} ({row.kind})", _shapes(row.shapes), f"{row.parameters:,}", f"{row.multiply_adds:,}")
            for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]

        def line(row: Sequence[str], bar: str) -> str:
            aligned = [x.ljust(w) if i < 2 else x.rjust(w) for i, (x, w) in enumerate(zip(row, widths, strict=True))]
            return f"{bar} " + f" {bar} ".join(aligned) + f" {bar}"

        def rule(left: str, middle: str, right: str, dash: str) -> str:
            return left + middle.join(dash * (w + 2) for w in widths) + right

        between = "\n" + rule("├", "┼", "┤", "─") + "\n"
        return "\n".join(
            [
                f'Model: "{self.name}"',
                rule("┏", "┳", "┓", "━"),
                line(titles, "┃"),
                rule("┡", "╇", "┩", "━"),
                between.join(line(row, "│") for row in cells),
                rule("└", "┴", "┘", "─"),
                f" Total params: {self.trainable + self.frozen:,} ({_bytes(self.size)})",
                f" Trainable params: {self.trainable:,}",
                f" Non-trainable params: {self.frozen:,}",
                f" Multiply-adds: {self.multiply_adds:,} for one sample",
            ]
        )

    __repr__ = __str__


LINES = str.maketrans("┏┳┓┡╇┩├┼┤└┴┘━─┃│", "++++++++++++=-||")


def printable(table: str) -> str:
    """The table, in the characters that standard output has: one of ASCII alone has no lines to draw with."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        table.encode(encoding)
    except UnicodeEncodeError:
        return table.translate(LINES).encode(encoding, "backslashreplace").decode(encoding)
    return table


@flagged
def summary(
    model: Module,
    input_shape: Shape | Sequence[Shape],
    *,
    dtype: DTypeLike | Sequence[DTypeLike | None] | None = None,
    expand_nested: bool = False,
) -> Summary:
    """Run a network on zeros, as in evaluation, and list its layers; nothing of it is changed.

    It runs twice where the batch is open, with two sizes of it: so shapes show where the batch is. A network that has
    parameters of its own, beside those of its layers, has the first row. Layers whose sizes the first call gives are
    made by it.

    Args:
        model: any module.
        input_shape: (None, *sample), with None for the batch, in any place; or the shapes of several inputs.
        dtype: of the inputs, or one for each; None for the default data type. Embeddings take integers: xnn.int64.
        expand_nested: list the layers inside of layers, too.

    Raises:
        OptionError: if the shape is none.
        DTypeError: for inputs of a type that the network does not take.

    Standard output that has no characters for lines, as a terminal of ASCII, gets the table in + and -.

    Example:
        >>> from xnn import nn
        >>> model = nn.Sequential(nn.Linear(784, 10, device="cpu"), nn.ReLU())
        >>> nn.summary(model, (None, 784))
        Model: "Sequential"
        ┏━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━┓
        ┃ Layer (type) ┃ Output Shape ┃ Param # ┃ Multiply-adds ┃
        ┡━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━┩
        │ 0 (Linear)   │ (None, 10)   │   7,850 │         7,840 │
        ├──────────────┼──────────────┼─────────┼───────────────┤
        │ 1 (ReLU)     │ (None, 10)   │       0 │             0 │
        └──────────────┴──────────────┴─────────┴───────────────┘
         Total params: 7,850 (30.66 KB)
         Trainable params: 7,850
         Non-trainable params: 0
         Multiply-adds: 7,840 for one sample
    """
    if not isinstance(input_shape, Sequence) or isinstance(input_shape, str):
        raise OptionError(f"an input's shape has ints, and None for the batch; got {input_shape!r}. Cure: (None, 784).")
    several = bool(input_shape) and isinstance(input_shape[0], Sequence)
    shapes: Sequence[Any] = input_shape if several else [input_shape]
    batch = BATCH if any(None in shape for shape in shapes) else 1
    inputs = _inputs(model, shapes, dtype, batch)
    if any(module._deferred is not None for module in model.modules()):
        with _of_inputs(inputs):
            _make(model, inputs)
    parameters = list(model.parameters())
    leaves, structure = flatten(model)
    # A copy of the modules, of parameters that all require a gradient: then each product is found in the graph.
    copied = unflatten(structure, [_leaf(x) for x in leaves])
    for module in copied.modules():
        module._hooks, module.training = None, False
    calls = {id(module): _Call(name, module) for name, module in _layers(copied, expand_nested)}
    for module in copied.modules():
        if id(module) in calls:
            call = calls[id(module)]
            module.register_forward_pre_hook(call.before)
            module.register_forward_hook(call.after)
    start = mark()
    with_graph = [_leaf(x) if x.dtype.is_floating else x for x in inputs]
    with _of_inputs(inputs):
        outputs = copied(*with_graph)
    nodes = dict(_nodes([x for x in flatten(outputs)[0] if isinstance(x, Array)], start))
    found = {id(call): call.shapes for call in calls.values()}
    if batch != 1:
        with no_grad():
            copied(*_inputs(model, shapes, dtype, OTHER_BATCH))
    rows = []
    for call in calls.values():
        products = sum(n for number, n in nodes.items() if any(a < number < b for a, b in call.spans))
        opened = tuple(map(_opened, found[id(call)], call.shapes))
        rows.append(Row(call.name, call.kind, opened, call.parameters, products // batch))
    buffers = list(model.buffers())
    trainable = sum(p.size for p in parameters if p.requires_grad)
    everything = [*parameters, *buffers]
    return Summary(
        type(model).__name__,
        tuple(rows),
        trainable,
        sum(x.size for x in everything) - trainable,
        sum(x.size * x.dtype.bits // 8 for x in everything),
        sum(nodes.values()) // batch,
    )


class _Call:
    """The calls of one layer: when each began and ended, by the numbers of nodes, and what the last gave."""

    def __init__(self, name: str, module: Module) -> None:
        self.name, self.kind = name, type(module).__name__
        self.parameters = sum(p.size for p in module.parameters())
        self.spans: list[tuple[int, int]] = []
        self.shapes: tuple[tuple[int, ...], ...] = ()
        self.began = 0

    def before(self, module: Module, args: Any) -> None:
        self.began = mark()

    def after(self, module: Module, args: Any, output: Any) -> None:
        self.spans.append((self.began, mark()))
        self.shapes = tuple(x.shape for x in flatten(output)[0] if isinstance(x, Array))


def _layers(model: Module, expand_nested: bool, prefix: str = "") -> Iterator[tuple[str, Module]]:
    children = list(model.named_children())
    if not prefix and (not children or model._parameters):
        yield type(model).__name__.lower(), model
    for name, child in children:
        path = f"{prefix}{name}"
        is_list = isinstance(child, (ModuleList, ModuleDict))
        if not is_list:
            yield path, child
        if is_list or expand_nested:
            yield from _layers(child, expand_nested, f"{path}.")


def _inputs(model: Module, shapes: Sequence[Any], dtype: Any, batch: int) -> list[Array]:
    types = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shapes)
    device = next((p.device for module in model.modules() for p in module._parameters.values()), None)
    found = []
    if len(types) != len(shapes):
        raise OptionError(f"summary takes a type for each of {len(shapes)} inputs; got {len(types)}")
    for shape, kind in zip(shapes, types, strict=True):
        try:
            sizes = [batch if n is None else whole("a size", n, 0) for n in shape]
        except OptionError:
            raise OptionError(
                f"an input's shape has ints, and None for the batch; got {tuple(shape)}. Cure: (None, 784)."
            ) from None
        found.append(zeros(tuple(sizes), dtype=get_default_dtype() if kind is None else as_dtype(kind), device=device))
    return found


@contextlib.contextmanager
def _of_inputs(inputs: Sequence[Array]) -> Iterator[None]:
    """Say that it was summary that chose the types of the inputs, where the network does not take them."""
    try:
        yield
    except DTypeError as error:
        given = ", ".join(x.dtype.name for x in inputs)
        rule = str(error).partition(" Cure: ")[0]
        raise DTypeError(
            f"summary calls the network with zeros of {given}: {rule} "
            "Cure: dtype=xnn.int64, as for an embedding, or a type for each input."
        ) from error


def _make(model: Module, inputs: Sequence[Array]) -> None:
    """Let the first call make what layers put off."""
    modes = [(module, module.training) for module in model.modules()]
    with no_grad():
        model.eval()(*inputs)
    for module, training in modes:
        module.training = training


def _leaf(x: Array) -> Array:
    leaf = x.detach()
    leaf.requires_grad = True
    return leaf


def _nodes(outputs: Sequence[Array], start: int) -> Iterator[tuple[int, int]]:
    """Each recorded matrix product after `start`: its number and its multiply-adds."""
    left: list[Any] = [x._node for x in outputs if x._node is not None]
    seen = set()
    while left:
        node = left.pop()
        if node is None or node.number < start or id(node) in seen:
            continue
        seen.add(id(node))
        left += getattr(node, "parents", ())
        if not isinstance(node, Node):
            continue
        if node.primitive.name in PRODUCTS:
            yield node.number, PRODUCTS[node.primitive.name](node)
        elif node.kernel is not None and node.primitive.definition is not None:
            inside = mark()
            yield node.number, sum(count for _, count in _nodes(_steps(node), inside))


def _steps(node: Node) -> Sequence[Array]:
    """What a kernel stands for, recorded: the outputs of its primitive's definition."""
    assert node.primitive.definition is not None
    args = [_leaf(x) if isinstance(x, Array) and x.dtype.kind == "real floating" else x for x in connected(node)[0]]
    with enable_grad():
        return node.primitive.definition(node, *args)


def _sizes(node: Node) -> list[tuple[int, ...]]:
    return [tuple(map(int, x.shape)) for x in (node.inputs or ())[:2]]


def _matmul(node: Node) -> int:
    a, b = _sizes(node)
    lead = max(math.prod(a[:-2]), math.prod(b[:-2]))
    return lead * (a[-2] if len(a) > 1 else 1) * a[-1] * (b[-1] if len(b) > 1 else 1)


def _linear(node: Node) -> int:
    x, weight = _sizes(node)
    return math.prod(x) * weight[0]


def _tensordot(node: Node) -> int:
    a, b = _sizes(node)
    axes = node.static["axes"]
    summed = a[len(a) - axes :] if isinstance(axes, int) else [a[i] for i in axes[0]]
    return math.prod(a) * math.prod(b) // max(math.prod(summed), 1)


def _recurrent(node: Node) -> int:
    gates, *others = node.inputs or ()  # (T, N, ...); of the others, states are (N, ...), weights (rows, columns)
    weights = others[RECURRENT[node.primitive.name]]
    sizes: list[int] = [math.prod(x.shape) for x in weights if x is not None]
    return int(math.prod(gates.shape[:2])) * sum(sizes)


# Where recurrent weights stand behind the gates.
RECURRENT = {"rnn_states": slice(1, 2), "gru_states": slice(1, 2), "lstm_states": slice(2, 4)}
PRODUCTS = {"matmul": _matmul, "linear": _linear, "tensordot": _tensordot, **dict.fromkeys(RECURRENT, _recurrent)}


def _opened(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int | None, ...]:
    """A shape with None where that of another batch differs."""
    return tuple(m if m == n else None for m, n in zip(one, other, strict=True))


def _shapes(shapes: Sequence[tuple[int | None, ...]]) -> str:
    return ", ".join(map(str, shapes)) if shapes else "not called"


def _bytes(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            break
        size /= 1024
    return f"{size:.2f} {unit}"
