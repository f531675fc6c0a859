"""xarray's DataArray around an Array, and beside one: names are xarray's, numbers and gradients xnn's."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id
from tests.consumers.row import Refusal, Row, namespace, uniform

xr = optional.module("xarray")

X = uniform(5, low=0.2, high=0.8)
MATRIX = uniform(3, 4)
TIMES = np.asarray([0.0, 1.0, 3.0, 4.0, 6.0])


def along(x):
    return xr.DataArray(x, dims="t", coords={"t": TIMES})


def table(x):
    return xr.DataArray(x, dims=("a", "b"))


def held(name, call, operand, **options):
    """A row for what a DataArray of the operand gives, another DataArray, whose data are compared."""
    return Row(name, lambda x: call(x).data, (operand,), **options)


ROWS = [
    *(held(f"np.{name}", lambda x, name=name: getattr(np, name)(along(x)), X) for name in ("exp", "sqrt", "tanh")),
    *(held(f"xnn.{name}", lambda x, name=name: getattr(namespace(x), name)(along(x)), X) for name in ("exp", "sinh")),
    *(held(name, lambda x, name=name: getattr(table(x), name)("b"), MATRIX)
      for name in ("sum", "mean", "max", "min", "prod", "std", "var", "cumsum", "median")),
    *(held(f"{name} of all", lambda x, name=name: getattr(table(x), name)(), MATRIX) for name in ("sum", "mean")),
    held("apply_ufunc", lambda x: xr.apply_ufunc(np.exp, along(x)), X),
    held("arithmetic", lambda x: 2 * along(x) ** 2 - along(x) / (1 + along(x)), X),
    held("beside an Array", lambda x: table(x * 1) * (x + 1), MATRIX),
    held("an Array beside it", lambda x: (x + 1) * table(x * 1), MATRIX),
    held("matmul", lambda x: table(x) @ table(x).sum("a"), MATRIX),
    held("dot", lambda x: xr.dot(along(x), along(x)), X),
    held("broadcast by name", lambda x: table(x) - table(x).mean("a"), MATRIX),
    held("align", lambda x: along(x)[1:] + along(x)[:-1], X),
    held("isel", lambda x: along(x).isel(t=[0, 2]), X),
    held("sel", lambda x: along(x).sel(t=3.0), X),
    held("where", lambda x: (lambda d: d.where(d > 0.5, 0.0))(along(x)), X, constants="device dtype"),
    held("clip", lambda x: along(x).clip(0.3, 0.6), X),
    held("concat", lambda x: xr.concat([along(x), along(2 * x)], dim="k"), X),
    held("transpose", lambda x: table(x).transpose("b", "a"), MATRIX),
    held("stack", lambda x: table(x).stack(z=("a", "b")), MATRIX),
    held("sortby", lambda x: along(x).sortby("t", ascending=False), X),
    held("roll", lambda x: along(x).roll(t=1), X),
    held("diff", lambda x: along(x).diff("t"), X),
    held("integrate", lambda x: along(x).integrate("t"), X, constants="device dtype"),
    held("groupby", lambda x: along(x).groupby(xr.DataArray([0, 0, 1, 1, 0], dims="t", name="g")).mean(), X),
    held("Dataset", lambda x: xr.Dataset({"x": along(x)}).mean("t")["x"], X),
]  # fmt: skip

OF_NUMPYS_TYPES = "xarray asks for one of NumPy's types, which say what stands for a missing value"
REFUSALS = [
    Refusal("values", lambda x: along(x).values, (X,), TypeError, "does not become a NumPy array in silence.*Cure",
            "NumPy has no gradients; .data is the Array"),
    *(Refusal(name, lambda x, name=name: getattr(along(x), name)(t=1), (X,), TypeError, "dtype", OF_NUMPYS_TYPES)
      for name in ("shift", "pad")),
    Refusal("interp", lambda x: along(x).interp(t=[0.5]), (X,), TypeError, "numeric type", OF_NUMPYS_TYPES),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id(ROWS)
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)


def test_host_values_beside_an_array(place):
    x = xp.asarray(X, device=place)
    if str(place) == "numpy:cpu":
        written = along(x * 1)
        written[0] = 9.0
        np.testing.assert_array_equal(written.values, [9.0, *X[1:]])
        np.testing.assert_array_equal((along(X) * x).values, X * X)
        np.testing.assert_allclose(xp.exp(along(X)).values, np.exp(X), rtol=1e-15)
        return
    with pytest.raises(xp.DeviceError, match="arrays of one device"):
        along(X) * x
