"""Rows of xnn.nn.attention."""

import warnings

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch


def mask_of(draw, shape):
    """Bools, True where there is no attention, or numbers; the first key is always attended to."""
    random = np.random.default_rng(draw(st.integers(0, 99)))
    left_out = random.random(shape) < 0.4
    left_out[..., 0] = False
    return Input(shape, left_out if draw(st.booleans()) else np.where(left_out, -np.inf, random.random(shape)))


@st.composite
def attentions(draw):
    """Sizes, options, masks."""
    heads, size, count = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(0, 3))
    length, keys = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    embed, is_self, batch_first = heads * size, draw(st.booleans()), draw(st.booleans())
    options = {"batch_first": batch_first, "add_zero_attn": draw(st.booleans()), "bias": draw(st.booleans()),
               "add_bias_kv": draw(st.booleans())}  # fmt: skip
    kdim, vdim = (embed, embed) if draw(st.booleans()) else (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    options |= {"kdim": kdim, "vdim": vdim}
    is_batch = draw(st.booleans())

    def sequence(steps, wide):
        lead = ((count, steps) if batch_first else (steps, count)) if is_batch else (steps,)
        return Input((*lead, wide), "real")

    inputs = [sequence(length, embed), sequence(keys, kdim), sequence(keys, vdim)]
    if is_self and kdim == vdim == embed:
        keys, inputs = length, [sequence(length, embed)] * 3
    keywords = {"need_weights": draw(st.booleans()), "average_attn_weights": draw(st.booleans())}
    if (count or not is_batch) and draw(st.booleans()):
        keywords["key_padding_mask"] = mask_of(draw, (count, keys) if is_batch else (keys,))
    if draw(st.booleans()):
        lead = draw(st.sampled_from([(), ((count if is_batch else 1) * heads,)]))
        keywords["attn_mask"] = mask_of(draw, (*lead, length, keys))
    elif draw(st.booleans()):
        keywords["is_causal"] = True
    return Case(tuple(inputs), (embed, heads), options, keywords)


def theirs(*arguments, **options):
    """PyTorch's layer, which warns of masks of two kinds, and takes is_causal only beside a causal mask."""

    def forward(self, query, key, value, is_causal=False, attn_mask=None, **keywords):
        if is_causal and attn_mask is None:
            axis = 1 if self.batch_first and query.ndim == 3 else 0
            attn_mask = torch.ones(query.shape[axis], key.shape[axis], dtype=torch.bool).triu(1)
        with warnings.catch_warnings(action="ignore"):
            return torch.nn.MultiheadAttention.forward(self, query, key, value, attn_mask=attn_mask, **keywords)

    kind = type("MultiheadAttention", (torch.nn.MultiheadAttention,), {"forward": forward})
    return kind(*arguments, **options)


X, MEMORY = Input((2, 2, 4), "real"), Input((2, 3, 4), "real")
ONE = Input((2, 3), np.asarray([[False, True, False], [False, False, True]]))
NOBODY = Input((2, 3), np.asarray([[True, True, True], [False, False, True]]))

ROWS = [
    Row(
        "MultiheadAttention",
        (
            Case((X, MEMORY, MEMORY), (4, 2), {"batch_first": True}, {"key_padding_mask": ONE}),
            Case((X, X, X), (4, 2), {}, {"is_causal": True, "need_weights": False}),
            Case((X, Input((2, 3, 3)), Input((2, 3, 2))), (4, 2),
                 {"batch_first": True, "kdim": 3, "vdim": 2, "add_bias_kv": True, "add_zero_attn": True},
                 {"average_attn_weights": False, "attn_mask": Input((4, 2, 3), "real")}),
            Case((X, MEMORY, MEMORY), (4, 2), {"batch_first": True},
                 {"key_padding_mask": NOBODY, "need_weights": False}),
        ),
        attentions(),
        theirs=theirs,
        has_parameters=True,
    ),
]  # fmt: skip


Q, K = Input((2, 4, 2, 3), "real"), Input((2, 4, 3, 3), "real")
FEW = Input((2, 2, 3, 3), "real")

SEQUENCE, OTHER, WEIGHT = Input((2, 3, 4)), Input((3, 3, 4)), Input((12, 4))


def heads(sequences, weight, biases=(None, None, False), **options):
    """Of 2 heads with 4 elements together, without dropout."""
    parameters = (4, 2, weight, Input((12,)), *biases, 0.0, Input((4, 4)), Input((4,)))
    return Function("multi_head_attention_forward", (*sequences, *parameters), options)


FUNCTIONS = [
    Function("scaled_dot_product_attention", (Q, K, K, Input((4, 2, 3), "bool"))),
    Function("scaled_dot_product_attention", (Q, K, K, Input((2, 1, 2, 3), "real")), {"scale": 0.3}),
    Function("scaled_dot_product_attention", (Q, K, K), {"is_causal": True}),
    Function("scaled_dot_product_attention", (Q, FEW, FEW), {"enable_gqa": True}),
    Function("scaled_dot_product_attention", (Input((2, 3)), Input((4, 3)), Input((4, 5)))),
    Function("scaled_dot_product_attention", (Q, Input((2, 4, 0, 3)), Input((2, 4, 0, 5)))),
    heads((SEQUENCE, SEQUENCE, SEQUENCE), WEIGHT),
    heads((SEQUENCE, OTHER, OTHER), WEIGHT, need_weights=False, attn_mask=Input((2, 3), "real")),
    heads(
        (Input((2, 4)), Input((3, 4)), Input((3, 4))),
        WEIGHT,
        biases=(Input((1, 1, 4)), Input((1, 1, 4)), True),
        average_attn_weights=False,
        key_padding_mask=Input((3,), np.asarray([False, True, False])),
    ),
    heads(
        (SEQUENCE, Input((3, 3, 2)), Input((3, 3, 5))),
        None,
        use_separate_proj_weight=True,
        q_proj_weight=Input((4, 4)),
        k_proj_weight=Input((4, 2)),
        v_proj_weight=Input((4, 5)),
    ),
    heads((SEQUENCE, OTHER, OTHER), WEIGHT, static_k=Input((6, 5, 2)), static_v=Input((6, 5, 2))),
]
