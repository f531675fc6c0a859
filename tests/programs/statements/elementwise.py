"""Functions of one and two arrays, element by element, and special functions."""

from dataclasses import replace

import numpy as np

from .statement import assign

# Functions whose result is floating: their name, and where a moderate program may call them.
FLOATING = {
    "exp": lambda x: np.real(x).max(initial=0) < 4, "expm1": lambda x: np.real(x).max(initial=0) < 4,
    "log": lambda x: away(x) and right(x), "log1p": lambda x: np.real(x).min(initial=0) > -0.8,
    "log2": lambda x: away(x) and right(x), "log10": lambda x: away(x) and right(x),
    "sqrt": lambda x: away(x) and right(x), "sin": lambda x: small(x), "cos": lambda x: small(x),
    "tan": lambda x: np.abs(x).max(initial=0) < 1.3, "asin": lambda x: np.abs(x).max(initial=0) < 0.9,
    "acos": lambda x: np.abs(x).max(initial=0) < 0.9, "atan": lambda x: np.abs(np.imag(x)).max(initial=0) < 0.9,
    "sinh": lambda x: np.abs(x).max(initial=0) < 4, "cosh": lambda x: np.abs(x).max(initial=0) < 4,
    "tanh": lambda x: np.abs(np.imag(x)).max(initial=0) < 1.3,
    "asinh": lambda x: np.abs(np.imag(x)).max(initial=0) < 0.9,
    "acosh": lambda x: np.real(x).min(initial=2) > 1.1, "atanh": lambda x: np.abs(x).max(initial=0) < 0.9,
}  # fmt: skip
SAME = {  # the type stays: kinds of types
    "abs": "iufc", "negative": "iufc", "positive": "iufc", "square": "iufc", "sign": "iufc", "floor": "iuf",
    "ceil": "iuf", "trunc": "iuf", "round": "iuf", "reciprocal": "f", "real": "fc", "imag": "c", "conj": "fc",
    "isnan": "iufc", "isinf": "iufc", "isfinite": "iufc", "signbit": "f", "logical_not": "b", "bitwise_invert": "biu",
}  # fmt: skip
TWO = {
    "add": "biufc", "subtract": "iufc", "multiply": "biufc", "maximum": "iuf", "minimum": "iuf", "remainder": "iuf",
    "floor_divide": "iuf", "pow": "iuf", "equal": "biufc", "not_equal": "biufc", "less": "iuf", "less_equal": "iuf",
    "greater": "iuf", "greater_equal": "iuf", "logical_and": "b", "logical_or": "b", "logical_xor": "b",
    "bitwise_and": "biu", "bitwise_or": "biu", "bitwise_xor": "biu",
}  # fmt: skip
TWO_FLOATING = {"divide": "iufc", "atan2": "f", "hypot": "f", "copysign": "f", "logaddexp": "f", "nextafter": "f"}

# xnn.special: NumPy's text, and where.
SPECIAL = {
    "erf": ("special.erf({a})", None), "erfc": ("special.erfc({a})", None), "expit": ("special.expit({a})", None),
    "erfcx": ("special.erfcx({a})", lambda x: x.min(initial=0) > -3),
    "sinc": ("np.sinc({a})", lambda x: away(np.sinc(x), 1e-6)),
    "erfinv": ("special.erfinv({a})", lambda x: small(x, 0.95)), "ndtr": ("special.ndtr({a})", None),
    "log_ndtr": ("special.log_ndtr({a})", None), "log_expit": ("special.log_expit({a})", None),
    "ndtri": ("special.ndtri({a})", lambda x: inside(x, 0.02, 0.98)),
    "logit": ("special.logit({a})", lambda x: inside(x, 0.02, 0.98)),
    "gammaln": ("special.gammaln({a})", lambda x: x.min(initial=1) > 0.1),
    "digamma": ("special.digamma({a})", lambda x: x.min(initial=1) > 0.1),
    "i0": ("special.i0({a})", lambda x: small(x, 30)), "i0e": ("special.i0e({a})", None),
    "i1": ("special.i1({a})", lambda x: small(x, 30)), "i1e": ("special.i1e({a})", None),
    "entr": ("special.entr({a})", lambda x: x.min(initial=1) > 0.1),
}  # fmt: skip
SPECIAL_TWO = {"xlogy": "xlogy", "xlog1py": "xlog1py", "rel_entr": "rel_entr", "kl_div": "kl_div", "betaln": "betaln"}


def away(x, least=0.1):
    return not x.size or np.abs(x).min() > least


def right(x):
    return np.real(x).min(initial=1) > 0.05


def small(x, most=50):
    return np.abs(x).max(initial=0) < most


def divisible(draft):
    """Where x // y has one meaning: of infinities the standard says another than NumPy."""
    return away if draft.calm else lambda x: bool(np.all(np.isfinite(x)))


def inside(x, low, high):
    return x.min(initial=0.5) > low and x.max(initial=0.5) < high


