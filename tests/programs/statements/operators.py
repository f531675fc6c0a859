"""Operators: of arrays, with Python scalars on either side, and in place."""

from tests.programs import promotion
from tests.programs.program import Statement

from .elementwise import away, divisible
from .statement import assign

ARITHMETIC = {"+": "iufc", "-": "iufc", "*": "iufc", "//": "iuf", "%": "iuf", "&": "bi", "|": "bi", "^": "bi"}
COMPARISONS = {"<": "iuf", "<=": "iuf", ">": "iuf", ">=": "iuf", "==": "biufc", "!=": "biufc"}
SCALARS = {
    "b": ["True"],
    "i": ["2", "3", "1"],
    "u": ["2", "3", "1"],
    "f": ["0.5", "2", "-1.5", "3.0"],
    "c": ["0.5", "2", "1j"],
}


def operands(draft, kinds, divides):
    test = divisible(draft) if divides else None
    one = draft.pick(kinds, test)
    return one, one and draft.pick_beside(one, kinds, test)


def arithmetic(draft):
    sign = draft.choice(list(ARITHMETIC))
    one, other = operands(draft, ARITHMETIC[sign], sign in ("//", "%"))
    casts = other and draft.together([one, other])
    return casts and assign(draft, f"{{a}} {sign} {{b}}", [one, other], casts=casts)


def division(draft):
    one, other = operands(draft, "iufc", False)
    if other and draft.calm and not away(draft.value(other)):
        return None
    casts = other and draft.floating([one, other])
    return casts and assign(draft, "{a} / {b}", [one, other], casts=casts)


def comparison(draft):
    sign = draft.choice(list(COMPARISONS))
    one, other = operands(draft, COMPARISONS[sign], False)
    if other is None or draft.chance(0.4):
        if one is None or draft.dtype(one).kind == "b":
            return None
        scalar = draft.choice(["0", "1", "300", "-1"] if draft.dtype(one).kind in "iu" else ["0", "0.3", "-0.2"])
        text = draft.choice([f"{{a}} {sign} {scalar}", f"{scalar} {sign} {{a}}"])
        return assign(draft, text, [one])
    casts = draft.together([one, other])
    return casts and assign(draft, f"{{a}} {sign} {{b}}", [one, other], casts=casts)


def unary(draft):
    sign = draft.choice(["-", "+", "abs", "~"])
    x = draft.pick("biu" if sign == "~" else "iufc")
    return x and assign(draft, f"{sign}({{a}})" if sign == "abs" else f"{sign}{{a}}", [x])


def with_scalar(draft):
    sign = draft.choice([*ARITHMETIC, "/", "**"])
    x = draft.pick(ARITHMETIC.get(sign, "iufc" if sign == "/" else "fi"))
    if x is None:
        return None
    kind = draft.dtype(x).kind
    scalar = draft.choice(SCALARS[kind])
    if draft.refusals and draft.chance(0.1) and kind in "iu" and sign not in ("/", "**"):
        scalar = draft.choice(["300", "-1"])  # which not every type holds
    if draft.chance(0.15) and kind in "iu" and sign not in "&|^**":
        scalar = "0.5"
    if sign in ("//", "%") and scalar == "1j":
        return None
    if sign == "**":
        return power(draft, x)
    left = draft.chance(0.4)
    if sign in ("/", "//", "%") and not divisible(draft)(draft.value(x)):
        return None
    dtype = promotion.beside_scalar(draft.dtype(x), eval(scalar), draft.default)
    dtype = promotion.made_floating(dtype, draft.default) if sign == "/" else dtype
    text = f"{scalar} {sign} {{a}}" if left else f"{{a}} {sign} {scalar}"
    return assign(draft, text, [x], casts=[draft.cast(x, dtype)])


def power(draft, x):
    kind = draft.dtype(x).kind
    if kind == "f" and (draft.value(x).min(initial=1) > 0.1 or not draft.calm) and draft.chance(0.6):
        return assign(draft, draft.choice(["{a} ** 0.5", "{a} ** -1.0", "{a} ** 1.5", "2.0 ** {a}"]), [x])
    return assign(draft, draft.choice(["{a} ** 2", "{a} ** 3", "{a} ** 0", "{a} ** 1"]), [x])


def shift(draft):
    x = draft.pick("iu")
    return x and assign(
        draft, draft.choice(["{a} << 1", "{a} >> 1", "{a} << 3", "xp.bitwise_right_shift({a}, 2)"]), [x]
    )


def in_place(draft):
    """y += x: the type and the shape of y stay."""
    sign = draft.choice(["+", "-", "*", "/", "//", "%", "**"])
    y = draft.pick("iufc" if sign in "+-*" else "f" if sign in ("//", "%", "**") else "fc", changeable(draft))
    if y is None:
        return None
    kind = draft.dtype(y).kind
    if sign in ("//", "%") and not divisible(draft)(draft.value(y)):
        return None
    if sign == "**":
        other = cast = "2"
    elif draft.chance(0.4):
        other = cast = draft.choice([s for s in SCALARS[kind] if s != "1j" or sign in ("+", "-", "*", "/")])
    else:
        other = draft.pick(kind, lambda x: x.dtype == draft.dtype(y) and fits(x.shape, draft.shape(y)))
        if other is None or (sign in ("/", "//", "%") and not divisible(draft)(draft.value(other))):
            return None
        cast = other
    reads = (y,) if other not in draft.variables or other == y else (y, other)
    return Statement(y, f"{y} {sign}= {other}", f"{y} = copied({y})\n{y} {sign}= {cast}", reads)


def changeable(draft):
    """Variables that a statement may change: mostly those that are no inputs."""
    inputs = {id(draft.variables[x.name]) for x in draft.inputs}
    may = draft.chance(0.15)
    return lambda x: may or id(x) not in inputs


def fits(small, large):
    """Whether one shape broadcasts to the other."""
    return len(small) <= len(large) and all(n in (1, m) for n, m in zip(small[::-1], large[::-1], strict=False))


ROWS = {arithmetic: 6, division: 3, comparison: 4, unary: 2, with_scalar: 7, shift: 1, in_place: 4}
