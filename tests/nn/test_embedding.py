"""Embeddings: numbers that no row has, tables changed in place and given, gradients by frequency, what is refused."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.oracle import F as torch_functional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

F = nn.functional


def table(device, **options):
    return xp.asarray(np.arange(12.0).reshape(4, 3), device=device, **options)


# ---- numbers that no row has ----

RULE = "embedding: numbers in input are from 0 to 3; another one came. Cure: a table of more than 4 rows."


@pytest.mark.parametrize("number", [4, -1, 2**40])
def test_a_number_that_no_row_has_raises(number, device):
    """At once, or else at the next wait; until then it stands as NaN, and so does its gradient."""
    xp.synchronize(device)
    weight = table(device, requires_grad=True)

    def look():
        return F.embedding(xp.asarray([0, number], device=device), weight)

    if not device.is_asynchronous:
        assert_refused(BoundsError, RULE, look)
        return
    out = look()
    xp.sum(out).backward()
    assert_refused(BoundsError, RULE, lambda: xp.synchronize(device))
    assert [all(map(math.isnan, row)) for row in out.tolist()] == [False, True]
    assert math.isnan(weight.grad.tolist()[0][0])
    assert weight.grad.tolist()[1:] == [[0.0] * 3] * 3


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_a_number_that_no_row_has_spoils_its_bag_alone(mode, device):
    xp.synchronize(device)
    rule = RULE.replace("embedding:", "embedding_bag:")

    def look():
        return F.embedding_bag(xp.asarray([[1, 2], [3, 4]], device=device), table(device), mode=mode)

    if not device.is_asynchronous:
        assert_refused(BoundsError, rule, look)
        return
    out = look()
    assert_refused(BoundsError, rule, lambda: xp.synchronize(device))
    assert [math.isnan(row[0]) for row in out.tolist()] == [False, True]


@pytest.mark.parametrize("offsets", [[1, 2], [0, 3, 2], [0, 6], [0, -1]], ids=str)
def test_offsets_that_cannot_be_raise(offsets, device):
    xp.synchronize(device)
    rule = "embedding_bag: offsets begin with 0, never fall and end with at most 5; others came."

    def look():
        words = xp.asarray([0, 1, 2, 3, 0], device=device)
        return F.embedding_bag(words, table(device), xp.asarray(offsets, device=device), mode="sum")

    if not device.is_asynchronous:
        assert_refused(BoundsError, rule, look)
        return
    out = look()
    assert_refused(BoundsError, rule, lambda: xp.synchronize(device))
    assert np.isnan(out.numpy()).all()


def test_the_last_offset_is_the_size():
    words, offsets = xp.asarray([0, 1, 2], device="cpu"), xp.asarray([0, 2], device="cpu")
    assert_refused(
        BoundsError,
        "embedding_bag: offsets begin with 0, never fall and end with 3, the size of input; others came.",
        lambda: F.embedding_bag(words, table("cpu"), offsets, include_last_offset=True),
    )


# ---- tables ----


@pytest.mark.needs("torch")
def test_max_norm_changes_the_table_in_place(device):
    values = np.random.default_rng(0).uniform(-1, 1, (4, 3))
    numbers = np.asarray([[2, 0], [2, 2]])
    expected = torch.tensor(values)
    torch_functional.embedding(torch.tensor(numbers), expected, max_norm=0.5, norm_type=1.0)
    weight = xp.asarray(values, device=device)
    raw = xp.asarray(values, device=device, copy=True)._data
    for given in (weight, raw):
        out = F.embedding(xp.asarray(numbers, device=device), given, max_norm=0.5, norm_type=1.0)
        assert_close(xp.asarray(given).numpy(), expected.numpy())
        assert_close(out.numpy(), expected.numpy()[numbers])
    assert (weight.numpy()[[1, 3]] == values[[1, 3]]).all()  # nobody asked for these


def test_a_changed_table_stays_a_parameter_with_a_gradient(device):
    layer = nn.Embedding(4, 3, max_norm=0.1, device=device)
    weight = layer.weight
    xp.sum(layer(xp.asarray([1, 1], device=device))).backward()
    assert layer.weight is weight
    assert weight.grad.tolist() == [[0.0] * 3, [2.0] * 3, [0.0] * 3, [0.0] * 3]
    assert np.linalg.norm(weight.detach().numpy()[1]) < 0.1001


def test_a_changed_table_has_a_gradient_in_a_transform(device):
    layer = nn.Embedding(4, 3, max_norm=0.1, device=device)
    numbers = xp.asarray([1, 1], device=device)
    gradient = xp.grad(lambda layer: xp.sum(layer(numbers)))(layer)
    assert gradient.weight.tolist() == [[0.0] * 3, [2.0] * 3, [0.0] * 3, [0.0] * 3]


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_a_table_that_is_given(kind, device):
    values = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)
    layer = kind.from_pretrained(values, padding_idx=0)
    assert not layer.weight.requires_grad
    assert layer.weight.tolist() == values.tolist()  # padding_idx does not change it
    assert (layer.padding_idx, layer.weight.device) == (0, device)
    assert layer(xp.asarray([[1, 1]], device=device)).tolist()[0] == (
        [[3.0, 4.0]] * 2 if kind is nn.Embedding else [3.0, 4.0]
    )
    assert kind.from_pretrained(values, freeze=False).weight.requires_grad


def test_the_row_for_padding_begins_as_0_and_stays(device):
    layer = nn.Embedding(4, 3, padding_idx=-1, device=device)
    assert layer.padding_idx == 3
    assert layer.weight.tolist()[3] == [0.0] * 3
    xp.sum(layer(xp.asarray([0, 3, 3], device=device))).backward()
    assert layer.weight.grad.tolist() == [[1.0] * 3, [0.0] * 3, [0.0] * 3, [0.0] * 3]


@pytest.mark.needs("torch")
@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_divide_gradients_by_frequency_as_sums_of_embeddings_do(mode, device):
    """PyTorch's embedding_bag takes the counts of other rows; its embedding is right."""
    numbers, values = np.asarray([[1, 3, 0], [3, 3, 1]]), np.random.default_rng(1).uniform(-1, 1, (4, 2))
    theirs = torch.tensor(values, requires_grad=True)
    rows = torch_functional.embedding(torch.tensor(numbers), theirs, scale_grad_by_freq=True)
    weights = np.asarray([[1.0, 2.0], [-1.0, 0.5]])
    (getattr(rows, mode)(1) * torch.tensor(weights)).sum().backward()
    ours = xp.asarray(values, device=device, requires_grad=True)
    out = F.embedding_bag(xp.asarray(numbers, device=device), ours, mode=mode, scale_grad_by_freq=True)
    xp.sum(out * xp.asarray(weights, device=device)).backward()
    assert_close(ours.grad.numpy(), theirs.grad.numpy())


