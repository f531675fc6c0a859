"""What the kernel matrix does not reach of the CUDA kernels: large sizes, many parts, half precision, mixed types."""

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.ops.kernels import Subject, run
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.ops.classification import softmax_cross_entropy
from xnn_backends import find_device
from xnn_backends.philox import philox_uniform

pytestmark = pytest.mark.needs("cuda_emulation")
GPU = "cupy:cuda:0"


def numbers(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


def agrees(name, raws, **static):
    """Assert that the kernel of that name gives what the definition gives."""
    device = find_device(GPU)
    subject = Subject(name, device.backend.kernels[name], device)
    subject.agrees(subject.expected(raws, static), subject.put(raws), static)


# ---- half precision without the toolkit's headers ----


CASTS = r"""
extern "C" __global__ void to_float(const half16* x, float* y, Int n) { Int i = here(); if (i < n) y[i] = x[i]; }
extern "C" __global__ void to_half(const float* x, half16* y, Int n) { Int i = here(); if (i < n) y[i] = x[i]; }
"""


@pytest.fixture(scope="module")
def casts():
    from xnn_backends.cupy_kernels.sources import Source

    return Source(CASTS)


def test_every_half_becomes_the_float_that_it_is(casts):
    import cupy

    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    out = cupy.empty(halves.size, "float32")
    casts.each("to_float", out.dtype, out.size, cupy.asarray(halves), out)
    np.testing.assert_array_equal(out.get(), halves.astype(np.float32))


def test_floats_become_the_nearest_half(casts):
    import cupy

    halves = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float32)
    between = (halves[1:-1] + halves[:-2]) / 2  # ties, and what is just beside them
    beside = [np.nextafter(between, np.float32(side), dtype=np.float32) for side in (-np.inf, np.inf)]
    rest = np.asarray([65504, 65519.99, 65520, 1e30, np.inf, np.nan, 1e-8, 1e-40, 0], np.float32)
    floats = np.concatenate([halves[:-1], between, *beside, rest])
    floats = np.concatenate([floats, -floats])
    out = cupy.empty(floats.size, "float16")
    casts.each("to_half", cupy.dtype("float32"), out.size, cupy.asarray(floats), out)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(out.get(), floats.astype(np.float16))


# ---- sizes ----


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(3, 5000), (700, 3), (2, 40, 33)])
def test_cross_entropy_of_many_rows_or_classes(shape, reduction):
    target = np.random.default_rng(1).integers(0, shape[1], (shape[0], *shape[2:]))
    agrees("softmax_cross_entropy", [numbers(*shape), target], ignore_index=1, reduction=reduction)


@pytest.mark.parametrize(("shape", "axis"), [((2, 5000), 1), ((5000, 3), 0), ((3, 70, 45), 1)])
def test_softmax_of_many(shape, axis):
    agrees("log_softmax", [numbers(*shape)], axis=axis)


@pytest.mark.parametrize(("shape", "axes"), [((5000, 2), (0,)), ((40, 2, 130), (0, 2)), ((2, 5000), (1,))])
def test_standardize_of_many(shape, axes):
    agrees("standardize", [numbers(*shape)], axes=axes, eps=1e-3)


