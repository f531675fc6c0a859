"""The kernel matrix: every kernel of every source, on every device, against the definition of its primitive.

A kernel is put into its primitive by force, so that one is held too before which another is found. Emulated CUDA, and a
library's second device, run a part: each call in one type, in ordinary memory and in one other, and with NaN.
"""

import importlib
import math
import pkgutil
import sys

import numpy as np
import pytest

from tests.conftest import EMULATED, one_of_each, why_not
from tests.ops.kernel_rows import CALLS
from tests.ops.kernels import Subject, is_float, masks_of
from tests.ops.table import primitives
from xnn_backends import fast, find_device, numpy_kernels

DTYPES = ("float32", "float64")
SPECIAL = (math.nan, math.inf, -math.inf)
MOST = 20_000  # elements of a call's operands in a part
GENERIC = {name: p.kernel for name, p in primitives().items() if p.kernel is not None}
COMPILED = {name: kernel for chapter in fast.CHAPTERS for name, kernel in chapter.kernels().items()}


def why_no_fast():
    """Why there are no compiled kernels, or None."""
    return None if fast.is_on() else "no compiled kernels: numba is not installed, or XNN_FAST=0 says so"


@pytest.fixture
def however_small(monkeypatch):
    """Compiled kernels take small operands too, with a thread for each part."""
    for module in pkgutil.iter_modules(fast.__path__, f"{fast.__name__}."):
        if not module.ispkg and not module.name.endswith(".updates"):
            chapter = importlib.import_module(module.name)
            for name in {"LEAST", "PART"} & vars(chapter).keys():
                monkeypatch.setattr(chapter, name, 1)


def sources_of(device):
    """The kernels that a device's arrays may meet, by where they come from."""
    if device.backend.name == "numpy":
        return {"generic": GENERIC, "numpy": numpy_kernels.kernels(), "fast": COMPILED}
    return {"generic": GENERIC, device.backend.name: device.backend.kernels}


# ---- the cases, and how much is run of each ----


class Case:
    """A kernel of the matrix, and its calls."""

    def __init__(self, name, kernel, device, is_part=False):
        self.subject = Subject(name, kernel, device)
        self.calls = CALLS.get(name, [])
        self.is_part = is_part

    def drawn(self, seed, ties=False):
        """Each call, with operands of each type; in a part of one, by turns."""
        for i, call in enumerate(self.calls):
            for dtype in (DTYPES[i % 2],) if self.is_part else DTYPES:
                raws = call.draw(dtype, seed, ties)
                if not self.is_part or sum(x.size for x in raws if x is not None) <= MOST:
                    yield call, raws


def is_emulated(row, config):
    return row in EMULATED and config.getoption("--device") is None


def is_part(row, config):
    return row == "strict:CPU_DEVICE" or is_emulated(row, config)


# Which rows a fixture takes.
TAKEN = {
    "case": lambda row, config: True,
    "whole_case": lambda row, config: not is_part(row, config),
    "half_case": lambda row, config: not is_part(row, config) and not row.startswith("strict"),
    "host_case": lambda row, config: row.startswith("numpy"),  # others run no code of ours side by side
    "compiled_case": lambda row, config: row.startswith("numpy"),
}


def pytest_generate_tests(metafunc):
    for fixture in TAKEN.keys() & set(metafunc.fixturenames):
        found = [case for case in cases(metafunc.config) if TAKEN[fixture](case[0], metafunc.config)]
        if fixture == "compiled_case":
            found = [case for case in found if case[1] == "fast"]
        metafunc.parametrize(fixture, found, ids=["-".join(case) for case in found], indirect=True)


def cases(config):
    """(row, source, primitive) of each kernel; what cannot run is there once, and says why."""
    for row in one_of_each(config):
        if why_not(row, config):
            yield row, "any", "any"
            continue
        for source, kernels in sources_of(find_device(row)).items():
            if source == "fast" and why_no_fast():
                yield row, "fast", "any"
            else:
                yield from ((row, source, name) for name in sorted(kernels))


def made(request):
    row, source, name = request.param
    reason = why_not(row, request.config) or (why_no_fast() if source == "fast" else None)
    if reason:
        pytest.skip(reason)
    device = find_device(row)
    return Case(name, sources_of(device)[source][name], device, is_part(row, request.config))


