"""A program: inputs and statements, as text for xnn, and as text for NumPy."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from scipy import special


@dataclass(frozen=True, eq=False)
class Input:
    """An array in some memory: `values`, and the text of what is done to them, "{}[::-1]"."""

    name: str
    values: Any
    memory: str = "{}"

    def array(self):
        """A new array."""
        found = eval(self.memory.format("values"), {"np": np, "values": self.values.copy()})
        found.flags.writeable = False  # so that a write to an operand is an error
        return found

    def code(self):
        text = f"np.asarray({self.values.tolist()}, dtype={self.values.dtype.name!r}).reshape({self.values.shape})"
        return f"{self.name} = {self.memory.format(text)}"


@dataclass(frozen=True)
class Statement:
    """One statement, which binds or changes the variable `name`; `numpy` says the same with NumPy's own promotion.

    In-place ones have `name` among what they read.
    """

    name: str
    text: str
    numpy: str
    reads: tuple[str, ...]
    refused: bool = False  # NumPy raises an error
    without_torch: bool = False  # PyTorch has another meaning for it, or none

    @property
    def in_place(self):
        return self.name in self.reads

    @property
    def torch(self):
        """The same for PyTorch: on a copy, where it changes a tensor: views of that one do not follow in xnn."""
        if self.without_torch:
            return "raise NotImplementedError"
        return f"{self.name} = copied({self.name})\n{self.text}" if self.in_place else self.text


@dataclass(frozen=True, eq=False)
class Program:
    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]
    default: str = "float32"  # the default data type it runs under
    number: str = ""  # what it was drawn by

    @property
    def outputs(self):
        """What it gives: each variable that no later statement reads."""
        names = dict.fromkeys(s.name for s in self.statements if not s.refused)
        last = {s.name: i for i, s in enumerate(self.statements)}
        read = {n for i, s in enumerate(self.statements) for n in s.reads if i > last.get(n, -1)}
        return tuple(n for n in names if n not in read) or tuple(names)[-1:] or (self.inputs[0].name,)

    @property
    def names(self):
        return [x.name for x in self.inputs]

    def body(self, which="text"):
        """The text of a function of the inputs."""
        lines = [line for s in self.statements for line in getattr(s, which).splitlines()]
        lines = [*lines, f"return {', '.join(self.outputs)},"]
        return f"def program({', '.join(self.names)}):\n    " + "\n    ".join(lines) + "\n"

    def code(self):
        """The program as a person would write it."""
        head = "import numpy as np\nfrom numpy import inf, nan\n\nimport xnn as xp\n\n"
        head += f"xp.set_default_dtype({self.default!r})\n" if self.default != "float32" else ""
        inputs = "\n".join(x.code() for x in self.inputs)
        call = f"print(program({', '.join(f'xp.asarray({name})' for name in self.names)}))"
        return f"{head}\n{self.body()}\n\n{inputs}\n{call}\n"

    def arrays(self):
        return [x.array() for x in self.inputs]

    def function(self, which="text", after="", gives="program", **names):
        """The function of the inputs, with what it knows by name; or another, of the text `after`, which calls it."""
        scope = dict(names)
        exec(compiled(self.body(which) + after), scope)
        return scope[gives]

    def with_statements(self, statements):
        return replace(self, statements=tuple(statements))


@cache
def _cached(text):
    return compile(text, "<program>", "exec")


def compiled(text):
    """The code of a text, kept for a while."""
    if _cached.cache_info().currsize > 5000:
        _cached.cache_clear()
    return _cached(text)


def copied(x):
    """An array of its own, in the place of what a statement changes: handles of others do not follow."""
    return np.array(x)


ORACLE = {"np": np, "xp": np, "special": special, "copied": copied}


def step_numpy(statement, variables):
    """Run a statement with NumPy on a dict of arrays; the new array of its variable."""
    variables[statement.name] = np.asarray(step(statement.numpy, ORACLE, variables)[statement.name])
    return variables[statement.name]


def step(text, scope, variables):
    """What names stand for after a text was run; the dict of variables stays as it is."""
    found = dict(variables)
    exec(compiled(text), scope, found)
    return found


def run_numpy(program, arrays):
    """All variables after NumPy has run the program, by name."""
    variables = dict(zip(program.names, arrays, strict=True))
    for statement in program.statements:
        if not statement.refused:
            step_numpy(statement, variables)
    return variables
