"""Complex inputs: a function is right for them, as PyTorch or as its parts say, or it refuses them with one message."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.compare import flat, made, numpy
from tests.nn.row import values
from tests.nn.table import FUNCTIONS, ROWS
from tests.nn.test_functions import theirs
from tests.oracle import torch
from tests.parity import compare
from xnn import nn
from xnn.errors import DTypeError

MESSAGE = "this function is of real numbers; got complex64. Cure: real(x), or abs(x), before."

PYTORCHS = {
    "alpha_dropout", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout", "flatten", "fold",
    "linear", "normalize", "pad", "pad_sequence", "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "tanh",
    "unfold",
}  # fmt: skip
# Linear, with real coefficients: what they do to the real part and the imaginary one is PyTorch's, which has them for
# real numbers alone.
OF_PARTS = {
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "embedding", "embedding_bag", "gaussian_dropout", "interpolate", "max_unpool1d", "max_unpool2d", "max_unpool3d",
}  # fmt: skip
OTHERS = {"bilinear", "conv_tbc", "exponential", "pdist"}  # below
LABELS = {"one_hot"}


def is_floating(row):
    found = flat((made(row.inputs, lambda w, s: values(w, "float32", s)), dict(row.options)))
    return any(getattr(x, "dtype", np.dtype(int)).kind == "f" for x in found.values())


def rows(names):
    found = [row for row in FUNCTIONS if row.name in names and is_floating(row)]
    assert {row.name for row in found} == names
    return pytest.mark.parametrize("row", [pytest.param(r, id=f"{r.name}-{i}") for i, r in enumerate(found)])


def complex_values(wanted, dtype, seed, part=None):
    """The values of an Input; floating ones with an imaginary part, or that or the real one alone."""
    raw = values(wanted, "float64", seed)
    if raw.dtype.kind != "f":
        return raw
    imaginary = np.random.default_rng(seed + 99).uniform(-1, 1, raw.shape)
    if part is not None:
        return np.asarray((raw, imaginary)[part], dtype)
    return np.asarray(raw + 1j * imaginary, "complex64" if dtype == "float32" else "complex128")


def our_results(function, row, dtype):
    """Outputs and gradients, for the cotangent (1 + 2i) cos(0, 1, ...), in xnn."""
    leaves = []

    def make(wanted, seed):
        raw = complex_values(wanted, dtype, seed)
        leaves.append(xp.asarray(raw, device="numpy:cpu", requires_grad=raw.dtype.kind == "c"))
        return leaves[-1]

    outputs = flat(function(*made(row.inputs, make), **made(row.options, make, 100)), "output")
    for x in outputs.values():
        if x.requires_grad:
            x.backward(xp.asarray(cotangent(numpy(x)), device="numpy:cpu"))
    return [numpy(x) for x in outputs.values()], [numpy(x.grad) for x in leaves if x.grad is not None]


def their_results(row, dtype, part=None):
    leaves = []

    def make(wanted, seed):
        tensor = torch.tensor(complex_values(wanted, dtype, seed, part))
        if tensor.is_floating_point() or tensor.is_complex():
            tensor.requires_grad_()
        leaves.append(tensor)
        return tensor

    outputs = flat(theirs(row)(*made(row.inputs, make), **made(row.options, make, 100)), "output")
    for x in outputs.values():
        if x.requires_grad:
            like = numpy_of(x)
            g = cotangent(like if part is None else like.astype(complex))
            x.backward(torch.tensor((g, g.real, g.imag)[0 if part is None else part + 1].astype(like.dtype)))
    return [numpy_of(x) for x in outputs.values()], [numpy_of(x.grad) for x in leaves if x.grad is not None]


def numpy_of(tensor):
    return tensor.detach().resolve_conj().numpy()


def cotangent(value):
    g = np.cos(np.arange(value.size)).reshape(value.shape)
    return np.asarray(g * (1 + 2j) if value.dtype.kind == "c" else g, value.dtype)


def assert_alike(row, ours, expected, dtype):
    for came, wanted in zip(ours, expected, strict=True):
        assert len(came) == len(wanted)
        for x, y in zip(came, wanted, strict=True):
            assert x.dtype == y.dtype
            compare("complex function", row.name, x, y, dtype)


def test_conv_tbc_is_conv1d_with_times_first():
    """PyTorch has no derivatives of its own for complex outputs."""
    random = np.random.default_rng(3)
    raws = [random.normal(size=shape) + 1j * random.normal(size=shape) for shape in [(5, 2, 3), (2, 3, 4), (4,)]]
    leaves = [[xp.asarray(raw, device="cpu", requires_grad=True) for raw in raws] for _ in range(2)]
    x, weight, bias = leaves[0]
    ours = nn.functional.conv_tbc(x, weight, bias, 1)
    y, own, shift = leaves[1]
    out = nn.functional.conv1d(xp.permute_dims(y, (1, 2, 0)), xp.permute_dims(own, (2, 1, 0)), shift, padding=1)
    theirs = xp.permute_dims(out, (2, 0, 1))
    np.testing.assert_allclose(numpy(ours), numpy(theirs), rtol=1e-12)
    for result in (ours, theirs):
        result.backward(xp.asarray(cotangent(numpy(result)), device="cpu"))
    for one, other in zip(*leaves, strict=True):
        np.testing.assert_allclose(numpy(one.grad), numpy(other.grad), rtol=1e-12)


def test_every_function_is_known():
    names = {row.name for row in FUNCTIONS}
    assert names >= PYTORCHS | OF_PARTS | OTHERS | LABELS
    losses = set(xp.losses.__all__) - {"cosine_similarity"}  # tests/losses/test_complex.py
    in_place = {name for name in nn.functional.__all__ if name.endswith("_")}
    assert names == set(nn.functional.__all__) - losses - in_place  # so that the others, which refuse, are all


@pytest.mark.needs("torch")
@rows(PYTORCHS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_pytorchs(row, dtype):
    assert_alike(row, our_results(getattr(nn.functional, row.name), row, dtype), their_results(row, dtype), dtype)


@pytest.mark.needs("torch")
@rows(OF_PARTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_parts_of_linear_functions_are_pytorchs(row, dtype):
    if row.theirs is False or row.options.get("per_sample_weights") is not None:
        pytest.skip("PyTorch has none, or it is a product of two inputs")
    if row.options.get("mode") == "max":
        with pytest.raises(DTypeError, match="of real numbers"):
            our_results(getattr(nn.functional, row.name), row, dtype)
        return
    parts = [their_results(row, dtype, part) for part in (0, 1)]
    expected = [[a + 1j * b if a.dtype.kind == "f" else a for a, b in zip(*pair, strict=True)]
                for pair in zip(*parts, strict=True)]  # fmt: skip
    assert_alike(row, our_results(getattr(nn.functional, row.name), row, dtype), expected, dtype)


def test_the_others_are_those_of_numpy():
    random = np.random.default_rng(0)
    x, y, w = (random.normal(size=s) + 1j * random.normal(size=s) for s in ((4, 3), (4, 2), (5, 3, 2)))
    expected = np.einsum("ni,oij,nj->no", x, w, y)
    np.testing.assert_allclose(nn.functional.bilinear(x, y, w), expected, rtol=1e-12)
    np.testing.assert_allclose(nn.functional.exponential(x), np.exp(x), rtol=1e-12)
    pairs = [np.sqrt(np.sum(np.abs(x[i] - x[j]) ** 2)) for i in range(4) for j in range(i + 1, 4)]
    np.testing.assert_allclose(nn.functional.pdist(x), pairs, rtol=1e-12)
    xp.check_gradients(lambda *a: nn.functional.bilinear(*a), *(xp.asarray(a, device="numpy:cpu") for a in (x, y, w)))


@rows({row.name for row in FUNCTIONS} - PYTORCHS - OF_PARTS - OTHERS - LABELS)
@pytest.mark.parametrize("is_raw", [False, True])
def test_all_others_refuse(row, is_raw, device):
    """Whichever of the inputs is complex, and all of them."""
    function, count = getattr(nn.functional, row.name), [0]

    def made_complex(place):
        seen = iter(range(100))

        def make(wanted, seed):
            raw = values(wanted, "float32", seed)
            if raw.dtype.kind == "f":
                count[0] = here = next(seen)
                raw = raw.astype(np.complex64) if place in ("all", here) else raw
            x = xp.asarray(raw, device=device)
            return x._data if is_raw else x

        return make

    def assert_refused(place):
        make = made_complex(place)
        inputs, options = made(row.inputs, make), made(row.options, make, 100)
        with pytest.raises(DTypeError) as raised:
            function(*inputs, **options)
        assert str(raised.value) == MESSAGE

    assert_refused("all")
    for place in range(count[0] + 1):
        assert_refused(place)


# ---- layers ----

LAYERS = {
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AlphaDropout", "AvgPool1d", "AvgPool2d",
    "AvgPool3d", "ChannelShuffle", "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
    "ConstantPad3d", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Exponential", "FeatureAlphaDropout", "Flatten",
    "Fold", "GaussianDropout", "GlobalAvgPool1d", "GlobalAvgPool2d", "GlobalAvgPool3d", "Identity", "MaxUnpool1d",
    "MaxUnpool2d", "MaxUnpool3d", "PairwiseDistance", "PixelShuffle", "PixelUnshuffle", "ReflectionPad1d",
    "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "Tanh",
    "Unflatten", "Unfold", "UnitNorm", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "ZeroPad1d",
    "ZeroPad2d", "ZeroPad3d",
}  # fmt: skip


# Of differences; tests/losses/test_complex.py has the functions.
LOSSES = {"L1Loss", "TripletMarginLoss", "TripletMarginWithDistanceLoss"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_layer_takes_what_its_function_takes(row):
    case = row.cases[0]
    floats = [x for x in flat((made(case.inputs, lambda w, s: values(w, "float32", s)),)).values()
              if isinstance(x, np.ndarray) and x.dtype.kind == "f"]  # fmt: skip
    if not floats:
        pytest.skip("no floating input")
    layer = row.ours(case, "numpy:cpu", xp.float32)

    def make(wanted, seed):
        return xp.asarray(complex_values(wanted, "float32", seed), device="numpy:cpu")

    if row.name in LAYERS | LOSSES:
        layer(*made(case.inputs, make), **made(case.keywords, make, 100))
        return
    with pytest.raises(DTypeError, match=r"of real numbers|of one type"):
        layer(*made(case.inputs, make), **made(case.keywords, make, 100))


def test_a_message_about_two_types_has_a_cure_that_works():
    z, w = (xp.asarray(np.ones((2, 3), dtype), device="numpy:cpu") for dtype in ("complex64", "float32"))
    with pytest.raises(DTypeError, match=r"Cure: xnn\.astype\(weight, xnn\.complex64\)\.$"):
        nn.functional.linear(z, w)
    with pytest.raises(DTypeError, match=r"Cure: xnn\.astype\(x, xnn\.complex64\)\.$"):
        nn.functional.linear(w, z)
    assert nn.functional.linear(z, xp.astype(w, xp.complex64)).shape == (2, 2)