@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint64"])
def test_numbers_may_be_integers_of_any_type(dtype, device):
    numbers = xp.asarray([3, 0], dtype=dtype, device=device)
    assert F.embedding(numbers, table(device)).tolist() == [[9.0, 10.0, 11.0], [0.0, 1.0, 2.0]]


@pytest.mark.needs("torch")
def test_arguments_stand_where_pytorchs_do():
    numbers, offsets = np.asarray([1, 3, 0]), np.asarray([0, 2, 3])
    rest = (None, 2.0, False, "sum", False)
    values = np.arange(12.0).reshape(4, 3)
    came = F.embedding_bag(
        xp.asarray(numbers, device="cpu"), table("cpu"), xp.asarray(offsets, device="cpu"), *rest, None, True, 1
    )
    expected = torch_functional.embedding_bag(
        torch.tensor(numbers), torch.tensor(values), torch.tensor(offsets), *rest, None, True, 1
    )
    assert_close(came.numpy(), expected.numpy())
    layer = nn.EmbeddingBag.from_pretrained(table("cpu"), True, *rest, True, 1)
    assert_close(layer(xp.asarray(numbers, device="cpu"), xp.asarray(offsets, device="cpu")).numpy(), expected.numpy())
    nn.Embedding(4, 3, None, None, 2.0, False, False, device="cpu")


# ---- what is refused ----

WORDS = xp.asarray([[0, 1]], device="cpu")
LINE, OFFSETS = xp.asarray([0, 1, 2], device="cpu"), xp.asarray([0, 2], device="cpu")
FACTORS = xp.ones((1, 2), device="cpu", dtype=xp.float64)

