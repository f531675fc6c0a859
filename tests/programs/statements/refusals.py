"""Statements that NumPy refuses, where errors are wanted: a program ends with one."""

import math

from .statement import assign

# Of any variable; {size} is the number of its elements, {ndim} of its dimensions, {last} its last size, and {other} a
# shape that does not broadcast with its own.
OF_ALL = (
    "xp.reshape({{a}}, ({size} + 1,))", "{{a}}[({ndim} + 1) * (0,)]", "xp.sum({{a}}, axis={ndim} + 2)",
    "xp.any({{a}}, axis=-{ndim} - 2)", "xp.expand_dims({{a}}, axis={ndim} + 2)", "xp.flip({{a}}, axis={ndim} + 1)",
    "xp.permute_dims({{a}}, (0,) * ({ndim} + 2))", "xp.concat([{{a}}, xp.ones((1,) * ({ndim} + 1))], axis=0)",
    "xp.stack([{{a}}, xp.ones((1,) * ({ndim} + 1))])", "xp.squeeze({{a}}, axis={ndim} + 1)",
    "xp.moveaxis({{a}}, 0, {ndim} + 1)", "xp.roll({{a}}, 1, axis={ndim} + 1)",
)  # fmt: skip
OF_DIMENSIONS = (  # of at least one
    "{{a}} + xp.ones({other})", "{{a}} * xp.ones({other})", "xp.ones({other}) - {{a}}", "{{a}} / xp.ones({other})",
    "xp.maximum({{a}}, xp.ones({other}))", "xp.where(xp.ones({other}) > 0, {{a}}, {{a}})", "{{a}} < xp.ones({other})",
    "{{a}} @ xp.ones(({last} + 2, 2))", "xp.tensordot({{a}}, xp.ones(({last} + 2, 2)), axes=1)", "{{a}}[..., {last}]",
    "{{a}}[..., -{last} - 1]", "{{a}}[..., xp.asarray([0, {last}])]", "xp.take({{a}}, xp.asarray([{last}]), axis=-1)",
    "xp.broadcast_to({{a}}, {other})", "xp.broadcast_arrays({{a}}, xp.ones({other}))[0]",
    "xp.vecdot({{a}}, xp.ones(({last} + 2,)))", "{{a}}[xp.ones({other}) > 0]",
)  # fmt: skip


def refused(draft):
    x = draft.pick("iuf") if draft.refusals else None
    if x is None:
        return None
    shape = draft.shape(x)
    text = draft.choice(OF_DIMENSIONS if shape and shape[-1] > 1 and draft.chance(0.6) else OF_ALL)
    filled = text.format(
        size=math.prod(shape), ndim=len(shape), last=shape[-1] if shape else 0,
        other=(*shape[:-1], shape[-1] + 2) if shape else (),
    )  # fmt: skip
    return assign(draft, filled, [x])


ROWS = {refused: 1.5}
