"""Every layer: against PyTorch's or its source, on every device, with derivatives of second order."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.nn.compare import arrays, fill, flat, made, numpy, run_ours, run_theirs
from tests.nn.row import values
from tests.nn.table import ROWS
from tests.oracle import torch
from tests.parity import compare
from xnn import nn

NO_LAYERS = {"Module", "Parameter", "HookHandle", "Summary"}
CONTAINERS = {"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"}  # test_containers.py
DRAWN = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)

written = [pytest.param(row, case, id=f"{row.name}-{i}") for row in ROWS for i, case in enumerate(row.cases)]
first = [pytest.param(row, row.cases[0], id=row.name) for row in ROWS]


def test_every_layer_has_a_row():
    layers = {n for n in nn.__all__ if isinstance(getattr(nn, n), type)} - NO_LAYERS - CONTAINERS
    assert layers == {row.name for row in ROWS if "." not in row.name}


def test_a_row_has_cases():
    for row in ROWS:
        assert row.cases, row.name
        assert row.theirs is not False or row.reference, f"{row.name}: beside what?"


# ---- beside PyTorch ----


def assert_is_pytorchs(row, case, dtype):
    torch.manual_seed(0)
    theirs = fill(row.make_theirs(case)).to(getattr(torch, dtype))
    ours = row.ours(case, "numpy:cpu", getattr(xp, dtype))
    if row.has_parameters:
        ours.to(dtype=getattr(xp, dtype))  # buffers as well
    if row.exact_state:
        assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    for mode in row.modes:
        getattr(ours, mode)()
        getattr(theirs, mode)()
        ours.zero_grad()
        theirs.zero_grad()
        came, expected = run_ours(ours, case, "numpy:cpu", dtype), run_theirs(theirs, case, dtype)
        assert set(came) == set(expected)
        for name, value in came.items():
            is_float = expected[name].dtype.kind == "f"
            assert value.dtype.name == (dtype if is_float and not name.startswith("gr") else value.dtype.name), name
            compare(row.kind, row.name, value, expected[name], dtype if is_float else None)
    return ours


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("row", "case"), [p for p in written if p.values[0].theirs is not False])
def test_written_cases_are_pytorchs(row, case, dtype):
    ours = assert_is_pytorchs(row, case, dtype)
    if row.exact_state:
        theirs = row.make_theirs(case).to(getattr(torch, dtype)).eval()
        theirs.load_state_dict({name: torch.tensor(x.numpy()) for name, x in ours.state_dict().items()})
        ours.zero_grad()
        came, expected = run_ours(ours.eval(), case, "numpy:cpu", dtype), run_theirs(theirs, case, dtype)
        for name in came:
            compare(row.kind, row.name, came[name], expected[name], dtype if came[name].dtype.kind == "f" else None)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("row", [row for row in ROWS if row.drawn is not None], ids=lambda row: row.name)
def test_drawn_cases_are_pytorchs(row):
    @DRAWN
    @given(row.drawn, st.sampled_from(["float64", "float64", "float32"]))
    def check(case, dtype):
        assert_is_pytorchs(row, case, dtype)

    check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("row", "case"), [p for p in written if p.values[0].theirs is False])
def test_written_cases_are_those_of_the_source(row, case, dtype):
    xp.random.manual_seed(3)
    layer = row.ours(case, "numpy:cpu", getattr(xp, dtype)).to(dtype=dtype)
    for mode in row.modes:
        getattr(layer, mode)()
        came = layer(
            *made(case.inputs, arrays("numpy:cpu", dtype)), **made(case.keywords, arrays("numpy:cpu", dtype), 100)
        )
        raws = made(case.inputs, lambda wanted, seed: values(wanted, dtype, seed))
        keywords = made(case.keywords, lambda wanted, seed: values(wanted, dtype, seed), 100)
        expected = flat(row.reference(layer, *raws, **keywords), "output")
        for path, x in flat(came, "output").items():
            assert not x.dtype.is_floating or x.dtype.name == dtype
            compare(row.kind, row.name, numpy(x), np.asarray(expected[path]), dtype)


# ---- initial values ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    ("row", "case"), [p for p in first if p.values[0].has_parameters and p.values[0].theirs is not False]
)
def test_initial_values_are_distributed_as_pytorchs(row, case):
    """Kolmogorov and Smirnov's distance of the two samples, below what one in a million exceeds."""
    xp.random.manual_seed(0)
    torch.manual_seed(0)

    def sample(make):
        found = {}
        for _ in range(40):
            for name, p in make().named_parameters():
                found.setdefault(name, []).append(numpy(p).ravel())
        return {name: np.concatenate(parts) for name, parts in found.items()}

    ours, theirs = sample(lambda: row.ours(case, "numpy:cpu", xp.float32)), sample(lambda: row.make_theirs(case))
    assert set(ours) == set(theirs)
    for name, a in ours.items():
        assert distance(a, theirs[name]) < 2.7 * np.sqrt(2 / a.size) or np.array_equal(a, theirs[name]), name


