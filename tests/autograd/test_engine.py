"""The engine: long and wide graphs, freeing, accumulation, higher orders, memory."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import GraphError

FREED = (
    "a derivative is asked for a second time through a graph that the first backward pass freed. "
    r"Cure: backward\(retain_graph=True\) the first time\."
)


def leaf(values, device="cpu", dtype=None):
    return xp.asarray(values, device=device, dtype=dtype, requires_grad=True)


def test_a_chain_of_100_000_nodes():
    x = leaf(1.0, dtype=xp.float64)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    assert_close(y.item(), 2.0)
    y.backward()
    assert float(x.grad) == 1.0


def test_a_chain_that_is_never_differentiated_goes_away():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y
    gc.collect()


def test_a_wide_graph_of_10_000_branches():
    x = leaf([1.0, 2.0], dtype=xp.float64)
    branches = [x * float(i) for i in range(10_000)]
    xp.sum(xp.stack(branches)).backward()
    assert x.grad.tolist() == [49_995_000.0, 49_995_000.0]


def test_many_uses_of_one_array(device):
    x = leaf(3.0, device)
    y = x
    for _ in range(20):
        y = y + y  # 2**20 paths, 20 nodes
    y.backward()
    assert float(x.grad) == 2.0**20


def test_a_freed_graph_raises(device):
    x = leaf([1.0, 2.0], device)
    y = xp.sum(x * x)
    y.backward()
    with pytest.raises(GraphError, match=FREED):
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_part_that_two_graphs_share_is_freed_once():
    x = leaf([1.0, 2.0])
    shared = x * x
    one, other = xp.sum(shared), xp.max(shared)
    one.backward()
    with pytest.raises(GraphError, match=FREED):
        other.backward()


def test_retain_graph(device):
    x = leaf([1.0, 2.0], device)
    y = xp.sum(x * x)
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [4.0, 8.0]
    y.backward()
    with pytest.raises(GraphError, match=FREED):
        y.backward()


def test_gradients_accumulate(device):
    x = leaf([1.0, 2.0], device)
    for factor in (1.0, 10.0):
        xp.sum(factor * x).backward()
    assert x.grad.tolist() == [11.0, 11.0]
    x.grad = None
    xp.sum(x).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_old_graphs_keep_the_values_that_they_saw():
    x = leaf([1.0, 2.0])
    y = xp.sum(x * x)
    with xp.no_grad():
        x += 10.0
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_changing_the_source_of_an_array_changes_no_gradient():
    source = np.asarray([1.0, 2.0])
    x = leaf(source)
    y = xp.sum(x * x)
    source[:] = 100
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_the_gradient_of_a_leaf_by_itself():
    x = leaf(2.0)
    x.backward()
    assert float(x.grad) == 1.0


def test_leaves_that_are_not_reached_have_no_gradient():
    x, y = leaf(1.0), leaf(1.0)
    (x * 2).backward()
    assert y.grad is None


def test_an_operand_without_gradient_gets_none():
    x, constant = leaf(2.0), xp.asarray(3.0, device="cpu")
    (x * constant).backward()
    assert constant.grad is None
    assert float(x.grad) == 3.0


def test_derivatives_to_the_third_order(device):
    x = leaf(2.0, device, xp.float64)
    y = x**5 / 60
    found = []
    for _ in range(3):
        x.grad = None
        y.backward(create_graph=True)
        y = x.grad
        found.append(float(y))
    assert_close(found, [16 / 12, 8 / 3, 4.0])


def test_a_gradient_penalty(device):
    """(d/dx sin(x))**2 = cos(x)**2, whose derivative is -2 cos(x) sin(x)."""
    x = leaf([0.3, 0.7], device, xp.float64)
    xp.sum(xp.sin(x)).backward(create_graph=True)
    slope, x.grad = x.grad, None
    xp.sum(slope * slope).backward()
    values = np.asarray([0.3, 0.7])
    assert_close(x.grad.numpy(), -2 * np.cos(values) * np.sin(values))


def test_without_create_graph_a_gradient_is_off_the_graph():
    x = leaf(2.0)
    (x * x).backward()
    assert not x.grad.requires_grad


def test_a_cotangent_may_be_on_the_graph():
    x, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x * x).backward(v, create_graph=True)
    slope, v.grad = x.grad, None
    xp.sum(slope).backward()
    assert v.grad.tolist() == [2.0, 4.0]


def test_backward_of_more_than_a_scalar_needs_a_gradient(device):
    x = leaf([1.0, 2.0], device)
    with pytest.raises(
        GraphError, match=r"array of one element; this array is float32 of shape \(2,\)\. Cure: reduce it first"
    ):
        (x * x).backward()
    (x * x).backward(xp.asarray([1.0, 10.0], device=device))
    assert x.grad.tolist() == [2.0, 40.0]


def test_a_cotangent_is_checked(device):
    x = leaf([1.0, 2.0], device)
    with pytest.raises(GraphError, match=r"has the array's shape \(2,\); got \(3,\)"):
        (x * x).backward(xp.ones(3, device=device))
    with pytest.raises(GraphError, match=r"has the array's shape \(2,\); got 1.0"):
        (x * x).backward(1.0)
    other = "strict:CPU_DEVICE" if str(device) == "numpy:cpu" else "numpy:cpu"
    with pytest.raises(xp.errors.DeviceMismatchError, match=r"Cure: x\.to_device"):
        (x * x).backward(xp.ones(2, device=other))
    (x * x).backward(xp.ones(2, device=device, dtype=xp.float64))
    assert x.grad.dtype is xp.float32


def test_a_raw_cotangent_of_the_same_backend_is_taken():
    x = leaf([1.0, 2.0])
    (x * x).backward(np.ones(2, np.float32))
    assert x.grad.tolist() == [2.0, 4.0]


def test_backward_off_the_graph_raises():
    with pytest.raises(GraphError, match="backward needs an array that depends on one"):
        xp.asarray(1.0).backward()


def test_a_gradient_that_is_set_is_checked():
    x = leaf([1.0, 2.0])
    x.grad = xp.asarray([1.0, 1.0], device="cpu")
    with pytest.raises(xp.errors.ShapeError, match=r"shape and type, \(2,\) and float32; got \(1,\) and float32"):
        x.grad = xp.asarray([1.0], device="cpu")
    with pytest.raises(xp.errors.ShapeError, match=r"got .* and float64"):
        x.grad = xp.asarray([1.0, 1.0], device="cpu", dtype=xp.float64)
    with pytest.raises(xp.errors.DeviceMismatchError):
        x.grad = xp.asarray([1.0, 1.0], device="strict:CPU_DEVICE")
    with pytest.raises(GraphError, match="only a leaf that requires a gradient has one"):
        xp.asarray([1.0]).grad = xp.asarray([1.0])
    assert xp.asarray([1.0]).grad is None


# ---- memory ----


@pytest.fixture
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def computation(x):
    hidden = xp.nn.functional.relu(xp.nn.functional.linear(x, x))
    return xp.losses.cross_entropy(hidden, xp.asarray([0, 1], device=x.device))


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("options", [{}, {"create_graph": True}, {"retain_graph": True}], ids=str)
def test_a_graph_has_no_cycles(options):
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = computation(x)
    middle = weakref.ref(y)
    y.backward(**options)
    if options:
        x.grad = None
    del y
    assert middle() is None, "something still holds the output after backward"
    assert not [
        o for o in gc.get_objects() if type(o).__module__ == "xnn.autograd.graph" and type(o).__name__ == "Node"
    ]


@pytest.mark.usefixtures("_no_collector")
def test_a_graph_that_nobody_differentiates_has_no_cycles():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = weakref.ref(computation(x))
    assert y() is None


def peak_of(function):
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


MEGABYTE = 2**17  # numbers of float64


def test_a_backward_pass_frees_as_it_goes():
    def chain():
        y = leaf(np.ones(MEGABYTE))
        for _ in range(30):
            y = xp.exp(0.01 * y)  # keeps its output
        return xp.sum(y)

    y = chain()  # holds 30 MB
    peak = peak_of(y.backward)
    assert peak < 6 * 2**20, f"{peak / 2**20:.1f} MB on top of the graph"


def test_additions_keep_nothing():
    def forward():
        y = leaf(np.ones(MEGABYTE))
        for _ in range(50):
            y = y + 1.0
        xp.sum(y).backward()

    peak = peak_of(forward)
    assert peak < 8 * 2**20, f"{peak / 2**20:.1f} MB for 50 additions of 1 MB"


def test_this_measure_can_fail():
    kept = []
    assert peak_of(lambda: kept.extend(np.ones(MEGABYTE) for _ in range(10))) > 9 * 2**20


def test_an_array_that_is_read_row_by_row_has_one_buffer_for_its_gradient(device):
    x = leaf(np.arange(12.0).reshape(4, 3), device)
    rows = [x[i] * float(i) for i in range(4)]
    (xp.sum(xp.stack(rows)) + xp.sum(x[1:3, ::-1] * 2.0) + x[-1, 0] + xp.sum(x * x)).backward()
    expected = np.arange(4.0)[:, None] + 2 * np.arange(12.0).reshape(4, 3)
    expected[1:3] += 2
    expected[-1, 0] += 1
    assert x.grad.tolist() == expected.tolist()


def test_the_gradient_of_many_rows_keeps_its_memory():
    x = leaf(np.ones((500, 500)))
    total = xp.zeros((), dtype=xp.float64, device="cpu")
    for i in range(500):
        total = total + xp.sum(x[i])
    tracemalloc.start()
    total.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.5 * 500 * 500 * 8  # not one array of zeros for each of 500 rows


def test_parts_and_wholes_of_an_array_of_shape_zero(device):
    x = leaf(1.0, device)
    (x[...] + x * 2.0 + x * 3.0).backward()
    assert float(x.grad) == 6.0
    y = leaf([1.0, 2.0], device)
    (xp.sum(y).to_device("strict:CPU_DEVICE") * 2.0).backward()
    assert y.grad.tolist() == [2.0, 2.0]


def test_a_raw_cotangent_may_be_written_to_afterwards():
    x = leaf(np.asarray([1.0, 2.0]))
    g = np.asarray([5.0, 5.0])
    (x + 0.0).backward(g)
    g[:] = 7.0
    assert x.grad.tolist() == [5.0, 5.0]
