"""A statement from its text: `{a}` and `{b}` stand for operands, which NumPy may get cast."""

from tests.programs.program import Statement


def assign(draft, text, names, numpy=None, casts=None):
    """`name = text`, of operands that are called a, b, c in it; `casts`: NumPy's text of each."""
    letters = "abcdefgh"[: len(names)]
    casts = casts if casts is not None else names
    target = draft.new_name()
    return Statement(
        target,
        f"{target} = " + text.format(**dict(zip(letters, names, strict=True))),
        f"{target} = " + (numpy or text).format(**dict(zip(letters, casts, strict=True))),
        tuple(dict.fromkeys(names)),
    )
