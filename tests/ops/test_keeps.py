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
from xnn.autograd.forward import between
from xnn.autograd.graph import Node, Spec, forward_mode


def has_rules(row):
    """Whether the row is of a primitive with rules of its own, not of a definition or of several primitives."""
    return row.differentiable and row.name in primitives() and primitives()[row.name].definition is None


WITH_RULES = [row for row in ROWS if has_rules(row)]


def node_of(row):
    """The node of the row's primitive in what its call records, on NumPy."""
    dtype = "float64" if "float64" in row.dtypes else "complex128"
    arrays = [xp.asarray(r, device="numpy:cpu", requires_grad=r.dtype.kind in "fc") for r in operands(row, dtype)]
    nodes, _ = between([row.call(xp, *arrays)._node], 0)
    found = [node for node in nodes if isinstance(node, Node) and node.primitive is primitives()[row.name]]
    assert found, "the row's call does not record its primitive"
    return found[-1]


def poisoned(x):
    """Other values of the same shape and type; indices stay in range."""
    if isinstance(x, tuple):
        return tuple(map(poisoned, x))
    if x.dtype.kind in "fc":
        return np.full_like(x, np.nan)
    return ~x if x.dtype.kind == "b" else x[::-1].copy()


def seed_of(node):
    """A cotangent for each output of a node."""
    spec = node.spec
    parts = [
        cotangent(np.empty(s.shape, s.dtype)) if s.dtype.kind in "fc" else None
        for s in (spec if node.count else [spec])
    ]
    return tuple(parts) if node.count else parts[0]


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
    with forward_mode():
        node = node_of(row)
    g = seed_of(node)
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
