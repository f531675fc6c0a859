"""autocast as a block: nesting, devices, threads, decorators, the cache of casts, derivatives, errors."""

import contextvars
import gc
import importlib
import threading
import weakref

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import lacks_half, needs_torch
from xnn import nn
from xnn.amp import autocast
from xnn.errors import DTypeError, OptionError

primitive = importlib.import_module("xnn.autograd.primitive")  # the name is also a decorator's


def product(device="numpy:cpu"):
    x = xp.ones((2, 2), device=device)
    return xp.matmul(x, x).dtype.name


# ---- blocks ----


@needs_torch
def test_blocks_nest():
    assert product() == "float32"
    with autocast():
        assert product() == "float16"
        with autocast(enabled=False):
            assert product() == "float32"
            with autocast():
                assert product() == "float16"
            assert product() == "float32"
        assert product() == "float16"
        with autocast(dtype=xp.bfloat16):
            assert product("torch:cpu") == "bfloat16"
        assert product("torch:cpu") == "float16"
    assert product() == "float32"


def test_a_block_can_be_entered_again():
    block = autocast()
    for _ in range(2):
        with block, block:
            assert product() == "float16"
        assert product() == "float32"


def test_a_block_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), autocast():
        1 / 0  # noqa: B018
    assert product() == "float32"


@needs_torch
def test_a_device_of_its_own():
    with autocast(device_type="numpy:cpu"):
        assert (product("numpy:cpu"), product("strict:CPU_DEVICE")) == ("float16", "float32")
        with autocast("torch:cpu", xp.bfloat16):
            assert (product("numpy:cpu"), product("torch:cpu")) == ("float16", "bfloat16")
        with autocast("numpy:cpu", enabled=False):
            assert product("numpy:cpu") == "float32"
    with autocast(), autocast("numpy:cpu", enabled=False):
        assert (product("numpy:cpu"), product("torch:cpu")) == ("float32", "float16")


def test_types_by_name_and_of_libraries():
    for dtype in (None, "float16", xp.float16, np.float16, np.dtype("float16")):
        assert autocast(dtype=dtype).dtype is xp.float16


# ---- what it costs where none is open ----


def test_calls_go_straight_to_apply():
    assert primitive._dispatch is primitive.apply
    with autocast(), autocast(enabled=False):
        assert primitive._dispatch is not primitive.apply
    assert primitive._dispatch is primitive.apply


def test_other_threads_cast_nothing():
    """They pass the door, and see that no block is theirs."""
    found = []
    with autocast():
        thread = threading.Thread(target=lambda: found.append((primitive._dispatch is primitive.apply, product())))
        thread.start()
        thread.join()
        assert product() == "float16"
    assert found == [(False, "float32")]


@needs_torch
def test_threads_have_blocks_of_their_own():
    inside, done, found = threading.Event(), threading.Event(), []

    def work():
        with autocast("torch:cpu", xp.bfloat16):
            inside.set()
            done.wait(10)
            found.append((product("torch:cpu"), product("numpy:cpu")))

    thread = threading.Thread(target=work)
    with autocast():
        thread.start()
        inside.wait(10)
    assert product() == "float32"
    assert primitive._dispatch is not primitive.apply
    done.set()
    thread.join()
    assert found == [("bfloat16", "float32")]
    assert primitive._dispatch is primitive.apply


@needs_torch
def test_a_copied_context_casts_as_long_as_the_block():
    with autocast():
        context = contextvars.copy_context()
        assert context.run(product) == "float16"
    assert context.run(product) == "float32"
    with autocast(dtype=xp.bfloat16):  # another's block
        assert context.run(product) == "float32"
    assert context.run(in_a_block_for_torch) == ("float32", "float16")


def in_a_block_for_torch():
    with autocast("torch:cpu"):
        return product("numpy:cpu"), product("torch:cpu")


# ---- decorators ----


def test_decorator():
    @autocast()
    def function(depth):
        return [product(), *(function(depth - 1) if depth else [])]

    assert function(2) == ["float16"] * 3
    assert product() == "float32"


def test_decorated_generator():
    @autocast()
    def steps():
        yield product()
        yield product()

    found = []
    for dtype in steps():
        found += [dtype, product()]
    assert found == ["float16", "float32", "float16", "float32"]


