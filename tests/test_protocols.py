"""NumPy's protocols: what np.asarray gives, operators between NumPy's arrays and Arrays, and what is refused.

The functions one by one are in tests/consumers/test_numpy.py.
"""

import csv
import io

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.backends.processes import run
from xnn import nn
from xnn_backends.protocol import HOST_MEMORY

VALUES = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def make(device, **options):
    return xp.asarray(VALUES, device=device, **options)


def is_host(device):
    return make(device).__dlpack_device__()[0] == HOST_MEMORY


# ---- __array__ ----


def test_the_values_off_the_graph_in_host_memory(device):
    x = make(device)
    if not is_host(device):
        for call in (np.asarray, np.array, lambda x: np.asarray([x, x]), lambda x: np.testing.assert_allclose(x, x)):
            with pytest.raises(
                TypeError, match=rf"on {device} does not become a NumPy array in silence.*Cure: x\.numpy"
            ):
                call(x)
        return
    for dtype in (None, np.float32, np.float64, np.int32, "f8"):
        came = np.asarray(x, dtype=dtype)
        np.testing.assert_array_equal(came, VALUES)
        assert came.dtype == (np.float32 if dtype is None else dtype)
    np.testing.assert_array_equal(np.asarray([x, x]), [VALUES, VALUES])
    assert np.asarray(xp.asarray(2, device=device)).shape == ()
    np.testing.assert_allclose(x, np.asarray(VALUES))
    np.testing.assert_allclose(VALUES, x)
    assert np.allclose(x, x)
    assert np.array_equal(x, x)
    buffer = np.zeros((2, 3))
    buffer[0] = x[0]
    buffer[1, 1] = x[1, 1]
    assert buffer.tolist() == [[1.0, 2.0, 3.0], [0.0, 5.0, 0.0]]


def test_who_writes_writes_to_a_copy(device):
    if not is_host(device):
        return
    x = make(device)
    view = np.asarray(x)
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        np.add(view, 1, out=view)
    mine = np.array(x)
    mine[0, 0] = 9.0
    cast = np.asarray(x, dtype=np.float64)
    cast[0, 0] = 9.0
    assert x.tolist() == VALUES
    raw = x._data
    before = getattr(raw, "flags", None)
    assert before is None or before.writeable  # the array itself goes on as it was


def test_copies_as_they_are_asked_for():
    x = make("cpu")
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
    assert not np.shares_memory(np.array(x, copy=True), x.numpy())
    with pytest.raises(ValueError, match=r"copy=False: float32 becomes float64 by a copy"):
        np.array(x, dtype="float64", copy=False)


def test_on_the_graph_nothing_leaves(device):
    leaf = make(device, requires_grad=True)
    layer = nn.Linear(2, 2)
    for x in (leaf, 2 * leaf, leaf[0], layer.weight):
        for call in (
            np.asarray,
            np.array,
            lambda x: np.asarray([x]),
            lambda x: np.full(3, x),
            lambda x: np.testing.assert_allclose(x, x.detach()),
            lambda x: np.savetxt(io.StringIO(), x),
            lambda x: np.copyto(np.zeros(x.shape), x),
            lambda x: np.zeros(x.shape).__setitem__(..., x),
        ):
            with pytest.raises(TypeError, match=r"on the graph does not become .* Cure: x\.detach\(\)\.numpy\(\)"):
                call(x)
    with pytest.raises(TypeError, match="on the graph does not become a NumPy array in silence"):
        xp.grad(lambda x: xp.sum(xp.asarray(np.asarray(x)) * x))(np.ones(3))


@pytest.mark.needs("torch")
def test_bfloat16_as_numpy_says():
    x = xp.ones(3, dtype=xp.bfloat16, device="torch:cpu")
    with pytest.raises(xp.errors.DTypeError, match=r"NumPy has no bfloat16\. Cure: cast to float32"):
        np.asarray(x)


# ---- operators between raw arrays and Arrays ----


def test_a_numpy_array_on_the_left(device):
    host, x = np.asarray(VALUES, np.float32), make(device, requires_grad=True)
    operators = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a // b,
        lambda a, b: a % b,
        lambda a, b: a**b,
        lambda a, b: a @ b.T,
        lambda a, b: a == b,
        lambda a, b: a < b,
        np.add,
        np.arctan2,
        lambda a, b: np.concatenate([a, b]),
    ]
    for operator in operators:
        if device.backend.name == "numpy":
            came = operator(host, x)
            assert isinstance(came, xp.Array)
            np.testing.assert_array_equal(came.detach(), operator(host, host))
        else:
            with pytest.raises(xp.errors.DeviceMismatchError, match=f"numpy:cpu and {device}|{device} and numpy:cpu"):
                operator(host, x)


def test_windows_of_numpys_module(device):
    x = make(device, requires_grad=True)
    found = np.lib.stride_tricks.sliding_window_view(x, (2, 2))
    assert isinstance(found, xp.Array)
    assert found.device is device
    xp.sum(found).backward()
    assert x.grad.tolist() == xp.grad(lambda x: xp.sum(xp.sliding_window_view(x, (2, 2))))(x.detach()).tolist()


def test_numpys_scalars_are_weak(device):
    x = make(device)
    for came in (np.float64(2) * x, x * np.float64(2), np.multiply(np.float64(2), x), np.int64(2) * x):
        assert (type(came), came.dtype, came.device) == (xp.Array, xp.float32, device)
        assert came.tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
    assert (np.float64(0.5) * xp.asarray([1], device=device)).dtype is xp.float64


