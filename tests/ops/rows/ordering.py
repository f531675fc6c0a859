"""Rows of xnn.ops.ordering."""

import numpy as np

from tests.ops.rows.row import FLOATS, NUMBERS, Operand, Row, function, tensor
from tests.oracle import torch


def both(name, *arguments, dtypes=FLOATS, id="", **options):
    """Rows of the values and of the positions of a function of PyTorch's."""

    def of(part):
        def call(xp, *arrays):
            return getattr(xp, name)(*arrays, *arguments, **options)[part]

        def numpy(*arrays):
            return getattr(torch, name)(*map(tensor, arrays), *arguments, **options)[part].numpy()

        return Row(
            f"{name}{id} {('values', 'indices')[part]}", name, call, (Operand((3, 5), "distinct"),), dtypes, numpy,
            lambda *arrays: getattr(torch, name)(*arrays, *arguments, **options)[part],
            differentiable=part == 0,
        )  # fmt: skip

    return [of(0), of(1)]


def of_torch(name, *arguments, **options):
    """The second of what PyTorch's function gives."""
    return lambda x: getattr(torch, name)(tensor(x), *arguments, **options)[1].numpy()


def positions(id, name, call, shape=(3, 5), domain="distinct", numpy=None, dtypes=NUMBERS):
    return Row(id, name, call, (Operand(shape, domain),), dtypes, numpy, differentiable=False)


ROWS = [
    *both("topk", 2),
    *both("topk", 2, 0, False, id=" of columns"),
    *both("kthvalue", 2),
    *both("kthvalue", 3, 0, True, id=" of columns"),
    *both("mode", 1),
    *both("mode", 0, True, id=" of columns"),
    *both("cummax", 1, dtypes=("float32", "float64", "int64")),
    *both("cummin", 0),
    Row(
        "logcumsumexp",
        "logcumsumexp",
        lambda xp, x: xp.logcumsumexp(x, 1),
        (Operand((3, 5)),),
        FLOATS,
        lambda x: np.logaddexp.accumulate(x, axis=1),
    ),
    Row("partition", "partition", function("partition", 0), (Operand((3, 2), "distinct"),), NUMBERS,
        torch=lambda x: torch.sort(x)[0]),
    positions("argpartition", "argpartition", function("argpartition", 1), (3, 2)),
    positions("lexsort", "lexsort", lambda xp, x: xp.lexsort((x, x > 1)), domain="real"),
    Row(
        "sort_complex",
        "sort_complex",
        function("sort_complex"),
        (Operand((6,)),),
        ("complex64", "complex128"),
        torch=lambda x: x[torch.argsort(x.real)],
    ),
    Row(
        "unique_consecutive",
        "unique_consecutive",
        function("unique_consecutive"),
        (Operand((6,), "distinct"),),
        NUMBERS,
        lambda x: x[np.append(True, x[1:] != x[:-1])],
        lambda x: x * 1,  # all are distinct
    ),
    positions("running", "_running", lambda xp, x: xp.cummax(x)[1], numpy=of_torch("cummax", 1)),
    positions("most frequent", "_most_frequent", lambda xp, x: xp.mode(x)[1], domain="real",
              dtypes=("int64", "float32"), numpy=of_torch("mode", 1)),
    positions("run starts", "_run_starts", lambda xp, x: xp.unique_consecutive(x, True)[1], (6,), "below 2",
              of_torch("unique_consecutive", return_inverse=True), ("int64",)),
    positions("lengths", "_lengths", lambda xp, x: xp.unique_consecutive(x, return_counts=True)[1], (6,), "below 2",
              of_torch("unique_consecutive", return_counts=True), ("int64",)),
]  # fmt: skip
