"""IDX files, the format of MNIST: a magic number, the sizes of the dimensions, and the elements.

Format: http://yann.lecun.com/exdb/mnist; numbers are big-endian. The files may be gzipped, which
their first bytes tell and not their names (browsers unpack files and keep the name).
"""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from os import PathLike
from typing import BinaryIO, cast

import xnn as xp
from xnn.array_object import Array
from xnn.errors import DataError
from xnn_backends.dtypes import BY_NAME
from xnn_backends.host_io import from_bytes, open_file

TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
GZIP = b"\x1f\x8b"
MAX_NDIM = 64  # of NumPy's arrays
PART = 1 << 20  # bytes that are unpacked at once
MOST_UNPACKED = 1032  # bytes that one byte of gzip's can stand for
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
    with _opened(path) as file:
        dtype, shape = _header(file, path)
        content = _elements(file, path, dtype, shape)
    result: Array = xp.asarray(from_bytes(content, dtype, shape, ">"), device="cpu", copy=False)
    return result


def read_idx_header(path: str | PathLike[str]) -> tuple[str, tuple[int, ...]]:
    """The data type and the shape that an IDX file says it has, before memory is taken for it.

    Raises:
        DataError: as `read_idx`.
    """
    with _opened(path) as file:
        return _header(file, path)


@contextlib.contextmanager
def _opened(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """What is in the file, unpacked."""
    try:
        with open_file(path) as file:
            is_packed = file.read(2) == GZIP
            file.seek(0)
            with gzip.open(file) if is_packed else file as content:
                yield cast(BinaryIO, content)
    except DataError:
        raise
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged: it does not unpack as gzip ({error}). {CURE}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}. Cure: name an IDX file.") from error


def _header(file: BinaryIO, path: str | PathLike[str]) -> tuple[str, tuple[int, ...]]:
    """The data type and the shape that the file says it has."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise DataError(
            f"{path} is no IDX file: its magic number is 00 00, a type from 08 to 0e, and the number of "
            f"dimensions; it begins with {magic.hex(' ') or 'nothing: it is empty'}. {CURE}"
        )
    dtype, ndim = TYPES[magic[2]], magic[3]
    sizes = file.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise DataError(f"{path} is truncated: it ends inside the sizes of its {ndim} dimensions. {CURE}")
    shape = struct.unpack(f">{ndim}I", sizes)
    # An array without elements has strides of the others' sizes, too.
    largest = math.prod(max(1, size) for size in shape) * BY_NAME[dtype].bits // 8
    if ndim > MAX_NDIM or (0 in shape and largest > sys.maxsize):
        raise DataError(
            f"{path} holds no array: it has at most {MAX_NDIM} dimensions and {sys.maxsize} bytes; this one says that "
            f"it has {' x '.join(map(str, shape)):.80}. {CURE}"
        )
    return dtype, shape


def _elements(file: BinaryIO, path: str | PathLike[str], dtype: str, shape: tuple[int, ...]) -> bytearray:
    """The rest of the file, of which no more is read or unpacked than belongs there: memory that may be written."""
    expected, size = math.prod(shape) * BY_NAME[dtype].bits // 8, os.fstat(file.fileno()).st_size
    is_packed = isinstance(file, gzip.GzipFile)
    most = MOST_UNPACKED * size if is_packed else size - file.tell()
    content, found = bytearray(), f"{'at most ' * is_packed}{most} are"
    if expected <= most and (is_packed or expected == most):
        while len(content) <= expected and (part := file.read(min(expected + 1 - len(content), PART))):
            content += part
        if len(content) == expected:
            return content
        found = f"{len(content)} are" if len(content) < expected else "more are"
    what = "truncated" if expected > most or (len(content) < expected and is_packed) else "too long"
    raise DataError(
        f"{path} is {what}: {' x '.join(map(str, shape))} elements of {dtype} take {expected} bytes, "
        f"and {found} there. {CURE}"
    )
