"""Pooling beyond the rows: NaN and infinities, sizes and positions given at the call, randomness, errors."""

import numpy as np
import pytest

import xnn as xp
from tests.amp.devices import low_types
from tests.ops.compare import cotangent, quiet
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

F = nn.functional


def zeros(*shape, **options):
    return xp.zeros(shape, device="cpu", **options)


# ---- maxima ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_the_first_of_equal_maxima_has_index_and_gradient(ceil_mode, device):
    raw = np.random.default_rng(0).integers(0, 3, (2, 3, 5, 6)).astype("float64")
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": ceil_mode, "return_indices": True}
    x, t = xp.asarray(raw, device=device, requires_grad=True), torch.tensor(raw, requires_grad=True)
    (out, places), (expected, expected_places) = F.max_pool2d(x, **options), torch_functional.max_pool2d(t, **options)
    g = cotangent(expected.detach().numpy())
    out.backward(xp.asarray(g, device=device))
    expected.backward(torch.tensor(g))
    assert places.dtype is xp.int64
    np.testing.assert_array_equal(places.numpy(), expected_places.numpy())
    assert_close(out.detach().numpy(), expected.detach().numpy())
    assert_close(x.grad.numpy(), t.grad.numpy())


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("return_indices", [False, True])
def test_a_window_of_minus_infinity_keeps_its_gradient_in_the_image(return_indices, create_graph, device):
    """By the kernel's derivative, by the positions, and by the definition."""
    x = xp.asarray(np.full((1, 1, 3), -np.inf), device=device, requires_grad=True)
    out = F.max_pool1d(x, 2, 2, 1, return_indices=return_indices)
    if return_indices:
        out, places = out
        assert places.tolist() == [[[0, 1]]]
    xp.sum(out).backward(create_graph=create_graph)
    assert x.grad.tolist() == [[[1.0, 1.0, 0.0]]]


@pytest.mark.needs("torch")
@pytest.mark.parametrize(
    "name", ["max_pool1d", "avg_pool1d", "adaptive_max_pool1d", "adaptive_avg_pool1d", "lp_pool1d"]
)
def test_nan_and_infinities_are_pytorchs(name, device):
    raw = np.asarray([[[1.0, np.nan, 2.0, 3.0, np.inf, 1.0, -np.inf, -1.0, 0.0]]])
    options = {"output_size": 4} if "adaptive" in name else {"kernel_size": 2, "ceil_mode": True}
    if name == "lp_pool1d":
        options["norm_type"] = 2
    with quiet():
        out = getattr(F, name)(xp.asarray(raw, device=device), **options).numpy()
    np.testing.assert_array_equal(out, getattr(torch_functional, name)(torch.tensor(raw), **options).numpy())


def test_nan_has_an_index(device):
    x = xp.asarray([[[1.0, np.nan, 2.0, 3.0]]], device=device)
    with quiet():
        out, places = F.max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(out.numpy(), [[[np.nan, 3.0]]])
    assert places.tolist() == [[[1, 3]]]


@pytest.mark.parametrize("name", ["avg_pool2d", "lp_pool2d", "adaptive_avg_pool2d"])
def test_sums_beyond_float16(name, device):
    """The sum of a window is one, its mean is not."""
    options = {"lp_pool2d": {"norm_type": 2, "kernel_size": 4}, "adaptive_avg_pool2d": {"output_size": 3}}
    for low in low_types(device):
        x = xp.asarray(np.full((1, 1, 4, 4), 300.0 if name == "lp_pool2d" else 6e4), dtype=low, device=device)
        came = getattr(F, name)(x, **options.get(name, {"kernel_size": 4}))
        assert came.dtype is x.dtype
        wanted = 4.0 if name == "lp_pool2d" else 1.0
        assert float(came[0, 0, 0, 0]) == pytest.approx(float(x[0, 0, 0, 0]) * wanted, rel=xp.finfo(low).eps)


@pytest.mark.parametrize("name", ["GlobalAvgPool2d", "GlobalMaxPool2d"])
def test_global_pooling_of_no_elements(name):
    with pytest.raises(ShapeError, match=rf"{name} takes images that have elements; got shape \(2, 3, 0, 4\)"):
        getattr(nn, name)()(zeros(2, 3, 0, 4))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_window_may_be_larger_than_the_image_only_by_ceil_mode(count):
    x = zeros(1, 1, *(3,) * count)
    for kind in ("max", "avg"):
        pool = getattr(F, f"{kind}_pool{count}d")
        assert pool(x, 4, 2, ceil_mode=True).shape == (1, 1, *(1,) * count)
        with pytest.raises(ShapeError, match=f"{kind}_pool{count}d: the window .* is larger than the image"):
            pool(x, 4, 2)


def test_the_fast_way_and_the_one_with_indices_agree(device):
    raw = np.random.default_rng(1).normal(size=(2, 3, 8, 7))
    x = xp.asarray(raw, device=device)
    for options in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2}):
        np.testing.assert_array_equal(
            F.max_pool2d(x, **options).numpy(), F.max_pool2d(x, **options, return_indices=True)[0].numpy()
        )


