"""Operators, indexing, assignment, attributes and conversions of Array, held against the backend's own arrays."""

import math
import operator

import pytest
from hypothesis import strategies as st

import xnn
from tests.array_api import standard
from tests.array_api.calls import of_arrays
from tests.array_api.draws import DRAWS, HERE, Call
from tests.array_api.draws.arrays import ANY_SHAPE, INTEGERS, NUMERIC, arrays, unary
from tests.array_api.draws.linear_algebra import product_in_place
from tests.array_api.draws.shapes import assigned, indexed
from tests.array_api.test_against_library import compare
from tests.ops.compare import quiet


def python_operator(name):
    """Python's function for an operator, as add for __add__ and iadd for __iadd__; abs, too."""
    plain = name.strip("_")
    return getattr(operator, {"and": "and_", "or": "or_"}.get(plain, plain))


def with_array_first(call):
    """The first operand is an array, which may stand on the right."""
    return hasattr(call.args[0], "dtype")


def compare_with(draws, device, ours, theirs=None):
    """Compare on Arrays; `theirs` is the same on a library's own arrays."""
    compare("Array", draws, device, ours, lambda xp: theirs or ours, raw=False)


@pytest.mark.parametrize("name", standard.UNARY_OPERATORS)
def test_unary_operators(name, device):
    function = standard.UNARY_OPERATORS[name]
    compare(function, DRAWS[function], device, python_operator(name), raw=False)


@pytest.mark.parametrize("name", [*standard.BINARY_OPERATORS, *standard.COMPARISONS])
def test_binary_operators(name, device):
    """With a Python scalar on the left, the form for the array on the right."""
    function = {**standard.BINARY_OPERATORS, **standard.COMPARISONS}[name]
    compare(function, DRAWS[function], device, python_operator(name), raw=False)


@pytest.mark.parametrize("name", standard.BINARY_OPERATORS)
def test_operators_in_place(name, device):
    """The function's result, if that has the shape and the type of the array on the left."""
    function = standard.BINARY_OPERATORS[name]

    def function_in(xp):
        def call(x, y):
            result = getattr(xp, function)(x, y)
            if (result.shape, result.dtype) != (x.shape, x.dtype):
                raise ValueError("a new shape or type")
            return result

        return call

    draws = product_in_place() if name == "__matmul__" else DRAWS[function].filter(with_array_first)
    compare(function, draws, device, python_operator(f"__i{name[2:]}"), function_in, raw=False)


def assign(x, key, value):
    x[key] = value
    return x


def test_indexing(device):
    compare_with(indexed(), device, operator.getitem)


def test_assignment(device):
    compare_with(assigned(), device, assign)


@pytest.mark.parametrize("name", ["T", "mT"])
def test_transposes(name, device):
    dims = 2 if name == "T" else 3
    draws = unary(shape=st.tuples(*[st.integers(0, 3)] * dims))
    compare_with(draws, device, operator.attrgetter(name))


@pytest.mark.parametrize("name", ["ndim", "shape", "size"])
def test_attributes(name, device):
    # torch's shape is a list of its own, its size a function
    of_library = {"ndim": lambda x: x.ndim, "shape": lambda x: tuple(x.shape), "size": lambda x: math.prod(x.shape)}
    compare_with(unary(), device, operator.attrgetter(name), of_library[name])


CONVERSIONS = {bool: standard.DTYPES, complex: NUMERIC, float: standard.DTYPES[:11], int: standard.DTYPES[:9],
               operator.index: INTEGERS}  # fmt: skip


@pytest.mark.parametrize("convert", CONVERSIONS, ids=lambda f: f.__name__)
def test_conversions(convert, device):
    compare_with(unary(CONVERSIONS[convert], (), bound=100), device, convert)


def test_only_arrays_of_one_element_are_converted(device):
    for convert in CONVERSIONS:
        with pytest.raises(TypeError):
            convert(xnn.zeros((2,), dtype=xnn.int64, device=device))
        with pytest.raises(TypeError):
            convert(xnn.zeros((0,), dtype=xnn.int64, device=device))


@pytest.mark.every_device
def test_to_device(device):
    draws = st.builds(lambda x: Call((x, HERE)), arrays(shape=ANY_SHAPE))
    compare_with(draws, device, lambda x, d: x.to_device(d), lambda x, d: x)


def test_the_graph_of_no_operator_is_lost(device):
    """Each operator in each form gives the derivative that its function gives."""
    for name, function in standard.BINARY_OPERATORS.items():
        if function == "floor_divide" or function.startswith("bitwise"):
            continue  # piecewise constant, or of integers
        x = xnn.asarray([[1.5, 2.5], [3.5, 4.5]], device=device, requires_grad=True)
        y = xnn.asarray([[2.0, 3.0], [0.5, 1.5]], device=device)
        with quiet():
            for left, right in ((x, y), (y, x)):
                came = python_operator(name)(left, right)
                assert xnn.all(came == getattr(xnn, function)(left, right))
                assert came.requires_grad
            moved = x + 0
            moved = python_operator(f"__i{name[2:]}")(moved, y)
        assert moved.requires_grad


def test_a_result_of_arrays_is_an_array(device):
    """The check of this file can fail: a raw result is none."""
    x = xnn.ones((2,), device=device)
    with pytest.raises(AssertionError, match="in the place of"):
        compare_with(unary(("float32",), (2,)), device, lambda a: a._data, lambda a: a)
    assert isinstance(of_arrays(operator.neg, Call((x.numpy(),)), device), xnn.Array)
