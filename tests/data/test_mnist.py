import gzip
import re
import struct
import tracemalloc

import numpy as np
import pytest

import xnn as xp
from xnn.data import load_mnist, mnist
from xnn.errors import DataError

from .files import idx_bytes, write_mnist

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = mnist.FILES


def test_the_packaged_digits():
    train, test = load_mnist(device="cpu")
    file = np.load(mnist.PACKAGED)
    for data, part in ((train, slice(0, 8000)), (test, slice(8000, 10000))):
        assert (data.inputs.dtype, data.labels.dtype) == (xp.float32, xp.int64)
        expected = file["images"][part, None].astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(data.inputs.numpy(), expected, strict=True)
        np.testing.assert_array_equal(data.labels.numpy(), file["labels"][part].astype(np.int64), strict=True)
    assert float(xp.max(train.inputs)) == 1
    assert float(xp.min(train.inputs)) == 0


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("names", [mnist.FILES, [n.replace("-idx", ".idx") for n in mnist.FILES]])
def test_a_folder_with_idx_files(tmp_path, names, zipped):
    write_mnist(tmp_path, 30, 20, names=names, zipped=zipped)
    packaged = load_mnist(device="cpu")
    for data, full, n in zip(load_mnist(tmp_path, device="cpu"), packaged, (30, 20), strict=True):
        np.testing.assert_array_equal(data.inputs.numpy(), full.inputs.numpy()[:n], strict=True)
        np.testing.assert_array_equal(data.labels.numpy(), full.labels.numpy()[:n], strict=True)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"MNIST is read from a folder, and .*nowhere is none. Cure: put MNIST's four"):
        load_mnist(tmp_path / "nowhere")


@pytest.mark.parametrize("name", mnist.FILES)
def test_a_missing_file(tmp_path, name):
    write_mnist(tmp_path, 3, 3)
    (tmp_path / name).unlink()
    message = f"there is no {name} and no {name}.gz in {re.escape(str(tmp_path))}. Cure: put MNIST's four files there"
    with pytest.raises(DataError, match=message):
        load_mnist(tmp_path)


IMAGES = np.zeros((3, 28, 28), np.uint8)
LABELS = np.zeros(3, np.uint8)
WRONG = {
    "labels for images": (TRAIN_IMAGES, LABELS, r"uint8 of shape \(n, 28, 28\) .* it holds uint8 of shape \(3,\)"),
    "images for labels": (TRAIN_LABELS, IMAGES, r"uint8 of shape \(n,\) .* it holds uint8 of shape \(3, 28, 28\)"),
    "other size": (TEST_IMAGES, np.zeros((3, 32, 32), np.uint8), r"it holds uint8 of shape \(3, 32, 32\)"),
    "other type": (TEST_IMAGES, IMAGES.astype(np.float32), r"it holds float32 of shape \(3, 28, 28\)"),
    "no images": (TEST_IMAGES, IMAGES[:0], r"with n of at least 1; it holds uint8 of shape \(0, 28, 28\)"),
    "counts": (TEST_LABELS, np.zeros(4, np.uint8), "t10k-images-.* holds 3 images, .*t10k-labels-.* 4 labels. Cure:"),
    "label": (
        TEST_LABELS,
        np.asarray([1, 10, 2], np.uint8),
        "labels are from 0 to 9; .*t10k-labels-.* holds a 10. Cure",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_contents(tmp_path, what):
    name, array, message = WRONG[what]
    write_mnist(tmp_path, 3, 3)
    (tmp_path / name).write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=message):
        load_mnist(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no archive", np.lib.format.magic(1, 0)])
def test_the_packaged_file_damaged(tmp_path, monkeypatch, content):
    path = tmp_path / "digits.npz"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(mnist, "PACKAGED", path)
    with pytest.raises(DataError, match=r"digits.npz is missing or damaged \(.*\). Cure: reinstall xnn-array"):
        load_mnist()


def test_a_checksum_tells_sets_apart(tmp_path):
    write_mnist(tmp_path, 5, 5)
    before = mnist.read_mnist(tmp_path)[0].crc32()
    assert before == mnist.read_mnist(tmp_path)[0].crc32()
    images = mnist.read_mnist(tmp_path)[0].images.numpy().copy()
    images[4, 27, 27] ^= 1
    (tmp_path / TRAIN_IMAGES).write_bytes(idx_bytes(images))
    assert mnist.read_mnist(tmp_path)[0].crc32() != before


def test_headers_are_compared_before_memory_is_taken(tmp_path):
    """As many images as one gigabyte of zeros in a megabyte, and 80 labels."""
    write_mnist(tmp_path, zipped=True)
    header = struct.pack(">HBB3I", 0, 8, 3, 1_300_000, 28, 28)
    packed = gzip.compress(header) + gzip.compress(bytes(784 * 1000)) * 1300
    (tmp_path / f"{TEST_IMAGES}.gz").write_bytes(packed)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"each image has one label; .* holds 1300000 images, .* 80 labels"):
            mnist.read_mnist(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
