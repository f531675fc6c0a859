"""Where arrays live: backends and their devices. Knows nothing of xnn; `xnn.backends` is its face."""

from .dtypes import DType
from .errors import DeviceError, DeviceMismatchError, Unusable, XnnError
from .namespace import Namespace
from .protocol import Backend, Device, DeviceReport
from .registry import (
    Choice,
    available,
    backend_of,
    choose,
    find_device,
    get_backend,
    get_default_device,
    names,
    register,
    set_default_device,
    use_device,
    why_not,
)

__all__ = [
    "Backend",
    "Choice",
    "DType",
    "Device",
    "DeviceError",
    "DeviceMismatchError",
    "DeviceReport",
    "Namespace",
    "Unusable",
    "XnnError",
    "available",
    "backend_of",
    "choose",
    "find_device",
    "get_backend",
    "get_default_device",
    "names",
    "register",
    "set_default_device",
    "use_device",
    "why_not",
]