@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_a_convolution_of_many_images_goes_in_parts(name, monkeypatch):
    from xnn_backends.cupy_kernels import conv

    weight = (4, 2, 3, 3) if name == "conv" else (4, 3, 3, 3)
    static = {"stride": (2, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 2 if name == "conv" else 1}
    static |= {} if name == "conv" else {"output_padding": (1, 0)}
    bias = 4 if name == "conv" else 3
    raws = [numbers(5, 4, 5, 4), numbers(*weight, seed=1), numbers(bias, seed=2)]
    monkeypatch.setattr(conv, "MOST", 4 * 4 * 9 * 12 * 2)  # two images of either
    with cuda_emulation.count() as counts:
        agrees(name, raws, **static)
    assert len([kernel for kernel in counts.kernels if kernel == "unfold"]) > 3


def test_known_statistics_beyond_half_precision():
    """The sum of the centred numbers times g overflows; divided by the deviation it does not."""
    raws = [np.full((400, 1, 8), 75, "float16"), *(np.full(1, v, "float16") for v in (0, 1e4, 1, 0))]
    device = find_device(GPU)
    kernel = device.backend.kernels["normalize_channels"]
    raws = [device.backend.from_numpy(x, device) for x in raws]
    out, residual = kernel.forward(None, *raws, eps=1e-5)
    needs = (False, False, True, True, True)
    _, _, of_var, of_weight, of_bias = kernel.vjp(None, residual, out * 0 + 1, needs, *raws, eps=1e-5)
    assert [float(d.get()[0]) for d in (of_weight, of_bias)] == [2400, 3200]
    assert_close(of_var.get(), np.asarray([-0.12], "float16"))


# ---- operands of several types ----


MIXED = {
    "conv": ([(2, 3, 4), (2, 3, 2), (2,)], {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}),
    "linear": ([(2, 3), (4, 3), (4,)], {}),
    "scale_channels": ([(2, 3, 4), (3,), (3,)], {}),
    "gru_states": ([(2, 2, 6), (2, 2), (6, 2), (6,)], {}),
}


@pytest.mark.parametrize("name", MIXED)
def test_operands_of_several_types_are_promoted(name):
    shapes, static = MIXED[name]
    kinds = ["float32", "float64", "float32", "float64"]
    device = find_device(GPU)
    subject = Subject(name, device.backend.kernels[name], device)
    raws = [numbers(*shape, seed=i, dtype=dtype) for i, (shape, dtype) in enumerate(zip(shapes, kinds, strict=False))]
    expected = subject.expected([x.astype("float64") for x in raws], static)
    came = run(subject.primitive, subject.put(raws), static, device)
    for x, y in zip(came.values, expected.values, strict=True):
        assert x.dtype == y.dtype
        assert_close(x, y, "float32")
    for raw, x, y in zip(raws, came.gradients, expected.gradients, strict=True):
        assert x.dtype == raw.dtype
        assert_close(x, y, "float32")


# ---- optimizers ----


def steps(device, count, name):
    params = [nn.Parameter(xp.asarray(numbers(2, 1 + i % 3, seed=i), device=device)) for i in range(count)]
    optimizer = getattr(optim, name)(params)
    for step in range(3):
        for i, p in enumerate(params):
            gradient = xp.asarray(numbers(*p.shape[::-1], seed=i + step), device=device)
            p.grad = gradient.T if step else xp.asarray(numbers(*p.shape, seed=i), device=device)
        with cuda_emulation.count() as counts:
            optimizer.step()
    return params, counts


@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_many_parameters_are_one_launch_for_two_hundred(name):
    came, counts = steps(GPU, 450, name)
    expected, _ = steps("cpu", 450, name)
    for p, q in zip(came, expected, strict=True):
        assert_close(p.detach().numpy(), q.detach().numpy())
    assert [kernel for kernel in counts.kernels if not kernel.startswith("cupy")] == [name.lower()] * 3


# ---- random numbers ----


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("p", [0.3, 0.5, 1.0])
def test_dropout_draws_the_numbers_of_the_stream(dtype, p):
    from xnn.dtypes import float32
    from xnn_backends.cupy_kernels import dropout

    device, kernel = find_device(GPU), dropout.kernels()["dropped"]
    for shape, drawn in (((3, 41), (3, 41)), ((2, 3, 5), (2, 3, 1)), ((), ()), ((0, 3), (0, 3)), ((999, 9), (999, 9))):
        x = numbers(*shape, dtype=dtype) if shape else np.asarray(1.5, dtype)
        draws = philox_uniform(7, 5, int(np.prod(drawn)), float32).reshape(drawn)
        scale = np.asarray(1 / (1 - p) if p < 1 else 1, dtype)
        expected = x * ((draws >= np.float32(p)).astype(dtype) * scale)
        static = {"p": p, "seed": 7, "block": 5, "shape": drawn}
        (raw,) = [device.backend.from_numpy(x, device)]
        out, _ = kernel.forward(None, raw, **static)
        np.testing.assert_array_equal(out.get(), expected)
        (slope,) = kernel.vjp(None, None, raw, (True,), raw, **static)
        np.testing.assert_array_equal(slope.get(), expected)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "int8"])
