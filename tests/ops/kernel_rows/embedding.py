"""Calls of embeddings."""

import numpy as np

from tests.ops.kernel_rows.call import Call, integers

OPTIONS = {"padding_idx": None, "scale_grad_by_freq": False}


def few(random):
    """Numbers that come more often than a kernel adds them one by one."""
    return np.where(random.uniform(size=(3, 40)) < 0.9, 1, random.integers(0, 4, (3, 40)))


CALLS = {
    "embedding": [
        Call(((5, 3), integers(0, 5, (2, 4))), OPTIONS),
        Call(((5, 3), integers(0, 5, (4,), "int32")), OPTIONS | {"padding_idx": 1}),
        Call(((4, 2), few), OPTIONS | {"scale_grad_by_freq": True}),
        Call(((4, 2), few), OPTIONS | {"padding_idx": 0, "scale_grad_by_freq": True}),
        Call(((3, 2), integers(-2, 5, (2, 3))), OPTIONS),
        Call(((3, 2), integers(0, 3, ())), OPTIONS),
        Call(((3, 2), integers(0, 3, (0, 2))), OPTIONS),
        Call(((70000, 1), integers(0, 70000, (3,))), OPTIONS),
        Call(((300, 64), integers(0, 300, (40, 32), "uint16")), OPTIONS),
    ],
}
