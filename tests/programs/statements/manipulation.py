"""Shapes: reshape, permute, flip, roll, join, split, repeat; what makes arrays."""

import math

from .statement import assign


def factors(draft, size):
    """A shape of that many elements."""
    shape, rest = [], size
    while rest > 1 and len(shape) < 3:
        n = draft.choice([n for n in range(1, rest + 1) if rest % n == 0])
        shape.append(n)
        rest //= n
    shape = [*shape, rest] if rest != 1 or draft.chance(0.3) else shape
    if shape and size and draft.chance(0.3):
        shape[draft.integer(0, len(shape) - 1)] = -1
    return tuple(shape)


def an_axis(draft, ndim):
    extra = 1 if draft.refusals and draft.chance(0.03) else 0
    return draft.integer(-ndim - extra, ndim - 1 + extra)


def reshape(draft):
    x = draft.pick()
    if x is None:
        return None
    shape = factors(draft, math.prod(draft.shape(x)))
    if draft.refusals and draft.chance(0.04):
        shape = (*shape, 3)
    return assign(draft, f"xp.reshape({{a}}, {shape})", [x])


def permute(draft):
    x = draft.pick(test=lambda x: x.ndim > 1)
    if x is None:
        return None
    ndim = len(draft.shape(x))
    axes = tuple(int(i) for i in draft.rng.permutation(ndim))
    return assign(draft, draft.choice([
        f"xp.permute_dims({{a}}, {axes})", "{a}.mT", "xp.matrix_transpose({a})",
        f"xp.moveaxis({{a}}, {an_axis(draft, ndim)}, {an_axis(draft, ndim)})",
    ]), [x])  # fmt: skip


def flip_or_roll(draft):
    x = draft.pick(test=lambda x: x.ndim > 0)
    if x is None:
        return None
    axis = an_axis(draft, len(draft.shape(x)))
    return assign(draft, draft.choice([
        "xp.flip({a})", f"xp.flip({{a}}, axis={axis})", "xp.roll({a}, 2)", f"xp.roll({{a}}, -1, axis={axis})",
        f"xp.roll({{a}}, (1, 2), axis=({axis}, {axis}))",
    ]), [x])  # fmt: skip


def expand_or_squeeze(draft):
    x = draft.pick()
    if x is None:
        return None
    ones = [i for i, n in enumerate(draft.shape(x)) if n == 1]
    if ones and draft.chance(0.7):
        return assign(draft, f"xp.squeeze({{a}}, axis={draft.choice([draft.choice(ones), tuple(ones)])})", [x])
    return assign(
        draft, f"xp.expand_dims({{a}}, axis={draft.integer(-len(draft.shape(x)) - 1, len(draft.shape(x)))})", [x]
    )


def joined(draft):
    one = draft.pick(test=lambda x: x.ndim > 0)
    if one is None:
        return None
    shape = draft.shape(one)
    axis = draft.integer(0, len(shape) - 1)
    name = draft.choice(["concat", "stack"])
    rest = shape[:axis], shape[axis + 1 :]
    alike = lambda x: x.ndim == len(shape) and (x.shape[:axis], x.shape[axis + 1 :]) == rest  # noqa: E731
    others = [
        draft.pick(test=alike if name == "concat" else lambda x: x.shape == shape) for _ in range(draft.integer(1, 2))
    ]
    casts = draft.together([one, *others])
    letters = ", ".join(f"{{{c}}}" for c in "abc"[: len(others) + 1])
    axis = draft.choice([axis, axis - len(shape)]) if name == "concat" else draft.integer(-len(shape) - 1, len(shape))
    return casts and assign(draft, f"xp.{name}([{letters}], axis={axis})", [one, *others], casts=casts)


def flat_concat(draft):
    one, other = draft.pick(), draft.pick()
    casts = one and draft.together([one, other])
    return casts and assign(draft, "xp.concat([{a}, {b}], axis=None)", [one, other], casts=casts)


def repeated(draft):
    x = draft.pick()
    if x is None:
        return None
    shape = draft.shape(x)
    options = [f"xp.tile({{a}}, {(2,) * max(len(shape), 1)})", "xp.tile({a}, (1, 2))", "xp.repeat({a}, 2)"]
    if shape:
        axis = an_axis(draft, len(shape))
        options += [f"xp.repeat({{a}}, 3, axis={axis})"]
        counts = [draft.integer(0, 2) for _ in range(shape[0])]
        options += [f"xp.repeat({{a}}, xp.asarray({counts}, dtype=xp.int64), axis=0)"]
    return assign(draft, draft.choice(options), [x])


def unstacked(draft):
    x = draft.pick(test=lambda x: x.ndim > 0 and x.size > 0)
    if x is None:
        return None
    axis = draft.integer(0, len(draft.shape(x)) - 1)
    return assign(draft, f"xp.unstack({{a}}, axis={axis})[{draft.integer(-1, 0)}]", [x])


def stretched(draft):
    x = draft.pick()
    if x is None:
        return None
    shape = tuple(3 if n == 1 else n for n in draft.shape(x))
    if draft.chance(0.5):
        shape = (2, *shape)
    if draft.chance(0.3):
        other = draft.pick_beside(x)
        return other and assign(draft, f"xp.broadcast_arrays({{a}}, {{b}})[{draft.integer(0, 1)}]", [x, other])
    return assign(draft, f"xp.broadcast_to({{a}}, {shape})", [x])


def triangle(draft):
    x = draft.pick(test=lambda x: x.ndim > 1)
    return x and assign(draft, f"xp.{draft.choice(['tril', 'triu'])}({{a}}, k={draft.integer(-2, 2)})", [x])


def made(draft):
    """An array that is made in the program."""
    x = draft.pick()
    if x is None:
        return None
    dtype = draft.choice(
        ["float64", "int64", "bool"] if draft.calm else ["float32", "float64", "int32", "bool", "uint8"]
    )
    n, m = draft.integer(1, 4), draft.integer(1, 4)
    return assign(draft, draft.choice([
        "xp.zeros_like({a})", "xp.ones_like({a})", "xp.full_like({a}, 1)", f"xp.zeros({{a}}.shape, dtype=xp.{dtype})",
        f"xp.ones({{a}}.shape[-1:], dtype=xp.{dtype})", f"xp.eye({n}, {m}, k={draft.integer(-1, 1)}, dtype=xp.{dtype})",
        f"xp.arange({{a}}.ndim + {n}, dtype=xp.float64)", f"xp.linspace(-1.0, 2.0, {n}, dtype=xp.float64)",
        f"xp.full(({n}, {m}), 2, dtype=xp.{dtype})",
    ]), [x])  # fmt: skip


def meshed(draft):
    one, other = (draft.pick(test=lambda x: x.ndim == 1 and x.size < 8) for _ in range(2))
    same = one and other and draft.dtype(one) == draft.dtype(other)
    indexing = draft.choice(["xy", "ij"])
    return same and assign(
        draft, f"xp.meshgrid({{a}}, {{b}}, indexing={indexing!r})[{draft.integer(0, 1)}]", [one, other]
    )


ROWS = {
    reshape: 3, permute: 3, flip_or_roll: 2, expand_or_squeeze: 2, joined: 3, flat_concat: 0.5, repeated: 1.5,
    unstacked: 1, stretched: 2, triangle: 1, made: 2, meshed: 0.5,
}  # fmt: skip