def distance(a, b):
    """The largest distance of two empirical distribution functions."""
    points = np.concatenate([a, b])
    shares = [np.searchsorted(np.sort(x), points, side="right") / x.size for x in (a, b)]
    return abs(shares[0] - shares[1]).max()


def test_another_distribution_is_seen():
    random = np.random.default_rng(0)
    uniform = random.uniform(-1, 1, 4000)
    for other in (random.normal(0, 0.5, 4000), random.uniform(-1.2, 1.2, 4000)):
        assert distance(uniform, other) > 2.7 * np.sqrt(2 / 4000)


# ---- on every device ----


def seeded(row, case, device, dtype):
    """A layer from one seed on a device, run in each mode: all results by mode and name."""
    xp.random.manual_seed(11)
    with xp.use_device(device):
        layer = row.ours(case, device, dtype)
    layer.to(device)
    found = {}
    for mode in ("train", "eval"):
        getattr(layer, mode)()
        layer.zero_grad()
        xp.random.manual_seed(12)
        found.update({(mode, name): x for name, x in run_ours(layer, case, device, dtype.name).items()})
    return found


@pytest.mark.parametrize(("row", "case"), written)
def test_every_device_gives_the_numbers_of_numpy(row, case, device):
    expected = seeded(row, case, "numpy:cpu", xp.float32)
    for name, came in seeded(row, case, device, xp.float32).items():
        assert came.dtype == expected[name].dtype, name
        np.testing.assert_equal(came.shape, expected[name].shape, err_msg=str(name))
        compare("every device", row.name, came, expected[name])


# ---- derivatives ----


@pytest.mark.parametrize(("row", "case"), [p for p in first if p.values[0].order])
def test_derivatives_of_all_orders(row, case):
    xp.random.manual_seed(5)
    layer = row.ours(case, "numpy:cpu", xp.float64).to(dtype=xp.float64)
    getattr(layer, row.modes[-1])()
    inputs = made(case.inputs, arrays("numpy:cpu", "float64"))
    keywords = made(case.keywords, arrays("numpy:cpu", "float64"), 100)
    leaves = [x.detach() for x in flat(inputs).values()]

    def call(*given):
        left = iter(given)
        out = layer(*made(case.inputs, lambda wanted, seed: next(left)), **keywords)
        return sum(xp.sum(xp.sin(x)) for x in flat(out).values() if x.dtype.is_floating)

    xp.check_gradients(call, *leaves, order=row.order)


# ---- raw arrays ----


@pytest.mark.parametrize(("row", "case"), [p for p in first if not p.values[0].has_parameters])
def test_layers_without_parameters_give_raw_arrays_for_raw_arrays(row, case, device):
    with xp.use_device(device):
        layer = row.ours(case, device, xp.float32).eval()
    inputs = made(case.inputs, lambda wanted, seed: xp.asarray(values(wanted, "float32", seed), device=device)._data)
    outputs = flat(layer(*inputs, **case.keywords))
    assert outputs
    assert all(isinstance(x, device.backend.array_type) for x in outputs.values())
