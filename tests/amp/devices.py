"""Which devices of the matrix have half precision."""

import pytest

import xnn as xp

needs_torch = pytest.mark.needs("torch")


def lacks_half(device):
    """Whether a device has no float16, as those of array-api-strict."""
    return xp.float16 not in device.backend.raw_dtypes


def low_types(device):
    """The names of the types below float32 that a device has."""
    return [dtype for dtype in ("float16", "bfloat16") if getattr(xp, dtype) in device.backend.raw_dtypes]
