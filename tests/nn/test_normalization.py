"""Normalisation beyond the rows: running statistics, numbers that are hard, sizes inferred from the input, errors."""

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.parity import compare
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError

F = nn.functional


def zeros(*shape, **options):
    return xp.zeros(shape, device="cpu", **options)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(2.0, 3.0, shape)


# ---- running statistics ----

TRACKING = [
    ("BatchNorm1d", (4, 3), {}),
    ("BatchNorm2d", (2, 3, 2, 3), {"momentum": None}),
    ("BatchNorm3d", (1, 3, 2, 1, 3), {"momentum": 0.7, "affine": False}),
    ("InstanceNorm1d", (3, 3, 4), {"track_running_stats": True}),
    ("InstanceNorm2d", (3, 2, 2), {"track_running_stats": True, "momentum": None}),
]


@pytest.mark.needs("torch")
@pytest.mark.parametrize(("name", "shape", "options"), TRACKING, ids=[name for name, _, _ in TRACKING])
def test_running_statistics_after_several_batches_are_pytorchs(name, shape, options, device):
    ours = getattr(nn, name)(3, **options, device=device, dtype=xp.float64)
    theirs = getattr(torch.nn, name)(3, **options).double()
    for step in range(4):
        raw = numbers(*shape, seed=step)
        ours(xp.asarray(raw, device=device, requires_grad=True))
        theirs(torch.tensor(raw))
    expected = dict(theirs.named_buffers())
    for key, buffer in ours.named_buffers():
        assert not buffer.requires_grad
        assert buffer.device is device
        compare("layer", name, buffer.numpy(), expected[key].numpy())
    assert ours.num_batches_tracked.dtype is xp.int64
    assert ours.num_batches_tracked.shape == ()
    before = [buffer.tolist() for _, buffer in ours.named_buffers()]
    ours.eval()(xp.asarray(numbers(*shape), device=device))
    assert [buffer.tolist() for _, buffer in ours.named_buffers()] == before
    ours.reset_running_stats()
    assert [b.tolist() for _, b in ours.named_buffers()] == [[0.0] * 3, [1.0] * 3, 0]


def test_a_batch_that_raises_is_not_counted():
    layer = nn.BatchNorm1d(2, device="cpu")
    with pytest.raises(ShapeError):
        layer(zeros(1, 2))
    layer(zeros(0, 2))  # as in PyTorch: it counts, and moves nothing
    assert int(layer.num_batches_tracked) == 1
    assert layer.running_var.tolist() == [1.0, 1.0]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("is_raw", [(False, False), (True, True), (False, True), (True, False)], ids=str)
@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_the_functions_change_running_statistics_in_place(name, is_raw, device):
    raw = numbers(4, 3, 5)
    x = xp.asarray(raw, device=device, requires_grad=not is_raw[0])
    statistics = [xp.asarray(v, device=device) for v in (np.zeros(3), np.ones(3))]
    given = [s._data if is_raw[1] else s for s in statistics]
    option = {"training": True} if name == "batch_norm" else {}
    out = getattr(F, name)(x._data if is_raw[0] else x, *given, **option, momentum=0.3)
    assert isinstance(out, device.backend.array_type if is_raw[0] else xp.Array)
    expected = [torch.zeros(3).double(), torch.ones(3).double()]
    getattr(torch_functional, name)(torch.tensor(raw), *expected, **option, momentum=0.3)
    for came, wanted in zip(given, expected, strict=True):
        assert_close(device.backend.to_numpy(came) if is_raw[1] else came.numpy(), wanted.numpy())


def test_transforms_share_the_statistics_of_a_module(device):
    layer = nn.BatchNorm1d(3, device=device, dtype=xp.float64)
    x = xp.asarray(numbers(5, 3), device=device)
    xp.grad(lambda layer, x: xp.sum(layer(x) ** 3))(layer, x)
    followed = layer.running_mean.tolist()
    assert int(layer.num_batches_tracked) == 1
    assert followed != [0.0, 0.0, 0.0]
    xp.jvp(layer, (x,), (x,))
    assert int(layer.num_batches_tracked) == 2
    assert layer.running_mean.tolist() != followed


@pytest.mark.needs("cuda_emulation")
@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_training_step_does_not_wait_for_the_device(momentum):
    layer = nn.BatchNorm2d(3, momentum=momentum, device="cupy:cuda:0")
    x = xp.asarray(numbers(2, 3, 2, 2).astype("float32"), device="cupy:cuda:0", requires_grad=True)
    g = xp.ones_like(x)
    layer(x).backward(g)
    with cuda_emulation.count() as counts:
        layer(x).backward(g)
    assert counts.d2h + counts.synchronisations == 0


# ---- types ----

