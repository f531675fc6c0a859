"""Calls of the hyperbolic tangent."""

from tests.ops.kernel_rows.activation import WIDE
from tests.ops.kernel_rows.call import Call

CALLS = {"tanh": [*WIDE, Call(((3, 7),), bounds=(-4, 4))]}
