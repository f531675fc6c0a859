"""Arguments and results of compiled steps: what of them makes a program, and what is new at each call."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest

import xnn as xp
from xnn import nn

from .test_changes import pair
from .twice import assert_equal, assert_replays, batches, values


def test_pytrees_and_options(device):
    def step(batch, /, *, factor, names=("a",), model=None):
        x, y = batch["x"], batch["more"][0]
        out = dict.fromkeys(names, factor * x + y)
        return (out, [x - y], factor, None)

    fast = xp.compile(step)
    x, y = (xp.asarray([1.0, 2.0], device=device) * i for i in (1, 2))
    for factor in (2, np.float32(3.0), True, 2, np.float32(3.0)):
        for names in (("a",), ("a", "b")):
            for other in (y, 2 * y):
                options = {"factor": factor, "names": names}
                found, wanted = (f({"x": x, "more": [other]}, **options) for f in (fast, step))
                assert_equal(values(found), values(wanted))
                assert list(found[0]) == list(names)
                assert type(found[2]) is type(factor)
    assert len(fast._programs) == 6


@dataclasses.dataclass
class Point:
    x: object
    name: str = dataclasses.field(metadata={"static": True})


class Pair(NamedTuple):
    one: object
    other: object


def test_dataclasses_and_named_tuples(device):
    def step(point, pair):
        return Point(point.x + pair.one, point.name), Pair(pair.other, {"x": [point.x * 2]})

    fast = xp.compile(step)
    x, y = (xp.asarray([v], device=device) for v in (1.0, 2.0))
    for i in range(4):
        found, wanted = (f(Point(x * i, "a" if i < 2 else "b"), Pair(y, x)) for f in (fast, step))
        assert_equal(values(found), values(wanted))
        assert type(found[0]) is Point
        assert type(found[1]) is Pair
        assert found[0].name == wanted[0].name
    assert fast.reason is None
    assert len(fast._programs) == 2


def test_zero_with_another_sign(device):
    fast = xp.compile(lambda x, s: x * s)
    x = xp.asarray([1.0], device=device)
    assert [str(fast(x, s).tolist()[0]) for s in (0.0, -0.0, 0.0)] == ["0.0", "-0.0", "0.0"]


def test_raw_arrays(device):
    weight = nn.Parameter(xp.asarray([1.0, 2.0], device=device))

    def step(x):
        weight.grad = None
        loss = xp.sum(weight * x)
        loss.backward()
        return weight.grad, x

    fast = xp.compile(step)
    for i in range(3):
        raw = device.backend.xp.asarray([1.0 + i, 2.0], dtype=device.backend.raw_dtypes[xp.float32], device=device.raw)
        with device.scope():
            found, same = fast(raw)
        assert found.tolist() == [1.0 + i, 2.0]
        assert same is raw
    assert fast.reason is None


def test_arrays_that_were_one_and_are_two(device):
    fast = xp.compile(lambda a, b: (a * b, a - b))
    x, y = (xp.asarray([v], device=device) for v in (2.0, 3.0))
    for a, b in ((x, x), (x, y), (y, y), (y, x)):
        assert_equal(values(fast(a, b)), values((a * b, a - b)))


def test_a_global_that_is_also_an_argument(device):
    scale = xp.asarray([2.0], device=device)
    fast = xp.compile(lambda x: x * scale)
    other = xp.asarray([3.0], device=device)
    assert [fast(x).tolist() for x in (scale, other, scale)] == [[4.0], [6.0], [4.0]]


def test_shapes_that_depend_on_values(device):
    def step(x):
        (found,) = xp.nonzero(x > 0)
        return x[found] * len(found), x[x > 0]

    fast = xp.compile(step)
    for numbers in ([1.0, -1.0, 2.0], [3.0, -1.0, -2.0], [1.0, 1.0, 1.0], [-1.0, 5.0, 4.0]):
        x = xp.asarray(numbers, device=device)
        assert_equal(values(fast(x)), values(step(x)))


def test_counts_of_what_a_mask_writes(device):
    """The gradient of what is written has to be summed to its shape, or not, by how many places there are."""

    def step(x):
        def loss(y):
            z = x + 0
            z[z > 0] = xp.cos(y)
            return xp.sum(z * z)

        return xp.grad(loss)(x[:1])

    calls = [[xp.asarray(x, device=device)] for x in ([1.0, -1, -1], [-1.0, 1, -1], [-1.0, -1, -1], [1.0, 1, -1])]
    assert_replays(lambda: (step,), [*calls, *calls], recorded=3)


@pytest.mark.parametrize("look", [lambda x, mask: x[mask], lambda x, mask: mask[mask]], ids=["x", "mask"])
def test_masks_that_are_the_same_each_time(device, look):
    def step(x):
        return look(x, xp.zeros(x.shape, dtype=xp.bool, device=x.device)), x * 2.0

    x = xp.asarray([1.0, 2.0], device=device)
    assert_replays(lambda: (step,), [[x], [x], [x + 1.0]])


def test_scalars_that_a_library_has_once(device):
    """NumPy's unstack gives scalars, and there is one True: the parts are to be distinguished."""
    calls = [[xp.asarray(x, device=device)] for x in ([True, True, True], [False, True, True], [True, False, False])]
    assert_replays(lambda: (lambda x: (xp.unstack(x)[0], xp.unstack(x)[2]),), [*calls, *calls])


def test_outputs_belong_to_a_graph_that_is_used_up(device):
    slow, fast = pair(device)
    call = batches(device, 1, (5, 3), classes=2)[0]
    for step in (slow[0], fast[0], fast[0]):
        loss = step(*call)
        assert loss.requires_grad
        with pytest.raises(xp.errors.GraphError, match="a second time"):
            (loss * 2).backward()


def test_outputs_are_new_each_time(device):
    fast = xp.compile(lambda x: (x + 1, x * 2))
    x = xp.asarray([1.0, 2.0], device=device)
    found = [fast(x + i) for i in range(4)]
    assert [a.tolist() for a, _ in found] == [[2.0 + i, 3.0 + i] for i in range(4)]
