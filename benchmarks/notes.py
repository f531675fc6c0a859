"""Why a row falls short of its target, and what was tried. RESULTS.md and the table print what stands here.

A pattern (of fnmatch) is compared with "work | ours | peer", as the table names them; the first that matches counts.
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
        "JAX's step is one compiled program of 37 us. Ours is 30 calls of NumPy at 1 us and more each, and the "
        "optimizer's step in Python: 86 us compiled, 150 as written. One compiled loop for a whole step was not "
        "tried: numba would take seconds for each new network.",
    ),
    (
        "epoch of 784-*| * | JAX",
        "JAX fuses bias, activation, loss and Adam in one program. Tried for xnn.compile: products written into "
        "buffers of the program, and one call for a layer with its activation: no gain.",
    ),
    (
        "epoch of 784-128-10* | * | scikit-learn",
        "A step takes 0.5 ms, scikit-learn's 0.8; products are 0.2 of both. The rest is gathering the batch, the "
        "loss, Adam in one pass, and Python.",
    ),
    (
        "epoch of 32-32-10* | * | PyTorch",
        "A step of PyTorch takes 160 us, as written here 150, compiled 86: NumPy's calls and the optimizer's step in "
        "Python are what is left when the graph is gone.",
    ),
    (
        "epoch of 784-* | *, pure NumPy | PyTorch",
        "Without the compiled kernels the loss and Adam are passes of NumPy over memory, one for each operation: Adam "
        "alone takes 2.6 times as long as PyTorch's fused one.",
    ),
    (
        "epoch of 784-128-10* | * | PyTorch",
        "Level with PyTorch. Earlier figures, 1.94 and 2.05 compiled, had it timed beside OpenBLAS's waiting threads.",
    ),
    (
        "epoch of the MNIST cnn* | * | PyTorch",
        "Single convolutions are at 0.46 of PyTorch's (oneDNN) speed, and at 0.39 without the compiled kernels.",
    ),
    (
        "convolutions, geometric mean | * | PyTorch",
        "On the three large ones PyTorch's oneDNN runs at 1.2 to 1.5 times the rate of a plain product, our compiled "
        "tiles at 0.45 to 0.6. Earlier figures, 1.04, had PyTorch timed beside OpenBLAS's waiting threads.",
    ),
    (
        "LSTM* | * | PyTorch",
        "PyTorch's LSTM is one native call for all steps; ours is a product and a kernel for each. Earlier figures, "
        "1.99, had PyTorch timed beside OpenBLAS's waiting threads.",
    ),
    (
        "inference of * | xnn* | PyTorch",
        "18 us, of which NumPy's two products, sums and maximum are about half, and four modules with as many calls of "
        "primitives the rest. Compiled, it is reached.",
    ),
    (
        "step of Adam* | *, pure NumPy | PyTorch, fused",
        "Passes of NumPy over memory, one for each operation; with the extra `fast` it is one loop.",
    ),
    (
        "50 small operations* | * | PyTorch",
        "7.6 us an operation with its derivative, PyTorch's 6.4. Earlier figures were 0.99 to 1.06.",
    ),
    (
        "import, a whole process | xnn | PyTorch",
        "Python and NumPy take half of it; xnn itself about 55 ms, which was 38: the default random stream is there "
        "from the start, so that forked workers differ, and so are the words of refused calls.",
    ),
]


def note(row: Row) -> str:
    """The reason of a row that falls short; "" for one that does not, or whose reason is not known."""
    name = f"{row.work} | {row.ours} | {row.peer}"
    return next((reason for pattern, reason in NOTES if fnmatchcase(name, pattern)), "") if row.short else ""