REFUSED = [
    (DTypeError, "embedding takes integers for input; got float64. Cure: xnn.astype(input, xnn.int64).",
     lambda: F.embedding(FACTORS, table("cpu"))),
    (DTypeError, "embedding takes floating-point weight; got int64 of shape (1, 2). "
     "Cure: xnn.astype(weight, xnn.float32).",
     lambda: F.embedding(WORDS, WORDS)),
    (ShapeError, "embedding takes a weight (num_embeddings, embedding_dim) of at least one row; got (0, 3)",
     lambda: F.embedding(WORDS, xp.zeros((0, 3), device="cpu"))),
    (OptionError, "embedding: padding_idx is a row of the table, from -4 to 3; got 4",
     lambda: F.embedding(WORDS, table("cpu"), padding_idx=4)),
    (OptionError, "Embedding: padding_idx is a row of the table, from -4 to 3; got -5",
     lambda: nn.Embedding(4, 3, padding_idx=-5)),
    (OptionError, "Embedding: max_norm is a length of at least 0, or None; got -1.0",
     lambda: nn.Embedding(4, 3, max_norm=-1.0)),
    (OptionError, "EmbeddingBag: norm_type is the p of a p-norm, above 0; got 0",
     lambda: nn.EmbeddingBag(4, 3, norm_type=0)),
    (OptionError, "num_embeddings is an int of at least 1; got 0", lambda: nn.Embedding(0, 3)),
    (OptionError, "Embedding has gradients of the shape of weight; got sparse=True. Cure: leave it out.",
     lambda: nn.Embedding(4, 3, sparse=True)),
    (OptionError, "EmbeddingBag has gradients of the shape of weight; got sparse=True. Cure: leave it out.",
     lambda: nn.EmbeddingBag(4, 3, sparse=True)),
    (OptionError, "embedding has gradients of the shape of weight; got sparse=True. Cure: leave it out.",
     lambda: F.embedding(WORDS, table("cpu"), sparse=True)),
    (OptionError, "embedding_bag has gradients of the shape of weight; got sparse=True. Cure: leave it out.",
     lambda: F.embedding_bag(WORDS, table("cpu"), sparse=True)),
    (OptionError, 'EmbeddingBag: mode is "sum", "mean" or "max"; got \'min\'',
     lambda: nn.EmbeddingBag(4, 3, mode="min")),
    (OptionError, 'embedding_bag: mode is "sum", "mean" or "max"; got \'min\'',
     lambda: F.embedding_bag(WORDS, table("cpu"), mode="min")),
    (OptionError, 'embedding_bag: scale_grad_by_freq is for the modes "sum" and "mean"; got mode "max"',
     lambda: F.embedding_bag(WORDS, table("cpu"), mode="max", scale_grad_by_freq=True)),
    (OptionError, 'embedding_bag: per_sample_weights are for mode "sum"; got mode \'mean\'',
     lambda: F.embedding_bag(WORDS, table("cpu"), per_sample_weights=FACTORS)),
    (ShapeError, "embedding_bag takes per_sample_weights of the shape of input, (1, 2); got (2,)",
     lambda: F.embedding_bag(WORDS, table("cpu"), mode="sum", per_sample_weights=FACTORS[0])),
    (DTypeError, "embedding_bag takes per_sample_weights of the type of weight, float64; got float32",
     lambda: F.embedding_bag(WORDS, table("cpu"), mode="sum",
                             per_sample_weights=xp.ones((1, 2), device="cpu", dtype="float32"))),
    (ShapeError, "embedding_bag takes input (B, N), or (N,) with offsets; got shape (3,) without offsets. "
     "Cure: offsets, where in input each bag begins.", lambda: F.embedding_bag(LINE, table("cpu"))),
    (ShapeError, "embedding_bag takes input (N,) with offsets (B,); got shapes (1, 2) and (2,). "
     "Cure: no offsets for input (B, N).", lambda: F.embedding_bag(WORDS, table("cpu"), OFFSETS)),
    (ShapeError, "embedding_bag takes input (N,) with offsets (B,) and one more; got shapes (3,) and (0,). "
     "Cure: no offsets for input (B, N).",
     lambda: F.embedding_bag(LINE, table("cpu"), OFFSETS[:0], include_last_offset=True)),
    (ShapeError, "Embedding.from_pretrained takes embeddings (num_embeddings, embedding_dim); got shape (3,)",
     lambda: nn.Embedding.from_pretrained(xp.ones((3,), device="cpu"))),
    (TypeError, "embedding takes arrays; input is a list. Cure: xnn.asarray(input).",
     lambda: F.embedding([1], table("cpu"))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=[text[:60] for _, text, _ in REFUSED])
def test_what_cannot_be_is_refused(kind, text, call):
    assert_refused(kind, text, call)


def test_looks():
    layer = nn.Embedding(4, 3, padding_idx=1, max_norm=2.0, device="cpu")
    assert repr(layer) == "Embedding(4, 3, padding_idx=1, max_norm=2.0)"
    assert repr(nn.EmbeddingBag(4, 3, device="cpu")) == "EmbeddingBag(4, 3, mode='mean')"
