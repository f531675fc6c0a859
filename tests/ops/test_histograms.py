"""Counts: compared with NumPy over what Hypothesis draws; errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.oracle import torch
from xnn.errors import DTypeError, OptionError, ShapeError


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 12), st.booleans())
def test_bincount_as_numpy(numbers, minlength, reverse):
    raw = np.asarray(numbers, "int64")[:: -2 if reverse else 1]
    expected = np.bincount(raw, minlength=minlength)
    came = xp.bincount(xp.asarray(raw), minlength=minlength)
    assert came.dtype.name == "int64"
    assert came.numpy().tolist() == expected.tolist()
    assert xp.bincount(raw, minlength=minlength).tolist() == expected.tolist()


def test_errors(device):
    with pytest.raises(DTypeError, match="bincount takes integers"):
        xp.bincount(xp.ones((2,), device=device))
    with pytest.raises(ShapeError, match="negative ones"):
        xp.bincount(xp.asarray([-1, 2], device=device))
    with pytest.raises(ShapeError, match="of one shape"):
        xp.bincount(xp.asarray([1, 2], device=device), weights=xp.ones((3,), device=device))


NUMBERS = st.sampled_from([-3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 5.0])


def same(came, expected):
    assert came.shape == np.shape(expected)
    np.testing.assert_allclose(came.numpy(), expected, rtol=1e-12)


@given(
    st.lists(NUMBERS, max_size=12),
    st.sampled_from([1, 3, 10, [0.0, 1.0], [-1.0, 0.0, 0.5, 2.0], "auto", "sturges", "fd"]),
    st.sampled_from([None, (-1.0, 1.0), (0.0, 0.0)]),
    st.booleans(),
    st.booleans(),
)
def test_histograms_are_numpys(numbers, bins, limits, density, weighted):
    raw = np.asarray(numbers, "float64")
    weights = np.cos(np.arange(raw.size)) + 2 if weighted and not isinstance(bins, str) else None
    if density and not raw.size:
        return
    with np.errstate(all="ignore"):
        expected = np.histogram(raw, bins, limits, density, weights)
        x = xp.asarray(raw, device="numpy:cpu")
        came = xp.histogram(
            x, bins, limits, density, None if weights is None else xp.asarray(weights, device="numpy:cpu")
        )
    for one, other in zip(came, expected, strict=True):
        same(one, other)
    same(xp.histogram_bin_edges(x, bins, limits), np.histogram_bin_edges(raw, bins, limits))
    assert came[0].dtype.name == expected[0].dtype.name


def same_as_numpys(name, device, *args, **options):
    """Value, data type and shape."""

    def on(x):
        return xp.asarray(x, device=device) if isinstance(x, np.ndarray) else x

    came = getattr(xp, name)(*map(on, args), **{option: on(value) for option, value in options.items()})
    expected = getattr(np, name)(*args, **options)
    assert came[0].dtype.name == expected[0].dtype.name
    same(came[0], expected[0])
    edges = (came[1], expected[1]) if name == "histogramdd" else (came[1:], expected[1:])
    for one, other in zip(*edges, strict=True):
        same(one, other)


def test_integer_weights_are_summed_as_integers(device):
    raw = np.asarray([0.0, 0.5, 2.0])
    for weights in (np.asarray([16777217, 1, 3]), np.asarray([3, 1, 3], "int32")):  # float32 has no 16777217
        for name, args in (("histogram", (raw,)), ("histogram2d", (raw, raw)), ("histogramdd", (raw,))):
            same_as_numpys(name, device, *args, 2, weights=weights)
            same_as_numpys(name, device, *args, 2, weights=weights, density=True)
    came = xp.histogram(xp.asarray(raw, device=device), 2, weights=xp.asarray([True, False, True], device=device))[0]
    assert came.tolist() == [1, 1]


def test_numpys_numbers_of_bins_and_bins_of_one_edge(device):
    raw = np.asarray([-1.0, 0.0, 0.5, 2.0, np.nan])[:-1]
    pairs = np.stack([raw, -raw], axis=1)
    same_as_numpys("histogram", device, raw, np.int64(3))
    same_as_numpys("histogram", device, raw, "auto", np.asarray([0.0, 2.0]))
    same_as_numpys("histogram", device, raw, np.asarray([1.0]))
    same_as_numpys("histogram2d", device, raw, raw, np.int64(3))
    same_as_numpys("histogramdd", device, pairs, np.int64(2))
    same_as_numpys("histogramdd", device, pairs, np.asarray([2, 3]))
    same_as_numpys("histogramdd", device, raw, 3)
    same_as_numpys("histogram", device, raw, np.asarray([-1, 0, 2]), density=True)


def test_integers_are_not_rounded_over_an_edge(device):
    x = xp.asarray([16777219, 16777220], device=device)
    edges = xp.asarray([0.0, 16777220.0, 2e7], dtype="float32", device=device)
    assert xp.histogram(x, edges)[0].tolist() == [1, 1]


@given(st.lists(NUMBERS, max_size=8), st.booleans(), st.booleans())
def test_digitize_is_numpys(numbers, right, falling):
    edges = np.asarray([-1.0, 0.0, 0.5, 2.0])[:: -1 if falling else 1]
    raw = np.asarray([*numbers, np.nan])
    assert xp.digitize(raw, edges, right).tolist() == np.digitize(raw, edges, right).tolist()
    if not falling:
        assert (
            xp.bucketize(raw, edges, right=right).tolist()
            == np.searchsorted(edges, raw, "right" if right else "left").tolist()
        )


@pytest.mark.parametrize("density", [False, True])
def test_of_several_dimensions(density, device):
    raw = np.random.default_rng(0).normal(size=(50, 3))
    points, weights = xp.asarray(raw, device=device), np.random.default_rng(1).uniform(size=50)
    amounts = xp.asarray(weights, device=device)
    for bins, limits in ((4, None), ((2, 3, 4), ((-1, 1), (-2, 2), (0, 1))), ([[-1.0, 0.0, 1.0], 3, 2], None)):
        came, expected = xp.histogramdd(points, bins, limits, density), np.histogramdd(raw, bins, limits, density)
        same(came[0], expected[0])
        for one, other in zip(came[1], expected[1], strict=True):
            same(one, other)
        came = xp.histogramdd([points[:, i] for i in range(3)], bins, limits, density, amounts)
        same(came[0], np.histogramdd(raw, bins, limits, density, weights)[0])
    for bins in (5, (2, 3), [-1.0, 0.0, 1.0], ([-1.0, 0.0, 1.0], 4)):
        came = xp.histogram2d(points[:, 0], points[:, 1], bins, density=density, weights=amounts)
        for one, other in zip(
            came, np.histogram2d(raw[:, 0], raw[:, 1], bins, density=density, weights=weights), strict=True
        ):
            same(one, other)
    xp.check_gradients(lambda w: xp.histogramdd(points, 3, None, density, w)[0], amounts)


@pytest.mark.needs("torch")
def test_histc_is_torchs(device):
    raw = np.random.default_rng(0).normal(size=40).astype("float32")
    x = xp.asarray(raw, device=device)
    for options in ({"bins": 5}, {"bins": 7, "min": -1, "max": 1}):
        assert xp.histc(x, **options).tolist() == torch.histc(torch.tensor(raw), **options).tolist()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [(lambda x: xp.histogram(x, [1.0, 0.0]), ShapeError, "edges that rise"),
     (lambda x: xp.histogram(x, []), ShapeError, r"edges \(n,\), n > 0; got none"),
     (lambda x: xp.histogram_bin_edges(x * 1j, 3, (0, 1)), DTypeError, "of real numbers; got complex64"),
     (lambda x: xp.histogram(x, 3, (1.0, 0.0)), OptionError, "a finite range that rises"),
     (lambda x: xp.histogram(x, "none"), OptionError, "a rule of NumPy's for bins; got 'none'"),
     (lambda x: xp.histogram(x, weights=x[:2]), ShapeError, "weights of the shape of a"),
     (lambda x: xp.digitize(x, [0.0, 2.0, 1.0]), ShapeError, "bins that rise, or that fall"),
     (lambda x: xp.histogram2d(x, x[:1]), ShapeError, "x and y of one shape"),
     (lambda x: xp.histogramdd(x[:, None, None]), ShapeError, r"points \(n, d\)"),
     (lambda x: xp.histogramdd([x, x], (3,)), ShapeError, "of 2 dimensions takes bins")],
)  # fmt: skip
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call(xp.asarray([1.0, 2.0, 3.0], device="cpu"))
