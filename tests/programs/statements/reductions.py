"""Reductions over axes, and cumulative ones."""

import numpy as np

from .statement import assign

REDUCTIONS = {
    "sum": "biufc", "prod": "iufc", "max": "iuf", "min": "iuf", "all": "biuf", "any": "biuf", "count_nonzero": "biuf",
}  # fmt: skip
FLOATING = {"mean": "fciu", "std": "f", "var": "f"}


def draw_axis(draft, ndim):
    """An axis, several, or all, as text of an argument; () now and then."""
    if not ndim or draft.chance(0.3):
        return draft.choice(["None", "None", "()"] if draft.chance(0.2) else ["None"])
    if draft.refusals and draft.chance(0.02):
        return str(ndim)
    count = draft.integer(1, min(ndim, 2))
    axes = [int(i) - draft.choice([0, ndim]) for i in draft.rng.permutation(ndim)[:count]]
    return str(axes[0]) if count == 1 and draft.chance(0.8) else str(tuple(axes))


def reduction(draft):
    name = draft.choice(list(REDUCTIONS))
    x = draft.pick(REDUCTIONS[name])
    if x is None:
        return None
    axis = draw_axis(draft, len(draft.shape(x)))
    options = f"axis={axis}, keepdims={draft.chance(0.4)}"
    return assign(draft, f"xp.{name}({{a}}, {options})", [x])


def floating(draft):
    name = draft.choice(list(FLOATING))
    x = draft.pick(FLOATING[name])
    if x is None:
        return None
    axis = draw_axis(draft, len(draft.shape(x)))
    options = f"axis={axis}, keepdims={draft.chance(0.4)}"
    if draft.calm and name == "std" and axis != "()" and np.std(draft.value(x), axis=eval(axis)).min(initial=1) < 1e-2:
        return None  # near 0 it is as |x|
    if name != "mean":
        options += f", correction={draft.choice([0, 0, 1, 1.0])}"
    return assign(draft, f"xp.{name}({{a}}, {options})", [x], casts=draft.floating([x]))


def logsumexp(draft):
    x = draft.pick("f", lambda x: x.size > 0)
    if x is None or not draft.shape(x):
        return None
    options = f"axis={draft.integer(-len(draft.shape(x)), -1)}, keepdims={draft.chance(0.4)}"
    return assign(draft, f"xp.special.logsumexp({{a}}, {options})", [x], f"special.logsumexp({{a}}, {options})")


def cumulative(draft):
    name = draft.choice(["cumulative_sum", "cumulative_prod"])
    x = draft.pick("iuf" if name == "cumulative_prod" else "iufc", lambda x: x.ndim > 0)
    if x is None:
        return None
    axis = draft.integer(-len(draft.shape(x)), len(draft.shape(x)) - 1)
    initial = ", include_initial=True" if draft.chance(0.3) else ""
    return assign(draft, f"xp.{name}({{a}}, axis={axis}{initial})", [x])


def diff(draft):
    x = draft.pick("iuf", lambda x: x.ndim > 0)
    if x is None:
        return None
    axis = draft.integer(-len(draft.shape(x)), len(draft.shape(x)) - 1)
    if draft.chance(0.2):
        return assign(draft, f"xp.diff({{a}}, axis={axis}, prepend={{a}}, append={{a}}, n={draft.integer(0, 1)})", [x])
    return assign(draft, f"xp.diff({{a}}, axis={axis}, n={draft.integer(1, 2)})", [x])


def norm(draft):
    x = draft.pick("fc", lambda x: x.size > 0 and abs(x).min() > 0.01 and not abs(x).max() > 1e9)
    if x is None:
        return None
    axis = draw_axis(draft, len(draft.shape(x)))
    if axis == "()":
        return None
    order = draft.choice(["2", "1", "3", "xp.inf"])
    options = f"axis={axis}, keepdims={draft.chance(0.4)}, ord={order}"
    return assign(draft, f"xp.linalg.vector_norm({{a}}, {options})", [x])


ROWS = {reduction: 7, floating: 4, logsumexp: 1, cumulative: 2, diff: 1, norm: 1}
