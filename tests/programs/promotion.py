"""The type of operands by the array API standard, where NumPy's own would be another.

Said anew here, not asked of xnn: integers and bools give way to the floating types that stand beside them, whatever
their sizes; Python scalars are weak, and make integers the default floating type.
"""

import numpy as np


def together(dtypes):
    """The common type of arrays' types (NumPy's objects), or None where they have none."""
    floating = [d for d in dtypes if d.kind in "fc"]
    common = np.result_type(*(floating or dtypes))
    if not floating and common.kind == "f":
        return None  # uint64 beside a signed type
    return common


def beside_scalar(dtype, scalar, default):
    """The type of an array with a Python scalar."""
    dtype, default = np.dtype(dtype), np.dtype(default)
    if isinstance(scalar, complex):
        return np.result_type(dtype if dtype.kind in "fc" else default, np.complex64)
    if isinstance(scalar, float):
        return dtype if dtype.kind in "fc" else default
    if isinstance(scalar, int) and not isinstance(scalar, bool) and dtype.kind == "b":
        return np.dtype("int64")
    return dtype


def made_floating(dtype, default):
    """The type where the result is floating."""
    return dtype if dtype.kind in "fc" else np.dtype(default)
