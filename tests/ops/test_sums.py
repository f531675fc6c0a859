"""Kernels' long sums: in half precision, and of numbers far from zero."""

import numpy as np
import pytest

import xnn as xp
from tests.ops.table import primitives
from xnn.nn import functional as F

COUNT = 5000  # ones: added one by one in half precision, they are 2048


def gradients(function, *raws):
    arrays = [xp.asarray(x, device="cpu", requires_grad=True) for x in raws]
    out = function(*arrays)
    out.backward(xp.ones_like(out))
    return [x.grad.numpy() for x in arrays]


def test_the_bias_of_many_rows_in_half_precision():
    x, weight, bias = np.zeros((COUNT, 2), np.float16), np.zeros((3, 2), np.float16), np.zeros(3, np.float16)
    assert gradients(F.linear, x, weight, bias)[2].tolist() == [COUNT] * 3


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_many_classes_in_half_precision(name):
    """The derivative of a sum that is constant, or of one that has its maximum here."""
    (g,) = gradients(lambda x: getattr(F, name)(x, 0), np.zeros((COUNT, 2), np.float16))
    assert np.abs(g).max() < (1e-6 if name == "softmax" else 0.01)


@pytest.mark.parametrize(
    ("name", "options"),
    [("standardize_channels", {"axes": (0, 2), "eps": 1e-5}), ("group_norm", {"groups": 4, "eps": 1e-5})],
)
def test_normalisations_far_from_zero(name, options):
    x = np.random.default_rng(0).normal(100, 1, (32, 4, 10_000)).astype(np.float32)
    came, expected = (primitives()[name](values, **options) for values in (x, x.astype(np.float64)))
    if isinstance(came, tuple):
        came, expected = came[0], expected[0]
    np.testing.assert_allclose(came, expected, atol=2e-5)  # of 100, half a unit in the last place is 4e-6