def test_labels_are_looked_at_once(dtype):
    from xnn_backends.cupy_kernels import classification

    device, kernel = find_device(GPU), classification.kernels()["labels_fit"]
    for values, ignored, holds in (
        ([0, 1, 2], None, True), ([3], None, False), ([0, 9], 9, True), ([], None, True), ([1] * 70000, None, True),
        ([*[1] * 70000, 3], None, False),
    ):  # fmt: skip
        raw = device.backend.from_numpy(np.asarray(values, dtype), device)
        out, _ = kernel.forward(None, raw, classes=3, ignore_index=ignored)
        assert out.shape == ()
        assert bool(out.get()) is holds


def test_a_large_label_is_not_the_negative_one_that_is_ignored():
    from xnn_backends.cupy_kernels import classification

    device = find_device(GPU)
    raw = device.backend.from_numpy(np.asarray([2**64 - 100], np.uint64), device)
    out, _ = classification.kernels()["labels_fit"].forward(None, raw, classes=3, ignore_index=-100)
    assert not out.get()


def test_a_label_beyond_the_classes_is_nan_in_value_and_gradient():
    x = xp.asarray(numbers(3, 4), device=GPU, requires_grad=True)
    loss = softmax_cross_entropy(x, xp.asarray([0, 4, -1], device=GPU))
    xp.sum(loss).backward()
    assert np.isnan(loss.detach().numpy()).tolist() == [False, True, True]
    assert np.isnan(x.grad.numpy()).all(axis=1).tolist() == [False, True, True]


@pytest.mark.parametrize("options", [{}, {"padding_idx": 1, "scale_grad_by_freq": True}])
def test_the_gradient_of_an_embedding_goes_in_parts(options, monkeypatch):
    from xnn_backends.cupy_kernels import embedding

    monkeypatch.setattr(embedding, "PART", 7)
    rows = np.random.default_rng(0).integers(0, 4, (5, 6))
    agrees("embedding", [numbers(5, 3), rows], **{"padding_idx": None, "scale_grad_by_freq": False} | options)
    rows[2, 3] = 9
    agrees("embedding", [numbers(5, 3), rows], **{"padding_idx": None, "scale_grad_by_freq": False} | options)


# ---- streams ----


def test_a_copy_between_gpus_waits_for_one_stream_and_holds_back_the_other(monkeypatch):
    import cupy

    waits, plain = [], cupy.cuda.Stream.wait_event

    def wait_event(stream, event):
        waits.append(stream.ptr)
        plain(stream, event)

    monkeypatch.setattr(cupy.cuda.Stream, "wait_event", wait_event)
    devices = [find_device(f"cupy:cuda:{i}") for i in (0, 1)]
    streams = []
    for device in devices:
        with device.scope():
            streams.append(cupy.cuda.Stream(non_blocking=True))
    with devices[1].scope(), streams[1], devices[0].scope(), streams[0]:
        x = cupy.arange(6.0).reshape(2, 3).T
        out = devices[0].backend.to_device(x, devices[1])
    assert waits == [streams[1].ptr, streams[0].ptr]
    assert out.device.id == 1
    np.testing.assert_array_equal(devices[1].backend.to_numpy(out), np.arange(6.0).reshape(2, 3).T)
