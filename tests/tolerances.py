"""The one table of tolerances: how near results of different backends and oracles are, by data type."""

import numpy as np

# Relative to the largest value compared, because sums round in another order on each backend.
# float16 and bfloat16 have 11 and 8 binary digits: eight roundings of what is near the largest value, each by 2**-11
# and 2**-8 of it at most.
RELATIVE = {
    "float16": 4e-3, "bfloat16": 3.2e-2, "float32": 2e-5, "float64": 1e-10, "complex64": 2e-5, "complex128": 1e-10,
}  # fmt: skip


def assert_close(came, expected, dtype=None):
    """Assert that two arrays (NumPy, or nested lists) have one shape and agree to the table."""
    came, expected = np.asarray(came), np.asarray(expected)
    assert came.shape == expected.shape, f"shape {came.shape} in the place of {expected.shape}"
    name = dtype or (came.dtype.name if came.dtype.name in RELATIVE else "float64")
    finite = expected[np.isfinite(expected)]
    scale = np.abs(finite).max(initial=0.0)
    np.testing.assert_allclose(came, expected, rtol=RELATIVE[name], atol=RELATIVE[name] * scale)
