"""Every function of the standard gives what the backend's own function gives, to the bit, and on the same device."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import xnn
from tests.array_api import departures, standard
from tests.array_api.calls import (
    Raised,
    Reference,
    arrays_of,
    assert_same,
    comparison,
    expectation,
    is_beyond,
    of_array_and_raw,
    of_arrays,
    of_raw,
)
from tests.array_api.draws import DRAWS, Call

PHASES = (Phase.generate, Phase.shrink)  # to explain a failure takes longer than to find it
FEW = settings(deadline=None, derandomize=True, database=None, phases=PHASES, report_multiple_bugs=False)
EXAMPLES = 20
EXAMPLES_OF_KERNELS = 7  # the emulation of CUDA compiles one for each function and type, once for all runs


def compare(name, strategy, device, function, function_in=None, *, raw=True):
    """Run drawn calls on Arrays, and on raw arrays too, or on both; at least one must give a value.

    `function_in(xp)` is the function in a library; without that it is looked up by name.
    """
    runs = [(of_arrays, xnn.Array)]
    if raw:
        runs += [(of_raw, raw_type(name, device)), *((of_array_and_raw(place), xnn.Array) for place in (0, -1))]
    values = 0

    @settings(FEW, max_examples=EXAMPLES_OF_KERNELS if device.needs_scope else EXAMPLES)
    @given(strategy)
    def check(call):
        nonlocal values
        expected = expectation(name, departures.with_default_dtype(name, call), device, function_in)
        for run, array_type in runs if len(arrays_of(call)) > 1 else runs[:2]:
            try:
                came = run(function, call, device)
            except Exception:
                if isinstance(expected, Raised) or is_beyond(call, device):
                    continue
                raise
            assert not isinstance(expected, Raised), f"neither the library nor NumPy gives {came}: {expected.error!r}"
            result = expected.result if isinstance(expected, Reference) else expected
            assert_same(came, result, comparison(name, call, device, array_type, expected))
            values += 1

    check()
    assert values, "no drawn call gave a value"


def raw_type(name, device):
    """What xnn makes of raw arrays."""
    return xnn.Array if name in departures.MAKES_ARRAYS else device.backend.array_type


def test_every_function_is_drawn():
    assert standard.functions().keys() - {"__array_namespace_info__"} == DRAWS.keys()


@pytest.mark.parametrize("name", DRAWS)
def test_functions(name, device):
    compare(name, DRAWS[name], device, standard.look_up(xnn, name))


WRONG = {
    "values": lambda x: xnn.cos(x),
    "type": lambda x: xnn.astype(xnn.sin(x), xnn.complex128),
    "shape": lambda x: xnn.expand_dims(xnn.sin(x), axis=0),
    "sign of zero": lambda x: xnn.sin(x) + 0.0,
    "structure": lambda x: (xnn.sin(x),),
    "class": lambda x: getattr(xnn.sin(x), "_data", None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_comparison_can_fail(wrong, device):
    zeros = st.just(Call((np.asarray([-0.0, 1.0]),)))
    with pytest.raises(AssertionError):
        compare("sin", zeros, device, WRONG[wrong])
