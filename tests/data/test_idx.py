import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest

from xnn.data import read_idx
from xnn.errors import DataError

from .files import CODES, idx_bytes

LABELS = np.asarray([5, 0, 4, 1], dtype=np.uint8)


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (0, 28)])
def test_reads_what_was_written(tmp_path, dtype, shape):
    expected = (np.arange(np.prod(shape)) * 7 - 3).astype(dtype).reshape(shape)
    path = tmp_path / "file"
    path.write_bytes(idx_bytes(expected))
    found = read_idx(path)
    assert str(found.device) == "numpy:cpu"
    assert found.dtype.name == dtype
    np.testing.assert_array_equal(found.numpy(), expected, strict=True)


@pytest.mark.parametrize("name", ["labels.gz", "labels"])
def test_gzip_is_told_by_the_content(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(idx_bytes(LABELS)))
    assert read_idx(tmp_path / name).tolist() == [5, 0, 4, 1]


def test_unpacked_file_with_the_name_of_a_packed_one(tmp_path):
    (tmp_path / "labels.gz").write_bytes(idx_bytes(LABELS))
    assert read_idx(tmp_path / "labels.gz").tolist() == [5, 0, 4, 1]


def flipped(content):
    return content[:-12] + bytes(b ^ 0xFF for b in content[-12:-8]) + content[-8:]


GOOD = idx_bytes(LABELS)
DAMAGED = {
    "empty": (b"", "is no IDX file: .* it begins with nothing: it is empty. Cure: get the file anew."),
    "html": (b"<!DOCTYPE html>", "is no IDX file: its magic number is .* it begins with 3c 21 44 4f."),
    "unknown type": (b"\0\0\x07\x01" + GOOD[4:], "is no IDX file: .* begins with 00 00 07 01"),
    "no dimensions": (b"\0\0\x08\0", "is no IDX file: .* begins with 00 00 08 00"),
    "ends in the header": (GOOD[:6], "is truncated: it ends inside the sizes of its 1 dimensions"),
    "truncated": (GOOD[:-1], "is truncated: 4 elements of uint8 take 4 bytes, and 3 are there"),
    "too long": (GOOD + b"\0\0", "is too long: 4 elements of uint8 take 4 bytes, and 6 are there"),
    "huge": (b"\0\0\x08\x03" + b"\xff" * 12, "is truncated: 4294967295 x 4294967295 x 4294967295 elements"),
    "truncated gzip": (gzip.compress(GOOD)[:-10], "is damaged: it does not unpack as gzip .*Compressed file ended"),
    "wrong checksum": (flipped(gzip.compress(GOOD)), "is damaged: it does not unpack as gzip"),
    "not gzip after all": (b"\x1f\x8b" + b"\0" * 20, "is damaged: it does not unpack as gzip"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_named(tmp_path, damage):
    content, message = DAMAGED[damage]
    path = tmp_path / "file-of-digits"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"file-of-digits {message}"):
        read_idx(path)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"there cannot be read: No such file or directory. Cure: name an IDX file"):
        read_idx(tmp_path / "there")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_idx(tmp_path)


# ---- what would take memory or time that the file's own header does not ask for ----


def dimensions(*sizes, dtype="uint8"):
    return struct.pack(f">HBB{len(sizes)}I", 0, CODES[dtype], len(sizes), *sizes)


TOO_MUCH = {
    "65 dimensions": (dimensions(*[1] * 65) + b"\0", "holds no array: it has at most 64 dimensions and .* 1 x 1 x 1"),
    "255 dimensions": (dimensions(*[0] * 255), "holds no array: it has at most 64 dimensions"),
    "no elements of huge sizes": (dimensions(0, *[2**32 - 1] * 3), "holds no array: .* 0 x 4294967295 x 4294967295"),
    "zipped, and more than it says": (
        gzip.compress(dimensions(5) + bytes(50_000_000)),
        "is too long: 5 elements of uint8 take 5 bytes, and more are there",
    ),
    "zipped, and less than it says": (
        gzip.compress(dimensions(2**31) + bytes(5)),
        r"is truncated: 2147483648 elements of uint8 take 2147483648 bytes, and at most \d+ are there",
    ),
    "zipped, and a byte short": (gzip.compress(dimensions(5) + bytes(4)), "is truncated: 5 .* and 4 are there"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_no_array_takes_no_memory(tmp_path, name):
    content, message = TOO_MUCH[name]
    path = tmp_path / "file-of-digits"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=f"file-of-digits {message}"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_array_is_in_memory_once(tmp_path, pack):
    content = np.random.default_rng(0).integers(0, 256, 8_000_000, dtype=np.uint8)
    (tmp_path / "file").write_bytes(pack(idx_bytes(content)))
    tracemalloc.start()
    try:
        found = read_idx(tmp_path / "file")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(found.numpy(), content)
    found[0] = 7  # its memory is its own, and may be written
    assert int(found[0]) == 7
    assert most < 1.5 * content.nbytes


def test_64_dimensions_are_read(tmp_path):
    (tmp_path / "file").write_bytes(dimensions(*[1] * 64) + b"\7")
    assert read_idx(tmp_path / "file").shape == (1,) * 64


def test_a_sparse_file_is_not_read(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(idx_bytes(LABELS))
    os.truncate(path, 2**33)
    with pytest.raises(DataError, match="is too long: 4 elements of uint8 take 4 bytes, and 8589934584 are there"):
        read_idx(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(
            DataError, match=r"cannot be read: it is a pipe or a device, and no regular file. Cure: name"
        ):
            read_idx(path)


def test_a_link_to_a_file_is_one(tmp_path):
    (tmp_path / "file").write_bytes(idx_bytes(LABELS))
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_idx(tmp_path / "link").tolist() == [5, 0, 4, 1]