def test_a_numpy_array_in_place(device):
    raw, x = np.ones((2, 3)), make(device, requires_grad=device.backend.name == "numpy")
    with pytest.raises(TypeError, match=r"numpy\.add of Arrays does not take out=\. Cure: bind .* `raw = raw \+ x`"):
        raw += x
    np.testing.assert_array_equal(raw, 1.0)


def test_two_libraries_never_mix(device):
    other = make("strict:CPU_DEVICE" if device.backend.name != "strict" else "numpy:cpu")
    for call in (np.add, lambda x, y: np.concatenate([x, y]), lambda x, y: np.where(x > 0, x, y)):
        with pytest.raises(xp.errors.DeviceMismatchError, match=str(device)):
            call(make(device), other)


@pytest.mark.needs("cupy")
def test_a_cupy_array_on_the_left(device):
    if device.backend.name != "cupy":
        return
    import cupy

    with device.scope():
        raw = cupy.asarray(VALUES, dtype="float32")
    x = make(device)
    for came in (raw + x, raw * x, x + raw):
        assert isinstance(came, xp.Array)
        assert came.device is device
    assert (raw + x).tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
    with pytest.raises(xp.errors.DeviceMismatchError, match="numpy:cpu"):
        raw + make("numpy:cpu")


class Stranger:
    """Another library's array, with a protocol of its own."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return f"its {ufunc.__name__}"


def test_another_protocol_is_asked():
    assert np.add(make("cpu"), Stranger()) == "its add"
    assert np.add(Stranger(), make("cpu")) == "its add"


def test_ufuncs_that_python_made_are_refused():
    with pytest.raises(TypeError, match="has no counterpart in xnn"):
        np.frompyfunc(lambda x: x, 1, 1)(make("cpu"))


def test_masked_arrays_keep_their_mask():
    x = make("cpu")[0]
    masked = np.ma.masked_array([1.0, 2.0, 3.0], [True, False, False])
    for call in (lambda: masked * x, lambda: x * masked, lambda: np.add(x, masked)):
        with pytest.raises(xp.errors.DTypeError, match=r"mask would be lost\. Cure"):
            call()


# ---- who takes arrays by __array__ ----


def test_files_and_texts(device, tmp_path):
    if not is_host(device):
        return
    x = make(device)
    np.savetxt(tmp_path / "x.txt", x)
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "x.txt"), VALUES)
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), VALUES)
    np.savez(tmp_path / "x.npz", x=x)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npz")["x"], VALUES)
    assert np.array2string(x, precision=1) == np.array2string(np.asarray(VALUES, np.float32), precision=1)
    text = io.StringIO()
    csv.writer(text).writerows(np.asarray(x))
    assert text.getvalue().splitlines()[0] == "1.0,2.0,3.0"


@pytest.mark.needs("pandas")
def test_pandas_takes_the_values(device):
    pandas = optional.module("pandas")
    x = make(device)
    if not is_host(device):
        with pytest.raises(TypeError, match="does not become a NumPy array in silence"):
            pandas.DataFrame(np.asarray(x))
        return
    np.testing.assert_array_equal(pandas.DataFrame(x, columns=list("abc")).to_numpy(), VALUES)
    np.testing.assert_array_equal(pandas.Series(x[0]).to_numpy(), VALUES[0])
    with pytest.raises(TypeError, match="on the graph does not become"):
        pandas.DataFrame(make(device, requires_grad=True))


def test_plots_take_the_values(device):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    x = make(device)
    figure, axes = pyplot.subplots()
    try:
        if not is_host(device):
            with pytest.raises(TypeError, match="does not become a NumPy array in silence"):
                axes.imshow(x)
            return
        (line,) = axes.plot(x[0], x[1])
        np.testing.assert_array_equal(line.get_xydata(), np.transpose(np.asarray(VALUES)))
        axes.scatter(x[0], x[1], c=x[0])
        axes.hist(x[0])
        axes.errorbar(x[0], x[1], yerr=x[0])
        axes.bar(x[0], x[1])
        axes.fill_between(x[0], x[0], x[1])
        np.testing.assert_array_equal(axes.imshow(x).get_array(), VALUES)
        figure.canvas.draw()
        if device.backend.name == "numpy":  # Matplotlib makes one of the three a NumPy array, and joins them then
            solid = figure.add_subplot(projection="3d")
            solid.plot_surface(*xp.meshgrid(x[0], x[1]), xp.linalg.outer(x[1], x[0]))
    finally:
        pyplot.close(figure)


def test_it_costs_the_import_nothing():
    program = "import sys, xnn, numpy as np; print('xnn.protocols' in sys.modules, np.exp(xnn.zeros(1)).tolist())"
    assert run(program) == ["False [1.0]"]


def test_values_off_the_graph_are_written_to_numpys_arrays():
    raw = np.zeros(3)
    x = xp.asarray([1.0, 2.0, 3.0], dtype="float64", device="numpy:cpu")
    raw += x
    raw -= 0.5 * x
    assert raw.tolist() == [0.5, 1.0, 1.5]
    assert np.multiply(x, 2, out=raw) is raw
    with pytest.raises(TypeError, match=r"does not take out=\. Cure: bind"):
        raw += xp.asarray([1.0, 2.0, 3.0], device="numpy:cpu", requires_grad=True)
    with pytest.raises(TypeError, match=r"does not take out=\. Cure: bind"):
        np.add(x, x, out=x)
    assert raw.tolist() == [2.0, 4.0, 6.0]