case, whole_case, half_case, host_case, compiled_case = (pytest.fixture(name=name)(made) for name in TAKEN)


# ---- what is held ----


def test_however_operands_and_g_lie_in_memory(case):
    for call, raws in case.drawn(seed=0):
        case.subject.holds_in_any_memory(raws, call.static, ("contiguous", "gaps") if case.is_part else None)


def test_whatever_derivatives_are_wanted(case):
    for call, raws in case.drawn(seed=1):
        expected = case.subject.expected(raws, call.static)
        for wanted in masks_of(raws, every=not case.is_part):
            case.subject.agrees(expected, case.subject.put(raws), call.static, wanted)


def test_whichever_output_is_differentiated(case):
    for call, raws in case.drawn(seed=11):
        case.subject.holds_by_output(raws, call.static)


def test_equal_values(whole_case):
    for call, raws in whole_case.drawn(seed=2, ties=True):
        if call.ties:
            expected = whole_case.subject.expected(raws, call.static)
            whole_case.subject.agrees(expected, whole_case.subject.put(raws), call.static)


def test_nan_and_infinities(case):
    for call, raws in case.drawn(seed=3):
        for value in SPECIAL[:1] if case.is_part else SPECIAL:
            places = [i for i in range(len(raws)) if math.isnan(value) or i not in call.finite]
            case.subject.holds_with(value, raws, call.static, places)


def test_the_second_derivative_is_the_definitions(whole_case):
    for call in whole_case.calls:
        raws = call.draw("float64", seed=4)
        for wanted in masks_of(raws):
            if sum(wanted) in (1, sum(map(is_float, raws))):
                whole_case.subject.holds_in_second_order(raws, call.static, wanted)


def test_the_value_in_half_precision(half_case):
    for call in half_case.calls:
        half_case.subject.holds_in_half_precision(call.draw("float16", seed=8), call.static)


def test_two_threads_at_once(host_case):
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for (call, raws), (_, others) in zip(host_case.drawn(seed=6), host_case.drawn(seed=7), strict=True):
            host_case.subject.holds_in_threads([raws, others], call.static)
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.needs("fast")
@pytest.mark.usefixtures("however_small")
def test_compiled_loops_on_small_operands(compiled_case):
    for call, raws in compiled_case.drawn(seed=10):
        compiled_case.subject.holds_in_any_memory(raws, call.static)
        compiled_case.subject.holds_by_output(raws, call.static)
        for value in SPECIAL:
            places = [i for i in range(len(raws)) if math.isnan(value) or i not in call.finite]
            compiled_case.subject.holds_with(value, raws, call.static, places)


# ---- that nothing is left out ----


def test_every_kernel_has_calls(device):
    for source, kernels in sources_of(device).items():
        missing = sorted(kernels.keys() - CALLS.keys())
        assert not missing, f"calls of {missing} ({source}) are missing in tests/ops/kernel_rows"


@pytest.mark.needs("fast")
@pytest.mark.usefixtures("however_small")
def test_every_compiled_loop_is_run():
    if why_no_fast():
        pytest.skip(why_no_fast())
    from numba.core.dispatcher import Dispatcher

    from xnn_backends.fast import loops

    device = find_device("numpy:cpu")
    for name, kernel in COMPILED.items():
        for call, raws in Case(name, kernel, device).drawn(seed=9):
            subject = Subject(name, kernel, device)
            subject.agrees(subject.expected(raws, call.static), subject.put(raws), call.static)
            subject.infers(subject.expected(raws, call.static), raws, call.static)
            subject.holds_by_output(raws, call.static)
    names = {chapter.__name__.rpartition(".")[2] for chapter in fast.CHAPTERS}
    names &= {module.name for module in pkgutil.iter_modules(loops.__path__)}
    chapters = [importlib.import_module(f"{loops.__name__}.{name}") for name in names]
    found = {f"{c.__name__}.{n}": x for c in chapters for n, x in vars(c).items() if isinstance(x, Dispatcher)}
    # What another loop calls is compiled into it, and not at all where that was found on disk.
    inner = {id(x.py_func.__globals__.get(n)) for x in found.values() for n in x.py_func.__code__.co_names}
    idle = sorted(name for name, loop in found.items() if not loop.signatures and id(loop) not in inner)
    assert not idle, f"no call in tests/ops/kernel_rows runs {idle}"


