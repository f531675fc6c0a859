"""The text of a program: a line of Python for each instruction, and the objects that its names stand for."""

from __future__ import annotations

from typing import Any

from xnn.array_object import Array

from .values import Call, Constant, Instruction, Load, Place, Register, Same, Store, Tree, Wrapped


class Missed:
    """What a program gives that does not fit the call; nothing has happened then."""


MISSED = Missed()


class Writer:
    """Lines of Python, and the objects that the names in them stand for."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"Array": Array, "MISSED": MISSED}
        self.lines: list[str] = []
        self._of_objects: dict[int, str] = {}
        self._registers: dict[Register, str] = {}
        self._undo: list[str] = []
        self._saved: set[str] = set()

    def object(self, value: Any) -> str:
        """The name of a constant."""
        return repr(value) if type(value) in (int, bool, type(None)) else self.named(value)

    def named(self, value: Any) -> str:
        """The name of an object, whatever it is."""
        if id(value) not in self._of_objects:
            self._of_objects[id(value)] = name = f"k{len(self.names)}"
            self.names[name] = value  # which keeps it, and so its identity
        return self._of_objects[id(value)]

    def register(self, register: Register) -> str:
        """The variable of a register."""
        return self._registers.setdefault(register, f"r{len(self._registers)}")

    def operand(self, operand: Any) -> str:
        """An operand."""
        if isinstance(operand, Register):
            return self.register(operand)
        if isinstance(operand, Constant):
            return self.object(operand.value)
        if isinstance(operand, Wrapped):
            return f"Array({self.register(operand.register)}, {self.object(operand.device)})"
        assert isinstance(operand, Tree)
        parts = [self.operand(branch) for branch in operand.branches]
        if operand.kind is dict:
            inside = ", ".join(f"{self.object(key)}: {part}" for key, part in zip(operand.keys, parts, strict=True))
            return f"{{{inside}}}"
        inside = "".join(f"{part}, " for part in parts)
        if operand.kind in (list, tuple):
            return f"[{inside}]" if operand.kind is list else f"({inside})"
        return f"{self.object(operand.kind)}({inside})"

    def place(self, place: Place) -> str:
        """The Array at a place."""
        owner = self.object(place.owner)
        if place.key is None:
            return owner
        return f"{owner}.grad" if place.key == "grad" else f"{owner}[{place.key!r}]"

    def require_not(self, condition: str) -> None:
        """Go back and give up where a condition holds."""
        self.lines += [f"if {condition}:", *(f"    {line}" for line in self._undo), "    return MISSED"]

    def forget(self) -> None:
        """Let go of what was remembered for that: from here on the program fits."""
        if self._undo:
            self.lines.append("del " + ", ".join(f"u{i}" for i in range(len(self._undo))))

    def write(self, instruction: Instruction, can_miss: bool) -> None:
        """One instruction; `can_miss`: a later one may find that the program does not fit."""
        if isinstance(instruction, Load):
            self.lines.append(f"{self.register(instruction.out)} = {self.place(instruction.cell.place)}._data")
        elif isinstance(instruction, Same):
            self.require_not(f"{self.register(instruction.one)} is not {self.register(instruction.other)}")
        elif isinstance(instruction, Store):
            self._store(instruction, can_miss)
        else:
            self._call(instruction, can_miss)

    def _store(self, store: Store, can_miss: bool) -> None:
        place = self.place(store.cell.place) + ("" if store.is_new else "._data")
        if can_miss:
            self._save(place)
        value = "None" if store.value is None else self.register(store.value)
        if store.value is not None and store.is_new:
            value = f"Array({value}, {self.object(store.cell.place.device)})"
        self.lines.append(f"{place} = {value}")

    def _save(self, place: str) -> None:
        """Remember what is there, to be put back if the program turns out not to fit."""
        if place not in self._saved:
            self._saved.add(place)
            name = f"u{len(self._undo)}"
            self.lines.append(f"{name} = {place}")
            self._undo.append(f"{place} = {name}")

    def _call(self, call: Call, can_miss: bool) -> None:
        if call.generator is not None and can_miss:
            stream = self.object(call.generator)
            self._save(f"{stream}.seed, {stream}.block")
        args = [self.operand(arg) for arg in call.args]
        args += [f"{key}={self.operand(value)}" for key, value in call.kwargs.items()]
        text = f"{self.object(call.function)}({', '.join(args)})"
        if call.normalise is not None:
            text = f"{self.object(call.normalise)}({text})"
        after: list[str] = []
        target = self._target(call.out, after) if call.expects is None else "found"
        self.lines += [f"{target} = {text}" if target else text, *after]
        if call.expects is not None:
            self.require_not(f"found != {self.object(call.expects.value)}")
        for register, shape in call.shapes:
            self.require_not(f"{self.register(register)}.shape != {self.object(shape)}")

    def _target(self, out: Any, after: list[str]) -> str:
        if isinstance(out, Wrapped):
            name = self.register(out.register)
            after.append(f"{name} = {name}._data")
            return name
        if isinstance(out, Register):
            return self.register(out)
        if isinstance(out, tuple) and out:
            return "".join(["(", *(f"{self._target(part, after) or '_'}, " for part in out), ")"])
        return ""