def test_coroutines_are_not_decorated():
    with pytest.raises(TypeError, match=r"autocast decorates no coroutine\. Cure: a `with` block inside of it\."):

        @autocast()
        async def step():
            pass


# ---- casts of parameters ----


@pytest.fixture
def casts(monkeypatch):
    """The list of what autocast has cast."""
    from xnn.amp import casting

    made = []

    def counted(x, dtype):
        made.append(x)
        return xp.astype(x, dtype)

    monkeypatch.setattr(casting, "astype", counted)
    return made


def test_a_parameter_is_cast_once(casts):
    layer = nn.Linear(2, 2, bias=False, device="numpy:cpu")
    x = xp.ones((1, 2), dtype="float16", device="numpy:cpu")
    with autocast():
        layer(x)
        with autocast():
            layer(x)
        assert len(casts) == 1
        with xp.no_grad():  # a cast without a node, which must not serve where the graph is recorded
            layer(x)
        assert len(casts) == 2
        assert layer(x).requires_grad
        assert len(casts) == 2
        with autocast(dtype=xp.float16, cache_enabled=False):
            layer(x)
            layer(x)
        assert len(casts) == 4
    with autocast():
        layer(x)
    assert len(casts) == 5


def test_no_grad_first():
    layer = nn.Linear(2, 2, device="numpy:cpu")
    x = xp.ones((1, 2), device="numpy:cpu")
    with autocast():
        with xp.no_grad():
            assert not layer(x).requires_grad
        xp.sum(layer(x)).backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_what_is_no_parameter_is_not_kept(casts):
    x = xp.ones((2, 2), device="numpy:cpu")
    with autocast():
        xp.matmul(x, x)
        xp.matmul(x, x)
    assert len(casts) == 4


def test_a_changed_parameter_is_cast_again():
    layer = nn.Linear(2, 1, bias=False, device="numpy:cpu")
    x = xp.ones((1, 2), device="numpy:cpu")
    optimizer = xp.optim.SGD(layer.parameters(), lr=1.0)
    with autocast():
        before = layer(x).item()
        xp.sum(layer(x)).backward()
        optimizer.step()
        assert layer(x).item() == pytest.approx(before - 2, abs=2e-3)


def test_graphs_that_share_a_cast_have_their_own_backward_passes():
    layer = nn.Linear(2, 1, bias=False, device="numpy:cpu")
    x = xp.ones((1, 2), device="numpy:cpu")
    with autocast():
        first, second = xp.sum(layer(x)), xp.sum(layer(2 * x))
    first.backward()
    second.backward()
    assert layer.weight.grad.tolist() == [[3.0, 3.0]]


def test_the_cache_ends_with_the_block():
    layer = nn.Linear(2, 1, device="numpy:cpu")
    with autocast():
        layer(xp.ones((1, 2), device="numpy:cpu"))
    data = weakref.ref(layer.weight._data)
    del layer
    gc.collect()
    assert data() is None


# ---- derivatives ----


def test_gradients_are_of_the_parameters_type(device):
    if lacks_half(device):
        pytest.skip(f"{device} has no float16")
    xp.random.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 4, device=device), nn.Tanh(), nn.Linear(4, 1, device=device))
    x = xp.random.uniform((5, 3), device=device)
    xp.sum(layer(x) ** 2).backward()
    expected = [p.grad.numpy() for p in layer.parameters()]
    layer.zero_grad()
    with autocast():
        xp.sum(layer(x) ** 2).backward()
    for p, wide in zip(layer.parameters(), expected, strict=True):
        assert p.grad.dtype is xp.float32
        assert abs(p.grad.numpy() - wide).max() < 0.01 * abs(wide).max()


def test_recorded_backward_pass_is_not_cast():
    """Its steps have the types of the forward pass, though the block is open."""
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="numpy:cpu", requires_grad=True)
    with autocast():
        y = xp.sum(xp.tanh(x) ** 3)
        y.backward(create_graph=True)
        assert x.grad.dtype is xp.float32
        first = x.grad
        x.grad = None
        xp.sum(first * first).backward()
    assert x.grad.dtype is xp.float32
    with autocast():
        hessian = xp.hessian(lambda w: xp.sum(xp.matmul(w, w) ** 2))(x.detach())
    assert hessian.dtype is xp.float32
    expected = xp.hessian(lambda w: xp.sum(xp.matmul(w, w) ** 2))(x.detach())
    assert xp.max(xp.abs(hessian - expected)).item() < 0.01 * xp.max(xp.abs(expected)).item()