def floating(draft):
    name = draft.choice(list(FLOATING))
    kinds = "fc" if draft.calm else "biufc"
    # complex functions of what is huge are infinite or NaN in parts, as each library has it
    x = draft.pick(kinds, FLOATING[name] if draft.calm else lambda x: x.dtype.kind != "c" or small(x))
    return x and assign(draft, f"xp.{name}({{a}})", [x], casts=draft.floating([x]))


def same(draft):
    name = draft.choice(list(SAME))
    x = draft.pick(SAME[name], away if draft.calm and name in ("reciprocal", "sign") else None)
    return x and assign(draft, f"xp.{name}({{a}})", [x])


def two(draft):
    name = draft.choice(list(TWO))
    test = None
    if name == "pow" and draft.calm:
        test = lambda x: x.dtype.kind == "f" and x.min(initial=1) > 0.1  # noqa: E731
    elif name in ("remainder", "floor_divide"):
        test = divisible(draft)
    one = draft.pick(TWO[name], test)
    other = one and draft.pick_beside(one, TWO[name], test)
    casts = other and draft.together([one, other])
    return casts and assign(draft, f"xp.{name}({{a}}, {{b}})", [one, other], casts=casts)


def two_floating(draft):
    name = draft.choice(
        [name for name in TWO_FLOATING if name != "nextafter" or not draft.calm]
    )  # it has no derivative
    one = draft.pick(TWO_FLOATING[name], away if draft.calm and name == "hypot" else None)
    test = away if draft.calm and name in ("divide", "atan2", "copysign") else None
    other = one and draft.pick_beside(one, TWO_FLOATING[name], test)
    casts = other and draft.floating([one, other])
    return casts and assign(draft, f"xp.{name}({{a}}, {{b}})", [one, other], casts=casts)


def special(draft):
    name = draft.choice(list(SPECIAL))
    numpy, test = SPECIAL[name]
    x = draft.pick("f", test if draft.calm or name in ("i0", "i1") else None)  # SciPy's i0 of inf is NaN in float32
    found = x and assign(draft, f"xp.special.{name}({{a}})", [x], numpy)
    return found and replace(found, without_torch=name == "digamma")  # its second derivatives have nine digits there


def special_two(draft):
    name = draft.choice(list(SPECIAL_TWO))
    positive = lambda x: x.min(initial=1) > 0.1  # noqa: E731
    one = draft.pick("f", positive if draft.calm or name == "betaln" else None)
    other = one and draft.pick_beside(one, "f", positive)
    casts = other and draft.together([one, other])
    return casts and assign(
        draft, f"xp.special.{name}({{a}}, {{b}})", [one, other], f"special.{name}({{a}}, {{b}})", casts
    )


def cast(draft):
    x = draft.pick()
    if x is None:
        return None
    kinds = {"b": "bool", "i": "int32 int64", "u": "uint8", "f": "float32 float64", "c": "complex64 complex128"}
    allowed = {"b": "biufc", "i": "ifc", "u": "iufc", "f": "fc", "c": "c"}[draft.dtype(x).kind]
    names = [n for kind in allowed for n in kinds[kind].split()]
    if draft.calm:
        names = [n for n in names if n not in ("float32", "complex64")]
    return assign(draft, f"xp.astype({{a}}, xp.{draft.choice(names)})", [x])


def clip(draft):
    x = draft.pick("iuf")
    if x is None:
        return None
    low, high = (-0.7, 1.3) if draft.dtype(x).kind == "f" else (0, 3)
    if draft.chance(0.3):
        other = draft.pick(
            "f" if draft.dtype(x).kind == "f" else "i",
            lambda y: y.dtype == draft.dtype(x) and y.shape in ((), draft.shape(x)),
        )
        return other and assign(
            draft, "xp.clip({a}, {b}, None)" if draft.chance(0.5) else "xp.clip({a}, max={b})", [x, other]
        )
    bounds = draft.choice([f"{low}, {high}", f"min={low}", f"max={high}", f"None, {high}"])
    return assign(draft, f"xp.clip({{a}}, {bounds})", [x])


def where(draft):
    condition = draft.pick("b")
    one = condition and draft.pick_beside(condition)
    if one is None:
        return None
    if draft.chance(0.3) and draft.dtype(one).kind in "fc":
        scalar = draft.choice(["0.0", "-1.5", "2"])
        if draft.chance(0.5):
            return assign(draft, f"xp.where({{a}}, {{b}}, {scalar})", [condition, one])
        return assign(draft, f"xp.where({{a}}, {scalar}, {{b}})", [condition, one])
    other = draft.pick_beside(one)
    casts = other and draft.together([one, other])
    return casts and assign(draft, "xp.where({a}, {b}, {c})", [condition, one, other], casts=[condition, *casts])


ROWS = {floating: 9, same: 6, two: 7, two_floating: 4, special: 4, special_two: 1, cast: 2, clip: 2, where: 3}
