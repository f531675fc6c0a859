"""Points at which functions are differentiated, and raw arrays of a device."""

import numpy as np

import xnn as xp

X = np.asarray([0.5, -1.5, 2.0])
Y = np.asarray([1.0, 0.25, -0.75])


def raw(x, device):
    return xp.asarray(x, device=device)._data


def numpy(x, device):
    """The values of a raw array, which must be one of the device."""
    assert isinstance(x, device.backend.array_type), "raw arrays in, raw arrays out"
    assert device.backend.device_of(x) is device
    return device.backend.to_numpy(x)
