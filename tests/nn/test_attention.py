"""Attention: who attends to nobody, heads that share keys, dropout, and what is refused."""

import warnings

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, OptionError, ShapeError

F = nn.functional
attend = F.scaled_dot_product_attention


def numbers(shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def array(shape, seed=0, device="cpu"):
    return xp.asarray(numbers(shape, seed), device=device)


# ---- who attends to nobody ----


@pytest.mark.needs("torch")
@pytest.mark.parametrize("need_weights", [True, False])
def test_a_sequence_of_padding_alone(need_weights, device):
    """The attended value is 0, as PyTorch's without weights; no other sequence feels it, and no gradient."""
    theirs = torch.nn.MultiheadAttention(4, 2, batch_first=True, dtype=torch.float64)
    ours = nn.MultiheadAttention(4, 2, batch_first=True, device=device, dtype=xp.float64)
    ours.load_state_dict({name: x.numpy() for name, x in theirs.state_dict().items()})
    x, mask = numbers((2, 3, 4)), np.asarray([[True] * 3, [False, True, False]])
    out, weights = ours(*[xp.asarray(x, device=device)] * 3, xp.asarray(mask, device=device), need_weights)
    expected, _ = theirs(*[torch.tensor(x)] * 3, torch.tensor(mask), need_weights=False)
    assert_close(out.detach().numpy(), expected.detach().numpy())
    xp.sum(out * out).backward()
    expected.square().sum().backward()
    for name, parameter in ours.named_parameters():
        assert_close(parameter.grad.numpy(), theirs.get_parameter(name).grad.numpy())
    if need_weights:
        _, their_weights = theirs(*[torch.tensor(x)] * 3, torch.tensor(mask), need_weights=True)
        assert_close(weights.detach().numpy(), np.nan_to_num(their_weights.detach().numpy()))
    else:
        assert weights is None


def test_attention_to_nobody_is_0_with_the_gradient_0(device):
    q = array((2, 3), device=device)
    q.requires_grad = True
    mask = xp.asarray([[False, False], [True, False]], device=device)
    out = attend(q, q, q, mask)
    assert out.tolist()[0] == [0.0, 0.0, 0.0]
    xp.sum(out).backward()
    assert np.isfinite(q.grad.numpy()).all()


# ---- what a mask leaves out ----

HIDDEN = pytest.mark.parametrize("hidden", [np.nan, np.inf, -np.inf])


def assert_alike(one, other):
    for x, y in zip(one, other, strict=True):
        assert_close(x.detach().numpy(), y.detach().numpy())


@HIDDEN
@pytest.mark.parametrize("kind", ["bool", "number", "row", "causal"])
def test_what_nobody_attends_to_may_be_nan(kind, hidden, device):
    """Values and gradients are those without these keys."""
    query, seen = numbers((2, 3, 4)), 3
    masks = {"bool": [[True] * seen + [False] * 2] * 3, "row": [True] * seen + [False] * 2}
    masks["number"] = np.where(masks["bool"], 0.5, -np.inf)
    found = []
    for count in (seen, 5):
        key, value = (numbers((2, 5, 4), seed)[:, :count] for seed in (1, 2))
        key[:, seen:] = value[:, seen:] = hidden
        arrays = [xp.asarray(x, device=device, requires_grad=True) for x in (query, key, value)]
        mask = None if kind == "causal" else xp.asarray(np.asarray(masks[kind])[..., :count], device=device)
        out = attend(*arrays, mask, is_causal=kind == "causal")
        xp.sum(out * out).backward()
        gradients = [x.grad.numpy() for x in arrays]
        assert not any(np.any(g[:, seen:]) for g in gradients[1:])
        found.append([out, *(xp.asarray(g[:, :seen]) for g in gradients)])
    assert_alike(*found)


@HIDDEN
@pytest.mark.parametrize("kind", ["self", "cross", "number", "attn_mask"])
def test_padding_reaches_no_weight(kind, hidden, device):
    layer = nn.MultiheadAttention(4, 2, batch_first=True, device=device, dtype=xp.float64)
    found = []
    for count in (2, 3):
        x, key = numbers((2, 3, 4)), numbers((2, 3, 4), 1)
        x, key = x[:, :count] if kind == "self" else x, key[:, :count]
        for padded in (x,) if kind == "self" else (key,):
            padded[:, 2:] = hidden
        x, key = (xp.asarray(v, device=device) for v in (x, key))
        out_of = np.asarray([[False, False, True][:count]] * (3 if kind == "attn_mask" else 2))
        mask = xp.asarray(np.where(out_of, -np.inf, 0.0) if kind == "number" else out_of, device=device)
        layer.zero_grad()
        given = {"attn_mask" if kind == "attn_mask" else "key_padding_mask": mask}
        out, weights = layer(*([x] * 3 if kind == "self" else [x, key, key]), **given)
        out, weights = (v[:, :2, ...] if kind == "self" else v for v in (out, weights))
        xp.sum(out * out).backward()
        found.append([out, weights[:, :, :2], *(p.grad for p in layer.parameters())])
    assert_alike(*found)


def test_scores_beyond_what_exp_can_take_stay_finite(device):
    q = xp.asarray([[1e4, -1e4], [-1e4, 1e4]], device=device, requires_grad=True)
    out = attend(q, q, q)
    xp.sum(out).backward()
    assert_close(out.detach().numpy(), q.detach().numpy())
    assert np.isfinite(q.grad.numpy()).all()


# ---- heads ----


def test_heads_that_share_keys_are_heads_with_equal_keys(device):
    """Ainslie et al., GQA, 2023: a head of keys serves a group of heads of queries."""
    few = nn.MultiheadAttention(8, 4, num_kv_heads=2, add_bias_kv=True, device=device, dtype=xp.float64)
    many = nn.MultiheadAttention(8, 4, add_bias_kv=True, device=device, dtype=xp.float64)
    state = few.state_dict()
    q, k, v = np.split(state["in_proj_weight"].numpy(), [8, 12])

    def each_twice(rows):
        return np.repeat(rows.reshape(2, 2, -1), 2, axis=0).reshape(8, -1)

    state["in_proj_weight"] = np.concatenate([q, each_twice(k), each_twice(v)])
    state["in_proj_bias"] = np.zeros(24)
    for name in ("bias_k", "bias_v"):
        state[name] = each_twice(state[name].numpy().reshape(4, 1)).reshape(1, 1, 8)
    many.load_state_dict(state)
    x, memory = array((3, 2, 8), device=device), array((4, 2, 8), 1, device=device)
    for came, expected in zip(few(x, memory, memory), many(x, memory, memory), strict=True):
        assert_close(came.detach().numpy(), expected.detach().numpy())
    assert few.in_proj_weight.shape == (16, 8)


def test_one_array_three_times_and_three_equal_arrays_give_one_result(device):
    layer = nn.MultiheadAttention(4, 2, device=device, dtype=xp.float64)
    x = array((3, 2, 4), device=device)
    for came, expected in zip(layer(x, x, x), layer(x, x + 0, x + 0), strict=True):
        assert_close(came.detach().numpy(), expected.detach().numpy())


def test_is_causal_beside_a_mask_is_only_a_hint():
    layer, x = nn.MultiheadAttention(4, 2, device="cpu", dtype=xp.float64), array((3, 2, 4))
    mask = xp.asarray([[False, True, False]] * 3, device="cpu")
    came, expected = layer(x, x, x, attn_mask=mask, is_causal=True), layer(x, x, x, attn_mask=mask)
    assert_close(came[1].detach().numpy(), expected[1].detach().numpy())
    causal = layer(x, x, x, is_causal=True)[1].detach().numpy()
    assert (np.triu(causal, 1) == 0).all()
    assert (causal[:, 2] > 0).all()


# ---- dropout ----


def test_dropout_is_of_weights_in_training_alone(device):
    layer = nn.MultiheadAttention(4, 2, dropout=0.4, batch_first=True, device=device)
    x = xp.astype(array((2, 20, 4), device=device), xp.float32)
    weights = layer.eval()(x, x, x, average_attn_weights=False)[1].detach().numpy()
    xp.random.manual_seed(3)
    out, dropped = (part.detach().numpy() for part in layer.train()(x, x, x, average_attn_weights=False))
    is_left = dropped != 0
    assert abs(is_left.mean() - 0.6) < 0.05
    assert_close(dropped[is_left], weights[is_left] / 0.6)
    xp.random.manual_seed(3)
    assert_close(layer(x, x, x, need_weights=False)[0].detach().numpy(), out)


def test_dropout_of_a_function_needs_no_training(device):
    q = xp.ones((2, 30, 4), device=device)
    xp.random.manual_seed(0)
    out = attend(q, q, q, dropout_p=0.5).numpy()
    assert 0.5 < out.mean() < 1.5
    assert len(np.unique(out.round(4))) > 3
    assert attend(q, q, q, dropout_p=1.0).numpy().max() == 0


# ---- what is refused ----

Q, K = array((2, 4, 3, 2)), array((2, 4, 5, 2))
LAYER, FIRST = nn.MultiheadAttention(4, 2, device="cpu"), nn.MultiheadAttention(4, 2, batch_first=True, device="cpu")
X = xp.ones((3, 2, 4), device="cpu")
SINGLE = xp.astype(Q, xp.float32)
SHAPES = "scaled_dot_product_attention takes query (..., L, E), key (..., S, E) and value (..., S, Ev); got "

REFUSED = [
    (ShapeError, SHAPES + "(2, 4, 3, 2), (2, 4, 5, 1) and (2, 4, 5, 2)", lambda: attend(Q, K[..., :1], K)),
    (ShapeError, SHAPES + "(2, 4, 3, 2), (2, 4, 5, 2) and (2, 4, 3, 2)", lambda: attend(Q, K, Q)),
    (ShapeError, SHAPES + "(2,), (2, 4, 5, 2) and (2, 4, 5, 2)", lambda: attend(Q[0, 0, 0, :], K, K)),
    (ShapeError, "scaled_dot_product_attention: the leading dimensions of query, key and value broadcast; got "
     "(2, 4, 3, 2), (2, 2, 5, 2) and (2, 2, 5, 2). Cure: enable_gqa=True, where key and value have fewer heads.",
     lambda: attend(Q, K[:, :2], K[:, :2])),
    (ShapeError, "scaled_dot_product_attention shares heads of key (..., h, S, E) among those of query (..., H, L, E), "
     "where h divides H; got (2, 3, 5, 2) and (2, 4, 3, 2)",
     lambda: attend(Q, K[:, :3], K[:, :3], enable_gqa=True)),
    (ShapeError, "scaled_dot_product_attention takes an attn_mask that broadcasts to (..., L, S), here (2, 4, 3, 5); "
     "got shape (3, 4)", lambda: attend(Q, K, K, xp.ones((3, 4), dtype=xp.bool, device="cpu"))),
    (DTypeError, "scaled_dot_product_attention takes an attn_mask of bools, or of the type of query, float64; "
     "got int64. Cure: xnn.astype(attn_mask, xnn.bool), True where it attends.",
     lambda: attend(Q, K, K, xp.ones((3, 5), dtype=xp.int64, device="cpu"))),
    (DTypeError, "scaled_dot_product_attention takes arrays of one type; query is float32, key float64. "
     "Cure: xnn.astype(key, xnn.float32).", lambda: attend(SINGLE, K, K)),
    (DTypeError, "scaled_dot_product_attention takes floating-point query; got int64 of shape (2, 4, 3, 2). "
     "Cure: xnn.astype(query, xnn.float32).", lambda: attend(xp.astype(Q, xp.int64), K, K)),
    (OptionError, "scaled_dot_product_attention takes attn_mask or is_causal, not both. "
     "Cure: a mask that is causal as well.",
     lambda: attend(Q, K, K, xp.ones((3, 5), dtype=xp.bool, device="cpu"), is_causal=True)),
    (ShapeError, "MultiheadAttention takes query (L, N, 4), key (S, N, 4), value (S, N, 4), or all without N; got "
     "(3, 2, 3), (3, 2, 4) and (3, 2, 4)", lambda: LAYER(X[..., :3], X, X)),
    (ShapeError, "MultiheadAttention takes query (N, L, 4), key (N, S, 4), value (N, S, 4), or all without N; got "
     "(2, 2, 4), (3, 2, 4) and (3, 2, 4)", lambda: FIRST(X[:2], X, X)),
    (ShapeError, "MultiheadAttention takes key_padding_mask of shape (2, 3) here; got (3, 2)",
     lambda: LAYER(X, X, X, xp.zeros((3, 2), dtype=xp.bool, device="cpu"))),
    (ShapeError, "MultiheadAttention takes attn_mask of shape (3, 3) or (4, 3, 3) here; got (2, 3, 3)",
     lambda: LAYER(X, X, X, attn_mask=xp.zeros((2, 3, 3), device="cpu"))),
    (DTypeError, "MultiheadAttention takes an attn_mask of bools, or of the type of query, float32; got uint8. "
     "Cure: xnn.astype(attn_mask, xnn.bool), True where it does not attend.",
     lambda: LAYER(X, X, X, attn_mask=xp.zeros((3, 3), dtype=xp.uint8, device="cpu"))),
    (DTypeError, "MultiheadAttention takes query of the type of its weights, float32; got float64. "
     "Cure: xnn.astype(query, xnn.float32).", lambda: LAYER(*[xp.astype(X, xp.float64)] * 3)),
    (OptionError, "MultiheadAttention: num_heads divides embed_dim, and num_kv_heads num_heads; got embed_dim 4, "
     "num_heads 3 and num_kv_heads 3", lambda: nn.MultiheadAttention(4, 3)),
    (OptionError, "MultiheadAttention: num_heads divides embed_dim, and num_kv_heads num_heads; got embed_dim 8, "
     "num_heads 4 and num_kv_heads 3", lambda: nn.MultiheadAttention(8, 4, num_kv_heads=3)),
    (OptionError, "MultiheadAttention takes a probability dropout from 0 to 1; got 2",
     lambda: nn.MultiheadAttention(4, 2, dropout=2)),
    (OptionError, "embed_dim is an int of at least 1; got 0", lambda: nn.MultiheadAttention(0, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_is_refused(kind, text, call):
    with warnings.catch_warnings(action="error"):
        assert_refused(kind, text, call)


@pytest.mark.parametrize("name", ["scaled_dot_product_attention", "MultiheadAttention"])
def test_the_cure_for_a_mask_of_integers_means_what_it_says(name, device):
    """As PyTorch reads bools: True attends in the function, and does not in the layer."""
    keep = np.asarray([[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    x = xp.asarray(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32), device=device)
    if name == "MultiheadAttention":
        layer = nn.MultiheadAttention(4, 2, device=device)
        call, mask = (lambda m: layer(x, x, x, attn_mask=m)[0]), 1 - keep
    else:
        call, mask = (lambda m: nn.functional.scaled_dot_product_attention(x, x, x, attn_mask=m)), keep
    mask = xp.asarray(mask, device=device)
    with pytest.raises(DTypeError, match=r"Cure: xnn\.astype\(attn_mask, xnn\.bool\), True where it"):
        call(mask)
    causal = np.where(keep, 0.0, -np.inf).astype(np.float32)
    expected = call(xp.asarray(causal, device=device))
    assert_close(call(xp.astype(mask, xp.bool)).detach().numpy(), expected.detach().numpy())
    with pytest.raises(DTypeError, match=r"Cure: xnn\.astype\(attn_mask, xnn\.float32\)\.$"):
        call(xp.asarray(causal.astype(np.float64), device=device))
