"""einops on Arrays, by its own functions and by einops.array_api."""

import subprocess
import sys

import pytest

from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id
from tests.consumers.row import Refusal, Row, uniform
from xnn.errors import GraphError

einops = optional.module("einops")
from einops import array_api  # noqa: E402  # what may not be installed

X = uniform(2, 3, 4)
MATRIX = uniform(3, 4)

ROWS = [
    Row("rearrange", lambda x: array_api.rearrange(x, "a b c -> (c a) b"), (X,)),
    Row("rearrange, a list", lambda *xs: array_api.rearrange(list(xs), "k a b c -> a b c k"), (X, 2 * X)),
    *(
        Row(f"reduce, {how}", lambda x, how=how: array_api.reduce(x, "a (b k) c -> b", how, k=1), (X,))
        for how in ("mean", "sum", "prod", "max", "min")
    ),
    Row("repeat", lambda x: array_api.repeat(x, "a b c -> a (b k) c", k=2), (X,)),
    Row("pack", lambda x, y: array_api.pack([x, y], "a * c")[0], (X, X[:, 0])),
    Row("unpack", lambda x: array_api.unpack(x, [(2,), (1, 1)], "a * c")[0], (X,)),
]  # fmt: skip

OWN = [
    Row("einops.rearrange", lambda x: einops.rearrange(x, "a b c -> (c a) b"), (X,)),
    Row("einops.rearrange, a list", lambda *xs: einops.rearrange(list(xs), "k a b c -> a b c k"), (X, 2 * X)),
    *(
        Row(f"einops.reduce, {how}", lambda x, how=how: einops.reduce(x, "a (b k) c -> b", how, k=1), (X,))
        for how in ("mean", "sum", "prod", "max", "min")
    ),
    Row("einops.repeat", lambda x: einops.repeat(x, "a b c -> a (b k) c new", k=2, new=3), (X,)),
    Row("einops.pack", lambda x, y: einops.pack([x, y], "a * c")[0], (X, X[:, 0])),
    Row("einops.unpack", lambda x: einops.unpack(x, [(2,), (1, 1)], "a * c")[0], (X,)),
    Row("einops.einsum", lambda x, y: einops.einsum(x, y, "i j, i j -> i"), (MATRIX, MATRIX)),
]

REFUSALS = [
    Refusal("einops.asnumpy", einops.asnumpy, (X,), GraphError, "graph", "NumPy has no gradients"),
    Refusal("array_api.asnumpy", array_api.asnumpy, (X,), GraphError,
            "__dlpack__ would leave the graph", "NumPy has no gradients; x.detach() can go there"),
]  # fmt: skip


@by_id([*ROWS, *OWN])
def test_value(row, place):
    assert_value(row, place)


@by_id([*ROWS, *OWN])
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)


LATER = """
import sys
first, second = sys.argv[1:]
__import__(first), __import__(second)
import einops, xnn
x = xnn.ones((2, 3), device="cpu")
print(einops.rearrange(x, "a b -> b a").shape, einops.parse_shape(x, "a b"), einops.asnumpy(x).shape)
print(len([f for f in sys.meta_path if type(f).__module__.startswith("xnn")]))
"""


@pytest.mark.parametrize(("first", "second"), [("xnn", "einops"), ("einops", "xnn")])
def test_whichever_is_imported_first(first, second):
    code = [sys.executable, "-c", LATER, first, second]
    said = subprocess.run(code, capture_output=True, text=True, check=True).stdout
    assert said == "(3, 2) {'a': 2, 'b': 3} (2, 3)\n0\n"


def test_there_is_no_einsum():
    """It would be a row."""
    assert not hasattr(array_api, "einsum")
