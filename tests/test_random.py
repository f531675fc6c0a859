"""Random numbers: NumPy's Philox bit for bit, the same on every device."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError
from xnn.random import Generator


def numpys(seed, dtype, *sizes):
    """What numpy.random.Generator(Philox) draws; each draw starts a block of 256 bits."""
    block, found = 0, []
    for size in sizes:
        found.append(np.random.Generator(np.random.Philox(key=seed, counter=block)).random(size, dtype))
        block += -(-size * np.dtype(dtype).itemsize // 32)
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", [0, 1, 7, 2**63 + 5, 2**64 - 1])
def test_uniform_is_numpys_bit_for_bit(seed, dtype, device):
    ours = Generator(seed)
    sizes = (1, 2, 3, 4, 5, 7, 8, 9, 0, 1000)
    for size, expected in zip(sizes, numpys(seed, dtype, *sizes), strict=True):
        came = ours.uniform(size, dtype=dtype, device=device)
        assert came.device is device
        assert came.dtype.name == dtype
        np.testing.assert_array_equal(came.numpy(), expected, strict=True)


def test_a_stream_goes_on_where_it_was(device):
    """Whole blocks drawn one after another are one long stream."""
    parts = Generator(3)
    long = Generator(3).uniform(64, device=device).numpy()
    short = np.concatenate([parts.uniform(n, device=device).numpy() for n in (8, 16, 40)])
    np.testing.assert_array_equal(short, long)


def test_shapes_and_ranges(device):
    g = Generator(1)
    assert g.uniform((2, 3), device=device).shape == (2, 3)
    assert g.uniform((), device=device).shape == ()
    assert g.uniform((0, 3), device=device).shape == (0, 3)
    assert g.normal((3,), device=device).shape == (3,)
    assert g.normal((), device=device).shape == ()
    assert g.normal((0,), device=device).shape == (0,)
    assert g.permutation(0, device=device).shape == (0,)
    x = g.uniform(1000, -3.0, 5.0, device=device).numpy()
    assert -3 <= x.min() < -2.9
    assert 4.9 < x.max() < 5


def test_permutations_are_the_same_on_every_device(device):
    for n in (1, 2, 17, 257):
        came = Generator(11).permutation(n, device=device)
        assert came.dtype is xp.int64
        assert came.device is device
        np.testing.assert_array_equal(came.numpy(), np.argsort(numpys(11, "float64", n)[0], stable=True))
        assert sorted(came.tolist()) == list(range(n))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_is_near_on_every_device(dtype, device):
    expected = Generator(5).normal(1001, dtype=dtype, device="numpy:cpu").numpy()
    came = Generator(5).normal(1001, dtype=dtype, device=device).numpy()
    assert came.dtype == expected.dtype
    assert_close(came, expected)


def test_normal_has_its_moments():
    x = Generator(2).normal((200_000,), 3.0, 2.0, dtype=xp.float64, device="cpu").numpy()
    z = (x - 3) / 2
    assert abs(z.mean()) < 0.01
    assert abs(z.std() - 1) < 0.01
    assert abs((z**3).mean()) < 0.03
    assert abs((z**4).mean() - 3) < 0.06
    assert np.isfinite(x).all()
    assert abs(np.corrcoef(z[:100_000], z[100_000:])[0, 1]) < 0.01  # the pairs of one draw are independent


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_are_uniform(dtype):
    x = Generator(4).uniform(100_000, dtype=dtype, device="cpu").numpy()
    counts = np.histogram(x, bins=100, range=(0, 1))[0]
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert 50 < chi_square < 160  # 99 degrees of freedom; one run in 10,000 leaves this
    assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 0.012
    assert x.min() >= 0
    assert x.max() < 1


def test_permutations_are_uniform():
    g, counts = Generator(6), np.zeros((4, 4))
    for _ in range(2000):
        counts[np.arange(4), g.permutation(4, device="cpu").numpy()] += 1
    assert abs(counts - 500).max() < 100


def test_seeds_make_different_streams():
    draws = [tuple(Generator(seed).uniform(4, device="cpu").tolist()) for seed in range(100)]
    assert len(set(draws)) == 100


def test_state(device):
    g = Generator(9)
    g.uniform(5, device=device)
    state = g.state_dict()
    assert state == {"seed": 9, "block": 1}
    expected = g.normal(7, device=device).tolist()
    other = Generator(0)
    other.load_state_dict(state)
    assert other.normal(7, device=device).tolist() == expected
    assert Generator(**state).normal(7, device=device).tolist() == expected


def test_manual_seed_starts_the_default_stream_anew(device):
    assert xp.random.manual_seed(5) is xp.random.default_generator()
    first = [xp.random.uniform(3, device=device).tolist(), xp.random.normal(3, device=device).tolist()]
    xp.random.manual_seed(5)
    assert [xp.random.uniform(3, device=device).tolist(), xp.random.normal(3, device=device).tolist()] == first
    xp.random.manual_seed(5)
    assert xp.random.permutation(5, device=device).tolist() == Generator(5).permutation(5, device=device).tolist()


def test_one_stream_whatever_the_devices():
    """What was drawn on one device moves the stream on for all."""
    g, mixed = Generator(8), Generator(8)
    expected = [g.uniform(n, device="numpy:cpu").tolist() for n in (3, 20, 5)]
    places = ("numpy:cpu", "strict:device1", "numpy:cpu")
    assert [mixed.uniform(n, device=d).tolist() for n, d in zip((3, 20, 5), places, strict=True)] == expected


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, 1.0, "1", None, True, [1]], ids=repr)
def test_bad_seeds_are_refused(seed):
    for start in (Generator, xp.random.manual_seed):
        with pytest.raises(OptionError, match=r"a seed is an int from 0 to 2\*\*64 - 1; got "):
            start(seed)
    state = xp.random.default_generator().state_dict()
    with pytest.raises(OptionError):
        xp.random.default_generator().load_state_dict({"seed": seed, "block": 0})
    assert xp.random.default_generator().state_dict() == state


def test_seeds_of_numpy_are_taken():
    assert type(Generator(np.int64(7)).seed) is int
    assert Generator(np.int64(7)).uniform(3).tolist() == Generator(7).uniform(3).tolist()


@pytest.mark.parametrize("dtype", [xp.int64, "bool", xp.complex64])
def test_bad_types_are_refused(dtype):
    with pytest.raises(OptionError, match="random numbers are float16, bfloat16, float32, float64; got "):
        Generator(1).uniform(3, dtype=dtype)


def test_no_type_at_all_is_refused():
    with pytest.raises(DTypeError, match="'float31' is not a data type"):
        Generator(1).uniform(3, dtype="float31")
