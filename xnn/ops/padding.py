"""What stands around an image: a value, or the image itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xnn.autograd.primitive import fused, primitive
from xnn.typing import A

Sides = Sequence[tuple[int, int]]  # for each of the last dimensions: how much comes before, and after; negative: less


def _pad_rule(xp: Any, g: Any, out: Any, x: Any, padding: Sides, value: float) -> Any:
    return pad_constant(g, padding=[(-before, -after) for before, after in padding], value=0.0)


@primitive(_pad_rule)
def pad_constant(xp: Any, x: A, /, *, padding: Sides, value: float = 0.0) -> A:
    """x with `value` before and after, in its last dimensions; a negative number takes as many elements away."""
    sizes = x.shape[len(x.shape) - len(padding) :]
    kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(padding, sizes, strict=True)]
    if any(min(sides) < 0 for sides in padding):
        x = x[(..., *kept)]
    if all(max(sides) <= 0 for sides in padding):
        return x
    lead, sizes = x.shape[: len(x.shape) - len(padding)], x.shape[len(x.shape) - len(padding) :]
    places = [(max(a, 0), max(b, 0)) for a, b in padding]
    shape = (*lead, *(a + n + b for (a, b), n in zip(places, sizes, strict=True)))
    wide = xp.full(shape, value, dtype=x.dtype, device=xp.device(x))
    wide[(..., *(slice(a, a + n) for (a, _), n in zip(places, sizes, strict=True)))] = x
    return wide


def _part(xp: Any, x: Any, axis: int, start: int, stop: int) -> Any:
    return xp.getitem(x, (*(slice(None),) * axis, slice(start, stop), ...))


def _shortened(xp: Any, x: Any, axis: int, before: int, after: int) -> Any:
    """x without what negative numbers take away."""
    if before >= 0 and after >= 0:
        return x
    return _part(xp, x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))


def _continued(xp: Any, x: Any, axis: int, before: int, after: int, mode: str) -> Any:
    n, parts = x.shape[axis], [x]
    for count, at_end in ((before, False), (after, True)):
        if count <= 0:
            continue
        if mode == "reflect":
            start = n - 1 - count if at_end else 1
            piece = xp.flip(_part(xp, x, axis, start, start + count), axis=axis)
        elif mode == "circular":
            start = 0 if at_end else n - count
            piece = _part(xp, x, axis, start, start + count)
        else:
            border = _part(xp, x, axis, n - 1, n) if at_end else _part(xp, x, axis, 0, 1)
            piece = xp.broadcast_to(border, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
        parts.insert(len(parts) if at_end else 0, piece)
    return xp.concat(parts, axis=axis) if len(parts) > 1 else x


@fused()
def pad_edges(xp: Any, x: A, /, *, padding: Sides, mode: str) -> A:
    """x continued by itself in its last dimensions: "reflect" about the outermost element, "replicate" it, "circular".

    By slices, not by positions: so the derivative adds up slices, in one order on every device.
    """
    for axis, (before, after) in enumerate(padding, len(x.shape) - len(padding)):
        if mode == "circular":  # what is taken away does not come back
            x = _continued(xp, _shortened(xp, x, axis, before, after), axis, before, after, mode)
        else:
            x = _shortened(xp, _continued(xp, x, axis, before, after, mode), axis, before, after)
    return x
