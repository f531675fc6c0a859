"""The face of the backends: which there are, what devices they have, and how to add one.

Example:
    >>> from xnn.backends import available, get_backend
    >>> get_backend("numpy").name
    'numpy'
    >>> [report.device for report in available() if report.usable][0]
    'numpy:cpu'
"""

from xnn_backends import (
    Backend,
    Choice,
    Device,
    DeviceReport,
    Namespace,
    Unusable,
    available,
    choose,
    find_device,
    get_backend,
    names,
    register,
)
from xnn_backends.protocol import Kernel

__all__ = [
    "Backend",
    "Choice",
    "Device",
    "DeviceReport",
    "Kernel",
    "Namespace",
    "Unusable",
    "available",
    "choose",
    "find_device",
    "get_backend",
    "names",
    "register",
]


def __dir__() -> list[str]:
    return __all__
