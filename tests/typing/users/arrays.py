"""Arrays: operators, indexing, attributes, and what they become elsewhere."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn.typing import A

x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
raw = np.zeros((2, 2), np.float32)


def standardized(x: A, weight: A) -> A:
    return xp.divide(xp.subtract(x, xp.mean(x, axis=0)), xp.std(xp.multiply(x, weight)))


reveal_type(standardized(x, x))  # is: Array
reveal_type(standardized(raw, raw))  # is: ndarray

# ---- operators ----

reveal_type(x + 1)  # is: Array
reveal_type(1 - x)  # is: Array
reveal_type(x * x / 2.0)  # is: Array
reveal_type(2**x)  # is: Array
reveal_type(x @ x.mT)  # is: Array
reveal_type(x + raw)  # is: Array
reveal_type(np.float64(2) * x)  # is: Array
reveal_type(-abs(x))  # is: Array
reveal_type(~(x > 0))  # is: Array
reveal_type(x == 1)  # is: Array
reveal_type(x != x)  # is: Array
reveal_type(x > 1)  # is: Array
y = x.detach()
y += 1
y @= x
reveal_type(y)  # is: Array
x + "a"  # error
"a" + x  # error
x @ [1.0, 2.0]  # error
z = x < None  # error
y += "a"  # error

# ---- indices ----

reveal_type(x[0])  # is: Array
reveal_type(x[..., None, 1:, np.int64(0)])  # is: Array
reveal_type(x[x > 1])  # is: Array
reveal_type(list(x))  # is: list[Array]
y[0] = 1
y[1:] = raw[1:]
x[1.5]  # error
x[{0}]  # error
x[0] = "a"  # error

# ---- attributes ----

reveal_type(x.shape)  # is: tuple[int, ...]
reveal_type(x.dtype)  # is: DType
reveal_type(x.device)  # is: Device
reveal_type(x.grad)  # is: Array | None
x.grad = raw
x.requires_grad = False
x.grad = "a"  # error
x.shape = (4,)  # error
z = x.gradient  # error

# ---- elsewhere ----

reveal_type(x.numpy())  # is: ndarray
reveal_type(float(x[0, 0]))  # is: float
reveal_type(len(x))  # is: int
reveal_type(x.to_device("cpu").detach())  # is: Array
reveal_type(x.__array_namespace__())  # is: ModuleType
x.backward(raw, retain_graph=True)
x.to_device(0)  # error
x.backward(retain_graph="no")  # error
x.cuda("first")  # error

# ---- methods ----

reveal_type(x.sum(0))  # is: Array
reveal_type(x.reshape(2, -1).T)  # is: Array
reveal_type(x.at[0].add(1.0))  # is: Array
reveal_type(x.nonzero())  # is: tuple[Array, ...]
reveal_type(x.nbytes)  # is: int
x.sum(axis="rows")  # error
x.reshape("a")  # error
