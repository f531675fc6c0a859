"""What compiled loops make of exp: its errors, and every kind of number; and that small arrays need no compiler."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from tests import optional
from tests.ops.kernel_rows import CALLS
from tests.ops.kernels import Subject
from xnn_backends import fast, find_device

pytestmark = pytest.mark.needs("fast")
EDGES = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -1e30, 88.7, 89.0, 104.0, -87.4, -95.0, -103.9, -110.0]
FAR = [709.7, 710.0, 746.0, -708.5, -745.0, -746.0]


def applied(name, x):
    """A function of exponentials.py or of another file's loops, element by element."""
    from numba import njit

    from xnn_backends.fast.loops import activation, binary, exponentials

    function = {
        "exp": exponentials.exp,
        "sigmoid": exponentials.sigmoid,
        "normal": activation._normal,
        "log1p": binary._log1p,
    }[name]

    @njit(**exponentials.EXACT)
    def loop(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    out = np.empty_like(x)
    loop(x, out)
    return out


def units(came, expected):
    """The largest error in units in the last place."""
    size = np.maximum(np.abs(expected), np.finfo(came.dtype).tiny)
    return float(np.max(np.abs(came - expected) / size)) / np.finfo(came.dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_errors_are_below_two_units(dtype):
    x = np.random.default_rng(0).uniform(-80, 80, 40_000).astype(dtype)
    wide = x.astype(np.longdouble)
    assert units(applied("exp", x), np.exp(wide)) < 1
    assert units(applied("sigmoid", x), 1 / (1 + np.exp(-wide))) < 2
    share = np.random.default_rng(1).uniform(0, 1, 40_000).astype(dtype) ** 4
    assert units(applied("log1p", share), np.log1p(share.astype(np.longdouble))) < 2


@pytest.mark.parametrize("count", [1, 7, 8, 19])
def test_the_largest_number_is_found_wherever_it_stands(count):
    from xnn_backends.fast.loops.exponentials import largest

    for place in range(count):
        x = np.zeros((2, count))
        x[1, place] = 1.0
        assert largest(x, 1) == 1.0, place


@pytest.mark.parametrize(("dtype", "least"), [("float32", 1e-30), ("float64", 1e-280)])
def test_the_normal_distribution_keeps_its_tail(dtype, least):
    special = optional.module("scipy.special")
    x = np.random.default_rng(0).uniform(-40, 10, 40_000).astype(dtype)
    expected = special.ndtr(x.astype(np.float64))
    here = expected > least
    # half a unit of x**2 / 2, rounded, is that many units of exp; and SciPy errs by more
    slack = 8 + 2 * x[here].astype(np.float64) ** 2
    errors = np.abs(applied("normal", x)[here] / expected[here] - 1) / np.finfo(dtype).eps
    assert (errors < slack).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_number(dtype):
    x = np.asarray(EDGES + FAR, dtype)
    with np.errstate(all="ignore"):
        expected = np.exp(x)
    np.testing.assert_allclose(applied("exp", x), expected, rtol=1e-6, atol=float(np.finfo(dtype).smallest_subnormal))
    came = applied("sigmoid", x)
    np.testing.assert_array_equal(came[:5], [math.nan, 1, 0, 0.5, 0.5])
    assert not np.isnan(came[1:]).any()
    np.testing.assert_array_equal(applied("normal", x)[:5], [math.nan, 1, 0, 0.5, 0.5])


def test_small_arrays_do_not_import_numba():
    code = """
import sys
import xnn as xp
xp.set_default_device("cpu")
model = xp.nn.Sequential(
    xp.nn.Linear(20, 30), xp.nn.LayerNorm(30), xp.nn.GELU(), xp.nn.BatchNorm1d(30), xp.nn.Linear(30, 10)
)
xp.losses.cross_entropy(model(xp.ones((8, 20))), xp.zeros((8,), dtype=xp.int64)).backward()
out, _ = xp.nn.LSTM(3, 5)(xp.ones((4, 2, 3)))
xp.sum(xp.nn.functional.softmax(out, -1)).backward()
xp.sum(xp.nn.Embedding(5, 3)(xp.zeros((2, 2), dtype=xp.int64))).backward()
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_numba_that_does_not_fit(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    code = "import xnn as xp; xp.nn.functional.relu(xp.ones((1 << 16,), device='cpu'))"
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert "cannot be imported: ImportError: Numba needs NumPy 1.0 or less. Cure: a release of numba" in last
    assert "XNN_FAST=0" in last
    subprocess.run([sys.executable, "-c", code], env={**settings, "XNN_FAST": "0"}, check=True)


IN_PARTS = (
    "binary_cross_entropy_of_logits", "gelu", "group_norm", "layer_norm", "log_softmax", "masked_softmax",
    "normalize_channels", "rms_norm", "softmax_cross_entropy", "standardize_channels",
)  # fmt: skip


@pytest.mark.parametrize("name", IN_PARTS)
def test_several_threads_give_what_one_gives(name, monkeypatch):
    for module in (fast.arrays, fast.classification, fast.normalization):
        monkeypatch.setattr(module, "PART", 5000)
    monkeypatch.setattr(fast.threads, "count", lambda: 3)
    monkeypatch.setattr(fast.threads, "workers", lambda: 3)
    begun = []
    for module in (fast.arrays, fast.batchnorm, fast.classification, fast.normalization):
        monkeypatch.setattr(module, "in_parts", lambda *task: begun.append(fast.threads.in_parts(*task)))
    subject = Subject(name, fast.kernels()[name], find_device("numpy:cpu"))
    for call in CALLS[name]:
        raws = call.draw("float32")
        if raws[0].size >= fast.arrays.LEAST:
            subject.agrees(subject.expected(raws, call.static), subject.put(raws), call.static)
    assert begun
