"""One stream of random numbers on every device: numpy.random.Philox's, bit for bit."""

import numpy as np
import pytest

from xnn_backends import dtypes
from xnn_backends.philox import philox_blocks

pytestmark = pytest.mark.every_device

# Around what a thread draws (4 or 8 numbers), what a block of 256 threads draws, and several blocks.
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 17, 255, 1023, 1024, 1025, 2047, 2048, 2049, 10_001)
POSITIONS = [(0, 0), (1, 0), (7, 3), (2**32 + 5, 2**40 + 1), (2**63, 2**63), (2**64 - 1, 2**64 - 3000)]


def numpys(seed, block, size, dtype):
    bits = np.random.Philox(key=seed, counter=block)
    return np.random.Generator(bits).random(size, dtype.name)


def drawn(device, seed, block, size, dtype):
    raw = device.backend.random_uniform(seed, block, size, dtype, device)
    assert device.backend.device_of(raw) is device
    assert device.backend.dtype_of(raw) is dtype
    assert tuple(raw.shape) == (size,)
    return device.backend.to_numpy(raw)


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=str)
@pytest.mark.parametrize(("seed", "block"), POSITIONS)
def test_stream(device, seed, block, dtype):
    for size in SIZES:
        came = drawn(device, seed, block, size, dtype)
        np.testing.assert_array_equal(came, numpys(seed, block, size, dtype), strict=True)


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=str)
def test_stream_goes_on(device, dtype):
    """Two draws, the second from where the first ended, are the draws of one."""
    first, second = 24, 100  # whole blocks, so that none is left over
    position = philox_blocks(first, dtype)
    whole = drawn(device, 5, 0, first + second, dtype)
    parts = [drawn(device, 5, 0, first, dtype), drawn(device, 5, position, second, dtype)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(("dtype", "each"), [(dtypes.float32, 8), (dtypes.float64, 4)], ids=["float32", "float64"])
def test_blocks(dtype, each):
    """How far a draw moves the position: as far as NumPy's counter."""
    assert [philox_blocks(n, dtype) for n in (0, 1, each - 1, each, each + 1)] == [0, 1, 1, 1, 2]
    for size in SIZES:
        bits = np.random.Philox(key=1, counter=0)
        np.random.Generator(bits).random(size, dtype.name)
        assert philox_blocks(size, dtype) == bits.state["state"]["counter"][0]


def test_draws_are_writable_and_separate(device):
    one, other = (device.backend.random_uniform(3, 0, 9, dtypes.float32, device) for _ in range(2))
    with device.scope():
        one[0] = 5.0
    assert float(device.backend.to_numpy(one)[0]) == 5
    assert float(device.backend.to_numpy(other)[0]) < 1


def test_range(device):
    """From 0, which comes, to 1, which does not."""
    for dtype in (dtypes.float32, dtypes.float64):
        x = drawn(device, 11, 0, 50_000, dtype)
        assert (x >= 0).all()
        assert (x < 1).all()
        assert abs(float(x.mean()) - 0.5) < 0.01