# ---- unpooling ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("output_size", [(5, 7), (4, 6), (1, 2, 5, 6), (3, 5)], ids=str)
def test_unpooling_takes_the_sizes_that_pytorch_does(output_size, device):
    raw = np.random.default_rng(0).normal(size=(1, 2, 2, 3))
    where = np.asarray([[[0, 4, 9], [3, 1, 14]]] * 2)[None]
    ours = nn.MaxUnpool2d(2)(xp.asarray(raw, device=device), xp.asarray(where, device=device), output_size=output_size)
    expected = torch.nn.MaxUnpool2d(2)(torch.tensor(raw), torch.tensor(where), output_size=list(output_size))
    assert_close(ours.numpy(), expected.numpy())


def test_unpooling_undoes_pooling_of_what_is_largest(device):
    raw = np.zeros((1, 1, 4, 4))
    raw[0, 0, ::2, 1::2] = [[1.0, 2.0], [3.0, 4.0]]
    for dtype in ("int64", "int32", "uint8"):
        out, places = F.max_pool2d(xp.asarray(raw, device=device), 2, return_indices=True)
        assert F.max_unpool2d(out, xp.astype(places, dtype), 2).tolist() == raw.tolist()


def test_of_two_elements_at_one_place_the_last_is_written_and_has_the_gradient():
    x = xp.asarray([[[1.0, 2.0]]], device="cpu", requires_grad=True)
    out = F.max_unpool1d(x, xp.asarray([[[1, 1]]], device="cpu"), 2)
    assert out.tolist() == [[[0.0, 2.0, 0.0, 0.0]]]
    xp.sum(out).backward()
    assert x.grad.tolist() == [[[0.0, 1.0]]]


@pytest.mark.parametrize("place", [4, -1])
def test_an_index_beyond_the_image_raises_at_the_latest_when_somebody_waits(place, device):
    x, places = xp.ones((1, 1, 2), device=device), xp.asarray([[[2, place]]], device=device)
    message = r"max_unpool1d takes indices from 0 to 3, for images of size \(4,\)"
    if not device.is_asynchronous:
        with pytest.raises(BoundsError, match=message):
            F.max_unpool1d(x, places, 2)
        return
    out = F.max_unpool1d(x, places, 2)
    with pytest.raises(BoundsError, match=message):
        out.numpy()
    np.testing.assert_array_equal(out.numpy(), [[[np.nan, 0.0, 1.0, 0.0]]])


# ---- fractional ----


@pytest.mark.needs("torch")
def test_fractional_windows_are_drawn_from_a_stream(device):
    raw = np.random.default_rng(0).normal(size=(2, 3, 9, 9))
    x = xp.asarray(raw, device=device)
    draws = [F.fractional_max_pool2d(x, 2, 4, generator=xp.random.Generator(seed)).numpy() for seed in (1, 1, 2)]
    samples = xp.random.Generator(1).uniform((2, 3, 2), dtype="float64", device="cpu").numpy()
    expected = torch_functional.fractional_max_pool2d(torch.tensor(raw), 2, 4, _random_samples=torch.tensor(samples))
    np.testing.assert_array_equal(draws[0], expected.numpy())
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.5)
    xp.random.manual_seed(1)
    assert layer(x).shape == (2, 3, 4, 4)
    assert (layer(x).numpy() != layer(x).numpy()).any()


# ---- looks, and errors ----


def test_repr():
    assert repr(nn.MaxPool2d(2)) == (
        "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"  # as PyTorch's
    )
    assert repr(nn.AvgPool1d(2, 1)) == "AvgPool1d(kernel_size=2, stride=1, padding=0)"
    assert repr(nn.LPPool2d(2, 3)) == "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"
    assert repr(nn.AdaptiveMaxPool1d(5)) == "AdaptiveMaxPool1d(output_size=5)"
    assert repr(nn.AdaptiveAvgPool2d((5, None))) == "AdaptiveAvgPool2d(output_size=(5, None))"
    assert repr(nn.FractionalMaxPool2d(2, output_ratio=0.5)) == "FractionalMaxPool2d(kernel_size=2, output_ratio=0.5)"
    assert repr(nn.FractionalMaxPool3d(2, 3)) == "FractionalMaxPool3d(kernel_size=2, output_size=3)"
    assert repr(nn.MaxUnpool1d(2)) == "MaxUnpool1d(kernel_size=2, stride=2, padding=0)"
    assert repr(nn.GlobalAvgPool2d()) == "GlobalAvgPool2d(keepdims=False)"