def test_transforms_inside():
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="numpy:cpu")
    with autocast():
        value, tangent = xp.jvp(lambda w: xp.sum(xp.matmul(w, w)), (x,), (xp.ones_like(x),))
        gradient = xp.grad(lambda w: xp.sum(xp.matmul(w, w)))(x)
    assert (value.item(), tangent.item()) == (54.0, 40.0)
    assert value.dtype is tangent.dtype is gradient.dtype is xp.float32
    assert gradient.tolist() == [[7.0, 11.0], [9.0, 13.0]]


def test_what_is_computed_again_is_cast_again():
    """The backward pass of remat comes when the block has ended."""
    xp.random.manual_seed(0)
    layer = nn.Linear(3, 3, device="numpy:cpu")
    x = xp.random.uniform((2, 3), device="numpy:cpu")
    found = []

    def block(x):
        y = layer(layer(x))
        found.append(y.dtype.name)
        return y

    for function in (block, xp.remat(block)):
        layer.zero_grad()
        with autocast():
            loss = xp.sum(function(x) ** 2)
        loss.backward()
        found.append(layer.weight.grad.tolist())
    assert found[0] == found[2] == found[3] == "float16"
    assert found[1] == found[4]
    assert primitive._dispatch is primitive.apply


# ---- raw arrays ----


def test_raw_arrays_alone_are_not_cast():
    x = np.ones((2, 2), np.float32)
    with autocast():
        assert xp.matmul(x, x).dtype == np.float32
        assert xp.matmul(xp.ones((2, 2), device="numpy:cpu"), x).dtype is xp.float16


def test_a_definition_has_one_type_within():
    """Recorded or not: the steps of a fused operation are not cast on their own."""
    xp.random.manual_seed(0)
    x = xp.random.uniform((1, 2, 5, 5), device="numpy:cpu")
    w = nn.Parameter(xp.random.uniform((3, 2, 2, 2), device="numpy:cpu"))
    with autocast():
        recorded = nn.functional.conv2d(x, w)
        with xp.no_grad():
            plain = nn.functional.conv2d(x, w)
    assert recorded.dtype is plain.dtype is xp.float16
    assert recorded.detach().tolist() == plain.tolist()


# ---- errors ----


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "complex64"])
def test_other_types_are_refused(dtype):
    with pytest.raises(OptionError, match=f"^autocast computes in float16 or bfloat16; got {dtype}. Cure: "):
        autocast(dtype=dtype)


def test_the_cure_for_float64():
    with pytest.raises(OptionError, match=r"Cure: model\.to\(dtype=xnn\.float64\), and no autocast\.$"):
        autocast(dtype=xp.float64)


def test_a_device_that_lacks_the_type():
    rule = "^autocast computes in bfloat16, which numpy:cpu does not have"
    with pytest.raises(DTypeError, match=rf"{rule}\. Cure: autocast\(dtype=xnn\.float16\)\.$"):
        autocast("numpy:cpu", xp.bfloat16)
    x = xp.ones((2, 2), device="numpy:cpu")
    with autocast(dtype=xp.bfloat16):
        with pytest.raises(DTypeError, match=rule):
            xp.matmul(x, x)
        assert (x + x).dtype is xp.float32  # nothing is to be cast
    assert not autocast("numpy:cpu", xp.bfloat16, enabled=False).enabled


def test_a_device_that_lacks_both():
    with pytest.raises(
        DTypeError,
        match=r"^autocast computes in float16, which strict:device1 does not have\. Cure: a device of NumPy, CuPy or "
        r"PyTorch; autocast\(enabled=False\) for what has none\.$",
    ):
        autocast("strict:device1")


def test_cupy_has_no_bfloat16(device):
    """Its own is known to array-api-compat as no type: isdtype, clip and finfo raise."""
    if device.backend.name != "cupy":
        pytest.skip("of CuPy")
    with pytest.raises(DTypeError, match=r"computes in bfloat16, which cupy:cuda:\d does not have\. Cure: autocast\("):
        autocast(device, xp.bfloat16)
