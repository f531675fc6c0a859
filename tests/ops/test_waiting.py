"""What operations cost on CUDA, counted by the emulation: no copy to the host, and no waiting, but where it must be."""

import pytest

import xnn as xp
from tests import cuda_emulation
from tests.ops.compare import cotangent
from tests.ops.table import ROWS, operands

pytestmark = pytest.mark.needs("cuda_emulation")

GPU = "cupy:cuda:0"
SIZE = "the size of the result depends on values"
TYPE, TRUTH = "the type of the result depends on values", "Python's True or False is given"
STEPS = "how many steps are taken depends on values"
WAITS = {  # the beginnings of the rows' ids
    **dict.fromkeys(("compress", "extract", "masked_select", "piecewise", "argwhere", "flatnonzero", "uniques"), SIZE),
    **dict.fromkeys(("union1d", "setdiff1d", "setxor1d", "intersect1d"), SIZE),
    **dict.fromkeys(("nonzero", "repeat each", "unique_", "bincount", "run starts", "lengths", "trim_zeros"), SIZE),
    **dict.fromkeys(("allclose", "array_equal", "array_equiv"), TRUTH),
    **dict.fromkeys(("expm (", "expm by", "expm_frechet", "matrix_exp"), STEPS),
    **dict.fromkeys(("lstsq singular", "lstsq (4, 2)(4, 3)"), SIZE),  # that of the residuals
    "arithmetic real_if_close": TYPE,
    "roots": SIZE,
    **dict.fromkeys(("histogram counts", "histogram_bin_edges"), "the range is that of the elements"),
    "digitize": "whether the bins rise or fall",
    "polyfit": SIZE,  # that of the residuals
    **dict.fromkeys(("linalg.sqrtm", "linalg.logm"), STEPS),
}
BACKWARD = {"linalg.logm": "the derivative is the logarithm of another matrix"}


def measured(call, raws):
    """How often the forward and the backward pass wait for the device, when all that is compiled once has been."""
    arrays = [xp.asarray(r, device=GPU, requires_grad=r.dtype.kind in "fc") for r in raws]
    out = call(xp, *arrays)
    g = None
    if out.requires_grad:
        g = xp.asarray(cotangent(out.detach().numpy()), device=GPU)
        out.backward(g)
    with cuda_emulation.count() as forward:
        out = call(xp, *arrays)
    with cuda_emulation.count() as backward:
        if g is not None:
            out.backward(g)
    return tuple(counts.d2h + counts.synchronisations for counts in (forward, backward))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_rows(row):
    must_wait = row.id.startswith(tuple(WAITS))
    counts = {dtype: measured(row.call, operands(row, dtype)) for dtype in row.dtypes}
    assert any(forward for forward, _ in counts.values()) == must_wait, counts
    assert any(backward for _, backward in counts.values()) == row.id.startswith(tuple(BACKWARD)), counts


def written(xp, x):
    x = x * 2
    x[x > 0] = -0.0
    return x


OTHERS = {
    "masked assignment": written,
    "expm1 of a masked square": lambda xp, x: xp.expm1(xp.where(x > 0, x * x, 0.0)),
    "comparison with a large int": lambda xp, x: xp.where(xp.astype(x, xp.uint64) > -1, x, 0.0),
}


@pytest.mark.parametrize("name", OTHERS)
def test_others(name):
    row = next(row for row in ROWS if row.id == "sin")
    for dtype in ("float32", "float64"):
        assert measured(OTHERS[name], operands(row, dtype)) == (0, 0)


def test_the_count_sees_a_wait():
    row = next(row for row in ROWS if row.id == "sin")
    assert measured(lambda xp, x: x[x > 0], operands(row, "float32"))[0] > 0
