"""The inspection API of the array API standard: `xnn.__array_namespace_info__()`."""

from __future__ import annotations

from xnn_backends import Device, available, find_device, get_default_device
from xnn_backends.dtypes import STANDARD, DType

from . import dtypes
from .ops.data_types import Kind, isdtype
from .typing import DeviceLike

__all__ = ["NamespaceInfo"]


class NamespaceInfo:
    """What the namespace can do (masks, data-dependent shapes), on which devices, with which data types."""

    def capabilities(self) -> dict[str, bool | int]:
        """Whether masks and data-dependent shapes work, and how many dimensions an array may have."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Device:
        """The device of arrays that are made without `device=`."""
        return get_default_device()

    def default_dtypes(self, *, device: DeviceLike | None = None) -> dict[str, DType]:
        """The type of arrays that are made without `dtype=`, for each kind; the same on every device."""
        find_device(device)  # refuses what is no device
        real = dtypes.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": dtypes.complex_of(real),
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(
        self, *, device: DeviceLike | None = None, kind: Kind | tuple[Kind, ...] | None = None
    ) -> dict[str, DType]:
        """The standard's data types that a device has, by name; of a kind, or of several, as in `isdtype`."""
        found = find_device(device)
        known = found.backend.dtypes_on(found)
        return {d.name: d for d in STANDARD if d in known and (kind is None or isdtype(d, kind))}

    def devices(self) -> tuple[Device, ...]:
        """Every device that works, of every backend that is installed; it imports their libraries."""
        return tuple(find_device(report.device) for report in available() if report.usable)
