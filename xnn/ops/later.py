"""What is loaded when it is first asked for: NumPy's names beyond the standard, by the chapter that has them."""

__all__ = ["CHAPTER_OF", "LATER"]

LATER: dict[str, tuple[str, ...]] = {
    "arithmetic": (),
    "averages": (),
    "building": (),
    "calculus": (),
    "contractions": ("dot", "einsum", "einsum_path", "inner", "kron", "matvec", "outer", "vdot", "vecmat"),
    "histograms": (),
    "joining": (),
    "order_statistics": (),
    "ordering": (),
    "polynomials": (),
    "predicates": (),
    "scattering": (),
    "selection": (),
    "shapes": (),
    "windows": (),
}

CHAPTER_OF = {name: chapter for chapter, names in LATER.items() for name in names}
