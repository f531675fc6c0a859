"""GradScaler beside torch.amp.GradScaler, step by step; what it refuses; that it waits for nothing but one flag."""

import math

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.amp.devices import lacks_half, needs_torch
from tests.oracle import torch
from xnn import nn
from xnn.amp import GradScaler
from xnn.errors import CheckpointError, DTypeError, GraphError, LabelError, OptionError


def parameter(values, device="numpy:cpu", dtype="float32"):
    return nn.Parameter(xp.asarray(values, dtype=dtype, device=device))


# ---- beside PyTorch's ----

SEQUENCES = {
    "grows": [1.0] * 7,
    "infinite at once": [math.inf, math.inf, 1.0, 1.0, 1.0],
    "infinite now and then": [1.0, 1.0, math.inf, 1.0, math.nan, 1.0, 1.0, 1.0, -math.inf, 1.0, 1.0],
    "always": [math.nan] * 5,
}
OPTIONS = [
    {"init_scale": 8.0, "growth_interval": 2},
    {"init_scale": 1024.0, "growth_factor": 4.0, "backoff_factor": 0.25, "growth_interval": 3},
    {"init_scale": 3.0, "growth_factor": 1.5, "backoff_factor": 0.1, "growth_interval": 1},
    {"init_scale": 2.0**126, "growth_interval": 1},
    {"enabled": False},
]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("early", [False, True], ids=["step", "unscale first"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", SEQUENCES)
def test_beside_pytorch(name, options, early, device):
    with np.errstate(all="ignore"):  # NumPy warns of infinities, which are the point here
        assert_as_pytorch(SEQUENCES[name], options, early, device)


def assert_as_pytorch(factors, options, early, device):
    """Weights, unscaled gradients, scale and state after each step of a loss times the numbers of the sequence."""
    start = np.asarray([0.5, -1.5, 2.0], np.float32)
    w, theirs = parameter(start, device), torch.nn.Parameter(torch.tensor(start))
    optimizer, reference = xp.optim.SGD([w], lr=0.125, momentum=0.5), torch.optim.SGD([theirs], lr=0.125, momentum=0.5)
    scaler, oracle = GradScaler(**options), torch.amp.GradScaler("cpu", **options)
    for factor in factors:
        optimizer.zero_grad()
        reference.zero_grad()
        scaler.scale(xp.sum(w * w) * factor).backward()
        oracle.scale((theirs * theirs).sum() * factor).backward()
        if early:
            scaler.unscale_(optimizer)
            oracle.unscale_(reference)
        scaler.step(optimizer)
        oracle.step(reference)
        np.testing.assert_allclose(w.grad.numpy(), theirs.grad.numpy(), rtol=1e-6)
        np.testing.assert_allclose(w.detach().numpy(), theirs.detach().numpy(), rtol=1e-6)
        scaler.update()
        oracle.update()
        assert scaler.get_scale() == pytest.approx(oracle.get_scale(), rel=1e-6)
    ours, expected = scaler.state_dict(), oracle.state_dict()
    assert list(ours) == list(expected)
    assert ours == pytest.approx(expected, rel=1e-6)


@pytest.mark.needs("torch")
def test_states_are_exchanged_with_pytorch():
    scaler, oracle = GradScaler(64.0, 3.0, 0.25, 7), torch.amp.GradScaler("cpu", 32.0)
    oracle.load_state_dict(scaler.state_dict())
    assert oracle.state_dict() == scaler.state_dict()
    other = GradScaler()
    other.load_state_dict(oracle.state_dict())
    assert other.state_dict() == scaler.state_dict()
    found = (other.get_scale(), other.get_growth_factor(), other.get_backoff_factor(), other.get_growth_interval())
    assert found == (64.0, 3.0, 0.25, 7)


@pytest.mark.needs("torch")
def test_defaults_are_pytorchs():
    assert GradScaler().state_dict() == torch.amp.GradScaler("cpu").state_dict()


# ---- a step ----


def test_two_optimizers():
    """One infinite gradient leaves out the step of its optimizer alone; the scale goes by all."""
    a, b = parameter([1.0]), parameter([1.0])
    first, second = xp.optim.SGD([a], lr=1.0), xp.optim.SGD([b], lr=1.0)
    scaler = GradScaler(4.0)
    for loss in scaler.scale([xp.sum(a * math.inf), xp.sum(b)]):
        loss.backward()
    assert scaler.step(first) is None
    scaler.step(second)
    scaler.update()
    assert (a.tolist(), b.tolist(), scaler.get_scale()) == ([1.0], [0.0], 2.0)


def test_parameters_of_two_devices():
    a, b, c = parameter([1.0]), parameter([[1.0, 2.0]], "strict:device1"), parameter(2.0, dtype="float64")
    optimizer = xp.optim.SGD([a, b, c], lr=1.0)
    for factor, expected in ((math.inf, [[1.0], [[1.0, 2.0]], 2.0]), (1.0, [[0.0], [[-1.0, -2.0]], 1.0])):
        optimizer.zero_grad()
        scaler = GradScaler(4.0)
        for x, times in ((a, 1.0), (b * b, factor), (c, 1.0)):
            scaler.scale(xp.sum(x) * times).backward()
        scaler.step(optimizer)
        assert [x.tolist() for x in (a, b, c)] == expected
        assert a.grad.dtype is b.grad.dtype is xp.float32
        assert c.grad.dtype is xp.float64


def test_parameters_without_gradients_stay():
    a, b = parameter([1.0]), parameter([1.0])
    optimizer = xp.optim.SGD([a, b], lr=1.0)
    scaler = GradScaler(4.0)
    scaler.scale(xp.sum(a)).backward()
    scaler.step(optimizer)
    assert (a.tolist(), b.tolist(), b.grad) == ([0.0], [1.0], None)


def test_clipping_sees_true_gradients():
    w = parameter([3.0, 4.0])
    optimizer = xp.optim.SGD([w], lr=1.0)
    scaler = GradScaler(256.0)
    scaler.scale(xp.sum(w * w) / 2).backward()
    assert w.grad.tolist() == [768.0, 1024.0]
    scaler.unscale_(optimizer)
    assert w.grad.tolist() == [3.0, 4.0]
    w.grad = w.grad / xp.linalg.vector_norm(w.grad)
    scaler.step(optimizer)
    np.testing.assert_allclose(w.detach().numpy(), [2.4, 3.2], rtol=1e-6)


def test_update_after_unscale_alone():
    w = parameter([1.0])
    scaler, optimizer = GradScaler(4.0), xp.optim.SGD([w], lr=1.0)
    scaler.scale(xp.sum(w * math.nan)).backward()
    scaler.unscale_(optimizer)
    scaler.update()
    assert scaler.get_scale() == 2.0


def test_new_scale():
    scaler = GradScaler(4.0)
    scaler.update(16)
    assert scaler.get_scale() == 16.0
    scaler.update(xp.asarray(32.0, device="cpu"))
    assert scaler.get_scale() == 32.0


def test_what_is_scaled(device):
    scaler = GradScaler()
    loss = xp.asarray(2.0, device=device)
    assert scaler.scale(loss).item() == 2.0**17
    assert type(scaler.scale((loss, [loss]))) is tuple
    assert [x.item() for x in scaler.scale(iter([loss, loss]))] == [2.0**17] * 2
    raw = scaler.scale(loss._data)
    assert type(raw) is type(loss._data)
    assert scaler.scale(xp.asarray(2.0, dtype="float64", device=device)).dtype is xp.float64
    if not lacks_half(device):
        scaled = scaler.scale(xp.asarray([2.0], dtype="float16", device=device))  # 2**17 is beyond float16
        assert (scaled.dtype, scaled.tolist()) == (xp.float32, [2.0**17])
    nothing = object()
    assert GradScaler(enabled=False).scale(nothing) is nothing


def test_not_enabled():
    w = parameter([1.0])
    optimizer = xp.optim.SGD([w], lr=1.0)
    scaler = GradScaler(enabled=False)
    assert (scaler.is_enabled(), scaler.get_scale(), scaler.state_dict()) == (False, 1.0, {})
    scaler.update()
    scaler.load_state_dict({})
    xp.sum(w * math.inf).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    assert w.tolist() == [-math.inf]


def test_step_raises_what_a_check_found(device):
    """It is the first that waits after the loss was put together."""
    layer = nn.Linear(2, 3, device=device)
    optimizer, scaler = xp.optim.SGD(layer.parameters(), lr=1.0), GradScaler()
    logits, labels = layer(xp.ones((1, 2), device=device)), xp.asarray([3], device=device)

    def step():
        scaler.scale(xp.losses.cross_entropy(logits, labels)).backward()
        scaler.step(optimizer)

    with pytest.raises(LabelError, match="labels are from 0 to 2"):
        step()


# ---- waiting ----


@pytest.mark.every_device
def test_a_step_waits_once(device):
    if device.backend.name != "cupy":
        pytest.skip("only CUDA is waited for")
    layer = nn.Sequential(nn.Linear(4, 8, device=device), nn.ReLU(), nn.Linear(8, 1, device=device))
    optimizer, scaler = xp.optim.Adam(layer.parameters()), GradScaler(1024.0)
    x, y = xp.random.uniform((5, 4), device=device), xp.ones((5, 1), device=device)

    def step():
        optimizer.zero_grad()
        with xp.amp.autocast():
            loss = xp.losses.mse_loss(layer(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)

    step()
    scaler.step(optimizer)
    scaler.update()
    with cuda_emulation.count() as counted:
        step()
    assert counted.d2h == 0
    with cuda_emulation.count() as counted:
        scaler.step(optimizer)
        scaler.update()
        scaler.get_scale()
        scaler.state_dict()
    assert counted.d2h == 1


# ---- errors ----


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"init_scale": 0}, "init_scale is a number above 0 and finite; got 0"),
        ({"init_scale": math.inf}, "init_scale is a number above 0 and finite; got inf"),
        ({"init_scale": "a"}, "init_scale is a number above 0 and finite; got 'a'"),
        ({"growth_factor": 1.0}, "growth_factor is a number above 1; got 1.0"),
        ({"backoff_factor": 1.0}, "backoff_factor is a number between 0 and 1; got 1.0"),
        ({"backoff_factor": 0.0}, "backoff_factor is a number between 0 and 1; got 0.0"),
        ({"growth_interval": 0}, "growth_interval is an int of at least 1; got 0"),
        ({"growth_interval": 2.5}, "growth_interval is an int of at least 1; got 2.5"),
    ],
    ids=str,
)
def test_options(options, rule):
    with pytest.raises(OptionError, match=f"{rule}$"):
        GradScaler(**options)


