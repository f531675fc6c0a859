"""Functions with several results give named tuples, with the standard's names in its order."""

import pytest

import xnn
from tests.array_api.standard import NAMED_TUPLES, look_up


@pytest.mark.parametrize("name", NAMED_TUPLES)
def test_fields(name, device):
    x = xnn.asarray([[2.0, 1.0], [1.0, 3.0]], device=device)
    for argument, kind in ((x, xnn.Array), (x._data, device.backend.array_type)):
        result = look_up(xnn, name)(argument)
        assert isinstance(result, tuple)
        assert result._fields == NAMED_TUPLES[name]
        for field, value in zip(result._fields, result, strict=True):
            assert getattr(result, field) is value
            assert isinstance(value, kind)


@pytest.mark.parametrize("name", ["broadcast_arrays", "meshgrid", "nonzero", "unstack"])
def test_several_arrays_are_a_tuple(name, device):
    x = xnn.asarray([1.0, 2.0], device=device)
    for argument in (x, x._data):
        assert type(look_up(xnn, name)(argument)) is tuple
