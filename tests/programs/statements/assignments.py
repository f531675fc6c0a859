"""y[key] = value and y[key] += value, of arrays and scalars; y is mostly no input."""

from dataclasses import replace

import numpy as np

from tests.programs.program import Statement

from .indexing import draw_array_key, draw_basic, mask_of
from .operators import changeable, fits

SCALARS = {"b": ["True", "False"], "i": ["3", "-1"], "u": ["3"], "f": ["0.5", "-2.0", "1"], "c": ["0.5", "1j"]}
INTO = {"b": "b", "i": "bi", "u": "bu", "f": "biuf", "c": "biufc"}  # what may be assigned to a kind of type


def stored(draft, y, key, reads=(), sign=""):
    """y[key] = a scalar, or an array that broadcasts to what stands there."""
    kind = draft.dtype(y).kind
    scope = {**draft.variables, "xp": np}
    try:
        place = eval(f"{y}[{key}]", scope)
    except IndexError:
        place = draft.value(y)
    value = draft.choice(SCALARS[kind])
    if draft.chance(0.6):
        kinds = kind if sign else INTO[kind]
        same = lambda x: fits(x.shape, place.shape) and (not sign or x.dtype == draft.dtype(y))  # noqa: E731
        value = draft.pick(kinds, same) or value
    names = tuple(dict.fromkeys(n for n in (y, *reads, value) if n in draft.variables))
    text = f"{y}[{key}] {sign}= {value}"
    return Statement(y, text, f"{y} = copied({y})\n{text}", names)


def draw_sign(draft, y):
    return draft.choice(["", "", "", "+", "*", "-"]) if draft.dtype(y).kind in "fc" else ""


def basic(draft):
    y = draft.pick(test=changeable(draft))
    return y and stored(draft, y, draw_basic(draft, draft.shape(y)), sign=draw_sign(draft, y))


def whole(draft):
    y = draft.pick(test=changeable(draft))
    return y and stored(draft, y, draft.choice(["()", "..."]), sign=draw_sign(draft, y))


def scattered(draft):
    may = changeable(draft)
    y = draft.pick(test=lambda x: x.ndim > 0 and may(x))
    key = y and draw_array_key(draft, y)
    if not key:
        return None
    places = np.zeros(draft.shape(y), "int64")
    np.add.at(places, eval(f"np.s_[{key}]", {"np": np, "xp": np}), 1)
    # of several values at one place the last stays; PyTorch gives the gradient to all
    return replace(stored(draft, y, key), without_torch=bool(places.max(initial=0) > 1))


def masked(draft):
    may = changeable(draft)
    y = draft.pick(test=may)
    mask = y and draft.shape(y) and mask_of(draft, y)
    if mask:
        return stored(draft, y, mask, (mask,), draw_sign(draft, y))
    y = draft.pick("iuf", may)
    return y and stored(draft, y, f"{y} > {draft.choice(['0', '1'])}", sign=draw_sign(draft, y))


ROWS = {basic: 5, whole: 1, scattered: 2, masked: 3}
