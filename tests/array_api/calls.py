"""A drawn call on a backend's own functions and on xnn, and the comparison of what came of them."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import array_api_compat.numpy as numpy_xp
import numpy as np

import xnn
from tests.array_api.departures import WITHOUT_VALUES, function_of, is_close_enough, is_wrong, left_out
from tests.array_api.draws import HERE
from tests.ops.compare import quiet
from tests.tolerances import assert_close
from xnn_backends import find_device
from xnn_backends.dtypes import DType

HostArray = np.ndarray


class Raised(NamedTuple):
    """A library has no such function, or not of these types."""

    error: Exception


class Reference(NamedTuple):
    """NumPy's result, where the backend's library has none or a wrong one."""

    result: Any


def library_of(device):
    """The functions of a backend's library, as array-api-compat gives them, without xnn's overrides."""
    return device.backend.xp._module


def convert(value, arrays, dtypes, device):
    """Every part of an argument in the terms of one library."""
    if isinstance(value, np.ndarray):
        return arrays(value)
    if isinstance(value, DType):
        return dtypes(value)
    if isinstance(value, tuple | list):
        return type(value)(convert(v, arrays, dtypes, device) for v in value)
    return device if value is HERE else value


def run(function, call, arrays, dtypes, device):
    """What a function gives, called in the terms of one library."""
    parts = (arrays, dtypes, device)
    args = [convert(v, *parts) for v in call.args]
    kwargs = {name: convert(v, *parts) for name, v in call.kwargs.items()}
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty means, casts of complex numbers: the libraries' own
        return function(*args, **kwargs)


def of_library(function, call, device):
    """What the backend's own function gives of its own arrays."""
    with device.scope():
        try:
            return run(function, call, lambda x: raw(x, device), device.backend.raw_dtype, device.raw)
        except Exception as error:  # each library has its own
            return Raised(error)


def of_numpy(function, call):
    """What NumPy gives."""
    return of_library(function, call, find_device("numpy:cpu"))


def of_arrays(function, call, device):
    """What xnn gives of Arrays."""
    return run(function, call, lambda x: xnn.asarray(x, device=device), lambda t: t, device)


def of_raw(function, call, device):
    """What xnn gives of the backend's own arrays."""
    return run(function, call, lambda x: raw(x, device), lambda t: t, device)


def of_array_and_raw(place):
    """What xnn gives of one Array, the first (0) or the last (-1), among raw arrays."""

    def of_mixed(function, call, device):
        chosen = range(len(arrays_of(call)))[place] if arrays_of(call) else None
        places = itertools.count()

        def make(x):
            return xnn.asarray(x, device=device) if next(places) == chosen else raw(x, device)

        return run(function, call, make, lambda t: t, device)

    return of_mixed


def arrays_of(call):
    """The arrays of a call, in the order in which they are brought to a device."""
    found = []
    convert((call.args, tuple(call.kwargs.values())), found.append, lambda t: t, None)
    return found


def raw(x, device):
    """A copy of a NumPy array on a device."""
    return device.backend.from_numpy(x.copy(), device)


def expectation(name, call, device, function_in=None):
    """The library's result; NumPy's where it has none; Raised where neither has.

    `function_in(xp)` is the function in a library; None: the one of that name.
    """
    function_in = function_in or (lambda xp: function_of(xp, name))
    found = of_library(function_in(library_of(device)), call, device)
    if not isinstance(found, Raised) and not is_wrong(name, device.backend.name, call):
        return found
    reference = of_numpy(function_in(numpy_xp), call)
    return found if isinstance(reference, Raised) else Reference(reference)


def is_beyond(call, device):
    """Whether a call has arrays or data types that the device does not promise, as uint32 on PyTorch."""
    used = {x.dtype.name for x in arrays_of(call)}
    convert((call.args, tuple(call.kwargs.values())), lambda x: x, lambda t: used.add(t.name), device)
    return not used <= {dtype.name for dtype in device.backend.dtypes_on(device)}


# ---- comparison ----


class Comparison(NamedTuple):
    """What results are held to: of which device and class their arrays are, and how equal."""

    device: Any
    array_type: type
    equal: Callable[[HostArray, HostArray], None]


def comparison(name, call, device, array_type, expected):
    """The one for a call of a function."""

    def equal(came, wanted):
        if name in WITHOUT_VALUES:
            return
        kept = ~left_out(name, device.backend.name, wanted, call)
        close = isinstance(expected, Reference) or is_close_enough(name, call)
        (assert_close if close else assert_equal)(came[kept], wanted[kept])

    return Comparison(device, array_type, equal)


def assert_same(came, expected, how):
    """Assert that results have one structure, with arrays of one type, shape and device, that are equal."""
    if isinstance(expected, tuple | list):
        assert isinstance(came, tuple), f"{type(came).__name__} in the place of a tuple"
        assert len(came) == len(expected)
        for one, other in zip(came, expected, strict=True):
            assert_same(one, other, how)
    elif isinstance(expected, np.ndarray | np.generic | how.device.backend.array_type):
        wanted = (
            np.asarray(expected)
            if isinstance(expected, np.ndarray | np.generic)
            else how.device.backend.to_numpy(expected)
        )
        values = on_host(came, how.device, how.array_type)
        assert values.dtype == wanted.dtype
        assert values.shape == wanted.shape
        how.equal(values, wanted)
    else:
        assert fact(came) == fact(expected)


def on_host(came, device, array_type):
    """The values of an array, of which kind and device are as they should be."""
    assert isinstance(came, array_type), f"{type(came).__name__} in the place of {array_type.__name__}"
    if array_type is xnn.Array:
        assert came.device is device
        assert came.dtype is device.backend.dtype_of(came._data)
        return came.numpy()
    assert device.backend.device_of(came) is device
    return device.backend.to_numpy(came)


def assert_equal(came, expected):
    """Assert that two NumPy arrays of one type and shape have the same bits; one NaN is as good as another."""
    parts = [(came, expected)]
    if came.dtype.kind == "c":
        parts = [(came.real, expected.real), (came.imag, expected.imag)]
    for one, other in parts:
        np.testing.assert_array_equal(one, other)
        if one.dtype.kind == "f":
            signed = ~np.isnan(other)
            np.testing.assert_array_equal(np.signbit(one)[signed], np.signbit(other)[signed])


def fact(value):
    """A result that is no array, in terms that all libraries share."""
    if isinstance(value, bool | int | float | complex | str | None):
        return repr(value)  # in which NaN equals NaN, and 0.0 not -0.0
    if isinstance(value, tuple | list):
        return tuple(map(fact, value))
    if hasattr(value, "bits") and hasattr(value, "max"):  # finfo, iinfo
        names = ("bits", "min", "max", *(("eps", "smallest_normal") if hasattr(value, "eps") else ()))
        return {name: float(getattr(value, name)) for name in names} | {"dtype": xnn.dtypes.as_dtype(value.dtype)}
    return xnn.dtypes.as_dtype(value).name
