"""Einstein's notation: what subscripts say of operands, and in which order these are put together."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from xnn.errors import OptionError, ShapeError

Label: TypeAlias = str | int  # a letter, or a number of the form with lists
Labels: TypeAlias = tuple[Label, ...]
Path: TypeAlias = tuple[tuple[int, ...], ...]

DOTS = "..."
MOST_OF_ALL_ORDERS = 9  # operands: what is tried grows as 3 ** n


class Terms(NamedTuple):
    """For each operand, and for the result, a label for each dimension; and the size of each label."""

    inputs: tuple[Labels, ...]
    output: Labels
    sizes: dict[Label, int]


def _letters(term: str, subscripts: str) -> Labels:
    """The labels of one operand, with "..." as one of them."""
    before, dots, after = term.partition(DOTS)
    if wrong := [c for c in before + after if not c.isalpha()]:
        raise OptionError(f"einsum: subscripts are letters, '...', ',' and '->'; got {wrong[0]!r} in {subscripts!r}.")
    return (*before, DOTS, *after) if dots else tuple(before)


def parsed(subscripts: str) -> tuple[tuple[Labels, ...], Labels | None]:
    """The labels of the operands, and of the result, or None where it is implicit."""
    text = "".join(subscripts.split())
    terms, arrow, result = text.partition("->")
    inputs = tuple(_letters(term, subscripts) for term in terms.split(","))
    if not arrow:
        return inputs, None
    if "," in result:
        raise OptionError(f"einsum has one result; got {subscripts!r}. Cure: one group of letters after '->'.")
    return inputs, _letters(result, subscripts)


def from_lists(args: Sequence[Any]) -> tuple[list[Any], tuple[Labels, ...], Labels | None]:
    """The operands of `einsum(x, [0, 1], y, [1, 2], [0, 2])`, and the labels, as those of `parsed`."""

    def labels(numbers: Any) -> Labels:
        if not isinstance(numbers, (list, tuple)) or not all(n is ... or isinstance(n, int) for n in numbers):
            raise OptionError(f"einsum: after each operand comes a list of ints; got {numbers!r}. Cure: 'ij,jk->ik'.")
        return tuple(DOTS if n is ... else n for n in numbers)

    count = len(args) // 2
    result = labels(args[-1]) if len(args) % 2 else None
    return list(args[: 2 * count : 2]), tuple(labels(n) for n in args[1 : 2 * count : 2]), result


@functools.lru_cache(256)
def terms_of(inputs: tuple[Labels, ...], output: Labels | None, shapes: tuple[tuple[int, ...], ...]) -> Terms:
    """The labels with a number of its own in the place of each dimension of "...", which count from the end.

    Raises:
        ShapeError: for operands of other numbers of dimensions, or sizes that differ.
        OptionError: for another number of operands, or labels of the result that are no operand's, or come twice.
    """
    if len(inputs) != len(shapes):
        raise OptionError(
            f"einsum: there are subscripts of {len(inputs)} operands, and {len(shapes)} operands. "
            "Cure: one group of letters, with commas between, for each."
        )
    full: list[Labels] = []
    sizes: dict[Label, int] = {}
    widest = 0
    for labels, shape in zip(inputs, shapes, strict=True):
        free = len(shape) - len(labels) + 1 if DOTS in labels else 0
        if labels.count(DOTS) > 1 or free < 0 or (DOTS not in labels and len(labels) != len(shape)):
            wanted = "".join(map(str, labels))
            raise ShapeError(
                f"einsum: the subscripts {wanted!r} do not fit the shape {shape}. Cure: '...' for the rest."
            )
        widest = max(widest, free)
        names = _spelled(labels, free)
        for name, size in zip(names, shape, strict=True):
            known = sizes.setdefault(name, size)
            if known == 1:
                sizes[name] = size
            elif size not in (1, known):
                said = "'...'" if str(name).startswith(DOTS) else repr(name)
                raise ShapeError(
                    f"einsum: {said} has one size in all operands, or 1; got {known} and {size} in the shapes "
                    f"{', '.join(map(str, shapes))}. Cure: another letter."
                )
        if any(names.count(name) > 1 and len({s for n, s in zip(names, shape, strict=True) if n == name}) > 1
               for name in names):  # fmt: skip
            raise ShapeError(
                f"einsum: a letter that an operand has twice is a diagonal, of equal sizes; got shape {shape}. "
                "Cure: another letter."
            )
        full.append(names)
    if output is None:
        every = [name for names in inputs for name in names if name != DOTS]
        output = (
            DOTS,
            *sorted((name for name in set(every) if every.count(name) == 1), key=lambda n: (str(type(n)), n)),
        )
    elif DOTS not in output and widest:
        raise ShapeError("einsum: the operands have dimensions of '...', and the result has none. Cure: '->...'.")
    result = _spelled(output, widest)
    if len(set(result)) < len(result) or not set(result) <= set(sizes):
        raise OptionError(
            "einsum: the result has each of its letters once, and each is an operand's; got "
            f"{''.join(map(str, output))!r}. Cure: leave it out."
        )
    return Terms(tuple(full), result, sizes)


def _spelled(labels: Labels, free: int) -> Labels:
    return tuple(
        one for label in labels for one in ([f"{DOTS}{i}" for i in range(free, 0, -1)] if label == DOTS else [label])
    )


def _size(labels: set[Label], sizes: dict[Label, int]) -> int:
    return math.prod(sizes[label] for label in labels)


def _kept(left: set[Label], others: Sequence[set[Label]], output: set[Label]) -> set[Label]:
    """The labels that something needs after two operands were put together."""
    return left & output.union(*others)


def _greedy(inputs: list[set[Label]], output: set[Label], sizes: dict[Label, int]) -> Path:
    """At each step the two operands whose product is the smallest beside them; those that share nothing come last."""
    path: list[tuple[int, ...]] = []
    while len(inputs) > 1:
        best: tuple[bool, int, tuple[int, int], set[Label]] | None = None
        for i in range(len(inputs)):
            for j in range(i + 1, len(inputs)):
                rest = [x for k, x in enumerate(inputs) if k not in (i, j)]
                kept = _kept(inputs[i] | inputs[j], rest, output)
                gain = _size(kept, sizes) - _size(inputs[i], sizes) - _size(inputs[j], sizes)
                found = (not inputs[i] & inputs[j], gain, (i, j), kept)
                if best is None or found[:3] < best[:3]:
                    best = found
        assert best is not None
        pair = best[2]
        inputs = [x for k, x in enumerate(inputs) if k not in pair] + [best[3]]
        path.append(pair)
    return tuple(path) or ((0,),)


def _optimal(inputs: list[set[Label]], output: set[Label], sizes: dict[Label, int]) -> Path:
    """The order of the fewest multiplications: the best one of each set of operands, from the small sets to all."""
    count = len(inputs)
    every = (1 << count) - 1

    @functools.cache
    def labels(members: int) -> set[Label]:
        inside = [x for i, x in enumerate(inputs) if members >> i & 1]
        return _kept(set().union(*inside), [x for i, x in enumerate(inputs) if not members >> i & 1], output)

    @functools.cache
    def cost(members: int) -> tuple[int, int]:
        """The multiplications, and one of the two sets that come together last."""
        if members & (members - 1) == 0:
            return 0, 0
        best: tuple[int, int] | None = None
        part = (members - 1) & members
        while part:
            other = members ^ part
            if part > other:
                total = cost(part)[0] + cost(other)[0] + _size(labels(part) | labels(other), sizes)
                best = min(best, (total, part)) if best else (total, part)
            part = (part - 1) & members
        assert best is not None
        return best

    left = [1 << i for i in range(count)]
    path: list[tuple[int, ...]] = []

    def join(members: int) -> None:
        part = cost(members)[1]
        if not part:
            return
        join(part)
        join(members ^ part)
        pair = tuple(sorted((left.index(part), left.index(members ^ part))))
        left[:] = [x for k, x in enumerate(left) if k not in pair] + [members]
        path.append(pair)

    join(every)
    return tuple(path) or ((0,),)


@functools.lru_cache(256)
def _found(inputs: tuple[Labels, ...], output: Labels, sizes: tuple[tuple[Label, int], ...], way: str) -> Path:
    search = _optimal if way == "optimal" and len(inputs) <= MOST_OF_ALL_ORDERS else _greedy
    return search([set(x) for x in inputs], set(output), dict(sizes))


def path_of(terms: Terms, optimize: Any) -> Path:
    """In which order operands come together: at each step the places of those that do; their product is put last.

    Raises:
        OptionError: for what is no such order, nor says how to find one.
    """
    count = len(terms.inputs)
    if optimize is False:  # from left to right
        return ((0, 1), *((0, n) for n in range(count - 2, 0, -1))) if count > 1 else ((0,),)
    if optimize is True or optimize in ("greedy", "optimal"):
        way = "greedy" if optimize is True else optimize
        return _found(terms.inputs, terms.output, tuple(terms.sizes.items()), way)
    if isinstance(optimize, (list, tuple)):
        steps = list(optimize)
        if steps[:1] == ["einsum_path"]:
            steps = steps[1:]
        left = count
        for step in steps:
            is_step = isinstance(step, (list, tuple)) and all(isinstance(k, int) and 0 <= k < left for k in step)
            if not is_step or len(set(step)) != len(step) or not step:
                break
            left -= len(step) - 1
        else:
            if left == 1:
                return tuple(tuple(step) for step in steps)
    raise OptionError(
        "einsum: optimize is True, False, 'greedy', 'optimal' or a path as einsum_path's, to one operand of "
        f"{count}; got {optimize!r}. Cure: True."
    )
