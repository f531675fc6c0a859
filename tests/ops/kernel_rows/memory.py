"""Ways in which one and the same values lie in memory."""

import numpy as np

# NumPy's and CuPy's arrays alone have negative strides; and NumPy's alone are read-only.
LAYOUTS = {
    "numpy": ("contiguous", "transposed", "reversed", "gaps", "read-only"),
    "cupy": ("contiguous", "transposed", "reversed", "gaps"),
    "strict": ("contiguous", "transposed"),
    "torch": ("contiguous", "transposed", "gaps"),
}


def layouts_on(device):
    """The layouts that arrays of a device can have, the contiguous one first."""
    return LAYOUTS.get(device.backend.name, ("contiguous",))


def put(raw, device, layout="contiguous"):
    """A NumPy array as one of the device's library, in memory of its own."""
    backend = device.backend

    def there(x):
        return backend.from_numpy(np.array(x, order="C"), device)

    with device.scope():
        if layout == "transposed":
            return backend.xp.permute_dims(there(raw.T), tuple(range(raw.ndim))[::-1])
        if layout == "reversed" and raw.ndim:
            back = (slice(None, None, -1),) * raw.ndim
            return there(raw[back])[back]
        if layout == "gaps" and raw.ndim:
            other = (slice(1, None, 2),) * raw.ndim
            wide = np.full([2 * n + 1 for n in raw.shape], np.nan if raw.dtype.kind == "f" else 99, raw.dtype)
            wide[other] = raw
            return there(wide)[tuple(slice(1, 2 * n, 2) for n in raw.shape)]
        x = there(raw)
        if layout == "read-only":
            x.flags.writeable = False
        return x


def stretched(raw, shape, device):
    """A NumPy array broadcast to a shape, with strides of 0."""
    with device.scope():
        # The backend's own copies small arrays.
        broadcast = np.broadcast_to if device.backend.name == "numpy" else device.backend.xp.broadcast_to
        return broadcast(put(raw, device), shape)