ERRORS = [
    (
        lambda: F.max_pool1d(zeros(3), 2),
        ShapeError,
        "max_pool1d takes images (N, C, L); got shape (3,). Cure: xnn.reshape; a single image may have the shape "
        "(C, L).",
    ),
    (
        lambda: F.avg_pool3d(zeros(2, 2, 2), 2),
        ShapeError,
        "avg_pool3d takes images (N, C, D, H, W); got shape (2, 2, 2)",
    ),
    (lambda: F.avg_pool2d([[1.0]], 2), TypeError, "avg_pool2d takes arrays; input is a list"),
    (lambda: F.lp_pool1d(zeros(2, 4, dtype=xp.int64), 2, 2), DTypeError, "lp_pool1d takes floating-point input"),
    (
        lambda: F.max_pool1d(zeros(1, 1, 1), 2, 1, 1, 2),
        ShapeError,
        "a window of padding alone has no maximum: the one of 2 elements with dilation 2 that begins at -1 misses the "
        "image, of size 1. Cure: less padding, or less dilation.",
    ),
    (
        lambda: F.avg_pool2d(zeros(1, 1, 4, 4), 3, padding=(1, 2)),
        OptionError,
        "avg_pool2d pads by at most half of the window; got padding (1, 2) for (3, 3)",
    ),
    (lambda: F.max_pool2d(zeros(1, 1, 4, 4), (2, 0)), OptionError, "kernel_size is an int of at least 1, or two"),
    (lambda: F.avg_pool2d(zeros(1, 1, 4, 4), 2, stride=0), OptionError, "stride is an int of at least 1, or two"),
    (
        lambda: F.avg_pool2d(zeros(1, 1, 4, 4), 2, divisor_override=0),
        OptionError,
        "divisor_override is an int of at least 1; got 0",
    ),
    (
        lambda: F.lp_pool2d(zeros(1, 1, 4, 4), float("inf"), 2),
        OptionError,
        "lp_pool2d: norm_type is a positive number; got inf. Cure: max_pool2d for infinity.",
    ),
    (lambda: F.lp_pool2d(zeros(1, 1, 4, 4), 0, 2), OptionError, "norm_type is a positive number; got 0"),
    (
        lambda: F.adaptive_avg_pool2d(zeros(1, 1, 4, 4), (2, 0)),
        OptionError,
        "output_size is an int of at least 1, or two of them; got (2, 0)",
    ),
    (
        lambda: F.adaptive_max_pool2d(zeros(1, 1, 4, 4), (2,)),
        OptionError,
        "output_size is an int of at least 1, or two of them; got (2,)",
    ),
    (
        lambda: F.adaptive_max_pool1d(zeros(1, 1, 0), 2),
        ShapeError,
        "adaptive_max_pool1d takes images that have elements; got shape (1, 1, 0)",
    ),
    (
        lambda: F.fractional_max_pool2d(zeros(1, 1, 4, 4), 2),
        OptionError,
        "fractional_max_pool2d takes one of output_size and output_ratio; got None and None",
    ),
    (
        lambda: nn.FractionalMaxPool2d(2, 2, 0.5),
        OptionError,
        "FractionalMaxPool2d takes one of output_size and output_ratio; got 2 and 0.5",
    ),
    (
        lambda: F.fractional_max_pool2d(zeros(1, 1, 4, 4), 2, output_ratio=(0.5, 1.0)),
        OptionError,
        "output_ratio is between 0 and 1, for each dimension; got (0.5, 1.0)",
    ),
    (
        lambda: F.fractional_max_pool2d(zeros(1, 1, 4, 4), 2, 4),
        ShapeError,
        "(4, 4) windows (2, 2), each at another place, do not fit into the image (4, 4)",
    ),
    (
        lambda: F.fractional_max_pool2d(zeros(1, 1, 4, 4), 2, 2, _random_samples=zeros(1, 1, 3)),
        ShapeError,
        "fractional_max_pool2d takes _random_samples of shape (1, 1, 2); got (1, 1, 3)",
    ),
    (
        lambda: F.fractional_max_pool2d(zeros(1, 1, 4, 4), 2, 2, _random_samples=zeros(1, 1, 2, dtype=xp.float64)),
        DTypeError,
        "fractional_max_pool2d takes _random_samples of the type of input, float32; got float64",
    ),
    (
        lambda: F.max_unpool2d(zeros(1, 1, 2, 2), zeros(1, 1, 2, 3, dtype=xp.int64), 2),
        ShapeError,
        "max_unpool2d takes an index for each element; got shapes (1, 1, 2, 2) and (1, 1, 2, 3). "
        "Cure: both of max_pool2d(..., return_indices=True).",
    ),
    (
        lambda: F.max_unpool1d(zeros(1, 1, 2), zeros(1, 1, 2), 2),
        DTypeError,
        "max_unpool1d takes integer indices; got float32",
    ),
    (
        lambda: F.max_unpool1d(zeros(1, 1, 2), zeros(1, 1, 2, dtype=xp.int64), 2, output_size=(6,)),
        ShapeError,
        "max_unpool1d takes an output_size that pooling could have made (2,) of, nearer to (4,) than the stride (2,); "
        "got (6,)",
    ),
    (
        lambda: F.max_unpool1d(zeros(1, 1, 1), zeros(1, 1, 1, dtype=xp.int64), 2, padding=1),
        ShapeError,
        "max_unpool1d makes an image of size (0,) of (1,), which has no elements",
    ),
    (
        lambda: nn.GlobalMaxPool2d()(zeros(3, 4)),
        ShapeError,
        "GlobalMaxPool2d takes images (N, C, H, W); got shape (3, 4)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text[:40] for _, _, text in ERRORS])
def test_errors(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)