# ---- that it can fail ----

LINEAR = GENERIC["linear"]
LAST = []  # where a kernel must not keep what it needs for the way back


def _scaled(*args, **static):
    return [None if c is None else 1.001 * c for c in LINEAR.vjp(*args, **static)]


def _writing(xp, x, *rest):
    out = LINEAR.forward(xp, x, *rest)
    x[...] = 0
    return out


def _writing_g(xp, residual, g, *rest):
    found = LINEAR.vjp(xp, residual, g, *rest)
    g *= 2
    return found


def _without_nan(xp, *arrays):
    return np.nan_to_num(LINEAR.forward(xp, *arrays)[0]), None


def _without_nan_back(*args):
    return [None if c is None else np.nan_to_num(c) for c in LINEAR.vjp(*args)]


def _once(xp, residual, g, needs, *arrays):
    scale = residual.pop() if residual else 0
    return [None if c is None else scale * c for c in LINEAR.vjp(xp, None, g, needs, *arrays)]


def _in_memory_order(xp, x, weight, bias):
    return LINEAR.forward(xp, x.ravel(order="K").reshape(x.shape), weight, bias)


def _keeping(xp, *arrays):
    LAST[:] = arrays[:2]
    return LINEAR.forward(xp, *arrays)


def _by_kept(xp, residual, g, needs, x, weight, bias):
    return LINEAR.vjp(xp, residual, g, needs, *LAST, bias)


def _double(xp, *arrays):
    return LINEAR.forward(xp, *arrays)[0].astype(np.float64), None


def _as_if_all_needed(xp, residual, g, needs, *arrays):
    return LINEAR.vjp(xp, residual, g, [True, needs[1], needs[0]], *arrays)


WRONG = {
    "wrong derivative": (LINEAR._replace(vjp=_scaled), test_whatever_derivatives_are_wanted, "Not equal"),
    "an operand is written to": (LINEAR._replace(forward=_writing), test_equal_values, "operand was written"),
    "g is written to": (LINEAR._replace(vjp=_writing_g), test_equal_values, "g was written"),
    "NaN is lost": (LINEAR._replace(forward=_without_nan), test_nan_and_infinities, "nan location"),
    "NaN is lost on the way back": (LINEAR._replace(vjp=_without_nan_back), test_nan_and_infinities, "nan location"),
    "the second pass": (
        LINEAR._replace(forward=lambda *a: (LINEAR.forward(*a)[0], [1.0]), vjp=_once),
        test_whatever_derivatives_are_wanted,
        "Not equal",
    ),
    "strides": (LINEAR._replace(forward=_in_memory_order), test_however_operands_and_g_lie_in_memory, "Not equal"),
    "threads": (LINEAR._replace(forward=_keeping, vjp=_by_kept), test_two_threads_at_once, "Not equal"),
    "data type": (LINEAR._replace(forward=_double), test_however_operands_and_g_lie_in_memory, "float64 in the place"),
    "needs": (LINEAR._replace(vjp=_as_if_all_needed), test_whatever_derivatives_are_wanted, "gradient of operand"),
    "without recording": (
        LINEAR._replace(infer=lambda *a: 1.001 * LINEAR.forward(*a)[0]),
        test_however_operands_and_g_lie_in_memory,
        "Not equal",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_matrix_can_fail(what):
    kernel, check, message = WRONG[what]
    with pytest.raises(AssertionError, match=message):
        check(Case("linear", kernel, find_device("numpy:cpu")))


def test_the_matrix_knows_an_operand_that_comes_out_again():
    kernel = GENERIC["max_pool"]

    def infer(xp, x, **options):
        return x if set(options["kernel_size"]) == {1} else kernel.forward(xp, x, **options)[0]

    with pytest.raises(AssertionError, match="memory of an operand"):
        test_however_operands_and_g_lie_in_memory(
            Case("max_pool", kernel._replace(infer=infer), find_device("numpy:cpu"))
        )
