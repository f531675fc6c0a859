import gzip

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
