"""Products, and linear algebra of matrices that are far from singular."""

import numpy as np

from .statement import assign


def operands(draft, *names):
    """Of one type; complex infinities are multiplied as the library has it, in each kind of memory."""
    is_complex = any(draft.dtype(n).kind == "c" for n in names)
    if is_complex and not all(np.all(np.isfinite(draft.value(n))) for n in names):
        return None
    return draft.together(names)


def matmul(draft):
    one = draft.pick("iufc", lambda x: x.ndim > 0)
    if one is None:
        return None
    size = draft.shape(one)[-1]
    if draft.refusals and draft.chance(0.04):
        other = draft.pick("iufc", lambda x: x.ndim > 0)
    else:
        other = draft.pick("iufc", lambda x: x.ndim > 0 and x.shape[-2 if x.ndim > 1 else -1] == size and x.ndim < 4)
    casts = other and operands(draft, one, other)
    return casts and assign(draft, draft.choice(["{a} @ {b}", "xp.matmul({a}, {b})"]), [one, other], casts=casts)


def with_itself(draft):
    x = draft.pick("iuf", lambda x: x.ndim > 1)
    return x and assign(draft, draft.choice(["{a} @ {a}.mT", "{a}.mT @ {a}"]), [x])


def vecdot(draft):
    one = draft.pick("iufc", lambda x: x.ndim > 0)
    other = one and draft.pick("iufc", lambda x: x.ndim > 0 and x.shape[-1] == draft.shape(one)[-1])
    casts = other and operands(draft, one, other)
    return casts and assign(draft, "xp.vecdot({a}, {b})", [one, other], casts=casts)


def tensordot(draft):
    one = draft.pick("iufc", lambda x: x.ndim > 0)
    other = one and draft.pick("iufc", lambda x: x.ndim > 0 and x.shape[0] == draft.shape(one)[-1])
    casts = other and operands(draft, one, other)
    axes = draft.choice(["1", "([-1], [0])"]) if not draft.chance(0.2) else "0"
    return casts and assign(draft, f"xp.tensordot({{a}}, {{b}}, axes={axes})", [one, other], casts=casts)


def outer(draft):
    one, other = (draft.pick("iufc", lambda x: x.ndim == 1) for _ in range(2))
    casts = one and operands(draft, one, other)
    return casts and assign(draft, "xp.linalg.outer({a}, {b})", [one, other], casts=casts)


def square(draft):
    """A function of x @ x.mT + 3 I, or, for what has no branches, of a square x."""
    x = draft.pick("f", lambda x: x.ndim > 1 and 0 < x.shape[-2] < 6 and x.size and abs(x).max() < 10)
    if x is None:
        return None
    n = draft.shape(x)[-2]
    definite = f"({{a}} @ {{a}}.mT + 3.0 * xp.eye({n}, dtype=xp.{draft.dtype(x).name}))"
    name = draft.choice([
        "inv({})", "det({})", "slogdet({}).logabsdet", "cholesky({})", "eigvalsh({})", "svdvals({})", "trace({})",
        "diagonal({})", "matrix_power({}, 2)", "matrix_norm({})", "pinv({})", "matrix_rank({})", "eigh({}).eigenvalues",
        "qr({}).R",
    ])  # fmt: skip
    if name.startswith(("eig", "svd")) and not apart(draft.value(x)):
        return None  # equal ones have no derivatives
    if name.startswith("qr"):
        return assign(draft, f"xp.abs(xp.linalg.{name.format(definite)})", [x])  # the signs are the library's affair
    return assign(draft, "xp.linalg." + name.format(definite), [x])


def apart(x):
    """Whether no two eigenvalues of x @ x.mT are near each other."""
    return bool(np.all(np.diff(np.linalg.eigvalsh(x @ x.mT)) > 0.05))


def solve(draft):
    x = draft.pick("f", lambda x: x.ndim == 2 and 0 < x.shape[0] < 6 and x.size and abs(x).max() < 10)
    if x is None:
        return None
    n = draft.shape(x)[0]
    other = draft.pick("f", lambda y: y.dtype == draft.dtype(x) and y.ndim in (1, 2) and y.shape[0] == n)
    definite = f"{{a}} @ {{a}}.mT + 3.0 * xp.eye({n}, dtype=xp.{draft.dtype(x).name})"
    return other and assign(draft, f"xp.linalg.solve({definite}, {{b}})", [x, other])


def cross(draft):
    one = draft.pick("f", lambda x: x.ndim > 0 and x.shape[-1] == 3)
    other = one and draft.pick(
        "f", lambda x: x.shape == draft.shape(one) and x is not draft.value(one)
    )  # which cancels
    casts = other and operands(draft, one, other)
    return casts and assign(draft, "xp.linalg.cross({a}, {b})", [one, other], casts=casts)


def fourier(draft):
    x = draft.pick("f", lambda x: x.ndim > 0 and x.size > 0)
    y = draft.pick("c", lambda x: x.ndim > 0 and x.size > 0)
    if y is not None and draft.chance(0.6):
        calls = ["fft({a})", "ifft({a}, axis=0)", "fftshift({a})", "irfft({a}, n=4)", "fftn({a})"]
        return assign(draft, f"xp.fft.{draft.choice(calls)}", [y])
    return x and assign(draft, draft.choice(["xp.fft.rfft({a})", "xp.fft.rfft({a}, axis=0, norm='ortho')"]), [x])


ROWS = {matmul: 4, with_itself: 1, vecdot: 1, tensordot: 1, outer: 0.7, square: 2, solve: 0.7, cross: 0.5, fourier: 1}
