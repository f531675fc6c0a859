"""Files that are either whole or not there: tensors as safetensors with a checksum, and JSON.

Links are not followed, neither to write nor to read: what stands behind one is not the run's.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from xnn.array_object import Array
from xnn.errors import CheckpointError
from xnn_backends.host_io import open_file

TEMPORARY = ".partial"
CURE = "Cure: restore the folder from a copy, or train anew."
JSON_LIMIT = 1 << 28  # bytes: 900,000 epochs. What is longer is not taken into memory
HEADER_LIMIT = 1 << 24  # bytes: 150,000 tensors

Shapes = Mapping[str, tuple[int, ...]]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whenever the process is killed, the old or the new one is there, complete."""
    temporary = path.with_name(path.name + TEMPORARY)
    temporary.unlink(missing_ok=True)  # of a killed process; of a link, the link
    only_new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, only_new, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
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


# ---- JSON ----


def write_json(path: Path, value: Any) -> None:
    """Write JSON, whole.

    Raises:
        CheckpointError: if it is longer than what is read.
    """
    content = (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
    if len(content) > JSON_LIMIT:
        raise CheckpointError(f"{path} has at most {JSON_LIMIT:,} bytes; {len(content):,} came. Cure: shorter entries.")
    write_whole(path, content)


def read_json(path: Path) -> Any:
    """Read JSON: no NaN, no infinity, and no name twice in an object.

    Raises:
        CheckpointError: if the file is missing or damaged, or may not be read.
    """
    try:
        with open_file(path, follow_links=False) as file:
            if (size := os.fstat(file.fileno()).st_size) > JSON_LIMIT:
                raise CheckpointError(f"{path} is damaged: it has {size:,} bytes, more than was ever written. {CURE}")
            content = file.read()
    except CheckpointError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        value = json.loads(content, object_pairs_hook=_object, parse_constant=_no_constant)
        json.dumps(value, allow_nan=False)  # 1e999 is read as infinity
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: it is no JSON ({error}). {CURE}") from error
    return value


def is_there(path: Path) -> bool:
    """Whether anything has that name.

    Raises:
        CheckpointError: if that may not be known.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(path, error) from error
    return True


def unreadable(path: Path, error: OSError) -> CheckpointError:
    """What to raise for a file that cannot be opened: a missing one is another matter than a forbidden one."""
    if isinstance(error, FileNotFoundError):
        return CheckpointError(f"{path} is missing. {CURE}")
    return CheckpointError(f"{path} cannot be read: {error.strerror or error}. Cure: make it a file that may be read.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


# ---- tensors ----


def write_tensors(path: Path, tensors: Mapping[str, Array], notes: Mapping[str, Any]) -> str:
    """Write Arrays of any device, and notes that are JSON, as one safetensors file, whole; gives its checksum.

    The same tensors and notes make the same file, byte for byte.
    """
    # in C order: safetensors writes the memory of a transposed array as it lies, and so another array
    raw = {name: x.detach().numpy().copy(order="C") for name, x in tensors.items()}
    read = json.loads(
        json.dumps(dict(notes))
    )  # as it will be read: with lists for tuples, and texts for numbers as names
    checksum = _checksum(raw, read)
    # one entry: safetensors writes several in a random order
    content = save(raw, {"xnn": json.dumps({"checksum": checksum, "notes": read})})
    if int.from_bytes(content[:8], "little") > HEADER_LIMIT:
        raise CheckpointError(f"{path} has a header of at most {HEADER_LIMIT:,} bytes. Cure: fewer tensors or notes.")
    write_whole(path, content)
    return checksum


def read_tensors(
    path: Path, *, check: Callable[[Shapes], None] | None = None, checksum: str | None = None
) -> tuple[dict[str, Any], Any]:
    """The arrays of a file of `write_tensors`, as NumPy arrays, and its notes.

    Args:
        path: of the file.
        check: called with the shapes that the header names, before memory is taken for them; raises for others than
            are wanted.
        checksum: what `write_tensors` gave; None: any, if it is that of the contents.

    Raises:
        CheckpointError: if the file is missing, truncated or damaged, or may not be read.
    """
    shapes, metadata = _header(path)
    try:
        if check is not None:
            check(shapes)
    except CheckpointError as error:
        raise CheckpointError(f"{path} is damaged, or of another model: {error}") from error
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
        found, notes, is_intact = _verified(tensors, metadata)
    except (OSError, SafetensorError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is truncated or damaged: {error}. {CURE}") from error
    if not is_intact:
        raise CheckpointError(f"{path} is damaged: its checksum is not that of its contents. {CURE}")
    if checksum is not None and found != checksum:
        raise CheckpointError(f"{path} is of another run or epoch: its checksum is {found}, not {checksum}. {CURE}")
    return tensors, notes


def _header(path: Path) -> tuple[Shapes, Mapping[str, str]]:
    """The shapes of the tensors, and the metadata, of a file that is as long as its header says."""
    try:
        with open_file(path, follow_links=False) as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= min(HEADER_LIMIT, size - 8):
                raise ValueError(f"a header of {length:,} bytes in a file of {size:,}")
            header = json.loads(file.read(length), object_pairs_hook=_object)
        metadata = header.pop("__metadata__", {})
        end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
        if 8 + length + end != size:
            raise ValueError(f"its tensors take {8 + length + end:,} bytes, and {size:,} are there")
        return {name: tuple(map(int, entry["shape"])) for name, entry in header.items()}, metadata
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CheckpointError(f"{path} is truncated or damaged: {error}. {CURE}") from error


def _verified(tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> tuple[str, Any, bool]:
    """The checksum, the notes, and whether it is theirs."""
    if metadata.keys() == {"crc32", "notes"}:  # an older one's checksum is of the tensors alone
        return metadata["crc32"], _notes(metadata["notes"]), int(metadata["crc32"]) == _crc32(tensors)
    if metadata.keys() != {"xnn"}:
        raise ValueError("it is not one that xnn wrote")
    said = _notes(metadata["xnn"])
    return said["checksum"], said["notes"], said["checksum"] == _checksum(tensors, said["notes"])


def _notes(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer)


def _integer(digits: str) -> int:
    if len(digits) > 20:  # 2**64 has 20
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _checksum(raw: Mapping[str, Any], notes: Any) -> str:
    return f"{zlib.crc32(json.dumps(notes, sort_keys=True).encode(), _crc32(raw)):08x}"


def _crc32(raw: Mapping[str, Any]) -> int:
    result = 0
    for name in sorted(raw):
        result = zlib.crc32(f"{name} {raw[name].dtype} {raw[name].shape}".encode(), result)
        result = zlib.crc32(raw[name].tobytes(), result)
    return result
