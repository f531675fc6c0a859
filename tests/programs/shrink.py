"""A program that fails is cut down, greedily: each cut that leaves it failing stays."""

import warnings
from dataclasses import replace

import numpy as np

from .program import Input, run_numpy

ROUNDS = 6


def shrink(program, fails):
    """The smallest program found that `fails`, which gets a program and says whether it fails in the same way."""
    for _ in range(ROUNDS):
        smaller = program
        for cut in (without_ends, with_inputs_for_statements, without_statements, without_inputs, with_plain_inputs):
            smaller = apply(cut, smaller, fails)
        if smaller is program:
            break
        program = smaller
    return program


def apply(cut, program, fails):
    """Take each candidate of a kind of cut that fails, and go on from there."""
    goes_on = True
    while goes_on:
        goes_on = False
        for candidate in cut(program):
            if fails(candidate):
                program, goes_on = candidate, True
                break
    return program


def without_ends(program):
    """The first half, three quarters, and all but the last."""
    count = len(program.statements)
    for kept in dict.fromkeys((count // 2, 3 * count // 4, count - 1)):
        if 0 < kept < count:
            yield program.with_statements(program.statements[:kept])


def without_statements(program):
    """Without a statement whose variable nobody reads, or which changes one."""
    for i in reversed(range(len(program.statements))):
        cut = program.statements[i]
        rest = program.statements[:i] + program.statements[i + 1 :]
        if rest and (cut.in_place or cut.refused or all(cut.name not in s.reads for s in rest)):
            yield program.with_statements(rest)


def with_inputs_for_statements(program):
    """An input of the same value in the place of a variable, from where it is last changed."""
    for i in reversed(range(len(program.statements) - 1)):
        name = program.statements[i].name
        if name in program.names:
            continue
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                head = program.with_statements(program.statements[: i + 1])
                value = run_numpy(head, program.arrays())[name]
        except Exception:
            continue
        before = [s for s in program.statements[:i] if s.name != name]
        if any(name in s.reads for s in before):
            continue  # they would see a later value
        inputs = (*program.inputs, Input(name, np.array(value)))
        yield replace(program, inputs=inputs, statements=(*before, *program.statements[i + 1 :]))


def without_inputs(program):
    """Without an input that no statement reads."""
    for x in program.inputs:
        rest = tuple(y for y in program.inputs if y is not x)
        if rest and all(x.name not in s.reads for s in program.statements):
            yield replace(program, inputs=rest)


def with_plain_inputs(program):
    """An input in ordinary memory; of short, and of plain values, which differ from each other, as ties are kinks."""
    for i, x in enumerate(program.inputs):
        values = np.array(x.array(), order="C")
        plain = np.asarray(1 + np.arange(values.size).reshape(values.shape) / 8, values.dtype)
        candidates = [values, plain]
        if values.dtype.kind in "fc":
            candidates.insert(1, np.asarray(np.where(np.isfinite(values), np.round(values, 1), 1), values.dtype))
        for other in candidates:
            if x.memory != "{}" or (other.tobytes() != x.values.tobytes() and x.values.tobytes() != plain.tobytes()):
                yield replace(program, inputs=(*program.inputs[:i], Input(x.name, other), *program.inputs[i + 1 :]))
