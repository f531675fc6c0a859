"""Rows of xnn.ops.order_statistics."""

from tests.ops.rows.row import FLOATS, Operand, Row, function
from tests.oracle import torch


def at(name, id, q, dtypes=FLOATS, scale=1.0, **options):
    def call(xp, x):
        found = getattr(xp, name)(x, q, **options)
        return found if xp.__name__ != "numpy" else found.astype(x.dtype)

    def of_torch(x):
        points = torch.asarray(q, dtype=x.dtype) / scale
        axis, method = options.get("axis"), options.get("method", "linear")
        return torch.quantile(x, points, axis, options.get("keepdims", False), interpolation=method)

    return Row(f"{name} {id}", name, call, (Operand((3, 4), "distinct"),), dtypes, torch=of_torch)


def middle(name, id, **options):
    def of_torch(x):
        return torch.quantile(x, 0.5, options.get("axis"), options.get("keepdims", False))

    return Row(f"{name} {id}", name, function(name, **options), (Operand((3, 4), "distinct"),), torch=of_torch)


def weighted(name):
    """The median of rows whose elements count 1, 2, 0 and 5 times."""

    def of_torch(x):
        repeated = torch.repeat_interleave(x, torch.asarray([1, 2, 0, 5]), dim=1)
        return torch.quantile(repeated, 0.4, 1, interpolation="higher")

    def call(xp, x):
        return getattr(xp, name)(x, 0.4, 1, weights=[1, 2, 0, 5], method="inverted_cdf")

    return Row(f"{name} weighted", name, call, (Operand((3, 4), "distinct"),), torch=of_torch)


ROWS = [
    at("quantile", "of all", 0.3),
    at("quantile", "several", [0.1, 0.45, 0.8], axis=1),
    at("quantile", "lower", 0.3, axis=0, keepdims=True, method="lower"),
    at("quantile", "midpoint", 0.3, axis=1, method="midpoint"),
    at("nanquantile", "along an axis", [0.2, 0.7], axis=1, keepdims=True),
    at("percentile", "along an axis", [20.0, 70.0], scale=100.0, axis=0),
    at("nanpercentile", "of all", 35.0, scale=100.0),
    weighted("quantile"),
    middle("median", "of all"),
    middle("median", "along an axis", axis=0, keepdims=True),
    middle("nanmedian", "along an axis", axis=1),
]