OPTIONS = {
    "batch_norm": ({"running_mean": None, "running_var": None, "training": True}, {"eps": 0.5}),
    "instance_norm": ({}, {"eps": 0.5}),
    "layer_norm": ({"normalized_shape": 4}, {"eps": 0.5}),
    "rms_norm": ({"normalized_shape": 4}, {"eps": 0.5}),
    "group_norm": ({"num_groups": 3}, {"eps": 0.5}),
    "local_response_norm": ({"size": 2}, {"alpha": 0.5, "beta": 0.25, "k": 2.0}),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_numpy_are_weak(name, kind):
    """Otherwise a float64 of NumPy would make a float32 network float64."""
    given, options = OPTIONS[name]
    x = xp.asarray(numbers(2, 3, 4).astype("float32"), device="cpu")
    came = getattr(F, name)(x, **given, **{option: kind(value) for option, value in options.items()})
    assert came.dtype is xp.float32
    assert came.tolist() == getattr(F, name)(x, **given, **options).tolist()


def test_raw_arrays_of_two_types_are_refused_under_autocast_too():
    """It casts for Arrays alone."""
    x, channels = np.zeros((4, 3), np.float16), np.ones(3, np.float32)
    with xp.amp.autocast(), pytest.raises(DTypeError, match=r"one type; got float16 and float32"):
        F.batch_norm(x, channels, channels)


# ---- numbers that are hard ----

CONSTANT = {
    "batch_norm": {"running_mean": None, "running_var": None, "training": True},
    "instance_norm": {},
    "layer_norm": {"normalized_shape": (3, 4)},
    "group_norm": {"num_groups": 3},
}


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_gives_0_and_finite_gradients(name, device):
    x = xp.asarray(np.full((2, 3, 4), 0.1, np.float32), device=device, requires_grad=True)
    out = getattr(F, name)(x, **CONSTANT[name])
    assert np.abs(out.detach().numpy()).max() < 1e-4
    xp.sum(out * xp.reshape(xp.arange(24.0, device=device, dtype=xp.float32), (2, 3, 4))).backward()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", CONSTANT)
def test_a_large_mean_does_not_cancel_the_variance(name, device):
    half = np.random.default_rng(0).integers(-4, 5, (2, 3, 2)).astype("float32")
    small = np.concatenate([half, -half], axis=2)  # so that the mean, 2**20, is no rounded number
    options = {**CONSTANT[name], "eps": 1e-3}
    out = getattr(F, name)(xp.asarray(small + 2.0**20, device=device), **options).numpy()
    expected = getattr(torch_functional, name)(torch.tensor(small).double(), **options).numpy()
    assert_close(out, expected, "float32")


@pytest.mark.needs("torch")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rms_norm_has_the_epsilon_of_the_type(dtype):
    raw = np.asarray([[1e-5, -2e-5]], dtype)
    came = F.rms_norm(xp.asarray(raw, device="cpu"), 2).numpy()
    assert_close(came, torch_functional.rms_norm(torch.tensor(raw), (2,)).numpy())


# ---- sizes inferred from the first input ----


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("BatchNorm1d", (4, 5)),
        ("BatchNorm3d", (2, 5, 1, 2, 2)),
        ("InstanceNorm1d", (5, 3)),
        ("InstanceNorm2d", (2, 5, 2, 2)),
    ],
)
def test_the_first_input_tells_the_number_of_channels(name, shape, device):
    layer = getattr(nn, name)(None, affine=True, dtype=xp.float64)
    expected = getattr(nn, name)(5, affine=True, dtype=xp.float64, device=device)
    x = xp.asarray(numbers(*shape), device=device)
    assert_close(layer(x).detach().numpy(), expected(x).detach().numpy())
    assert layer.num_features == 5
    assert layer.weight.device is device
    assert repr(layer) == repr(expected)
    assert list(layer.state_dict()) == list(expected.state_dict())
    with pytest.raises(ShapeError, match=f"{name} takes inputs"):
        getattr(nn, name)(None)(zeros(5))


# ---- looks, and errors ----


def test_repr():
    assert repr(nn.BatchNorm2d(3)) == (
        "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
    )
    assert repr(nn.InstanceNorm1d(3)) == (
        "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)"
    )
    assert repr(nn.LayerNorm((3, 4))) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)"
    assert repr(nn.RMSNorm(3)) == "RMSNorm((3,), eps=None, elementwise_affine=True)"
    assert repr(nn.GroupNorm(2, 4, bias=False)) == "GroupNorm(2, 4, eps=1e-05, affine=True, bias=False)"
    assert repr(nn.LocalResponseNorm(2)) == "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"
    assert repr(nn.UnitNorm([0, 1])) == "UnitNorm(dim=(0, 1))"


def test_unit_norm_takes_an_int_of_numpy():
    x = zeros(2, 3) + 2
    assert nn.UnitNorm(np.int64(1))(x).tolist() == nn.UnitNorm(1)(x).tolist()


