"""Functions of the namespace: an Array gives an Array, a raw array its own type."""

from typing import reveal_type

import numpy as np

import xnn as xp

x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
raw = np.zeros((3, 2), np.float32)
reveal_type(x)  # is: Array
reveal_type(xp.exp(x))  # is: Array
reveal_type(xp.exp(raw))  # is: ndarray
reveal_type(xp.add(x, 1.0))  # is: Array
reveal_type(xp.add(2, x))  # is: Array
reveal_type(xp.add(raw, np.float32(1.0)))  # is: ndarray
xp.exp("a")  # error
