"""MNIST, handwritten digits: 8,000 to train on and 2,000 to test ship with xnn; the full 70,000 are in IDX files."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import xnn as xp
from xnn.array_object import Array
from xnn.errors import DataError
from xnn.typing import DeviceLike
from xnn_backends import find_device
from xnn_backends.host_io import read_npz

from .dataset import Dataset
from .idx import read_idx, read_idx_header

PACKAGED = Path(__file__).with_name("mnist-10k.npz")
PACKAGED_TRAINING = 8000  # the others test
CLASSES = 10
SIDE = 28
# Each stands there as named, with a dot for the last dash but one (train-images.idx3-ubyte), and with .gz or without.
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CURE = f"Cure: put MNIST's four files there, gzipped or not: {', '.join(FILES)}."

Folder = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Digits:
    """Images and labels as they were read, uint8 on the CPU: (n, 28, 28) and (n,)."""

    images: Array
    labels: Array

    def dataset(self, device: DeviceLike | None = None) -> Dataset:
        """The digits on a device: images (n, 1, 28, 28) in [0, 1], labels int64 (n,)."""
        found = find_device(device)
        # Bytes travel, and become four or eight times as large only where they are needed.
        images = xp.astype(self.images.to_device(found), xp.get_default_dtype()) / 255
        labels = xp.astype(self.labels.to_device(found), xp.int64)
        return Dataset(xp.reshape(images, (-1, 1, SIDE, SIDE)), labels)

    def crc32(self) -> int:
        """A checksum, which tells whether two sets of digits are the same."""
        return zlib.crc32(self.labels.numpy().data, zlib.crc32(self.images.numpy().data))


def load_mnist(directory: Folder | None = None, *, device: DeviceLike | None = None) -> tuple[Dataset, Dataset]:
    """The digits for training and those for testing.

    Args:
        directory: with MNIST's four IDX files, gzipped or not; None: 8,000 and 2,000 digits that
            ship with xnn.
        device: where they shall lie; None: the default device.

    Returns:
        Two data sets of images, (n, 1, 28, 28) in [0, 1], of the default data type, which models
        have as well (see `xnn.set_default_dtype`), and labels, int64 (n,) from 0 to 9.

    Raises:
        DataError: if a file is missing or damaged, or holds something else; says which.

    Example:
        >>> import xnn as xp
        >>> train, test = xp.data.load_mnist(device="cpu")
        >>> train
        Dataset(inputs (8000, 1, 28, 28), labels (8000,), device='numpy:cpu')
    """
    train, test = read_mnist(directory)
    return train.dataset(device), test.dataset(device)


def read_mnist(directory: Folder | None = None) -> tuple[Digits, Digits]:
    """As `load_mnist`, but the bytes as they are in the files."""
    if directory is None:
        return _packaged()
    folder = Path(directory)
    try:
        if not folder.is_dir():
            raise DataError(f"MNIST is read from a folder, and {folder} is none. {CURE}")
        paths = [_find(folder, name) for name in FILES]
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}. Cure: give leave to read it.") from error
    for images_path, labels_path in (paths[:2], paths[2:]):
        _check_headers(images_path, labels_path)  # of all, before memory is taken for one
    return _digits(*paths[:2]), _digits(*paths[2:])


def _packaged() -> tuple[Digits, Digits]:
    try:
        arrays = read_npz(PACKAGED)
        images, labels = (xp.asarray(arrays[name], device="cpu") for name in ("images", "labels"))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{PACKAGED} is missing or damaged ({error}). Cure: reinstall xnn-array.") from error
    cut = PACKAGED_TRAINING
    return Digits(images[:cut], labels[:cut]), Digits(images[cut:], labels[cut:])


def _find(folder: Path, name: str) -> Path:
    head, dash, tail = name.rpartition("-idx")
    for candidate in (name, f"{head}.{dash[1:]}{tail}"):
        for path in (folder / candidate, folder / f"{candidate}.gz"):
            if path.exists():
                return path
    raise DataError(f"there is no {name} and no {name}.gz in {folder}. {CURE}")


def _check_headers(images_path: Path, labels_path: Path) -> None:
    """Raise DataError if two files do not say that they hold as many images as labels."""
    images, labels = read_idx_header(images_path), read_idx_header(labels_path)
    for path, (dtype, shape), wanted, fits in (
        (images_path, images, f"(n, {SIDE}, {SIDE})", len(images[1]) == 3 and images[1][1:] == (SIDE, SIDE)),
        (labels_path, labels, "(n,)", len(labels[1]) == 1),
    ):
        if not fits or dtype != "uint8" or 0 in shape:
            raise DataError(
                f"{path} holds no MNIST: it has uint8 of shape {wanted} with n of at least 1; "
                f"it holds {dtype} of shape {shape}. {CURE}"
            )
    if images[1][0] != labels[1][0]:
        raise DataError(
            f"each image has one label; {images_path} holds {images[1][0]} images, "
            f"{labels_path} {labels[1][0]} labels. Cure: take both from the same set."
        )


def _digits(images_path: Path, labels_path: Path) -> Digits:
    labels = read_idx(labels_path)
    if (largest := int(xp.max(labels))) >= CLASSES:
        raise DataError(f"labels are from 0 to 9; {labels_path} holds a {largest}. Cure: get the file anew.")
    return Digits(read_idx(images_path), labels)