ERRORS = [
    (
        lambda: nn.BatchNorm1d(3, device="cpu")(zeros(1, 3)),
        ShapeError,
        "batch_norm in training takes more than one value for each channel: one has no variance; got shape (1, 3). "
        "Cure: a larger batch, or model.eval().",
    ),
    (
        lambda: nn.BatchNorm1d(3, device="cpu")(zeros(2, 4)),
        ShapeError,
        "BatchNorm1d takes inputs (N, 3) or (N, 3, L); got shape (2, 4)",
    ),
    (
        lambda: nn.BatchNorm2d(3, device="cpu")(zeros(2, 3, 4)),
        ShapeError,
        "BatchNorm2d takes inputs (N, 3, H, W); got shape (2, 3, 4)",
    ),
    (
        lambda: nn.InstanceNorm1d(3, device="cpu")(zeros(2, 4, 5)),
        ShapeError,
        "InstanceNorm1d takes inputs (N, 3, L) or (3, L); got shape (2, 4, 5)",
    ),
    (
        lambda: nn.InstanceNorm2d(3, device="cpu")(zeros(2, 3, 1, 1)),
        ShapeError,
        "instance_norm takes more than one element in each channel, which has no variance; got shape (2, 3, 1, 1). "
        "Cure: larger images, or layer_norm.",
    ),
    (lambda: nn.BatchNorm1d(0), OptionError, "num_features is an int of at least 1; got 0"),
    (lambda: nn.BatchNorm1d(2, device="cpu")([[1.0]]), TypeError, "BatchNorm1d takes arrays; input is a list"),
    (
        lambda: nn.BatchNorm1d(2, device="cpu")(zeros(2, 2, dtype=xp.float64)),
        DTypeError,
        "batch_norm takes input and running_mean of one type; got float64 and float32. "
        "Cure: xnn.astype(x, xnn.float32), or model.to(dtype=xnn.float64).",
    ),
    (
        lambda: F.batch_norm(zeros(2, 2, dtype=xp.int64), None, None, training=True),
        DTypeError,
        "batch_norm takes floating-point input",
    ),
    (lambda: F.batch_norm(zeros(2), None, None), ShapeError, "batch_norm takes inputs (N, C, ...); got shape (2,)"),
    (
        lambda: F.instance_norm(zeros(2, 3)),
        ShapeError,
        "instance_norm takes inputs (N, C, L, ...); got shape (2, 3)",
    ),
    (
        lambda: F.batch_norm(zeros(2, 2), None, None),
        OptionError,
        "batch_norm without training takes running_mean and running_var. Cure: training=True.",
    ),
    (
        lambda: F.instance_norm(zeros(2, 2, 2), use_input_stats=False),
        OptionError,
        "instance_norm without use_input_stats takes running_mean and running_var",
    ),
    (
        lambda: F.batch_norm(zeros(2, 2), zeros(2), None),
        OptionError,
        "batch_norm takes running_mean and running_var together; got one of them",
    ),
    (
        lambda: F.batch_norm(zeros(4, 2), None, None, zeros(3), training=True),
        ShapeError,
        "batch_norm takes weight of shape (2,), one for each channel of the input (4, 2); got shape (3,)",
    ),
    (
        lambda: F.batch_norm(zeros(4, 2), None, None, training=True, eps=-1.0),
        OptionError,
        "batch_norm: eps is a number of at least 0; got -1.0",
    ),
    (
        lambda: F.layer_norm(zeros(2, 3), 4),
        ShapeError,
        "layer_norm takes inputs (..., 4), for normalized_shape=(4,); got shape (2, 3). Cure: normalized_shape=(3,).",
    ),
    (lambda: F.rms_norm(zeros(3), (2, 3)), ShapeError, "rms_norm takes inputs (..., 2, 3)"),
    (
        lambda: F.layer_norm(zeros(2, 3), 3, bias=zeros(2)),
        ShapeError,
        "layer_norm takes bias of shape (3,), normalized_shape of the input (2, 3); got shape (2,)",
    ),
    (lambda: F.layer_norm(zeros(2, 3), 3, eps=None), OptionError, "layer_norm: eps is a number; got None"),
    (lambda: F.rms_norm(zeros(2, 3), 3, eps=-1), OptionError, "rms_norm: eps is a number of at least 0; got -1"),
    (
        lambda: nn.LayerNorm(()),
        OptionError,
        "LayerNorm: normalized_shape is an int, or one or more of them; got ()",
    ),
    (lambda: nn.RMSNorm("ab"), OptionError, "RMSNorm: normalized_shape is an int, or one or more of them; got 'ab'"),
    (lambda: nn.GroupNorm(3, 4), OptionError, "num_groups divides num_channels; got 3 and 4"),
    (lambda: F.group_norm(zeros(4), 2), ShapeError, "group_norm takes inputs (N, C, ...); got shape (4,)"),
    (
        lambda: F.group_norm(zeros(2, 5), 2),
        ShapeError,
        "group_norm: num_groups divides the channels; got 2 for the shape (2, 5)",
    ),
    (
        lambda: F.group_norm(zeros(1, 2), 2),
        ShapeError,
        "group_norm takes more than one value for each group, which has no variance; got shape (1, 2) for 2 groups. "
        "Cure: fewer groups.",
    ),
    (lambda: nn.LocalResponseNorm(0), OptionError, "size is an int of at least 1; got 0"),
    (
        lambda: F.local_response_norm(zeros(2, 3), 2),
        ShapeError,
        "local_response_norm takes inputs (N, C, L, ...); got shape (2, 3)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)
