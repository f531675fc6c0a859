"""Sizes of Unflatten that are left open, and errors."""

import itertools

import pytest

import xnn as xp
from tests.oracle import torch
from xnn import nn
from xnn.errors import OptionError, ShapeError


@pytest.mark.needs("torch")
@pytest.mark.parametrize("sizes", list(itertools.product((-1, 0, 1, 2, 3, 4), repeat=2)), ids=str)
def test_unflatten_takes_and_refuses_the_sizes_that_pytorch_does(sizes):
    for size in (0, 1, 4, 6):
        x, t = xp.zeros((2, size), device="cpu"), torch.zeros((2, size))
        try:
            expected = tuple(torch.nn.Unflatten(1, sizes)(t).shape)
        except RuntimeError:
            with pytest.raises((ShapeError, OptionError)):
                nn.Unflatten(1, sizes)(x)
        else:
            assert nn.Unflatten(1, sizes)(x).shape == expected


ERRORS = [
    ((), OptionError, "Unflatten takes unflattened_size as a tuple of sizes, of which one may be -1; got ()"),
    (3, OptionError, "Unflatten takes unflattened_size as a tuple of sizes, of which one may be -1; got 3"),
    (
        (-1, -1),
        OptionError,
        "Unflatten takes unflattened_size as a tuple of sizes, of which one may be -1; got (-1, -1)",
    ),
    ((2, -2), OptionError, "each of Unflatten's unflattened_size is an int of at least -1; got -2"),
    (
        (4, -1),
        ShapeError,
        "Unflatten makes (4, -1) of a dimension of a multiple of 4; dimension 1 of shape (2, 6) has 6",
    ),
    (
        (0, -1),
        ShapeError,
        "Unflatten makes (0, -1) of a dimension of a multiple of 0; dimension 1 of shape (2, 6) has 6",
    ),
    ((4, 2), ShapeError, "Unflatten makes (4, 2) of a dimension of 8; dimension 1 of shape (2, 6) has 6"),
]


@pytest.mark.parametrize(("sizes", "kind", "text"), ERRORS, ids=str)
def test_errors(sizes, kind, text):
    with pytest.raises(kind) as raised:
        nn.Unflatten(1, sizes)(xp.zeros((2, 6), device="cpu"))
    assert str(raised.value) == text
