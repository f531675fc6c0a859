"""Sorting, searching, sets."""

import numpy as np

from .statement import assign


def axis_of(draft, x):
    ndim = len(draft.shape(x))
    return draft.integer(-ndim, ndim - 1)


def sort(draft):
    x = draft.pick("iuf", lambda x: x.ndim > 0)
    if x is None:
        return None
    axis, down = axis_of(draft, x), draft.chance(0.4)
    if draft.calm and draft.dtype(x).kind == "f" and has_ties(draft.value(x), axis):
        return None  # a kink, also where the slopes to either side are the same
    numpy = f"np.sort({{a}}, axis={axis}, stable=True)"
    numpy = f"np.flip({numpy}, axis={axis})" if down else numpy
    return assign(draft, f"xp.sort({{a}}, axis={axis}, descending={down})", [x], numpy)


def has_ties(x, axis):
    return np.diff(np.sort(x, axis=axis), axis=axis).min(initial=1) < 1e-3


def argsort(draft):
    x = draft.pick("iuf", lambda x: x.ndim > 0)
    if x is None:
        return None
    axis, down = axis_of(draft, x), draft.chance(0.4)
    numpy = f"np.argsort({{a}}, axis={axis}, stable=True)"
    if down:  # equal ones stay in order
        flipped = f"np.flip(np.argsort(np.flip({{a}}, axis={axis}), axis={axis}, stable=True), axis={axis})"
        numpy = f"{{a}}.shape[{axis}] - 1 - {flipped}"
    return assign(draft, f"xp.argsort({{a}}, axis={axis}, descending={down})", [x], numpy)


def arg_extreme(draft):
    x = draft.pick("iuf")
    if x is None:
        return None
    axis = axis_of(draft, x) if draft.shape(x) and draft.chance(0.7) else None
    name = draft.choice(["argmax", "argmin"])
    return assign(draft, f"xp.{name}({{a}}, axis={axis}, keepdims={draft.chance(0.3)})", [x])


def searchsorted(draft):
    x = draft.pick("f", lambda x: x.ndim == 1 and x.size > 0)
    other = x and draft.pick("f", lambda y: y.dtype == draft.dtype(x))
    side = draft.choice(["left", "right"])
    return other and assign(draft, f"xp.searchsorted(xp.sort({{a}}), {{b}}, side={side!r})", [x, other])


def sets(draft):
    x = draft.pick("biu")
    if x is None:
        return None
    if draft.chance(0.5):
        return assign(draft, "xp.unique_values({a})", [x], "np.unique({a})")
    return assign(draft, "xp.unique_counts({a}).counts", [x], "np.unique({a}, return_counts=True)[1]")


def nonzero(draft):
    kinds = "biu" if draft.calm else "biuf"  # 0 or 1e-17 is an affair of rounding
    x = draft.pick(kinds, lambda x: x.ndim > 0)
    return x and assign(draft, f"xp.nonzero({{a}})[{draft.integer(-1, 0)}]", [x])


def isin(draft):
    x = draft.pick("iu")
    other = x and draft.pick("iu", lambda y: y.dtype == draft.dtype(x))
    return other and assign(draft, "xp.isin({a}, {b})", [x, other])


ROWS = {sort: 3, argsort: 1.5, arg_extreme: 2, searchsorted: 1, sets: 0.7, nonzero: 0.7, isin: 0.4}
