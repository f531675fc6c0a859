"""Transformers: copies of layers, masks, dropout, modules of one's own, and what is refused."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import OptionError, ShapeError

SIZES = {"dim_feedforward": 6, "dropout": 0.0, "device": "cpu", "dtype": xp.float64}


def array(shape, seed=0, device="cpu"):
    return xp.asarray(np.random.default_rng(seed).uniform(-1, 1, shape), device=device)


def test_layers_begin_alike_and_learn_apart(device):
    layer = nn.TransformerEncoderLayer(4, 2, 6, 0.0, device=device)
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = encoder.layers
    assert first.linear1.weight.tolist() == second.linear1.weight.tolist() == layer.linear1.weight.tolist()
    assert len({id(p) for p in encoder.parameters()}) == 2 * len(list(layer.parameters()))
    xp.sum(encoder(xp.ones((2, 1, 4), device=device))[..., 0]).backward()
    assert layer.linear1.weight.grad is None
    assert first.linear1.weight.grad is not None


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_causal_decoder_does_not_see_what_comes(norm_first, device):
    layer = nn.TransformerDecoderLayer(4, 2, batch_first=True, norm_first=norm_first, **{**SIZES, "device": device})
    decoder = nn.TransformerDecoder(layer, 2)
    memory, target = array((1, 2, 4), 1, device), array((1, 3, 4), 0, device)
    mask = nn.Transformer.generate_square_subsequent_mask(3, device=device, dtype=xp.float64)
    whole = decoder(target, memory, tgt_mask=mask).detach().numpy()
    assert_close(decoder(target, memory, tgt_is_causal=True).detach().numpy(), whole)
    assert_close(decoder(target[:, :2], memory, tgt_is_causal=True).detach().numpy(), whole[:, :2])


@pytest.mark.parametrize("norm_first", [True, False])
def test_padding_of_nan_reaches_neither_what_is_seen_nor_weights(norm_first, device):
    """Values and gradients are those of the sequences without it."""
    model = nn.Transformer(4, 2, 2, 2, 8, 0.0, norm_first=norm_first, device=device, dtype=xp.float64)
    random, found = np.random.default_rng(0), []
    whole = random.uniform(-1, 1, (3, 2, 4)), random.uniform(-1, 1, (4, 2, 4))
    for extra in (0, 2):
        src, tgt = (np.concatenate([x, np.full((extra, 2, 4), np.nan)]) for x in whole)
        masks = [xp.asarray(np.asarray([[False] * n + [True] * extra] * 2), device=device) for n in (3, 4)]
        padding = dict(zip(("src_key_padding_mask", "tgt_key_padding_mask"), masks, strict=True))
        model.zero_grad()
        out = model(*(xp.asarray(x, device=device) for x in (src, tgt)), **padding, memory_key_padding_mask=masks[0])
        out = out[:4, ...]
        xp.sum(out**3).backward()
        found.append([out, *(p.grad for p in model.parameters())])
    for one, other in zip(*found, strict=True):
        assert_close(other.detach().numpy(), one.detach().numpy())


@pytest.mark.needs("torch")
def test_the_square_mask_is_pytorchs(device):
    for dtype in ("float32", "float64"):
        mask = nn.Transformer.generate_square_subsequent_mask(4, device=device, dtype=dtype)
        expected = torch.nn.Transformer.generate_square_subsequent_mask(4, dtype=getattr(torch, dtype))
        assert mask.dtype.name == dtype
        np.testing.assert_array_equal(mask.numpy(), expected.numpy())


def test_a_model_overfits_a_copying_task():
    """All parts learn together: digits come out as they went in."""
    xp.random.manual_seed(0)
    words = xp.asarray([[1, 2, 3], [3, 1, 2], [2, 2, 1]], device="cpu")
    embedding, model = (
        nn.Embedding(4, 8, device="cpu"),
        nn.Transformer(8, 2, 1, 1, 16, 0.0, device="cpu", batch_first=True),
    )
    positions, head = nn.SinusoidalPositionalEncoding(8, batch_first=True), nn.Linear(8, 4, device="cpu")
    parameters = [p for part in (embedding, model, head) for p in part.parameters()]
    optimizer = xp.optim.Adam(parameters, lr=0.02)
    shifted = xp.concat([xp.zeros((3, 1), dtype=xp.int64, device="cpu"), words[:, :-1]], axis=1)
    for _ in range(40):
        optimizer.zero_grad()
        source, target = (positions(embedding(x)) for x in (words, shifted))
        logits = head(model(source, target, tgt_is_causal=True))
        loss = xp.losses.cross_entropy(xp.permute_dims(logits, (0, 2, 1)), words)
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.1
    assert xp.argmax(logits, axis=2).tolist() == words.tolist()


def test_dropout_is_in_training_alone(device):
    layer = nn.TransformerEncoderLayer(4, 2, 6, 0.5, device=device)
    x = xp.ones((3, 2, 4), device=device)
    xp.random.manual_seed(2)
    one, other = layer(x).detach().numpy(), layer(x).detach().numpy()
    assert np.abs(one - other).max() > 1e-3
    layer.eval()
    assert_close(layer(x).detach().numpy(), layer(x).detach().numpy())


def test_modules_of_ones_own_and_activations_with_weights():
    class Last(nn.Module):
        def forward(self, tgt, memory, *masks, **hints):
            return memory

    model = nn.Transformer(4, 2, 1, custom_decoder=Last(), activation=nn.ReLU(), **SIZES)
    x = array((2, 1, 4))
    assert_close(model(x, x).detach().numpy(), model.encoder(x).detach().numpy())
    assert isinstance(model.encoder.layers[0].activation, nn.ReLU)


X = xp.ones((3, 2, 4), device="cpu")
MODEL = nn.Transformer(4, 2, 1, 1, 6, 0.0, device="cpu")
RULE = "Transformer takes src (S, N, 4) and tgt (L, N, 4), or both without N; got "

REFUSED = [
    (ShapeError, RULE + "(3, 2, 4) and (3, 1, 4)", lambda: MODEL(X, X[:, :1])),
    (ShapeError, RULE + "(3, 2, 4) and (3, 2, 3)", lambda: MODEL(X, X[..., :3])),
    (ShapeError, RULE + "(3, 2, 4) and (2, 4)", lambda: MODEL(X, X[0])),
    (OptionError, 'TransformerEncoderLayer: activation is "relu", "gelu" or a function of an array; got \'swish\'',
     lambda: nn.TransformerEncoderLayer(4, 2, activation="swish")),
    (OptionError, 'TransformerDecoderLayer: activation is "relu", "gelu" or a function of an array; got 1',
     lambda: nn.TransformerDecoderLayer(4, 2, activation=1)),
    (OptionError, "TransformerEncoder has no nested tensors; got enable_nested_tensor=True. "
     "Cure: leave it out, and mask what is padding.",
     lambda: nn.TransformerEncoder(MODEL.encoder.layers[0], 1, enable_nested_tensor=True)),
    (OptionError, "num_layers is an int of at least 1; got 0",
     lambda: nn.TransformerEncoder(MODEL.encoder.layers[0], 0)),
    (OptionError, "num_layers is an int of at least 1; got 0",
     lambda: nn.TransformerDecoder(MODEL.decoder.layers[0], 0)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_is_refused(kind, text, call):
    assert_refused(kind, text, call)
