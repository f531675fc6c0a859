"""`xnn.compile` of the program, or of it and its gradient, against the same as it is written: bit for bit.

Calls with the program's inputs, the same again, others of the same shapes, others of other sizes, and the first again.
Where the step raises an error as it is written, the compiled one raises one of that type, or of a base of it.
"""

import numpy as np

import xnn as xp
from tests.programs.comparison import Failure
from tests.programs.inputs import draw_values
from xnn.autograd.pytree import flatten

TYPES = {"float32": 6, "float64": 3, "complex64": 0.5, "int64": 2, "int32": 1, "bool": 1}
GRADIENT = """
def loss({names}):
    total = xp.zeros(())
    for out in program({names}):
        if xp.isdtype(out.dtype, "real floating"):
            total = total + xp.sum(out * out * 0.5)
    return total


def step({names}):
    return program({names}), xp.grad(loss, argnums={argnums})({names})
"""


def options(number):
    calm = number % 2 == 1
    return {"types": TYPES, "calm": calm, "special": not calm and number % 4 == 0, "refusals": False}


def step_of(program, number):
    """The step: the program, or, for odd numbers, it and a gradient."""
    where = tuple(i for i, x in enumerate(program.inputs) if x.values.dtype.kind == "f")
    if number % 2 == 0 or not where:
        return program.function(xp=xp)
    return program.function(after=GRADIENT.format(names=", ".join(program.names), argnums=where), gives="step", xp=xp)


def calls(program, number):
    """The arguments of each call, as NumPy arrays."""
    rng = np.random.default_rng(number)
    first = program.arrays()
    others = [draw_values(rng, x.shape, x.dtype.name) for x in first]
    sizes = {n: int(rng.integers(1, 6)) for x in first for n in x.shape if n > 1}
    larger = [draw_values(rng, tuple(sizes.get(n, n) for n in x.shape), x.dtype.name) for x in first]
    return [first, first, others, larger, larger, others, first]


def check(program, number=0):
    """Hold a compiled step against the step; raise Failure. What became of it."""
    step = step_of(program, number)
    compiled = xp.compile(step)
    was_compiled = False
    for i, raws in enumerate(calls(program, number)):
        expected, came = outcome(step, raws), outcome(compiled, raws)
        if i == 0 and isinstance(expected, Exception):
            raise Failure(f"raised {type(expected).__name__}", str(expected)) from expected
        if isinstance(expected, Exception) or isinstance(came, Exception):
            # one from inside of a replay is the library's own, of which xnn's is a kind
            if not (isinstance(came, Exception) and isinstance(expected, type(came))):
                raise Failure("error", f"call {i}: {came!r} in the place of {expected!r}")
            continue
        for one, other in zip(came, expected, strict=True):
            if (
                one.dtype != other.dtype
                or one.shape != other.shape
                or not np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
            ):
                raise Failure("value", f"call {i}: {one!r}\nin the place of\n{other!r}")
        was_compiled |= compiled.reason is None
        if compiled.reason is None and not compiled._programs:
            raise Failure("reason", f"call {i} was not recorded, and the step does not say why")
    return "compiled" if was_compiled else "as written"


def outcome(step, raws):
    """All results of a call as NumPy arrays, or the error it raised; the arguments are then what they were."""
    arguments = [xp.asarray(x) for x in raws]
    try:
        found = [np.array(x.detach().numpy()) for x in flatten(step(*arguments))[0]]
    except Exception as error:
        return error
    return found
