"""IDX files, the format of MNIST: a magic number, the sizes of the dimensions, and the elements.

Format: http://yann.lecun.com/exdb/mnist; numbers are big-endian. The files may be gzipped, which
their first bytes tell and not their names (browsers unpack files and keep the name).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from os import PathLike
from pathlib import Path

import xnn as xp
from xnn.array import Array
from xnn.errors import DataError
from xnn_backends.dtypes import BY_NAME
from xnn_backends.host_io import from_bytes

TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
GZIP = b"\x1f\x8b"
CURE = "Cure: get the file anew."


def read_idx(path: str | PathLike[str]) -> Array:
    """The array in an IDX file, gzipped or not; on the CPU, in the file's shape and data type.

    Raises:
        DataError: if the file is missing, or damaged, or no IDX file; says which.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "three-labels")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
        ...     read_idx(path).tolist()
        [5, 0, 4]
    """
    content = _read(Path(path))
    dtype, shape = _header(content, path)
    begin = 4 + 4 * len(shape)
    expected, found = math.prod(shape) * BY_NAME[dtype].bits // 8, len(content) - begin
    if found != expected:
        what = "truncated" if found < expected else "too long"
        raise DataError(
            f"{path} is {what}: {' x '.join(map(str, shape))} elements of {dtype} take {expected} bytes, "
            f"and {found} are there. {CURE}"
        )
    result: Array = xp.asarray(from_bytes(content, dtype, shape, ">"), device="cpu")
    return result


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Cure: name an IDX file.") from error
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged: it does not unpack as gzip ({error}). {CURE}") from error


def _header(content: bytes, path: str | PathLike[str]) -> tuple[str, tuple[int, ...]]:
    """The data type and the shape that the file says it has."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or content[3] == 0:
        raise DataError(
            f"{path} is no IDX file: its magic number is 00 00, a type from 08 to 0e, and the number of "
            f"dimensions; it begins with {content[:4].hex(' ') or 'nothing: it is empty'}. {CURE}"
        )
    ndim = content[3]
    if len(content) < 4 + 4 * ndim:
        raise DataError(f"{path} is truncated: it ends inside the sizes of its {ndim} dimensions. {CURE}")
    return TYPES[content[2]], struct.unpack_from(f">{ndim}I", content, 4)
