"""What a node keeps is what its derivative reads: no less, and no more.

No less: in the place of whatever `keeps` does not name a rule gets a Spec, which has no values, so
that the tests of derivatives fail where a rule reads it. No more: what is kept is poisoned here, and
some cotangent must show it.
"""

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import cotangent, quiet
from tests.ops.table import ROWS, operands, primitives
from xnn.autograd.backward import cotangents
from xnn.autograd.graph import Node, Spec

WITH_RULES = [row for row in ROWS if row.differentiable and not primitives()[row.name].is_fused]


def node_of(row):
    """The node that a row's call records last, on NumPy."""
    arrays = [xp.asarray(r, device="numpy:cpu", requires_grad=r.dtype.kind == "f") for r in operands(row, "float64")]
    node = row.call(xp, *arrays)._node
    assert isinstance(node, Node), "the row's call is not on the graph"
    assert node.primitive is primitives()[row.name]
    return node


def poisoned(x):
    """Other values of the same shape and type; indices stay in range."""
    if x.dtype.kind == "f":
        return np.full_like(x, np.nan)
    return ~x if x.dtype.kind == "b" else x[::-1].copy()


def results(node, g):
    with quiet():
        return [None if c is None else np.copy(c) for c in cotangents(node, g, False)]


def assert_differ(before, after, what):
    same = [np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True) if a is not None]
    assert not all(same), f"the derivative does not read {what}, which is kept all the same"


# Beside a Python scalar one of two derivatives is not wanted, and what only that reads is kept all the same.
BESIDE_A_SCALAR = ("pow 3", "2 pow")


@pytest.mark.parametrize("row", [r for r in WITH_RULES if r.id not in BESIDE_A_SCALAR], ids=lambda row: row.id)
def test_what_is_kept_is_read(row):
    node = node_of(row)
    out = row.call(np, *operands(row, "float64")) if row.numpy is None else row.numpy(*operands(row, "float64"))
    g = cotangent(np.asarray(out))
    before = results(node, g)
    inputs = node.inputs
    for i, x in enumerate(inputs):
        if isinstance(x, np.ndarray):
            node.inputs = (*inputs[:i], poisoned(x), *inputs[i + 1 :])
            assert_differ(before, results(node, g), f"input {i}")
    node.inputs = inputs
    if node.output is not None:
        node.output = poisoned(node.output)
        assert_differ(before, results(node, g), "the output")


@pytest.mark.parametrize("row", WITH_RULES, ids=lambda row: row.id)
def test_what_is_not_named_is_not_kept(row):
    node = node_of(row)
    primitive = node.primitive
    for x, keep in zip(node.inputs, primitive.kept or (False,) * len(node.inputs), strict=True):
        assert isinstance(x, Spec) or keep or x is None
    assert (node.output is None) is not primitive.keeps_out


def test_a_spec_has_no_values():
    assert set(Spec.__slots__) == {"shape", "dtype"}
