"""Files that are either whole or not there: tensors as safetensors with a checksum, and JSON."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from xnn.array import Array
from xnn.errors import CheckpointError

TEMPORARY = ".partial"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whenever the process is killed, the old or the new one is there, complete."""
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105  # the call whose atomicity is promised
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself outlast a loss of power, where the system can (Windows cannot)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Write JSON, whole."""
    write_whole(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        CheckpointError: if the file is missing or damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: it is no JSON ({error}).") from error


def write_tensors(path: Path, tensors: Mapping[str, Array], notes: Mapping[str, Any]) -> None:
    """Write Arrays of any device, and notes that are JSON, as one safetensors file, whole."""
    # in C order: safetensors writes the memory of a transposed array as it lies, and so another array
    raw = {name: x.detach().numpy().copy(order="C") for name, x in tensors.items()}
    metadata = {"crc32": str(_crc32(raw)), "notes": json.dumps(dict(notes))}
    write_whole(path, save(raw, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Any], Any]:
    """The arrays of a file of `write_tensors`, as NumPy arrays, and its notes.

    Raises:
        CheckpointError: if the file is missing, truncated or damaged.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
        notes = json.loads(metadata["notes"])
        intact = int(metadata["crc32"]) == _crc32(tensors)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing.") from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is truncated or damaged: {error}.") from error
    if not intact:
        raise CheckpointError(f"{path} is damaged: its checksum is not that of its contents.")
    return tensors, notes


def _crc32(raw: Mapping[str, Any]) -> int:
    result = 0
    for name in sorted(raw):
        result = zlib.crc32(f"{name} {raw[name].dtype} {raw[name].shape}".encode(), result)
        result = zlib.crc32(raw[name].tobytes(), result)
    return result
