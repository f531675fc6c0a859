"""Positions: what a rotation keeps, long sequences, and what is refused; padding of sequences."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError

F = nn.functional


@pytest.mark.parametrize("interleaved", [True, False])
def test_products_of_turned_vectors_depend_on_their_distance(interleaved, device):
    """Su et al., RoFormer, 2021, equation 16."""
    q, k = (xp.asarray(np.random.default_rng(i).uniform(-1, 1, (1, 6)), device=device) for i in range(2))

    def product(one, other):
        turned = (
            F.rotary_embedding(x, xp.asarray([p], device=device), interleaved=interleaved)
            for x, p in ((q, one), (k, other))
        )
        return float(xp.sum(xp.multiply(*turned)))

    assert_close(product(3, 1), product(1003, 1001))
    assert_close(product(0, 0), float(xp.sum(q * k)))
    assert abs(product(3, 1) - product(3, 0)) > 1e-3


def test_float32_is_exact_at_far_positions(device):
    x = xp.ones((1, 4), device=device, dtype=xp.float32)
    far = xp.asarray([100_000], device=device)
    exact = F.rotary_embedding(xp.astype(x, xp.float64), far).numpy()
    assert_close(F.rotary_embedding(x, far).numpy(), exact, "float32")


def test_features_beyond_those_that_turn_stay(device):
    x = xp.asarray(np.random.default_rng(0).uniform(-1, 1, (3, 6)), device=device)
    assert F.rotary_embedding(x, dim=4).numpy()[:, 4:].tolist() == x.numpy()[:, 4:].tolist()


X = xp.ones((3, 2, 4), device="cpu")

REFUSED = [
    (ShapeError, "SinusoidalPositionalEncoding takes sequences (L, N, 6) or (L, 6); got shape (3, 2, 4)",
     lambda: nn.SinusoidalPositionalEncoding(6)(X)),
    (ShapeError, "sinusoidal_encoding takes sequences (N, L, D) or (L, D) with features; got shape (4,)",
     lambda: F.sinusoidal_encoding(X[0, 0], batch_first=True)),
    (DTypeError, "sinusoidal_encoding takes floating-point input; got int64 of shape (3, 2, 4). "
     "Cure: xnn.astype(input, xnn.float32).", lambda: F.sinusoidal_encoding(xp.astype(X, xp.int64))),
    (TypeError, "sinusoidal_encoding takes arrays; input is a float. Cure: xnn.asarray(input).",
     lambda: nn.SinusoidalPositionalEncoding(6)(1.0)),
    (OptionError, "sinusoidal_encoding: base is a positive number; got 0", lambda: F.sinusoidal_encoding(X, base=0)),
    (OptionError, "RotaryEmbedding: base is a positive number; got -1", lambda: nn.RotaryEmbedding(4, base=-1)),
    (OptionError, "RotaryEmbedding turns pairs of features: dim is even; got 3", lambda: nn.RotaryEmbedding(3)),
    (OptionError, "rotary_embedding turns pairs: dim is even, from 2 to 4 for shape (3, 2, 4); got 6",
     lambda: nn.RotaryEmbedding(6)(X)),
    (ShapeError, "rotary_embedding takes (..., L, E); got shape (4,)", lambda: F.rotary_embedding(X[0, 0])),
    (ShapeError, "rotary_embedding takes positions that broadcast to (3, 2); got shape (3,)",
     lambda: F.rotary_embedding(X, xp.asarray([0, 1, 2], device="cpu"))),
    (DTypeError, "rotary_embedding takes integers for positions; got float32. Cure: xnn.astype(positions, xnn.int64).",
     lambda: F.rotary_embedding(X, xp.ones((2,), device="cpu"))),
    (ShapeError, "pad_sequence takes arrays (L, ...) of one type, alike but for L; got (2, 4) of float32, "
     "(3,) of float32",
     lambda: F.pad_sequence([X[0], X[:, 0, 0]])),
    (ShapeError, "pad_sequence takes arrays (L, ...) of one type, alike but for L; got none",
     lambda: F.pad_sequence([])),
    (TypeError, "pad_sequence takes a list of arrays; got NoneType. Cure: [...] around it.",
     lambda: F.pad_sequence(None)),
    (OptionError, "pad_sequence: padding_side is \"left\" or \"right\"; got 'top'",
     lambda: F.pad_sequence([X], padding_side="top")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_is_refused(kind, text, call):
    assert_refused(kind, text, call)


def test_sequences_may_be_any_iterable():
    rows = [xp.ones((n,), device="cpu") for n in (1, 3)]
    assert F.pad_sequence(x for x in rows).tolist() == F.pad_sequence(rows).tolist()
