"""A recorder: it follows raw arrays by their identity through one run of a step, and writes down what is done."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from xnn.array_object import Array
from xnn.autograd.graph import Leaf, Spec, Tracked, mark
from xnn.autograd.operands import copied
from xnn.autograd.reverse import Placed
from xnn_backends import Device, backend_of

from .names import Names, streams
from .objects import alive, flat, frozen, is_scalar, is_still, options_of, users_line
from .values import (
    Call,
    Cell,
    Constant,
    Instruction,
    Load,
    Operand,
    Place,
    Register,
    Residual,
    Same,
    Store,
    Tree,
    Wrapped,
    can_fail_to_fit,
)

ATOMS = frozenset([int, float, bool, complex, str, bytes, type(None), type(...), Spec])


class Recorder:
    """One run of a step in one thread.

    A raw array is known by its identity: as an argument, as what a place held (an Array that was there before, a
    gradient), or as what a recorded call gave. One that enters a call and is not known was made in a way that was not
    seen, and then the step cannot be replayed: `reason` says so, and nothing further is recorded.
    """

    def __init__(self, step: Any, given: Sequence[Any]) -> None:
        self.names = Names(step, given)
        self._options = [(x, options_of(x)) for x in self.names.optimizers]
        self.thread = threading.get_ident()
        self.reason = self.names.reason
        self._streams = streams()
        self.depth = 0  # inside of a call that is recorded as one
        self.age = 0  # how many calls could have changed the world
        self.instructions: list[Instruction] = []
        self.attributes: dict[tuple[int, str], tuple[Any, str, Any]] = {}  # of modules: what each was when it was read
        self.attributes_set: set[tuple[int, str]] = set()  # by the step itself
        self.uses_default_device = False
        self.oldest = mark()
        self._known: dict[int, Register] = {}
        self._held: dict[int, Any] = {}  # a weak reference where there can be one: memory is freed as ever
        self._inputs: set[Register] = set()  # of arguments and places
        self.cells: dict[int, Cell] = {}
        self.guarded: dict[int, tuple[Tracked, Any]] = {}  # Arrays from before, and their leaves
        self.grads: dict[Leaf, bool] = {}  # leaves whose gradient was looked at first: whether there was one
        self._written: set[Leaf] = set()
        self._made: dict[int, Any] = {}  # weak references to the Arrays and generators that were made since
        self._made_inside: dict[int, Any] = {}  # of Arrays, those that a call made which is recorded as one
        self._owners: dict[int, list[Tracked]] = {}  # by the raw arrays that they hold
        self._owners_age = -1

    # ---- whether it records ----

    def is_on(self) -> bool:
        """Whether what happens now is to be written down."""
        return not self.depth and self.reason is None and threading.get_ident() == self.thread

    def refuse(self, why: str) -> None:
        """Give up, as of the line of the user's that is running."""
        if self.reason is None:
            self.reason = why + users_line()

    def made(self, x: Any) -> None:
        """An Array or a generator has come about."""
        kept, key = self._made_inside if self.depth else self._made, id(x)
        kept[key] = weakref.ref(x, lambda _: kept.pop(key, None))

    def is_older(self, x: Any) -> bool:
        """Whether an Array or a generator was there before the step."""
        return id(x) not in self._made and id(x) not in self._made_inside

    # ---- modules ----

    def attribute_read(self, module: Any, name: str, value: Any) -> None:
        """An attribute of a module is looked at: it has to be the same when the program is replayed."""
        if (id(module), name) not in self.attributes_set:
            self.attributes.setdefault((id(module), name), (module, name, frozen(value)))

    # ---- raw arrays ----

    def name(self, value: Any) -> Register:
        """A register for a value that has come about just now."""
        register, key = Register(), id(value)
        self._known[key] = register
        try:
            self._held[key] = weakref.ref(value, lambda _: self._known.pop(key, None))
        except TypeError:
            self._held[key] = value
        return register

    def known(self, value: Any) -> Register | None:
        """The register of a value, or None."""
        return self._known.get(id(value))

    def argument(self, raw: Any) -> Register:
        """The register of an array among the arguments."""
        same = self.known(raw)
        register = self.name(raw)
        self._inputs.add(register)
        if same is not None:
            self.instructions.append(Same(same, register))
        return register

    def register_of(self, raw: Any) -> Register | None:
        """The register of a raw array; gives up for one that nobody has seen."""
        found = self.known(raw)
        if found is not None:
            return found
        owner = self._owner(raw)
        if owner is not None:
            return self.read(owner)
        shape = tuple(getattr(raw, "shape", ()))
        self.refuse(
            f"an array of shape {shape} came from outside of what is recorded: it is no argument, no Array from before "
            "the step, and no result of xnn's functions on these"
        )
        return None

    def _owner(self, raw: Any) -> Tracked | None:
        """The Array from before that holds a raw array, whose other handle was met: as `p.detach()` of a parameter."""
        if self._owners_age != self.age:
            self._owners, self._owners_age = {}, self.age
            for x in alive(Tracked):
                if self.is_older(x):
                    self._owners.setdefault(id(x._data), []).append(x)
        owners = [x for x in self._owners.get(id(raw), ()) if x._data is raw]
        learnt = [x for x in owners if isinstance(x._node, Leaf)]
        chosen = learnt or owners
        return chosen[0] if len(chosen) == 1 else None

    # ---- places ----

    def read(self, x: Tracked) -> Register | None:
        """The register of what an Array holds now."""
        cell = self.cells.get(id(x))
        if cell is None and self.is_older(x):
            node = x._node
            if node is not None and not isinstance(node, Leaf):
                self.refuse("an Array from before the step depends on one that requires a gradient. Cure: x.detach()")
                return None
            cell = self.cells[id(x)] = Cell(Place(x, None, x._device), x)
            self.guarded[id(x)] = (x, node)
        if cell is None:
            return self.register_of(x._data)
        if cell.age != self.age or cell.raw is not x._data:
            if cell.age == self.age and cell.register is not None:  # moved without a word, as a state that is loaded
                register = self.known(x._data)
                if register is None:
                    self.refuse(f"an array of shape {tuple(x._data.shape)} was replaced by one that nobody has seen")
                    return None
                self.instructions.append(Store(cell, register, is_new=False))
                cell.register = register
            else:
                cell.register = self._load(cell, x._data)
            cell.raw, cell.age = x._data, self.age
        elif self.known(x._data) is not cell.register:
            self._known[id(x._data)] = cell.register  # type: ignore[assignment]  # it was read, and so has one
        return cell.register

    def _load(self, cell: Cell, raw: Any) -> Register:
        same = self.known(raw)
        register = self.name(raw)
        self.instructions.append(Load(cell, register))
        if same is not None and same in self._inputs and same is not cell.register:
            self.instructions.append(Same(same, register))
        self._inputs.add(register)
        return register

    def became(self, x: Tracked) -> None:
        """An Array was given another value by an assignment in place."""
        if not self.is_older(x):
            return
        register = self.known(x._data)
        if register is None or not (x._node is None or isinstance(x._node, Leaf)):
            self.refuse(
                "an Array from before the step was changed to one that nobody has seen, or that is on the graph"
            )
            return
        if id(x) not in self.cells:
            self.cells[id(x)] = Cell(Place(x, None, x._device), x)
            self.guarded[id(x)] = (x, x._node)
        cell = self.cells[id(x)]
        if cell.place.owner is not x:
            self.refuse("a gradient, or a buffer that was replaced, is changed in place")
        self.instructions.append(Store(cell, register, is_new=False))
        cell.raw, cell.register, cell.age = x._data, register, self.age

    def buffer_assigned(self, buffers: dict[str, Any], name: str, old: Any, new: Any) -> None:
        """A module's buffer is another Array now."""
        if new is old:
            return
        if not isinstance(old, Array) or not isinstance(new, Array) or new._node is not None:
            self.refuse(f"the buffer {name!r} comes, goes, or is on the graph")
            return
        if self.is_older(new):
            self.refuse(f"the buffer {name!r} is replaced by an Array from before the step")
            return
        register = self.read(new)
        if register is None:
            return
        place = Place(buffers, name, new._device)
        if id(old) in self.cells:
            self.cells[id(old)].place = place  # from now on found by its name
        self.guarded.pop(id(old), None)
        self.instructions.append(Store(Cell(place), register))

    # ---- gradients ----

    def grad_read(self, leaf: Leaf) -> None:
        """The gradient of a leaf is looked at."""
        if leaf.number > self.oldest:
            return
        if leaf not in self._written:
            self.grads.setdefault(leaf, leaf.grad is not None)
        grad = leaf.grad
        if grad is None or id(grad) in self._made:
            return
        cell = self.cells.get(id(grad))
        if cell is None:
            cell = self.cells[id(grad)] = Cell(Place(leaf, "grad", leaf.device), grad)
        if cell.age != self.age:
            cell.register, cell.raw, cell.age = self._load(cell, grad._data), grad._data, self.age

    def grad_written(self, leaf: Leaf, x: Tracked | None = None) -> None:
        """A leaf has another gradient, or none."""
        if leaf.number > self.oldest:
            return
        self._written.add(leaf)
        grad = leaf.grad
        if grad is not None and grad._node is not None:
            self.refuse("a gradient is itself on the graph, which a replay does not make. Cure: xnn.grad in the step")
            return
        register = None if grad is None else self.read(grad)
        if grad is None or register is not None:
            self.instructions.append(Store(Cell(Place(leaf, "grad", leaf.device)), register))
        if x is not None and self.is_older(x):
            self.guarded.setdefault(id(x), (x, x._node))

    # ---- calls ----

    def operand(self, value: Any, is_live: bool = False) -> Operand:
        """A value as a program has it."""
        kind = type(value)
        if kind in ATOMS:
            return Constant(value)
        if kind is Residual:
            return value.register
        if (register := self.known(value)) is not None:
            return register
        if isinstance(value, Tracked):
            if is_live and self.is_older(value):
                return Constant(value)  # the call itself looks what it holds
            found = self.read(value)
            return Constant(None) if found is None else Wrapped(found, value._device)
        if kind in (tuple, list, dict, slice) or (isinstance(value, tuple) and hasattr(kind, "_fields")):
            return self._tree(value, kind, is_live)
        if backend_of(value) is not None or is_scalar(value):
            return self.register_of(value) or Constant(None)
        return Constant(value)

    def _tree(self, value: Any, kind: type, is_live: bool) -> Operand:
        if kind is slice:
            parts: Sequence[Any] = (value.start, value.stop, value.step)
        else:
            parts = tuple(value.values()) if kind is dict else tuple(value)
        branches = tuple(self.operand(part, is_live) for part in parts)
        if all(isinstance(branch, Constant) for branch in branches):
            return Constant(value)
        return Tree(kind, branches, tuple(value) if kind is dict else ())

    def call(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], **options: Any) -> Any:
        """Call a function, as one instruction."""
        is_live = options.get("is_live", False)
        operands = [self.operand(arg, is_live) for arg in args]
        named = {key: self.operand(value, is_live) for key, value in kwargs.items()}
        self.depth += 1
        try:
            out = function(*[arg.value if isinstance(arg, Residual) else arg for arg in args], **kwargs)
            if is_live:
                self._tell_apart()
        finally:
            self.depth -= 1
        normalise = None
        if (found := options.pop("normal", None)) is not None:
            out, normalise = found(out)
        pattern = options.pop("pattern", self.outputs)
        if self.reason is None:
            device = self._device(args, out)
            self.instructions.append(
                Call(function, operands, named, pattern(out), normalise=normalise, device=device, **options)
            )
        if is_live:
            self.age += 1
        return out

    def _tell_apart(self) -> None:
        """Let parameters that an update left alone hold other arrays than graphs from before it, as after any other."""
        for cell in self.cells.values():
            x = cell.handle
            if isinstance(x._node, Leaf) and x._data is cell.raw:
                x._data = copied(x._data, x._device)

    def outputs(self, out: Any) -> Any:
        """Registers for the arrays that a call gave."""
        if isinstance(out, Tracked):
            self.made(out)
            return Wrapped(self.known(out._data) or self.name(out._data), out._device)
        if isinstance(out, (tuple, list)):
            return tuple([self.outputs(part) for part in out])
        return self.name(out) if backend_of(out) is not None or is_scalar(out) or type(out) is Placed else None

    def _device(self, args: Sequence[Any], out: Any) -> Device | None:
        for value in flat([*args, out]):
            backend = backend_of(getattr(value, "_data", value))
            if backend is not None:
                return backend.device_of(getattr(value, "_data", value))
        return None

    # ---- the end ----

    def check_end(self, given: Sequence[Any]) -> None:
        """Look at what is left of the step: nothing may have been kept that a replay would not renew.

        Args:
            given: what it gives back, under handles that nobody else has.
        """
        for x, node in self.guarded.values():
            cell = self.cells.get(id(x))
            if x._node is not node:
                self.refuse("requires_grad of an Array from before the step is changed in it")
            elif cell is not None and cell.age == self.age:
                self.read(x)  # which finds what moved without a word
        for optimizer, options in self._options:
            if not is_still(options_of(optimizer), options):
                self.refuse(
                    "an option of an optimizer is set in the step. Cure: a schedule as its lr, or before the step"
                )
        if streams() != self._streams:
            self.refuse("random numbers of Python or NumPy are drawn. Cure: xnn.random, or an argument")
        if any(hasattr(out, "__next__") for out in given):
            self.refuse("it gives back an iterator, which can be gone through once")
        is_too_late = False
        for instruction in self.instructions:
            if isinstance(instruction, Call) and instruction.is_live:
                is_too_late = True
            elif is_too_late and can_fail_to_fit(instruction):
                self.refuse(
                    "a value decides what is computed after an update, which cannot be taken back: a check of labels, "
                    "or a shape. Cure: another compiled step for what comes after optimizer.step()"
                )
        kept = {id(leaf.grad) for leaf in self._written} | {id(owner[key]) for owner, key in self.buffers()}
        kept |= set(map(id, given))
        if self._outliving(kept):
            gc.collect()  # what hangs in cycles only
            for x in self._outliving(kept):
                self.refuse(
                    f"an Array of shape {tuple(x._data.shape)} that the step makes is kept after it, outside of "
                    "what it gives back, gradients and buffers: a replay would not renew it. Cure: return it"
                )

    def _outliving(self, kept: set[int]) -> list[Tracked]:
        """The Arrays of the step that are still there, but for some."""
        there = [reference() for reference in list(self._made.values())]
        return [x for x in there if isinstance(x, Tracked) and id(x) not in kept]

    def buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        """The buffers, dict and name, to which the step assigns another Array."""
        for instruction in self.instructions:
            if isinstance(instruction, Store) and instruction.is_new and instruction.cell.place.key != "grad":
                assert instruction.cell.place.key is not None
                yield instruction.cell.place.owner, instruction.cell.place.key

    def find_by_name(self) -> None:
        """Let buffers of modules that were looked at be found by their names: another Array may stand there later."""
        for module in {id(module): module for module, _, _ in self.attributes.values()}.values():
            for name, x in module._buffers.items():
                cell = self.cells.get(id(x))
                if cell is not None and cell.place.owner is x:
                    cell.place = Place(module._buffers, name, x._device)
