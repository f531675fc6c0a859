"""Random programs: statements are drawn one by one, and run with NumPy, which tells the shapes, types and values."""

import warnings
import zlib

import numpy as np

from . import promotion
from .inputs import TYPES, draw_input, weighted
from .program import Program, Statement, step_numpy
from .statements import TABLE

REFUSALS = (ValueError, TypeError, IndexError, OverflowError, np.linalg.LinAlgError)
LARGEST = 600  # elements of a variable


class Draft:
    """A program that is being drawn, with the values that NumPy gave its variables.

    `calm`: finite values of moderate size, as gradients need, and no input but of `types`.
    """

    def __init__(
        self, rng, types, calm=False, special=False, default="float32", refusals=True, dimensions=6, odd_memory=True
    ):
        self.rng, self.types, self.calm, self.special = rng, types, calm, special
        self.default, self.refusals, self.dimensions, self.odd_memory = default, refusals, dimensions, odd_memory
        self.inputs, self.statements, self.variables = [], [], {}

    def chance(self, p):
        return self.rng.random() < p

    def choice(self, options):
        return options[self.rng.integers(len(options))]

    def integer(self, low, high):
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def value(self, name):
        return self.variables[name]

    def dtype(self, name):
        return self.variables[name].dtype

    def shape(self, name):
        return self.variables[name].shape

    def pick(self, kinds="biufc", test=None):
        """The name of a variable of some kinds of types, mostly a late one; None if there is none."""
        found = [n for n, x in self.variables.items() if x.dtype.kind in kinds and (test is None or test(x))]
        if not found:
            return None
        weights = 1.5 ** np.arange(len(found))
        return found[self.rng.choice(len(found), p=weights / weights.sum())]

    def pick_beside(self, name, kinds="biufc", test=None):
        """A variable that broadcasts with another one; now and then, where errors are wanted, one that does not."""
        shape, wanted = self.shape(name), not (self.refusals and self.chance(0.04))
        return self.pick(kinds, lambda x: broadcast(shape, x.shape) is wanted and (test is None or test(x)))

    def cast(self, name, dtype):
        """NumPy's text of a variable as an operand of some type."""
        return name if self.dtype(name) == dtype else f"{name}.astype({np.dtype(dtype).name!r})"

    def together(self, names):
        """NumPy's text of variables as operands of their common type; None where they have none."""
        dtype = promotion.together([self.dtype(n) for n in names])
        return None if dtype is None else [self.cast(n, dtype) for n in names]

    def floating(self, names):
        """The same where the result is floating."""
        dtype = promotion.together([self.dtype(n) for n in names])
        dtype = None if dtype is None else promotion.made_floating(dtype, self.default)
        return None if dtype is None else [self.cast(n, dtype) for n in names]

    def new_name(self):
        return f"v{len(self.inputs) + sum(not s.in_place for s in self.statements)}"

    def add_input(self):
        others = [x.shape for x in self.variables.values()]
        dtype = weighted(self.rng, self.types)
        drawn = draw_input(self.rng, self.new_name(), dtype, others, self.special, self.dimensions, self.odd_memory)
        self._append_input(drawn)
        return drawn.name

    def _append_input(self, drawn):
        self.inputs.append(drawn)
        self.variables[drawn.name] = drawn.array()

    def add(self, statement):
        """Append a statement, if NumPy runs it and its value will do. Whether the program goes on."""
        before = dict(self.variables)
        try:
            value = step_numpy(statement, self.variables)
        except REFUSALS:
            self.variables = before
            if self.refusals and self.chance(0.6):
                self.statements.append(Statement(**{**vars(statement), "refused": True}))
                return False
            return True
        if (
            value.dtype.name in TYPES
            and value.size <= LARGEST
            and value.ndim <= self.dimensions
            and self._will_do(value)
        ):
            self.statements.append(statement)
        else:
            self.variables = before
        return True

    def _will_do(self, value):
        if not self.calm or value.dtype.kind in "biu":
            return not self.calm or not value.size or np.abs(value.astype("f8")).max() < 1e6
        return bool(np.all(np.isfinite(value))) and np.abs(value).max(initial=0) < 1e3

    def program(self, number=""):
        return Program(tuple(self.inputs), tuple(self.statements), self.default, number)


def broadcast(*shapes):
    """Whether shapes broadcast."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def draw(kind, seed, number, **options):
    """The program of a kind that has this number under a seed: the same on each machine."""
    rng = np.random.default_rng([zlib.crc32(kind.encode()), seed, number])
    draft = Draft(rng, **options)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(int(rng.integers(1, 4))):
            draft.add_input()
        wanted = int(rng.integers(3, 16))
        for _ in range(4 * wanted):
            if len(draft.statements) >= wanted:
                break
            drawn = weighted(rng, TABLE)(draft)
            if drawn and not draft.add(drawn):
                break
    return draft.program(f"{kind} {seed}/{number}")
