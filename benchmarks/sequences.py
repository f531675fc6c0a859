"""Forward and backward of layers for sequences, with all gradients: LSTM, Transformer encoder layer, embedding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import xnn as xp
from xnn import nn

from .timing import Contender, Cost, Effort, Work, passes

STEPS, BATCH, WIDTH = 28, 128, 128  # of the LSTM, whose inputs are as wide as its states; the others are as wide
TOKENS, SENTENCES, HEADS, FEEDFORWARD = 64, 32, 4, 512  # of the Transformer
WORDS, BAGS, BAG = 10_000, 128, 64  # of the embedding
Values = np.ndarray[Any, Any]


def normal(*shape: int) -> Values:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def weights(module: Any) -> list[Values]:
    """What PyTorch's module is to begin with."""
    return [parameter.detach().numpy().copy() for parameter in module.parameters()]


def load(module: Any, values: list[Values]) -> Any:
    """PyTorch's module with these weights: both name and order them in the same way."""
    import torch

    with torch.no_grad():
        for parameter, value in zip(module.parameters(), values, strict=True):
            parameter.copy_(torch.from_numpy(value))
    return module


def xnn_lstm() -> nn.LSTM:
    xp.random.manual_seed(0)
    return nn.LSTM(WIDTH, WIDTH, device="cpu")


def xnn_lstm_pass() -> Contender:
    layer = xnn_lstm()
    x = xp.asarray(normal(STEPS, BATCH, WIDTH), device="cpu", requires_grad=True)
    g = xp.asarray(normal(STEPS, BATCH, WIDTH), device="cpu")
    return passes(lambda: layer(x)[0], [x, *layer.parameters()], g)


def torch_lstm_pass() -> Contender:
    import torch

    layer = load(torch.nn.LSTM(WIDTH, WIDTH), weights(xnn_lstm()))
    x = torch.from_numpy(normal(STEPS, BATCH, WIDTH)).requires_grad_()
    g = torch.from_numpy(normal(STEPS, BATCH, WIDTH))
    return passes(lambda: layer(x)[0], [x, *layer.parameters()], g)


def xnn_encoder() -> nn.TransformerEncoderLayer:
    """Without dropout, which draws other numbers in each library."""
    xp.random.manual_seed(0)
    return nn.TransformerEncoderLayer(WIDTH, HEADS, FEEDFORWARD, dropout=0.0, batch_first=True, device="cpu")


def xnn_encoder_pass() -> Contender:
    layer = xnn_encoder()
    x = xp.asarray(normal(SENTENCES, TOKENS, WIDTH), device="cpu", requires_grad=True)
    g = xp.asarray(normal(SENTENCES, TOKENS, WIDTH), device="cpu")
    return passes(lambda: layer(x), [x, *layer.parameters()], g)


def torch_encoder_pass() -> Contender:
    import torch

    layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, FEEDFORWARD, dropout=0.0, batch_first=True)
    load(layer, weights(xnn_encoder()))
    x = torch.from_numpy(normal(SENTENCES, TOKENS, WIDTH)).requires_grad_()
    g = torch.from_numpy(normal(SENTENCES, TOKENS, WIDTH))
    return passes(lambda: layer(x), [x, *layer.parameters()], g)


def words() -> Values:
    return np.random.default_rng(0).integers(0, WORDS, (BAGS, BAG))


def xnn_embedding_pass() -> Contender:
    table = xp.asarray(normal(WORDS, WIDTH), device="cpu", requires_grad=True)
    numbers, g = xp.asarray(words(), device="cpu"), xp.asarray(normal(BAGS, WIDTH), device="cpu")
    return passes(lambda: xp.mean(nn.functional.embedding(numbers, table), axis=1), [table], g)


def torch_embedding_pass() -> Contender:
    import torch

    table = torch.from_numpy(normal(WORDS, WIDTH)).requires_grad_()
    numbers, g = torch.from_numpy(words()), torch.from_numpy(normal(BAGS, WIDTH))
    return passes(lambda: torch.nn.functional.embedding(numbers, table).mean(dim=1), [table], g)


def lstm_cost() -> Cost:
    """Two products a step, thrice. Inputs read twice and their gradient written; four gates and two states kept."""
    cells = STEPS * BATCH * WIDTH
    return Cost(3 * 2 * cells * 8 * WIDTH, 4 * cells * (3 + 2 * (4 + 2) + 4))


def encoder_cost() -> Cost:
    """Six projections and two products of attention, thrice. What each part gives, written and read, both ways."""
    positions = SENTENCES * TOKENS
    flops = 2 * positions * (4 * WIDTH**2 + 2 * WIDTH * FEEDFORWARD + 2 * TOKENS * WIDTH)
    given = positions * (8 * WIDTH + FEEDFORWARD + HEADS * TOKENS)  # q k v, mixed, projected, two norms, output
    return Cost(3 * flops, 4 * 4 * given)


def embedding_cost() -> Cost:
    """Rows read forward; the gradient's table written, and each row of it read and written once more for each word."""
    return Cost(0.0, 4 * WIDTH * (3 * BAGS * BAG + 2 * BAGS + WORDS))


def works(effort: Effort) -> Iterator[Work]:
    """The three."""
    target: dict[str | tuple[str, str], float] = {"PyTorch": 0.7}
    yield Work("LSTM, 28 steps, batch 128", {"xnn": xnn_lstm_pass}, {"PyTorch": torch_lstm_pass}, target, lstm_cost())
    yield Work(
        "Transformer encoder layer, 64 tokens, batch 32",
        {"xnn": xnn_encoder_pass},
        {"PyTorch": torch_encoder_pass},
        target,
        encoder_cost(),
    )
    yield Work(
        "embedding and mean over 64 words, batch 128",
        {"xnn": xnn_embedding_pass},
        {"PyTorch": torch_embedding_pass},
        target,
        embedding_cost(),
    )
