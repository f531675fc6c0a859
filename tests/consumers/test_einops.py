"""einops.array_api on Arrays."""

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

ITS_OWN_LIST = "einops outside of einops.array_api knows libraries from a list of its own, not by the standard"
REFUSALS = [
    Refusal("rearrange", lambda x: einops.rearrange(x, "a b c -> c a b"), (X,), RuntimeError,
            "Tensor type unknown", ITS_OWN_LIST),
    Refusal("einsum", lambda x, y: einops.einsum(x, y, "i j, i j -> i"), (MATRIX, MATRIX), RuntimeError,
            "Tensor type unknown", ITS_OWN_LIST),
    Refusal("array_api.asnumpy", array_api.asnumpy, (X,), GraphError,
            "__dlpack__ would leave the graph", "NumPy has no gradients; x.detach() can go there"),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id(ROWS)
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)


def test_there_is_no_einsum():
    """It would be a row."""
    assert not hasattr(array_api, "einsum")
