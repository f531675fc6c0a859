"""x[key]: ints, slices with steps of either sign, None, an ellipsis, integer arrays, masks; take and its kin."""

from .statement import assign


def draw_slice(draft, size):
    """The text of a slice of a dimension."""
    low, high = draft.integer(-size - 1, size + 1), draft.integer(-size - 1, size + 1)
    bounds = draft.choice([("", ""), (low, ""), ("", high), (low, high), (0, max(size - 1, 1))])
    step = draft.choice(["", "", ":2", ":-1", ":-2", ":3"])
    return f"{bounds[0]}:{bounds[1]}{step}"


def draw_basic(draft, shape):
    """The text of an index of ints, slices, None and an ellipsis."""
    parts = []
    for size in shape:
        kind = draft.choice(["int", "slice", "slice", "slice", "whole"])
        if kind == "int" and size:
            extra = 1 if draft.refusals and draft.chance(0.02) else 0
            parts.append(str(draft.integer(-size - extra, size - 1 + extra)))
        else:
            parts.append(":" if kind == "whole" else draw_slice(draft, size))
    if draft.chance(0.3):
        at = draft.integer(0, len(parts))
        left = draft.integer(0, at)
        parts[left:at] = ["..."]
    elif draft.chance(0.3):
        parts = parts[: draft.integer(0, len(parts))]
    if draft.chance(0.25):
        parts.insert(draft.integer(0, len(parts)), "None")
    return ", ".join(parts) or draft.choice(["...", "()"])


def draw_array_key(draft, x):
    """The text of an index with a list of positions, with what stands around it; of at least one dimension."""
    shape = draft.shape(x)
    at = draft.integer(0, len(shape) - 1)
    if not shape[at]:
        return None
    count = draft.integer(1, 4)
    positions = [draft.integer(-shape[at], shape[at] - 1) for _ in range(count)]
    parts = [draft.choice([":", ":", "::-1", "::2"]) for _ in range(at)]
    text = f"xp.asarray({positions})"
    if draft.chance(0.3) and len(shape) > at + 1 and shape[at + 1]:  # two arrays at once, which broadcast
        others = [draft.integer(0, shape[at + 1] - 1) for _ in range(count)]
        second = f"xp.asarray({others})"
        if draft.chance(0.4):
            text, second = f"{text}[:, None]", second
        text = f"{text}, {second}"
    parts.append(text)
    if draft.chance(0.2):
        parts.append("...")
    return ", ".join(parts)


def mask_of(draft, x):
    """A variable that is a mask of the first dimensions of x."""
    shape = draft.shape(x)
    return draft.pick("b", lambda m: m.ndim > 0 and m.shape == shape[: m.ndim])


def getitem(draft):
    x = draft.pick()
    return x and assign(draft, f"{{a}}[{draw_basic(draft, draft.shape(x))}]", [x])


def gathered(draft):
    x = draft.pick(test=lambda x: x.ndim > 0)
    key = x and draw_array_key(draft, x)
    return key and assign(draft, f"{{a}}[{key}]", [x])


def masked(draft):
    x = draft.pick(test=lambda x: x.ndim > 0)
    mask = x and mask_of(draft, x)
    if mask:
        return assign(draft, "{a}[{b}]", [x, mask])
    x = draft.pick("iuf")
    return x and assign(draft, "{a}[{a} > 0]", [x])


def take(draft):
    x = draft.pick(test=lambda x: x.ndim > 0 and x.size > 0)
    if x is None:
        return None
    axis = draft.integer(0, len(draft.shape(x)) - 1)
    size = draft.shape(x)[axis]
    positions = [draft.integer(0, size - 1) for _ in range(draft.integer(1, 4))]
    return assign(
        draft, f"xp.take({{a}}, xp.asarray({positions}), axis={axis - draft.choice([0, len(draft.shape(x))])})", [x]
    )


def take_along(draft):
    x = draft.pick("iuf", lambda x: x.ndim > 0 and x.size > 0)
    if x is None:
        return None
    axis = draft.integer(0, len(draft.shape(x)) - 1)
    order = f"argsort({{a}}, axis={axis})"
    return assign(
        draft, f"xp.take_along_axis({{a}}, xp.{order}, axis={axis})", [x],
        f"np.take_along_axis({{a}}, np.{order[:-1]}, stable=True), axis={axis})",
    )  # fmt: skip


def picked(draft):
    """One element that a variable names: x[argmax(x)]."""
    x = draft.pick("f", lambda x: x.ndim == 1 and x.size > 0)
    return x and assign(draft, "{a}[xp.argmax({a})]", [x])


ROWS = {getitem: 6, gathered: 3, masked: 2, take: 1, take_along: 1, picked: 0.5}
