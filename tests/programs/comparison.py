"""When two results agree: the table of tolerances, and beyond it only what rounding of the operands explains.

A statement may be badly conditioned where its operands are (a sum that cancels, a variance of equal numbers). So where
the table is not met, the oracle runs again on operands that are off by a few units in the last place; what that changes
is allowed besides, and no more.
"""

import numpy as np

from tests.tolerances import RELATIVE, assert_close

DRAWS = 6
ULPS = 4
FACTOR = 4  # of the largest change that was seen in the draws


class Failure(AssertionError):
    """A program on which xnn and an oracle differ. `what` names the kind of difference, which shrinking keeps."""

    def __init__(self, what, text):
        super().__init__(f"{what}: {text}")
        self.what = what


def nudged(rng, x):
    """A floating array, each element off by a few units in its last place; others as they are."""
    if x.dtype.kind not in "fc":
        return x
    step = ULPS * np.finfo(x.dtype).eps * rng.choice([-1.0, 1.0], size=x.shape)
    return np.asarray(x * (1 + step), x.dtype)


def agree(what, came, expected, again=None, least=0.0):
    """Raise Failure unless two arrays agree.

    `again(nudge)`: the oracle's on operands that `nudge` has changed. `least`: differences up to this are none.
    """
    if came.dtype != expected.dtype:
        raise Failure(f"{what}: type", f"{came.dtype} in the place of {expected.dtype}")
    if came.shape != expected.shape:
        raise Failure(f"{what}: shape", f"{came.shape} in the place of {expected.shape}")
    if expected.dtype.kind in "biu":
        if not np.array_equal(came, expected):
            raise Failure(what, f"\n{came}\nin the place of\n{expected}")
        return
    try:
        assert_close(came, expected)
    except AssertionError:
        if not explained(came, expected, again, least):
            raise Failure(what, f"\n{came!r}\nin the place of\n{expected!r}") from None


def explained(came, expected, again, least):
    """Whether rounding of the operands explains a difference."""
    rng = np.random.default_rng(0)
    room = np.zeros(expected.shape)
    for _ in range(DRAWS if again else 0):
        other = again(lambda x: nudged(rng, x))
        if other.shape != expected.shape:
            return True  # of a mask, of unique values
        room = np.fmax(room, np.where(np.isfinite(other) == np.isfinite(expected), difference(other, expected), np.inf))
    finite = np.isfinite(expected)
    scale = np.abs(expected[finite]).max(initial=0)
    table = RELATIVE[expected.dtype.name] * (scale + np.where(finite, np.abs(expected), 0))
    return bool(np.all(difference(came, expected) <= FACTOR * room + table + least))


def difference(one, other):
    """The distance of elements; 0 where both are the same infinity, or NaN; infinite where only one is."""
    with np.errstate(all="ignore"):
        found = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0, np.where(np.isfinite(found), found, np.inf))
