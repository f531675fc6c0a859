"""What is held against an outside oracle, written down: `pytest --parity` prints a table of each kind at the end.

`compare` asserts to the table of tolerances, and remembers for each name how many results were compared and the
largest error, relative to the largest value expected. Processes of pytest-xdist hand their part over.
"""

import numpy as np

from tests.tolerances import assert_close

FOUND = {}  # (kind, name, data type): [how many results were compared, the largest error]


def compare(kind, name, came, expected, dtype=None):
    """Assert that a result is the oracle's, and write down how near it is.

    kind: the table, as "layer"; name: its row. came, expected: NumPy arrays, or what becomes one; dtype: of the
    tolerance, None for that of `came`.
    """
    came, expected = np.asarray(came), np.asarray(expected)
    dtype = dtype or (came.dtype.name if came.dtype.kind in "fc" else "float64")
    assert_close(came, expected, dtype)
    entry = FOUND.setdefault((kind, name, dtype), [0, 0.0])
    entry[0] += 1
    entry[1] = max(entry[1], error(came, expected))


def error(came, expected):
    """The largest difference of finite values, relative to the largest value."""
    if expected.dtype.kind == "b":
        return float((came != expected).any())
    is_finite = np.isfinite(expected)
    if not is_finite.any():
        return 0.0
    difference = np.abs(came[is_finite].astype(expected.dtype) - expected[is_finite]).max()
    scale = np.abs(expected[is_finite]).max()
    return float(difference / scale) if scale else float(difference)


def merge(found):
    """Take over what another process wrote down."""
    for key, (count, largest) in found:
        entry = FOUND.setdefault(tuple(key), [0, 0.0])
        entry[0] += count
        entry[1] = max(entry[1], largest)


def tables():
    """The lines of the tables, a table for each kind."""
    lines = []
    for kind in sorted({kind for kind, _, _ in FOUND}):
        rows = sorted((name, dtype, *FOUND[kind, name, dtype]) for k, name, dtype in FOUND if k == kind)
        width = max(len(row[0]) for row in rows)
        lines += ["", f"{kind}: {len({row[0] for row in rows})} names"]
        lines += [f"{'name':{width}}  {'type':10}  {'cases':>6}  largest error"]
        lines += [f"{name:{width}}  {dtype:10}  {count:6}  {largest:.1e}" for name, dtype, count, largest in rows]
    return lines
