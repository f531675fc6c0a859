"""Grids and images read at them: where no position is, what PyTorch only warns of, errors."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn import functional as F

PADDING_MODES = ("zeros", "border", "reflection")


def ones(*shape, dtype=xp.float32):
    return xp.ones(shape, dtype=dtype, device="cpu")


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", PADDING_MODES)
def test_far_positions_and_infinities_are_like_pytorchs(mode, padding_mode, device):
    images = np.arange(1, 13, dtype=np.float32).reshape(1, 1, 3, 4)
    grid = np.asarray([[[[7.3, -9.1], [0.2, 3.4], [1e30, 0.0], [0.0, -1e30]]]], np.float32)
    options = {"mode": mode, "padding_mode": padding_mode, "align_corners": False}
    if padding_mode == "reflection":
        grid = grid[:, :, :2]  # of infinite numbers no reflection is exact
    came = F.grid_sample(xp.asarray(images, device=device), xp.asarray(grid, device=device), **options)
    expected = torch.nn.functional.grid_sample(torch.tensor(images), torch.tensor(grid), **options)
    assert_close(came.numpy(), expected.numpy(), "float32")


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_nan_is_beyond_the_image(mode, device):
    grid = xp.asarray([[[[math.nan, 0.0], [0.0, 0.0]]]], device=device)
    came = F.grid_sample(xp.ones((1, 1, 3, 3), device=device), grid, mode=mode)
    assert came.tolist() == [[[[0.0, 1.0]]]]


def test_corners_are_edges_unless_they_are_aligned():
    theta, image = xp.asarray([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], device="cpu"), ones(1, 1, 2, 2)
    assert F.affine_grid(theta, (1, 1, 1, 2)).tolist() == [[[[-0.5, 0.0], [0.5, 0.0]]]]
    assert F.affine_grid(theta, (1, 1, 1, 2), align_corners=True).tolist() == [[[[-1.0, 0.0], [1.0, 0.0]]]]
    corner = xp.asarray([[[[-1.0, -1.0]]]], device="cpu")
    assert F.grid_sample(image, corner).tolist() == [[[[0.25]]]]
    assert F.grid_sample(image, corner, align_corners=True).tolist() == [[[[1.0]]]]


def test_the_identity_gives_the_image_back(device):
    image = xp.asarray(np.random.default_rng(0).random((2, 3, 4, 5)), dtype=xp.float64, device=device)
    theta = xp.asarray([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]] * 2, dtype=xp.float64, device=device)
    for aligned in (False, True):
        came = F.grid_sample(image, F.affine_grid(theta, image.shape, aligned), align_corners=aligned)
        assert_close(came.numpy(), image.numpy(), "float64")


@pytest.mark.parametrize(("error", "message", "call"), [
    (ShapeError, r"grid_sample takes images \(N, C, H, W\) with a grid .*; got shapes \(1, 1, 2\) and \(1, 1, 1, 2\)",
     lambda: F.grid_sample(ones(1, 1, 2), ones(1, 1, 1, 2))),
    (ShapeError, r"got shapes \(2, 1, 2, 2\) and \(1, 1, 1, 2\)",
     lambda: F.grid_sample(ones(2, 1, 2, 2), ones(1, 1, 1, 2))),
    (ShapeError, r"images that have elements; got shape \(1, 1, 0, 2\)",
     lambda: F.grid_sample(ones(1, 1, 0, 2), ones(1, 1, 1, 2))),
    (OptionError, "has the modes bilinear, nearest, bicubic; got 'linear'",
     lambda: F.grid_sample(ones(1, 1, 2, 2), ones(1, 1, 1, 2), mode="linear")),
    (OptionError, "has the padding modes zeros, border, reflection; got 'wrap'",
     lambda: F.grid_sample(ones(1, 1, 2, 2), ones(1, 1, 1, 2), padding_mode="wrap")),
    (OptionError, 'takes images for mode "bicubic"',
     lambda: F.grid_sample(ones(1, 1, 2, 2, 2), ones(1, 1, 1, 1, 3), mode="bicubic")),
    (DTypeError, "takes input and grid of one type; got float32 and float64. Cure",
     lambda: F.grid_sample(ones(1, 1, 2, 2), ones(1, 1, 1, 2, dtype=xp.float64))),
    (DTypeError, "grid_sample takes floating-point input; got int64",
     lambda: F.grid_sample(ones(1, 1, 2, 2, dtype=xp.int64), ones(1, 1, 1, 2))),
    (TypeError, "grid_sample takes arrays; grid is a list", lambda: F.grid_sample(ones(1, 1, 2, 2), [[0.0, 0.0]])),
    (TypeError, "affine_grid takes arrays; theta is a list", lambda: F.affine_grid([[0.0]], (1, 1, 2, 2))),
    (ShapeError, r"affine_grid takes theta of shape \(2, 2, 3\) for size \(2, 1, 4, 4\); got shape \(1, 2, 3\)",
     lambda: F.affine_grid(ones(1, 2, 3), (2, 1, 4, 4))),
    (OptionError, r"affine_grid takes a size \(N, C, H, W\) or \(N, C, D, H, W\); got \(2, 2\)",
     lambda: F.affine_grid(ones(1, 2, 3), (2, 2))),
    (OptionError, "size is an int of at least 1, or 4 of them; got",
     lambda: F.affine_grid(ones(1, 2, 3), (1, 1, 0, 2))),
])  # fmt: skip
def test_errors(error, message, call):
    with pytest.raises(error, match=message):
        call()
