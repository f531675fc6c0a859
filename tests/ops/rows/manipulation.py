"""Rows of xnn.ops.manipulation and repetitions, of data_types, and the triangles and grids of xnn.ops.creation."""

import numpy as np

import xnn
from tests.ops.rows.row import ANY, COMPLEX, INEXACT, INTEGERS, Operand, Row, function
from tests.oracle import torch

ALL = (*ANY, *COMPLEX)
COUNTS = np.asarray([2, 0, 3])


def manipulated(id, name, call, *shapes, dtypes=ALL, **options):
    return Row(id, name, call, tuple(map(Operand, shapes)), dtypes, **options)


def together(xp, arrays):
    """Several results as one, in which each counts another time."""
    return xp.concat([(i + 1) * xp.reshape(x, (-1,)) for i, x in enumerate(arrays)])


def repeated(xp, x, axis):
    """Each element or slice another number of times."""
    if xp is xnn:
        return xp.repeat(x, xp.asarray(COUNTS, device=x.device), axis=axis)
    return xp.repeat(x, torch.asarray(COUNTS) if isinstance(x, torch.Tensor) else COUNTS, axis=axis)


ROWS = [
    manipulated("reshape", "reshape", lambda xp, x: xp.reshape(x, (3, -1)), (2, 3, 2)),
    *(
        manipulated(f"reshape copy={c}", "reshape", lambda xp, x, c=c: xp.reshape(x, (6,), copy=c), (2, 3))
        for c in (True, False)
    ),
    manipulated("permute_dims", "permute_dims", lambda xp, x: xp.permute_dims(x, (2, 0, -2)), (2, 3, 4)),
    manipulated("broadcast_to", "broadcast_to", lambda xp, x: xp.broadcast_to(x, (2, 4, 3)), (4, 1)),
    manipulated(
        "broadcast_arrays",
        "broadcast_arrays",
        lambda xp, x, y: together(xp, xp.broadcast_arrays(x, y)),
        (2, 1),
        (3,),
        dtypes=INEXACT,
    ),
    manipulated("expand_dims", "expand_dims", lambda xp, x: xp.expand_dims(x, axis=-2), (2, 3)),
    manipulated(
        "expand_dims of several",
        "expand_dims",
        lambda xp, x: xp.expand_dims(x, (0, -2)),
        (2, 3),
        torch=lambda x: x[None, :, None, :],
    ),
    manipulated("squeeze", "squeeze", lambda xp, x: xp.squeeze(x, axis=(0, -1)), (1, 2, 1)),
    *(manipulated(f"flip {a}", "flip", function("flip", axis=a), (2, 3)) for a in (None, 0, (0, -1))),
    manipulated("moveaxis", "moveaxis", lambda xp, x: xp.moveaxis(x, (0, -1), (-1, 0)), (2, 3, 4)),
    manipulated("moveaxis of one", "moveaxis", lambda xp, x: xp.moveaxis(x, 2, 0), (2, 3, 4)),
    *(
        manipulated(f"roll {s} {a}", "roll", lambda xp, x, s=s, a=a: xp.roll(x, s, axis=a), (2, 3))
        for s, a in [(2, None), (-1, 1), ((1, 2), (0, -1)), ((1, 1), (0, 0))]
    ),
    manipulated(
        "roll one shift for all",
        "roll",
        lambda xp, x: xp.roll(x, 1, axis=(0, 1)),
        (2, 3),
        torch=lambda x: torch.roll(x, (1, 1), (0, 1)),
    ),
    *(manipulated(f"repeat {a}", "repeat", lambda xp, x, a=a: xp.repeat(x, 2, axis=a), (2, 3)) for a in (None, 0, -1)),
    manipulated("repeat each", "take", lambda xp, x: repeated(xp, x, 1), (2, 3)),
    manipulated("repeat each of all", "take", lambda xp, x: repeated(xp, x, None), (3,)),
    *(
        manipulated(f"tile {r}", "tile", lambda xp, x, r=r: xp.tile(x, r), (2, 3))
        for r in [(2,), (3, 2), (2, 1, 3), (2, 0)]
    ),
    *(
        manipulated(
            f"unstack {a}",
            "unstack",
            lambda xp, x, a=a: together(xp, xp.unstack(x, axis=a)),
            (2, 3),
            dtypes=INEXACT,
        )
        for a in (0, -1)
    ),
    manipulated("unstack, one of three", "unstack", lambda xp, x: xp.unstack(x, axis=1)[1], (2, 3)),
    manipulated("concat", "concat", lambda xp, x, y: xp.concat([x, y], axis=-1), (2, 3), (2, 1)),
    manipulated("concat flat", "concat", lambda xp, x, y: xp.concat([x, y], axis=None), (2, 3), (4,), dtypes=INEXACT),
    manipulated("stack", "stack", lambda xp, x, y: xp.stack([x, y], axis=-1), (2, 3), (2, 3)),
    *(
        Row(
            f"astype {t}",
            "astype",
            lambda xp, x, t=t: xp.astype(x, getattr(xp, t)),
            (Operand((2, 3)),),
            dtypes,
            torch=lambda x, t=t: x.to(getattr(torch, t)),
        )
        for t, dtypes in [("float64", ANY), ("complex128", ALL), ("complex64", ("float32", "complex64"))]
    ),
    *(
        manipulated(f"{name} {k}", name, function(name, k=k), (2, 3, 4))
        for name in ("tril", "triu")
        for k in (0, 1, -2)
    ),
    *(
        manipulated(
            f"meshgrid {i}",
            "meshgrid",
            lambda xp, x, y, z, i=i: together(xp, xp.meshgrid(x, y, z, indexing=i)),
            (2,),
            (3,),
            (4,),
            dtypes=(*INEXACT, *INTEGERS[:1]),
        )
        for i in ("xy", "ij")
    ),
]
