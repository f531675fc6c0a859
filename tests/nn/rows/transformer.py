"""Rows of xnn.nn.transformer, without dropout."""

import warnings

import numpy as np
from hypothesis import strategies as st

from tests.nn.row import Case, Input, Row
from tests.nn.rows.attention import mask_of
from tests.oracle import torch
from xnn import nn


class Stack(Row):
    """An encoder or a decoder, with the arguments (arguments of its layer, number of layers, has a norm)."""

    __slots__ = ()

    def ours(self, case, device, dtype):
        return self.stack(nn, case, {"device": device, "dtype": dtype})

    def make_theirs(self, case):
        with warnings.catch_warnings(action="ignore"):  # of layers for which PyTorch has no faster way
            return self.stack(torch.nn, case, {})

    def stack(self, library, case, where):
        arguments, count, has_norm = case.arguments
        layer = getattr(library, self.name + "Layer")(*arguments, **case.options, **where)
        norm = library.LayerNorm(arguments[0], **where) if has_norm else None
        return getattr(library, self.name)(layer, count, norm)


class Whole(Row):
    __slots__ = ()

    def make_theirs(self, case):
        with warnings.catch_warnings(action="ignore"):
            return torch.nn.Transformer(*case.arguments, **case.options)


def square(x):
    """An activation that both libraries can compute."""
    return x * x


@st.composite
def cases(draw, what):
    """Sizes, options and masks of an encoder layer, a decoder layer, or a transformer."""
    heads, size = draw(st.integers(1, 2)), draw(st.integers(3, 4))
    count, length, keys = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    batch_first, is_batch = draw(st.booleans()), draw(st.booleans())
    options = {"batch_first": batch_first, "norm_first": draw(st.booleans()), "bias": draw(st.booleans()),
               "activation": draw(st.sampled_from(["relu", "gelu", square])), "dropout": 0.0,
               "dim_feedforward": draw(st.integers(1, 4)),
               "layer_norm_eps": draw(st.sampled_from([1e-5, 0.1]))}  # fmt: skip

    def sequence(steps):
        lead = ((count, steps) if batch_first else (steps, count)) if is_batch else (steps,)
        return Input((*lead, heads * size), "real")

    def masks(name, steps, padding_name):
        found = {}
        if draw(st.booleans()):
            found[name] = mask_of(draw, (length, steps))
        if draw(st.booleans()):
            found[padding_name] = mask_of(draw, (count, steps) if is_batch else (steps,))
        return found

    if what == "encoder":
        return Case((sequence(length),), (heads * size, heads), options,
                    masks("src_mask", length, "src_key_padding_mask"))  # fmt: skip
    keywords = masks("tgt_mask", length, "tgt_key_padding_mask")
    keywords |= masks("memory_mask", keys, "memory_key_padding_mask")
    return Case((sequence(length), sequence(keys)), (heads * size, heads), options, keywords)


SOURCE, TARGET = Input((2, 3, 4), "real"), Input((2, 2, 4), "real")
PADDING = Input((2, 3), np.asarray([[False, True, False], [False, False, True]]))
CAUSAL = Input((2, 2), np.asarray([[False, True], [False, False]]))
OPTIONS = {"dim_feedforward": 3, "dropout": 0.0, "batch_first": True}


def plain(name, *written, drawn):
    def theirs(*arguments, **options):
        """PyTorch's, which warns of masks of two kinds."""
        kind = getattr(torch.nn, name)

        def forward(self, *inputs, **keywords):
            with warnings.catch_warnings(action="ignore"):
                return kind.forward(self, *inputs, **keywords)

        return type(name, (kind,), {"forward": forward})(*arguments, **options)

    return Row(name, written, drawn, theirs, has_parameters=True)


ROWS = [
    plain(
        "TransformerEncoderLayer",
        Case((SOURCE,), (4, 2), OPTIONS, {"src_key_padding_mask": PADDING}),
        Case((SOURCE,), (4, 2), {**OPTIONS, "norm_first": True, "activation": "gelu"}),
        drawn=cases("encoder"),
    ),
    plain(
        "TransformerDecoderLayer",
        Case((TARGET, SOURCE), (4, 2), OPTIONS, {"tgt_mask": CAUSAL, "memory_key_padding_mask": PADDING}),
        Case((TARGET, SOURCE), (4, 2), {**OPTIONS, "norm_first": True, "bias": False}),
        drawn=cases("decoder"),
    ),
    Stack(
        "TransformerEncoder",
        (
            Case((SOURCE,), ((4, 2), 2, True), OPTIONS, {"src_key_padding_mask": PADDING}),
            Case((SOURCE,), ((4, 2), 1, False), OPTIONS),
        ),
        has_parameters=True,
    ),
    Stack(
        "TransformerDecoder",
        (
            Case((TARGET, SOURCE), ((4, 2), 2, True), OPTIONS, {"tgt_mask": CAUSAL}),
            Case((TARGET, SOURCE), ((4, 2), 1, False), OPTIONS),
        ),
        has_parameters=True,
    ),
    Whole(
        "Transformer",
        (
            Case((SOURCE, TARGET), (4, 2, 1, 1, 3, 0.0), {"batch_first": True},
                 {"tgt_mask": CAUSAL, "src_key_padding_mask": PADDING, "memory_key_padding_mask": PADDING}),
            Case((Input((3, 4)), Input((2, 4))), (4, 2, 1, 1, 3, 0.0), {"norm_first": True, "activation": "gelu"}),
        ),
        has_parameters=True,
    ),
]  # fmt: skip
