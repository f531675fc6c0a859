"""Each statement against NumPy on the same operands: values, types, errors; and that nothing else has changed.

NumPy runs a statement on copies of what xnn's variables were when they were made. So errors do not add up along a
program, and the tolerance is that of one statement; that a variable changed later, through shared memory, is seen at
the end.
"""

import numpy as np

import xnn as xp
from tests.programs.comparison import Failure, agree
from tests.programs.inputs import TYPES
from tests.programs.program import step, step_numpy

EXPECTED = (xp.XnnError, ValueError, TypeError, IndexError, OverflowError, np.linalg.LinAlgError)


def options(number):
    """How the program of a number is drawn."""
    return {
        "types": TYPES,
        "special": number % 4 == 0,
        "calm": False,
        "default": "float64" if number % 5 == 0 else "float32",
    }


def check(program, number=0, device="numpy:cpu"):
    """Hold a program against NumPy; raise Failure. "checked" or why it was not."""
    with xp.use_device(device):
        raws = program.arrays()
        copy = None if number % 2 or device != "numpy:cpu" else False  # the memory as it is, odd as it may be
        arrays = [xp.asarray(x, device=device, copy=copy) for x in raws]
        variables = dict(zip(program.names, arrays, strict=True))
        copies = {name: np.array(x) for name, x in zip(program.names, raws, strict=True)}
        for statement in program.statements:
            run(statement, variables, copies)
        for name, x in variables.items():
            if not np.array_equal(x.numpy(), copies[name], equal_nan=x.dtype.is_floating):
                raise Failure("changed", f"{name} is {x}; it was {copies[name]!r} when it was made")
    for one, other in zip(raws, program.arrays(), strict=True):
        if one.tobytes() != other.tobytes():
            raise Failure("changed", f"an input, from {other!r} to {one!r}")
    return "checked"


def run(statement, variables, copies):
    """One statement of both; `variables` and `copies` get what it made."""
    try:
        found = step(statement.text, {"xp": xp}, variables)[statement.name]
    except EXPECTED as error:
        if statement.refused:
            return
        raise Failure(f"raised {type(error).__name__}", f"{statement.text}: {error}") from error
    except Exception as error:
        raise Failure(f"raised {type(error).__name__}", f"{statement.text}: {error}") from error
    if statement.refused:
        raise Failure("not refused", f"{statement.text} gave {found}; NumPy raises an error")
    if not isinstance(found, xp.Array):
        raise Failure("kind", f"{statement.text} gave {type(found).__name__}, no Array")
    before = dict(copies)
    expected = step_numpy(statement, copies)

    def again(nudge):
        return step_numpy(statement, {name: nudge(x) if name in statement.reads else x for name, x in before.items()})

    came = np.array(found.numpy())
    try:
        agree("value", came, expected, again)
    except Failure as failure:
        raise Failure(failure.what, f"{statement.text}: {failure}") from None
    variables[statement.name], copies[statement.name] = found, came
