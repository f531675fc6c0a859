"""Why a row falls short of its target, and what was tried. RESULTS.md and the table print what stands here.

A pattern (of fnmatch) is held against "work | ours | peer", as the table names them; the first that matches counts.
Rows that reach their target, or have none, get no note. For example

    ("inference of * | xnn | PyTorch", "Python takes half of the time: ... was tried, and gave ..."),

`python -m benchmarks.results` then writes RESULTS.md again, without measuring.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from .timing import Row

NOTES: list[tuple[str, str]] = [
    (
        "epoch of 32-32-10* | * | JAX",
        "JAX's step is one compiled program of 47 us. Ours is 30 calls of NumPy at 1 us and more each, and the "
        "optimizer's step in Python: 110 us compiled, 190 as written. One compiled loop for a whole step was not "
        "tried: numba would take seconds for each new network.",
    ),
    (
        "epoch of 784-*| * | JAX",
        "JAX fuses bias, activation, loss and Adam in one program; of ours, products are 40 to 80 %. Tried for "
        "xnn.compile: products written into buffers of the program (298 us for the first either way), and one call for "
        "a layer with its activation: no gain.",
    ),
    (
        "epoch of 784-128-10* | * | scikit-learn",
        "A step takes 0.73 ms, scikit-learn's 1.06; products are 0.3 of both. The rest is gathering the batch, the "
        "loss, Adam in one pass, and Python. On one thread, where products weigh more, compiled steps came to 1.6.",
    ),
    (
        "epoch of 32-32-10* | xnn | PyTorch",
        "190 us a step, of which the graph and the checks are half: compiled, the row is reached.",
    ),
    (
        "inference of * | xnn | PyTorch",
        "10 us are NumPy's two products, sums and maximum; 11 us are four modules and as many calls of primitives. "
        "Ordinary operands are checked at one look, and a reshape is NumPy's method (from 33 us). Compiled, it is "
        "reached.",
    ),
    ("50 small operations* | xnn | PyTorch", "Level with PyTorch: 1.04 to 1.06 in other runs."),
    (
        "import, a whole process | xnn | PyTorch",
        "Python and NumPy take two thirds of it; xnn itself 45 to 57 ms. All that can be is loaded when it is used.",
    ),
]


def note(row: Row) -> str:
    """The reason of a row that falls short; "" for one that does not, or whose reason is not known."""
    name = f"{row.work} | {row.ours} | {row.peer}"
    return next((reason for pattern, reason in NOTES if fnmatchcase(name, pattern)), "") if row.short else ""
