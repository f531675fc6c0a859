"""What the emulation's tests share: the CuPy that is emulated, and comparisons with NumPy.

A test imports CuPy from here, never by itself: without the emulation that would be another one.
"""

import numpy as np

from tests import optional

if optional.why_missing("cuda_emulation"):
    optional.require("cuda_emulation")

import cupy
import cupyx

__all__ = ["LARGE", "A", "B", "adjoint", "compare", "cupy", "cupyx", "made", "positive"]

rng = np.random.default_rng(0)
A, B = rng.normal(size=(2, 4, 5)).astype("f")
LARGE = rng.normal(size=(300, 70)).astype("f")


def to(xp, value):
    """NumPy arrays to CuPy, inside lists too."""
    if isinstance(value, (list, tuple)):
        return [to(xp, v) for v in value]
    return xp.asarray(value) if isinstance(value, np.ndarray) else value


def flat(value):
    """A result or several, as a list of NumPy arrays."""
    value = value if isinstance(value, (list, tuple)) else [value]
    return [v.get() if isinstance(v, cupy.ndarray) else np.asarray(v) for v in value]


def compare(function, *arrays, tol=1e-5):
    """Assert that a function of a namespace and arrays gives with CuPy what it gives with NumPy."""
    with np.errstate(all="ignore"):
        got = flat(function(cupy, *to(cupy, arrays)))
        want = flat(function(np, *arrays))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert (g.dtype, g.shape) == (w.dtype, w.shape)
        np.testing.assert_allclose(
            g.astype(g.dtype if g.dtype.kind in "cfiub" else "f"),
            w.astype(w.dtype if w.dtype.kind in "cfiub" else "f"),
            rtol=tol,
            atol=tol,
        )


def made(dtype, *shape):
    """Random numbers, the same at each call."""
    x = np.random.default_rng(1).normal(size=(2, *shape))
    return (x[0] + 1j * x[1] if np.dtype(dtype).kind == "c" else x[0]).astype(dtype)


def positive(dtype, *batch):
    """Positive definite matrices of order 4."""
    x = made(dtype, *batch, 4, 4)
    return x @ x.swapaxes(-1, -2).conj() + 4 * np.eye(4, dtype=dtype)


def adjoint(x):
    return x.swapaxes(-1, -2).conj()
