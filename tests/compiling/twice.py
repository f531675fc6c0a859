"""A step as it is written and compiled, side by side from the same start: the same numbers, bit for bit."""

import numpy as np

import xnn as xp
from xnn.autograd.pytree import flatten


def batches(device, count, *shapes, classes=None, seed=0):
    """Batches of inputs of each shape; with `classes`, of labels for the first dimension too."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        arrays = [xp.asarray(rng.normal(size=shape).astype("f4"), device=device) for shape in shapes]
        if classes is not None:
            arrays.append(xp.asarray(rng.integers(0, classes, shapes[0][0]), device=device))
        found.append(arrays)
    return found


def values(tree):
    """All arrays of a pytree, in NumPy, and what else is in it."""
    return [np.array(x.detach().numpy()) if isinstance(x, xp.Array) else x for x in flatten(tree)[0]]


def state_of(*things):
    """Parameters, buffers and gradients of modules, and the state of optimizers."""
    found = []
    for thing in things:
        if isinstance(thing, xp.nn.Module):
            found += [dict(thing.state_dict()), [p.grad for p in thing.parameters()]]
        else:
            found.append(thing.state_dict())
    return values(found)


def assert_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, np.ndarray):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        else:
            assert one == other or (one is None and other is None)


def assert_replays(make, calls, recorded=1):
    """Hold `make() -> (step, *modules and optimizers)` compiled against itself, over `calls`, lists of arguments.

    `recorded` is how many programs there are in the end.
    """
    xp.random.manual_seed(7)
    step, *things = make()
    expected = [values(step(*call)) for call in calls]
    final, stream = state_of(*things), xp.random.default_generator().state_dict()
    xp.random.manual_seed(7)
    step, *things = make()
    fast = xp.compile(step)
    for call, wanted in zip(calls, expected, strict=True):
        assert_equal(values(fast(*call)), wanted)
    assert fast.reason is None
    assert_equal(state_of(*things), final)
    assert xp.random.default_generator().state_dict() == stream
    assert len(fast._programs) == recorded
    return fast
