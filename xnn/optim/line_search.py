"""The search for a step's length that satisfies the strong Wolfe conditions, on Python numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A length t of the step, with the loss there, its gradient, and the slope along the direction."""

    t: float
    loss: float
    grad: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    reach: float,
    limit: int,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance: float = 1e-9,
) -> tuple[Point, int]:
    """A point whose loss has fallen enough and whose slope is flat enough, and how many points were looked at.

    loss(t) <= loss(0) + c1 * t * slope(0) and |slope(t)| <= c2 * |slope(0)|: first a bracket is found that holds such a
    point, then it is narrowed, by cubic interpolation (Nocedal and Wright, Numerical optimization, 2006, algorithms 3.5
    and 3.6). Step for step as PyTorch's, and so minFunc's (Schmidt, 2005).

    Args:
        evaluate: gives the point of a length.
        start: the point of t = 0.
        t: the first length to try.
        reach: the largest entry of the direction; the bracket is narrow enough when it times this is below `tolerance`.
        limit: the most points to look at after the first.
        c1: the share of the first slope's promise by which the loss falls at least.
        c2: the share of the first slope that may be left.
        tolerance: how narrow a bracket is not searched any more.
    """
    bracket, count, is_done = _bracket(evaluate, start, t, limit, c1, c2)
    low, high = (0, 1) if bracket[0].loss <= bracket[-1].loss else (1, 0)
    is_stuck = False
    while not is_done and count - 1 < limit:
        if abs(bracket[1].t - bracket[0].t) * reach < tolerance:
            break
        t, is_stuck = _inside(bracket, _lowest(bracket[0], bracket[1]), is_stuck)
        new = evaluate(t)
        count += 1
        if new.loss > start.loss + c1 * t * start.slope or new.loss >= bracket[low].loss:
            bracket[high] = new
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
        else:
            if abs(new.slope) <= -c2 * start.slope:
                is_done = True
            elif new.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = new
    return bracket[low], count


def _bracket(
    evaluate: Callable[[float], Point], start: Point, t: float, limit: int, c1: float, c2: float
) -> tuple[list[Point], int, bool]:
    """Two points that hold one that will do between them, or the one; how many were looked at; whether it is one."""
    before, new = start, evaluate(t)
    for tries in range(limit):
        has_risen = new.loss > start.loss + c1 * new.t * start.slope or (tries > 1 and new.loss >= before.loss)
        if not has_risen and abs(new.slope) <= -c2 * start.slope:
            return [new], tries + 1, True
        if has_risen or new.slope >= 0:
            return [before, new], tries + 1, False
        longer = _lowest(before, new, (new.t + 0.01 * (new.t - before.t), 10 * new.t))
        before, new = new, evaluate(longer)
    return [start, new], limit + 1, False


def _lowest(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points, with their slopes, is lowest, within bounds: those of the points if None."""
    least, most = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    near, far = (a, b) if a.t <= b.t else (b, a)
    d2 = math.sqrt(square) if square >= 0 else 0.0
    bend = far.slope - near.slope + 2 * d2
    if not square >= 0 or not bend:
        return (least + most) / 2
    t = far.t - (far.t - near.t) * ((far.slope + d2 - d1) / bend)
    return min(max(t, least), most)


def _inside(bracket: list[Point], t: float, is_stuck: bool) -> tuple[float, bool]:
    """t, or a tenth of the bracket away from an end that it comes too near to twice; whether it came near now."""
    least, most = sorted(point.t for point in bracket)
    margin = 0.1 * (most - least)
    if not min(most - t, t - least) < margin:
        return t, False
    if is_stuck or t >= most or t <= least:
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
    return t, True
