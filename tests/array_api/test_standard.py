"""Every name of the standard is there, is called as the standard says, and has a row in the tests of operations."""

import inspect
import math

import pytest

import xnn
from tests.array_api import standard
from tests.ops.table import ROWS

FUNCTIONS = standard.functions()

# What computes nothing has no row in tests/ops/table.py: it is tested where the reason says.
WITHOUT_ROW = {
    "new arrays of no array: tests/array_api/test_against_library.py": (
        "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like", "linspace", "ones",
        "ones_like", "zeros", "zeros_like", "fft.fftfreq", "fft.rfftfreq",
    ),
    "facts about types and shapes: tests/array_api/test_promotion.py, test_against_library.py": (
        "broadcast_shapes", "can_cast", "finfo", "iinfo", "isdtype", "result_type",
    ),
    "inspection: tests/array_api/test_inspection.py": ("__array_namespace_info__",),
}  # fmt: skip


def test_the_standard_has_as_many_names_as_it_should():
    assert len(FUNCTIONS) == 1 + 135 + 25 + 14  # the first one is __array_namespace_info__
    assert len(standard.signatures(standard.INFO)) == 5
    assert len(standard.DTYPES) == 13
    assert len(standard.CONSTANTS) == 5


# What NumPy leaves out as well, where the standard asks for it: where(condition), squeeze(x), linspace(0, 1).
LEFT_OUT = {("where", "x1"), ("where", "x2"), ("squeeze", "axis"), ("linspace", "num")}


def assert_called_alike(function, wanted, name=""):
    """Assert that a function takes the standard's parameters, by the same names, with the same defaults.

    Those that the standard takes by keyword alone may stand in a place, too, and those by place alone may have NumPy's
    names, as NumPy's do; what a function takes beyond the standard is optional.
    """
    found = inspect.signature(function)
    parameters = list(found.parameters.values())
    by_place = [p for p in wanted.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    named = {p.name: p for p in parameters}
    for p, own in zip(by_place, parameters, strict=False):
        if p.kind is p.POSITIONAL_ONLY:
            assert own.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD), f"{p} of {found}"
            named[p.name] = own
        else:
            assert own.name == p.name, f"{p} of {found}"
    for p in wanted.parameters.values():
        assert p.name in named, f"no parameter {p.name}: {found}"
        own = named[p.name]
        if p.kind is not p.POSITIONAL_ONLY:
            assert own.kind in (p.kind, p.POSITIONAL_OR_KEYWORD), f"{p} of {found}"
        if (name, p.name) in LEFT_OUT:
            assert p.default is p.empty, f"{p} is left out in the standard"
        else:
            assert own.default == p.default, f"{p} of {found}"
    for p in parameters:
        if p not in named.values() or (p.name not in wanted.parameters and p not in parameters[: len(by_place)]):
            assert p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD), f"{p} is not the standard's"
            assert p.default is not p.empty, f"{p} is not the standard's"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    assert_called_alike(standard.look_up(xnn, name), FUNCTIONS[name], name)


@pytest.mark.parametrize("name", standard.signatures(standard.METHODS))
def test_methods(name):
    assert_called_alike(getattr(xnn.zeros(()), name), standard.signatures(standard.METHODS)[name])


@pytest.mark.parametrize("name", standard.signatures(standard.INFO))
def test_inspection(name):
    assert_called_alike(getattr(xnn.__array_namespace_info__(), name), standard.signatures(standard.INFO)[name])


OPERATORS = [
    *standard.UNARY_OPERATORS, *standard.COMPARISONS,
    *(form for name in standard.BINARY_OPERATORS for form in standard.forms_of(name)),
]  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name):
    parameters = list(inspect.signature(getattr(xnn.Array, name)).parameters.values())
    assert len(parameters) == (1 if name in standard.UNARY_OPERATORS else 2)


@pytest.mark.parametrize("name", standard.ATTRIBUTES)
def test_attributes(name):
    assert hasattr(xnn.zeros((1, 1)), name)


def test_constants():
    assert (xnn.e, xnn.inf, xnn.newaxis, xnn.pi) == (math.e, math.inf, None, math.pi)
    assert math.isnan(xnn.nan)


@pytest.mark.parametrize("name", standard.DTYPES)
def test_data_types(name):
    dtype = getattr(xnn, name)
    assert dtype.name == name
    assert dtype == dtype
    assert dtype != xnn.float32 or name == "float32"
    assert hash(dtype) == hash(getattr(xnn, name))


def test_the_namespace_names_its_revision():
    assert xnn.__array_api_version__ == standard.VERSION
    x = xnn.zeros(())
    for version in (None, standard.VERSION):
        assert x.__array_namespace__(api_version=version) is xnn


def test_every_function_has_a_row():
    excused = {name for names in WITHOUT_ROW.values() for name in names}
    rows = {row.name for row in ROWS}
    # a row has the name of a primitive, or of a public function: solve, or linalg.tensordot
    missing = {name for name in FUNCTIONS if not {name, name.rpartition(".")[2]} & rows} - excused
    assert not missing, f"a row in tests/ops/rows/ is missing for {sorted(missing)}"
    assert excused <= FUNCTIONS.keys()


def test_the_check_of_signatures_can_fail():
    wanted = FUNCTIONS["sum"]
    for wrong in (
        lambda x, /, *, axis=None, dtype=None: 0,
        lambda x, /, *, axis=0, dtype=None, keepdims=False: 0,
        lambda x, axis=None, /, *, dtype=None, keepdims=False: 0,
        lambda x, /, *, axis=None, dtype=None, keepdims=False, more: 0,
        lambda x, /, *, axis=None, dtype=None, keepdim=False: 0,
    ):
        with pytest.raises(AssertionError):
            assert_called_alike(wrong, wanted)