def test_order_of_calls():
    """PyTorch raises for the same."""
    w = parameter([1.0])
    optimizer, scaler = xp.optim.SGD([w], lr=1.0), GradScaler(4.0)
    with pytest.raises(
        GraphError, match=r"^update\(\) goes by what step\(optimizer\) found; it was not called\. Cure: "
    ):
        scaler.update()
    with pytest.raises(
        GraphError, match=r"^no parameter of this optimizer has a gradient\. Cure: scaler\.scale\(loss\)"
    ):
        scaler.step(optimizer)
    scaler.scale(xp.sum(w)).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(
        GraphError, match=r"once for each update\(\); unscale_ was called for this optimizer before\. Cure"
    ):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    for again in (scaler.unscale_, scaler.step):
        with pytest.raises(GraphError, match=r"step was called for this optimizer before\. Cure: scaler\.update\(\)"):
            again(optimizer)
    scaler.update()
    assert w.tolist() == [0.0]


@needs_torch
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_gradients_are_refused(dtype):
    w = parameter([1.0], "torch:cpu", dtype)
    scaler = GradScaler(4.0)
    scaler.scale(xp.sum(w)).backward()
    rule = rf"^GradScaler unscales float32 gradients; got {dtype}, of shape \(1,\)\. Cure: keep parameters in float32"
    with pytest.raises(DTypeError, match=rule):
        scaler.step(xp.optim.SGD([w], lr=1.0))


def test_closures_are_refused():
    scaler, optimizer = GradScaler(), xp.optim.SGD([parameter([1.0])], lr=1.0)
    for arguments in ({"closure": lambda: 1.0}, {}):
        with pytest.raises(
            OptionError, match=r"^GradScaler\.step takes no closure, whose gradients nobody would unscale"
        ):
            scaler.step(optimizer, *(() if arguments else (lambda: 1.0,)), **arguments)


def test_what_is_no_loss():
    with pytest.raises(TypeError, match=r"^GradScaler\.scale takes arrays; outputs is a float"):
        GradScaler().scale(1.0)
    with pytest.raises(DTypeError, match=r"^GradScaler\.scale takes floating-point outputs; got int64"):
        GradScaler().scale(xp.asarray(1, device="cpu"))


def test_the_state_of_one_that_was_not_enabled():
    with pytest.raises(
        CheckpointError, match=r"^the state is not one of an enabled GradScaler: scale, growth_factor, "
    ):
        GradScaler().load_state_dict(GradScaler(enabled=False).state_dict())
