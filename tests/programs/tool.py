"""Programs by kind and number: drawn, checked, shrunk where they fail, and told."""

import importlib
import warnings

import numpy as np

import xnn as xp

from .comparison import Failure
from .generator import draw
from .shrink import shrink

KINDS = ("eager", "gradients", "compiled", "cupy")


def module(kind):
    return importlib.import_module(f"tests.programs.kinds.{kind}")


def prepare(kind, on_gpu=False):
    """Before the first program of a kind, in a process without pytest; a reason why it cannot run, or None."""
    if kind != "cupy" or on_gpu:
        return None
    from tests import cuda_emulation

    reason = cuda_emulation.unavailable()
    if reason is None and not cuda_emulation.installed():
        cuda_emulation.install(devices=1)
    return reason


def drawn(kind, seed, number):
    return draw(kind, seed, number, **module(kind).options(number))


def failure_of(kind, program, number, outcomes=None):
    """The Failure of a program, or None; `outcomes` counts what was done with it."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            xp.set_default_dtype(program.default)
            with xp.use_device("numpy:cpu"):
                outcome = module(kind).check(program, number)
        except Failure as failure:
            return failure
        except Exception as error:
            failure = Failure(f"error {type(error).__name__}", str(error))
            failure.__cause__ = error
            return failure
        finally:
            xp.set_default_dtype("float32")
        if outcomes is not None:
            outcomes[outcome] += 1
    return None


def smallest(kind, program, number, failure):
    """The program cut down to what still fails in the same way."""

    def fails(candidate):
        found = failure_of(kind, candidate, number)
        return found is not None and found.what == failure.what

    return shrink(program, fails)


def report(kind, program, number, failure, shrinks=True):
    """What a person reads of a program that fails."""
    head = f"---- {program.number} ({kind}): {failure}"
    if not shrinks:
        return head
    small = smallest(kind, program, number, failure)
    again = failure_of(kind, small, number)
    return f"{head}\n\ncut down to, where {again}\n\n{small.code()}"
