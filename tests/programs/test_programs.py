"""A sample of the random programs of each kind; and that the tool finds faults, and cuts programs down to them."""

import collections
import subprocess
import sys

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.oracle import torch
from xnn.ops import activation, elementwise, manipulation, rectifier, trigonometric
from xnn_backends import DeviceError, find_device

if optional.why_missing("scipy"):
    optional.require("scipy")

from tests.programs import __main__ as command
from tests.programs import tool

SEED = 10
COUNTS = {"eager": 250, "gradients": 100, "compiled": 40, "cupy": 6}


def require(kind):
    try:
        find_device("cupy:cuda:0" if kind == "cupy" else "numpy:cpu")
    except DeviceError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("kind", tool.KINDS)
def test_a_sample(kind):
    require(kind)
    for number in range(COUNTS[kind]):
        program = tool.drawn(kind, SEED, number)
        failure = tool.failure_of(kind, program, number)
        assert failure is None, tool.report(kind, program, number, failure)


def test_a_number_is_one_program():
    for kind in tool.KINDS:
        assert tool.drawn(kind, 1, 2).code() == tool.drawn(kind, 1, 2).code()
    assert len({tool.drawn("eager", seed, number).code() for seed in range(3) for number in range(3)}) == 9


def test_most_programs_are_looked_at():
    """What an oracle leaves out (kinks, no floating result) is the smaller part; PyTorch runs many; most compile."""
    for kind, wanted, least in (
        ("gradients", "checked", 0.75),
        ("gradients", "PyTorch", 0.3),
        ("compiled", "compiled", 0.7),
    ):
        if wanted == "PyTorch" and not hasattr(torch, "__version__"):
            continue
        outcomes = collections.Counter()
        for number in range(40):
            tool.failure_of(kind, tool.drawn(kind, SEED, number), number, outcomes)
        assert sum(count for outcome, count in outcomes.items() if wanted in outcome) >= least * 40, outcomes


def test_programs_are_varied():
    """Every statement of the table is drawn, and programs that NumPy refuses, in place, of all types."""
    programs = [tool.drawn("eager", SEED, number) for number in range(400)]
    statements = [s for program in programs for s in program.statements]
    assert any(s.refused for s in statements)
    assert any(s.in_place for s in statements)
    types = {x.values.dtype.name for program in programs for x in program.inputs}
    assert {
        "float32",
        "float64",
        "complex64",
        "complex128",
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
    } <= types
    assert {0, 1, 2, 3, 4} <= {x.array().ndim for program in programs for x in program.inputs}
    assert any(x.array().size == 0 for program in programs for x in program.inputs)
    text = "\n".join(program.code() for program in programs)
    for name in (
        "xp.where",
        "xp.sort",
        "xp.concat",
        "xp.linalg",
        "xp.special",
        "xp.nn",
        "xp.fft",
        "::-1",
        "None",
        "...",
        " if ",
    ):
        assert name in text, name


def first_failure(kind, numbers):
    for number in numbers:
        program = tool.drawn(kind, SEED, number)
        failure = tool.failure_of(kind, program, number)
        if failure is not None:
            return program, number, failure
    return None


def assert_found(kind, name, monkeypatch, most=2, numbers=range(400)):
    """Assert that the fault that is planted is found, and that what is left of the program shows it."""
    found = first_failure(kind, numbers)
    assert found is not None, "the fault was not found"
    small = tool.smallest(kind, *found)
    assert len(small.statements) <= most, small.code()
    assert any(n in small.body() for n in ([name] if isinstance(name, str) else name)), small.code()
    assert tool.failure_of(kind, small, found[1]) is not None
    report = tool.report(kind, *found)
    assert small.body() in report
    monkeypatch.undo()
    assert tool.failure_of(kind, small, found[1]) is None, "it fails without the fault, too"


def test_a_wrong_value_is_found(monkeypatch):
    monkeypatch.setattr(trigonometric.sin, "forward", lambda xp, x, /: xp.sin(x) * (1 + 3e-4))
    assert_found("eager", "xp.sin(", monkeypatch, most=1)


def test_a_wrong_type_is_found(monkeypatch):
    monkeypatch.setattr(trigonometric.cosh, "forward", lambda xp, x, /: xp.astype(xp.cosh(x), xp.float64))
    assert_found("eager", "xp.cosh(", monkeypatch, most=1)


def test_an_operand_that_is_written_to_is_found(monkeypatch):
    def forward(xp, x, /, *, axis):
        x[...] = xp.flip(x, axis=axis)
        return x

    monkeypatch.setattr(manipulation.flip, "forward", forward)
    assert_found("eager", "xp.flip(", monkeypatch, most=2)


def test_what_is_not_refused_is_found(monkeypatch):
    for primitive in (elementwise.add, elementwise.subtract, elementwise.multiply):

        def forward(xp, a, b, /, right=primitive.forward):
            return right(xp, a, b if do_broadcast(a, b) else a)

        monkeypatch.setattr(primitive, "forward", forward)
    assert_found("eager", ("+", "-", "*", "xp.add(", "xp.subtract(", "xp.multiply("), monkeypatch)


def do_broadcast(a, b):
    try:
        np.broadcast_shapes(getattr(a, "shape", ()), getattr(b, "shape", ()))
    except ValueError:
        return False
    return True


def test_a_wrong_rule_is_found(monkeypatch):
    rules = (lambda xp, g, out, x: g / (1 + x * x) * (1 + 1e-3),)
    monkeypatch.setattr(trigonometric.atan, "rules", rules)
    assert_found("gradients", "xp.atan(", monkeypatch)


def test_a_gradient_that_is_lost_is_found(monkeypatch):
    monkeypatch.setattr(manipulation.flip, "rules", (lambda xp, g, out, x, axis: g * 0.0,))
    assert_found("gradients", "xp.flip(", monkeypatch)


def test_a_stale_constant_in_a_replay_is_found(monkeypatch):
    from xnn.compiling import program

    right = program.settled

    def settled(instructions, outputs):
        for instruction in instructions:
            if getattr(instruction, "function", None) is trigonometric.cos.forward:
                instruction.function = lambda xp, x, /: x
        return right(instructions, outputs)

    monkeypatch.setattr(program, "settled", settled)
    assert_found("compiled", "xp.cos(", monkeypatch)


def test_a_wrong_kernel_of_cupy_is_found(monkeypatch):
    require("cupy")
    backend = xp.backends.get_backend("cupy")

    def broken(kernel):
        def forward(xp, *raws, **static):
            out, residual = kernel.forward(xp, *raws, **static)
            return out * 1.001, residual

        return kernel._replace(forward=forward)

    for primitive in (activation.silu, activation.gelu, rectifier.elu, rectifier.hardtanh, activation.softsign):
        monkeypatch.setitem(primitive.kernels_found, backend, broken(primitive.kernel_for(backend)))
    assert_found("cupy", "xp.nn.functional.", monkeypatch, numbers=range(60))


def test_the_command(capsys, monkeypatch):
    assert command.main(["--kind", "eager", "--count", "20"]) == 0
    assert "eager: 20 checked; 0 failed" in capsys.readouterr().out
    assert command.main(["--kind", "eager", "--only", "7"]) == 0
    printed = capsys.readouterr().out
    assert "def program(" in printed
    code = printed[: printed.index("\neager: ")]
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Array(" in run.stdout
    monkeypatch.setattr(trigonometric.sin, "forward", lambda xp, x, /: xp.cos(x))
    assert command.main(["--kind", "eager", "--count", "200", "--most", "1"]) == 1
    assert "cut down to" in capsys.readouterr().out
