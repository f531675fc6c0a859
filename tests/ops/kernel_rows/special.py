"""Calls of the special functions."""

from tests.ops.kernel_rows.call import Call

# The range of each operand.
BOUNDS = {
    "betaln": [(0.01, 30), (0.01, 300)],
    "digamma": [(-4.5, 30)],
    "entr": [(-1, 5)],
    "erf": [(-5, 5)],
    "erfc": [(-5, 5)],
    "erfcx": [(-3, 30)],
    "erfinv": [(-1, 1)],
    "gammaln": [(-4.5, 30)],
    "i0": [(-20, 20)],
    "i0e": [(-100, 100)],
    "i1": [(-20, 20)],
    "i1e": [(-100, 100)],
    "kl_div": [(0.01, 5), (0.01, 5)],
    "log_ndtr": [(-40, 8)],
    "logit": [(0, 1)],
    "ndtr": [(-10, 8)],
    "ndtri": [(0, 1)],
    "rel_entr": [(0.01, 5), (0.01, 5)],
    "xlog1py": [(-3, 3), (-0.9, 5)],
    "xlogy": [(-3, 3), (0.01, 5)],
}

CALLS = {
    name: [Call([shape] * len(bounds), bounds=bounds) for shape in ((5, 12), (), (0, 2))]
    for name, bounds in BOUNDS.items()
}
