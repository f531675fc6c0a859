"""einsum and its kin, compared with NumPy over subscripts that Hypothesis draws, and with PyTorch's gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError

SIZES = {"a": 2, "b": 3, "c": 1, "d": 4, "e": 0}


@st.composite
def sums(draw, letters="abcde"):
    """Subscripts, and operands that fit them, some with dots, repeated letters, and sizes of 1 that broadcast."""
    terms = draw(st.lists(st.lists(st.sampled_from(letters), max_size=3), min_size=1, max_size=4))
    with_dots = [draw(st.booleans()) for _ in terms]
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    operands, texts = [], []
    for term, dots in zip(terms, with_dots, strict=True):
        extra = draw(st.sampled_from([(), (2,), (1,), (3, 2)])) if dots else ()
        narrow = draw(st.booleans()) and len(set(term)) == len(term)
        shape = (*extra, *(1 if narrow and i == 0 else SIZES[c] for i, c in enumerate(term)))
        operands.append(random.normal(size=shape))
        texts.append(("..." if dots else "") + "".join(term))
    text = ",".join(texts)
    if draw(st.booleans()):
        there = sorted({c for term in terms for c in term})
        kept = draw(st.lists(st.sampled_from(there), unique=True)) if there else []
        text += "->" + ("..." if any(with_dots) else "") + "".join(kept)
    return text, operands


@settings(max_examples=150, deadline=None)
@given(sums(), st.sampled_from([True, False, "greedy", "optimal"]))
def test_as_numpy(case, optimize):
    subscripts, operands = case
    expected = np.asarray(np.einsum(subscripts, *operands))
    came = xp.einsum(subscripts, *(xp.asarray(x, device="cpu") for x in operands), optimize=optimize)
    assert tuple(came.shape) == expected.shape
    assert_close(came.numpy(), expected)


@settings(max_examples=30, deadline=None)
@given(sums("abd"))
def test_gradients_are_pytorchs(case):
    subscripts, operands = case
    operands = [x for x in operands if x.size]
    if len(operands) < subscripts.partition("->")[0].count(",") + 1:
        return
    if any(1 in x.shape for x in operands):  # which PyTorch does not broadcast everywhere
        return
    ours = [xp.asarray(x, device="cpu", requires_grad=True) for x in operands]
    theirs = [torch.tensor(x, requires_grad=True) for x in operands]
    xp.sum(xp.einsum(subscripts, *ours) ** 2).backward()
    (torch.einsum(subscripts, *theirs) ** 2).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one.grad.numpy(), other.grad.numpy())


def test_paths(device):
    x, y, z = (xp.ones(shape, device=device) for shape in [(2, 8), (8, 2), (2, 8)])
    for optimize in ("greedy", "optimal"):
        path, text = xp.einsum_path("ij,jk,kl->il", x, y, z, optimize=optimize)
        assert path == ["einsum_path", (0, 1), (0, 1)]
        assert "32 multiplications" in text
    assert_close(xp.einsum("ij,jk,kl->il", x, y, z, optimize=path).numpy(), np.full((2, 8), 16, "float32"))
    assert_close(xp.einsum("ij,jk,kl->il", x, y, z, optimize=[(0, 1, 2)]).numpy(), np.full((2, 8), 16, "float32"))
    assert xp.einsum_path("i,j,ij", x[:, 0], x[0], x)[0][1] in ((0, 2), (1, 2))  # never the product of i and j first


def test_operands_that_are_no_arrays(device):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)
    assert xp.einsum(",ij->ij", 2.0, x).tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert xp.dot(x, [1.0, 2.0]).tolist() == [5.0, 11.0]
    assert xp.kron([1, 2], x[0]).shape == (4,)
    raw = np.ones((2, 2))
    assert type(xp.einsum("ij,j", raw, [1.0, 2.0])) is np.ndarray
    assert xp.einsum("ij,j", raw, np.ones(2, "float32")).dtype == np.float64


def test_the_result_is_no_operand(device):
    x = xp.ones(3, device=device)
    y = xp.einsum("i->i", x)
    y += 1
    assert x.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: xp.einsum("ij,jk", x, x[0]), ShapeError, "do not fit the shape"),
        (lambda x: xp.einsum("ij,kj", x, x[:, :2]), ShapeError, "has one size in all operands"),
        (lambda x: xp.einsum("ii", x), ShapeError, "has one size|diagonal"),
        (lambda x: xp.einsum("ij->k", x), OptionError, "each is an operand's"),
        (lambda x: xp.einsum("i1", x), OptionError, "subscripts are letters"),
        (lambda x: xp.einsum("ij,jk", x), OptionError, "2 operands, and 1 operands"),
        (lambda x: xp.einsum("ij->i,j", x), OptionError, "one result"),
        (lambda x: xp.einsum("...j->j", x), ShapeError, "the result has none"),
        (lambda x: xp.einsum("ij", x, optimize="best"), OptionError, "optimize is True"),
        (lambda x: xp.einsum("ij"), OptionError, "one operand or more"),
        (lambda x: xp.einsum(x, "ij"), OptionError, "list of ints"),
        (lambda x: xp.dot(x, x), ShapeError, "dot sums over axis -1"),
        (lambda x: xp.inner(x, x[:, :2]), ShapeError, "inner sums over axis -1"),
        (lambda x: xp.matvec(x[0], x), ShapeError, "a matrix and a vector"),
        (lambda x: xp.vdot(x, x[0]), ShapeError, "vectors of one size"),
    ],
)
def test_errors(call, error, text, device):
    with pytest.raises(error, match=text):
        call(xp.ones((2, 3), device=device))


@pytest.mark.parametrize("sizes", [(3, 3), (2, 3), (3, 2), (2, 2)])
@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
def test_cross_is_numpys(sizes, device):
    random = np.random.default_rng(0)
    a, b = random.normal(size=(4, sizes[0])), random.normal(size=(sizes[1], 4))
    one, other = xp.asarray(a, device=device), xp.asarray(b, device=device)
    for axisc in (0, -1):
        came = xp.cross(one, other, axisb=0, axisc=axisc)
        assert_close(came.numpy(), np.cross(a, b, axisb=0, axisc=axisc))
    xp.check_gradients(lambda a, b: xp.cross(a, b, axisb=0), one, other)
    assert_close(xp.cross(one.mT, other, axis=0).numpy(), np.cross(a.T, b, axis=0))
    with pytest.raises(ShapeError, match="vectors of 3 elements, or 2; got 4 and"):
        xp.cross(one.mT, other.mT)
