"""A call of a function that is differentiated: its arguments go in as Arrays with new nodes, its results come out."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from numbers import Number
from typing import Any, TypeVar

from xnn.errors import DTypeError, OptionError
from xnn_backends import backend_of
from xnn_backends.dtypes import DType

from .forward import between
from .graph import Leaf, Tracked, frontend, is_recording, is_varied, mark, varying
from .operands import copied, is_scalar
from .pytree import Structure, flatten, unflatten
from .reverse import fresh, handle

R = TypeVar("R")

_depth: ContextVar[int] = ContextVar("xnn transforms around", default=0)


class Call:
    """A function's arguments, with Arrays that have new nodes in the place of what is differentiated."""

    def __init__(self, name: str, args: Sequence[Any], kwargs: dict[str, Any], positions: Sequence[int]) -> None:
        self.name = name
        self.recording = bool(is_recording())
        self.oldest = mark()  # what has a lower number was not made in the call
        leaves, _ = flatten((list(args), kwargs))
        arrays = [leaf for leaf in leaves if isinstance(leaf, Tracked)]
        raws = [leaf for leaf in leaves if is_raw(leaf)]
        self.raw = bool(raws) and not arrays
        like = lifted([*arrays, *raws][0]) if arrays or raws else None
        # Their derivative is asked for later, when the caller may have written to the arguments.
        keep = name in ("vjp", "linearize")
        self.args = [arg if i in positions else _passed(arg) for i, arg in enumerate(args)]
        self.kwargs = {key: _passed(value) for key, value in kwargs.items()}
        self.inputs: list[Any] = []
        self.structures: list[Structure | None] = []
        for i in positions:
            found, structure = flatten(args[i])
            own = [fresh(_varied(x, name, i, like, keep), self.recording) for x in found]
            self.args[i] = unflatten(structure, [handle(x) for x in own])
            self.inputs += own
            self.structures.append(structure)
        self.given = {id(x._data) for x in (*arrays, *self.inputs)} | set(map(id, raws))

    def run(self, function: Callable[..., R]) -> R:
        """The function's value, recorded."""
        token = _depth.set(_depth.get() + 1)
        try:
            with varying([x._node for x in self.inputs]):
                return function(*self.args, **self.kwargs)
        finally:
            _depth.reset(token)

    def is_inside(self, outs: Sequence[Any]) -> bool:
        """Whether what the call gives is on a graph outside of it, which has to be recorded further."""
        nodes = [x._node for x in outs if isinstance(x, Tracked)]
        # _depth is of this thread, which another one may have started in a function that it differentiates
        if not self.recording or (self.raw and not _depth.get() and not any(map(is_varied, nodes))):
            return False
        inside, outside = between(nodes, self.oldest)
        return bool(outside) or any(isinstance(node, Leaf) and not node.is_input for node in inside)

    def split(self, values: Sequence[Any]) -> list[Any]:
        """One pytree for each argument that is differentiated."""
        left = iter(values)
        return [
            unflatten(structure, [next(left) for _ in range(count_leaves(structure))]) for structure in self.structures
        ]

    def given_back(self, tree: Any, on_graph: bool) -> Any:
        """A pytree of results: raw where the arguments were, off the graph unless it goes on outside."""
        leaves, structure = flatten(tree)
        if not on_graph:
            leaves = [frontend.array(x._data, x._device) if isinstance(x, Tracked) else x for x in leaves]
            leaves = self._owned(leaves) if self.raw else leaves
        return unflatten(structure, leaves)

    def _owned(self, leaves: Sequence[Any]) -> list[Any]:
        """Raw arrays, which the caller may write to: none is an argument's, or another's, or a view."""
        found, taken = [], set(self.given)
        for x in leaves:
            if isinstance(x, Tracked):
                with x._device.scope():
                    x = x._device.backend.own(x._data) if id(x._data) not in taken else copied(x._data, x._device)
                taken.add(id(x))
            found.append(x)
        return found


def is_raw(leaf: Any) -> bool:
    return not isinstance(leaf, Tracked) and (backend_of(leaf) is not None or is_scalar(leaf))


def lifted(leaf: Any) -> Any:
    """A raw array or a NumPy scalar as an Array; anything else as it is."""
    if isinstance(leaf, Tracked):
        return leaf
    backend = backend_of(leaf)
    if backend is not None:
        return frontend.array(leaf, backend.device_of(leaf))
    return frontend.xp.asarray(leaf.item(), dtype=leaf.dtype, device="cpu") if is_scalar(leaf) else leaf


def _passed(arg: Any) -> Any:
    """An argument that is not differentiated: with Arrays in the place of raw ones, otherwise itself.

    An Array is passed under another handle, so that an assignment in place does not reach the caller's; a leaf is not.
    """
    if type(arg) is frontend.array:
        return arg if isinstance(arg._node, Leaf) else handle(arg)
    leaves, structure = flatten(arg)
    return unflatten(structure, list(map(lifted, leaves))) if any(map(is_raw, leaves)) else arg


def _varied(leaf: Any, name: str, position: int, like: Any, keep: bool) -> Any:
    """What is differentiated, as an Array: Python numbers of the type and on the device of the other arrays."""
    if type(leaf) in (float, complex):
        dtype = None if like is None else frontend.xp.result_type(like, leaf)
        leaf = frontend.xp.asarray(leaf, dtype=dtype, device=None if like is None else like._device)
    elif keep and backend_of(leaf) is not None:
        leaf = lifted(copied(leaf, lifted(leaf)._device))
    else:
        leaf = lifted(leaf)
    dtype = leaf._device.backend.dtype_of(leaf._data) if isinstance(leaf, Tracked) else None
    if dtype is None or not dtype.is_floating:
        raise _refusal(leaf, name, position, dtype)
    return leaf


def _refusal(leaf: Any, name: str, position: int, dtype: DType | None) -> DTypeError:
    """The error for an argument that has something in it with no derivative."""
    kind = type(leaf).__name__
    came = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" if dtype is None else f"one of {dtype.name}"
    cures = ["close over it" if name in ("vjp", "jvp", "linearize") else "leave it out of argnums"]
    if dtype is not None:
        cures.insert(0, "xnn.astype(x, xnn.float32)")
    elif isinstance(leaf, Number):
        cures.insert(0, f"float({leaf!r})")
    elif any(hasattr(leaf, protocol) for protocol in ("__array__", "__dlpack__", "tobytes")):
        cures.insert(0, "xnn.asarray(x)")
    elif type(leaf).__module__ != "builtins":
        cures.append(f"xnn.register_pytree({kind}, ...)")
    return DTypeError(
        f"{name} differentiates floating-point arrays and floats; argument {position} has {came} in it. "
        f"Cure: {', or '.join(cures)}."
    )


def count_leaves(structure: Structure | None) -> int:
    return 1 if structure is None else sum(map(count_leaves, structure.branches))


def positions_of(name: str, argnums: int | Sequence[int], args: Sequence[Any]) -> tuple[int, ...]:
    """The positions, counted from 0, that `argnums` means."""
    asked = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    try:
        found = tuple(operator.index(i) for i in asked)
    except TypeError:
        raise OptionError(f"{name}: argnums is an int or a tuple of them; got {argnums!r}") from None
    if not found or not all(-len(args) <= i < len(args) for i in found):
        raise OptionError(f"{name}: argnums are positions of the {len(args)} positional arguments; got {argnums!r}")
    found = tuple(i % len(args) for i in found)
    if len(set(found)) < len(found):
        raise OptionError(f"{name}: argnums names each argument once; got {argnums!r}")
    return found
