"""A program: what a recorder wrote down, as one Python function with a local variable for each register.

Python's own variables are the fastest registers that there are. A variable is deleted after its last use, so memory is
freed where a step frees it, or before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xnn.autograd.graph import Node, Tracked
from xnn.autograd.primitive import Primitive
from xnn.autograd.pytree import Structure, unflatten
from xnn.random import Generator, leaves_replays
from xnn_backends import Device

from .arguments import Signature, is_same, raw_leaf
from .guards import world
from .recorder import Recorder
from .text import Writer
from .values import Call, Instruction, Load, Register, can_fail_to_fit, reads, replaced, writes

Program = Callable[[tuple[Any, ...], dict[str, Any]], Any]  # of the arguments; gives MISSED where it does not fit


def program(
    signature: Signature,
    arguments: Sequence[Register],
    recorder: Recorder,
    outs: Sequence[Any],
    structure: Structure | None,
) -> Program:
    """The program of a step that was recorded.

    Args:
        signature: of the arguments.
        arguments: the registers of the arrays among them.
        recorder: what has recorded the step.
        outs: the leaves of what the step gives.
        structure: the structure of that.
    """
    writer = Writer()
    recorder.find_by_name()
    _write_arguments(signature, [writer.register(register) for register in arguments], writer)
    for condition in world(recorder, writer):
        writer.require_not(condition)
    registers = [
        None if isinstance(out, Tracked) and recorder.is_older(out) else recorder.known(raw_leaf(out)) for out in outs
    ]
    instructions = without_unused(settled(recorder.instructions, set(registers)), set(registers))
    _write_body(instructions, set(registers), writer)
    given = [
        _older(out, recorder, writer) if register is None else _given(out, writer.register(register), writer)
        for out, register in zip(outs, registers, strict=True)
    ]
    writer.lines.append(f"return {_tree(structure, iter(given), writer)}")
    text = "\n".join(["def replay(args, kwargs):", *("    " + line for line in writer.lines)])
    exec(compile(text, "<a program of xnn.compile>", "exec"), writer.names)
    replay: Program = writer.names["replay"]
    if any(isinstance(x, Call) and x.function is Generator._go_back for x in instructions):
        replay = leaves_replays(replay)
    devices = _devices(recorder.instructions) or _devices(recorder.instructions, needs_scope=False)
    return _scoped(replay, devices[0]) if len(devices) == 1 else replay


def _write_arguments(signature: Signature, raws: Sequence[str], writer: Writer) -> None:
    """From `args` and `kwargs` the raw arrays, if all is as in the signature."""
    if not signature.is_flat:
        writer.lines.append(f"raws = {writer.object(signature.matched)}(args, kwargs)")
        writer.require_not("raws is None")
        writer.lines.append("".join(f"{raw}, " for raw in raws) + "= raws" if raws else "")
        return
    writer.require_not(f"kwargs or len(args) != {len(signature.leaves)}")
    names = [f"a{i}" for i in range(len(signature.leaves))]
    if names:
        writer.lines.append("".join(f"{name}, " for name in names) + "= args")
    left = iter(raws)
    for name, kind, old in zip(names, signature.kinds, signature.leaves, strict=True):
        if kind is None:
            writer.require_not(f"not {writer.object(is_same)}({name}, {writer.object(old)})")
            continue
        raw = next(left)
        if kind.is_array:
            device = writer.object(kind.device)
            writer.require_not(
                f"type({name}) is not Array or {name}._node is not None or {name}._device is not {device}"
            )
        writer.lines.append(f"{raw} = {name}._data" if kind.is_array else f"{raw} = {name}")
        dtype, shape = writer.object(kind.dtype), writer.object(kind.shape)
        writer.require_not(f"type({raw}) is not {writer.object(kind.library_type)} or {raw}.shape != {shape}")
        writer.require_not(f"{raw}.dtype is not {dtype} and {raw}.dtype != {dtype}")


def _write_body(instructions: Sequence[Instruction], outputs: set[Register | None], writer: Writer) -> None:
    last: dict[Register, int] = {}
    for i, instruction in enumerate(instructions):
        for register in (*writes(instruction), *reads(instruction)):
            last[register] = i
    misses = [i for i, x in enumerate(instructions) if can_fail_to_fit(x)]
    devices = _devices(instructions)
    for i, instruction in enumerate(instructions):
        before = len(writer.lines)
        writer.write(instruction, bool(misses) and i < misses[-1])
        if len(devices) > 1 and isinstance(instruction, Call) and instruction.device in devices:
            scope = f"with {writer.object(instruction.device.scope)}():"
            writer.lines[before:] = [scope, *("    " + line for line in writer.lines[before:])]
        if misses and i == misses[-1]:
            writer.forget()
        ends = dict.fromkeys(
            r for r in (*reads(instruction), *writes(instruction)) if last[r] == i and r not in outputs
        )
        if ends:
            writer.lines.append("del " + ", ".join(map(writer.register, ends)))


def settled(instructions: Sequence[Instruction], outputs: set[Register | None]) -> list[Instruction]:
    """The instructions, with arrays that are the same each time as constants where only primitives read them."""
    made = {x.out: x.made for x in instructions if isinstance(x, Call) and x.made is not None and x.out not in outputs}
    for instruction in instructions:
        if not (isinstance(instruction, Call) and instruction.is_rule):
            for register in reads(instruction):
                made.pop(register, None)
    for instruction in instructions:
        if isinstance(instruction, Call) and made:
            instruction.args = [replaced(arg, made) for arg in instruction.args]
            instruction.kwargs = {key: replaced(arg, made) for key, arg in instruction.kwargs.items()}
    return [x for x in instructions if not (isinstance(x, Call) and isinstance(x.out, Register) and x.out in made)]


def without_unused(instructions: Sequence[Instruction], outputs: set[Register | None]) -> list[Instruction]:
    """The instructions whose results somebody looks at, or which do more than to give a result."""
    needed, kept = set(outputs), []
    for instruction in reversed(instructions):
        is_free = isinstance(instruction, Load) or (
            isinstance(instruction, Call) and instruction.is_pure and not instruction.shapes
        )
        if not is_free or needed.intersection(writes(instruction)):
            needed.update(reads(instruction))
            kept.append(instruction)
    return kept[::-1]


def _devices(instructions: Sequence[Instruction], needs_scope: bool = True) -> list[Device]:
    """The devices that have to be current for their instructions; or those that have not."""
    found = (x.device for x in instructions if isinstance(x, Call))
    return list(dict.fromkeys(device for device in found if device is not None and device.needs_scope == needs_scope))


def _scoped(replay: Program, device: Device) -> Program:
    def scoped(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with device.computing():
            return replay(args, kwargs)

    return scoped


# ---- what it gives ----


def _older(out: Any, recorder: Recorder, writer: Writer) -> str:
    """An output from before the step: itself, or the gradient or the buffer that stands in its place now."""
    cell = recorder.cells.get(id(out))
    return writer.object(out) if cell is None else writer.place(cell.place)


def _given(out: Any, raw: str, writer: Writer) -> str:
    """An output: an Array, on a graph that was used up if it was so when the step was recorded, or a raw array."""
    if not isinstance(out, Tracked):
        return raw
    node = "" if out._node is None else f", {writer.object(_used_up(out._device))}"
    return f"Array({raw}, {writer.object(out._device)}{node})"


def _used_up(device: Device) -> Node:
    """A node whose graph the step's own backward pass used up."""
    node = Node(_GONE, device, (), (), None, {})
    node.free()
    return node


def _gone(xp: Any, x: Any, /) -> Any:
    """What is left of a graph that a backward pass used up."""
    return x


_GONE: Primitive[..., Any] = Primitive(_gone)


def _tree(structure: Structure | None, leaves: Any, writer: Writer) -> str:
    """The text of a pytree."""
    if structure is None:
        return str(next(leaves))
    if structure.kind is type(None):
        return "None"
    if structure.kind in (tuple, list, dict):
        parts = [_tree(branch, leaves, writer) for branch in structure.branches]
        if structure.kind is dict:
            items = zip(structure.context[0], parts, strict=True)
            return f"{{{', '.join(f'{writer.object(key)}: {part}' for key, part in items)}}}"
        inside = "".join(f"{part}, " for part in parts)
        return f"({inside})" if structure.kind is tuple else f"[{inside}]"
    count = _leaf_count(structure)
    inside = "".join(f"{next(leaves)}, " for _ in range(count))
    return f"{writer.object(unflatten)}({writer.object(structure)}, ({inside}))"


def _leaf_count(structure: Structure | None) -> int:
    return 1 if structure is None else sum(map(_leaf_count, structure.branches))
