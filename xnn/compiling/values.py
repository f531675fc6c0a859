"""What a program is written in: registers, places that are read anew at each call, and instructions on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xnn_backends import Device


class Register:
    """The name of a value that an instruction makes: a raw array, or what else goes from one to another."""

    __slots__ = ("__weakref__",)


class Residual:
    """What a kernel keeps for its derivative, with its register: it is private to the kernel, and may be anything."""

    __slots__ = ("register", "value")

    def __init__(self, value: Any, register: Register) -> None:
        self.value = value
        self.register = register


@dataclass(frozen=True, slots=True)
class Constant:
    """What is the same at each call: an option, a shape, an object whose state is read when it is used."""

    value: Any


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An Array around a register."""

    register: Register
    device: Device


@dataclass(frozen=True, slots=True)
class Tree:
    """A tuple, list, dict or slice with registers somewhere in it."""

    kind: type
    branches: tuple[Operand, ...]
    keys: tuple[Any, ...] = ()


Operand = Register | Constant | Wrapped | Tree


@dataclass(frozen=True, slots=True)
class Place:
    """Where a raw array is found: `owner._data`, `owner[key]._data` of a module's buffers, or `owner.grad._data`."""

    owner: Any
    key: str | None
    device: Device


@dataclass(slots=True)
class Cell:
    """An Array that was there before the step, by its place, which a module's assignment tells later.

    It is kept, so that no other Array gets its identity.
    """

    place: Place
    handle: Any = None
    raw: Any = None
    register: Register | None = None
    age: int = -1  # how often the world may have changed when it was read last


@dataclass(slots=True)
class Load:
    """Read a place."""

    cell: Cell
    out: Register


@dataclass(slots=True)
class Store:
    """Write to a place: another raw array into the Array there, or another Array; None: no gradient."""

    cell: Cell
    value: Register | None
    is_new: bool = True  # another Array


@dataclass(slots=True)
class Same:
    """Two places that held one array when the step was recorded still do."""

    one: Register
    other: Register


@dataclass(slots=True)
class Call:
    """Call a function.

    Attributes:
        function: what is called.
        args, kwargs: with what.
        out: registers for what it gives: one, None for what is not looked at, or a tuple of these; a Wrapped for an
            Array, whose raw one is meant.
        normalise: what makes an array of a scalar that the library gave in the place of one.
        device: the one to be current meanwhile; None where that does not matter.
        is_pure: whether it may be left out where nobody looks at what it gives.
        expects: the value that it gives; another one means that the program does not fit. None: not looked at.
        shapes: registers whose shapes depend on values, and what these are to be.
        generator: what it draws from, whose position is put back where a program turns out not to fit.
        is_live: whether it changes parameters and the like itself, which cannot be taken back.
        is_rule: whether it is a function of a primitive, which writes to nothing that it is given.
        made: the array that it gives, if that is the same each time, as zeros of a shape; None otherwise.
    """

    function: Callable[..., Any]
    args: Sequence[Operand]
    kwargs: dict[str, Operand] = field(default_factory=dict)
    out: Any = None
    normalise: Callable[[Any], Any] | None = None
    device: Device | None = None
    is_pure: bool = True
    expects: Constant | None = None
    shapes: tuple[tuple[Register, Any], ...] = ()
    generator: Any = None
    is_live: bool = False
    is_rule: bool = False
    made: Any = None


Instruction = Load | Store | Same | Call


def can_fail_to_fit(instruction: Instruction) -> bool:
    """Whether it may find that the program does not fit."""
    if isinstance(instruction, Call):
        return instruction.expects is not None or bool(instruction.shapes)
    return isinstance(instruction, Same)


def replaced(operand: Any, constants: Mapping[Register, Any]) -> Any:
    """An operand with constants in the place of some registers."""
    if isinstance(operand, Register):
        return Constant(constants[operand]) if operand in constants else operand
    if isinstance(operand, Tree):
        return Tree(operand.kind, tuple(replaced(branch, constants) for branch in operand.branches), operand.keys)
    return operand


def registers_in(operand: Any) -> list[Register]:
    """The registers of an operand or of the outputs of a call, in order."""
    if isinstance(operand, Register):
        return [operand]
    if isinstance(operand, Wrapped):
        return [operand.register]
    if isinstance(operand, Tree):
        return [r for branch in operand.branches for r in registers_in(branch)]
    if isinstance(operand, tuple):
        return [r for part in operand for r in registers_in(part)]
    return []


def reads(instruction: Instruction) -> list[Register]:
    """The registers that an instruction needs."""
    if isinstance(instruction, Call):
        return [r for operand in (*instruction.args, *instruction.kwargs.values()) for r in registers_in(operand)]
    if isinstance(instruction, Same):
        return [instruction.one, instruction.other]
    return [instruction.value] if isinstance(instruction, Store) and instruction.value is not None else []


def writes(instruction: Instruction) -> list[Register]:
    """The registers that an instruction makes."""
    if isinstance(instruction, Load):
        return [instruction.out]
    return registers_in(instruction.out) if isinstance(instruction, Call) else []
