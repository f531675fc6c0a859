"""IDX files that tests write."""

import gzip
import struct

import numpy as np

from xnn.data.mnist import FILES, read_mnist

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_mnist(folder, train=200, test=80, *, names=FILES, zipped=False):
    """MNIST's four files with the first of the digits that ship with xnn."""
    folder.mkdir(exist_ok=True)
    digits = [(d.images.numpy()[:n], d.labels.numpy()[:n]) for d, n in zip(read_mnist(), (train, test), strict=True)]
    for name, array in zip(names, (part for pair in digits for part in pair), strict=True):
        content = idx_bytes(np.ascontiguousarray(array))
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder
