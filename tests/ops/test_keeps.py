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
from xnn.autograd.forward import between
from xnn.autograd.graph import Node, Output, Spec
from xnn.autograd.reverse import backward, cotangents
from xnn.errors import GraphError


def has_rules(row):
    """Whether the row is of a primitive with rules of its own, not of a definition or of several primitives."""
    return row.differentiable and row.name in primitives() and primitives()[row.name].definition is None


WITH_RULES = [row for row in ROWS if has_rules(row)]


def nodes_of(row):
    """The nodes of the row's primitive in what its call records on NumPy, and what comes back to them."""
    for dtype in ("float64", "complex128"):
        if dtype in row.dtypes:
            raws = operands(row, dtype)
            arrays = [xp.asarray(r, device="numpy:cpu", requires_grad=r.dtype.kind in "fc") for r in raws]
            out = row.call(xp, *arrays)
            nodes, _ = between([out._node], 0)
            found = [node for node in nodes if isinstance(node, Node) and node.primitive is primitives()[row.name]]
            assert found, "the row's call does not record its primitive"
            node = found[-1]
            node.kernel = None  # which keeps in its residual what it reads
            targets = [v for v in nodes if isinstance(v, Output) and v.node is node] if node.count else [node]
            gs = backward([(out._node, cotangent(out.detach().numpy()))], targets, retain_graph=True)
            by_index = {getattr(v, "index", 0): gs.get(v) for v in targets}
            yield node, tuple(by_index.get(i) for i in range(node.count)) if node.count else by_index[0]


def poisoned(x):
    """Other values of the same shape and type; indices stay in range."""
    if isinstance(x, tuple):
        return tuple(map(poisoned, x))
    if x.dtype.kind in "fc":
        return np.full_like(x, np.nan)
    return ~x if x.dtype.kind == "b" else x[::-1].copy()


def results(node, g):
    with quiet():
        return [None if c is None else np.copy(c) for c in cotangents(node, g, False)]


def is_read(before, node, g):
    """Whether the derivative comes out otherwise than before, or not at all: a factorisation of NaN may fail."""
    try:
        after = results(node, g)
    except (np.linalg.LinAlgError, GraphError):
        return True
    return not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True) if a is not None)


def parts_kept(node):
    """What a node keeps, each part by its name, with the node in which it is poisoned."""
    inputs, output = tuple(node.inputs), node.output
    for i, x in enumerate(inputs):
        if isinstance(x, np.ndarray):
            node.inputs = (*inputs[:i], poisoned(x), *inputs[i + 1 :])
            yield f"input {i}", node
    node.inputs = inputs
    if output is not None:
        node.output = poisoned(output)
        yield "the output", node
        node.output = output


@pytest.mark.parametrize("name", sorted({row.name for row in WITH_RULES}))
def test_what_is_kept_is_read(name):
    """By one row of the primitive at least: a norm of one order reads what another does not."""
    kept, read = set(), set()
    for node, g in [found for row in WITH_RULES if row.name == name for found in nodes_of(row)]:
        before = results(node, g)
        for part, changed in parts_kept(node):
            kept.add(part)
            if is_read(before, changed, g):
                read.add(part)
    assert kept == read, f"the derivative of {name} does not read {', '.join(kept - read)}, which is kept all the same"


@pytest.mark.parametrize("row", WITH_RULES, ids=lambda row: row.id)
def test_what_is_not_named_is_not_kept(row):
    for node, _ in nodes_of(row):
        primitive = node.primitive
        for x, keep in zip(node.inputs, primitive.kept or (False,) * len(node.inputs), strict=True):
            assert isinstance(x, Spec) or keep or x is None
        assert (node.output is None) is not primitive.keeps_out


def test_a_spec_has_no_values():
    assert set(Spec.__slots__) == {"shape", "dtype"}
