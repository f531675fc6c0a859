"""Control flow that values decide, and loops."""

from tests.programs.program import Statement

from .statement import assign


def branch(draft):
    x = draft.pick("iuf")
    y = draft.pick("fc")
    if x is None or y is None:
        return None
    test = draft.choice(["bool(xp.any({a} > 0))", "bool(xp.all({a} > 0))", "{a}.ndim > 1"])
    one, other = draft.choice([("{b} * 2.0", "{b} - 1.0"), ("xp.flip({b})", "{b} + {b}"), ("{b} + 0", "-{b}")])
    return assign(draft, f"{one} if {test} else {other}", [x, y])


def loop(draft):
    y = draft.pick("fc", lambda x: x.ndim > 0 and 0 < x.shape[0] < 6)
    if y is None:
        return None
    target = draft.new_name()
    start = f"{target} = {y}[0] * 1.0"
    change = draft.choice([f"{target} = {target} * 0.5 + row", f"{target} = {target} * row", f"{target} += row"])
    lines = f"{start}\nfor row in {y}:\n    {change}"
    return Statement(target, lines, lines.replace(f"{target} += row", f"{target} = {target} + row"), (y,))


def counted(draft):
    y = draft.pick("fc")
    return y and Statement(
        target := draft.new_name(),
        text := f"{target} = {y}\nfor i in range({draft.integer(1, 3)}):\n    {target} = {target} * 0.5 + i",
        text,
        (y,),
    )


ROWS = {branch: 1.5, loop: 1, counted: 0.5}
