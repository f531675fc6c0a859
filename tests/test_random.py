"""Random numbers: NumPy's Philox bit for bit, the same on every device."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.errors import DTypeError, OptionError
from xnn.random import Generator

pytestmark = pytest.mark.every_device


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
    x = g.uniform(1000, low=-3.0, high=5.0, device=device).numpy()
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
    x = Generator(2).normal((200_000,), mean=3.0, std=2.0, dtype=xp.float64, device="cpu").numpy()
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


BOUNDS = [(1000, 1001), (-1, 1), (0.1, 0.7), (-0.3, -0.1), (-7, -6.9), (1, 1.002), (-5e4, 5e4), (0, 1e-7), (3, 3)]


def neighbours(low, high, dtype):
    """The least and the largest of NumPy's numbers of a type in [low, high)."""
    least, largest = np.asarray(low, dtype), np.asarray(high, dtype)
    least = np.nextafter(least, dtype(np.inf)) if float(least) < low else least
    return least, np.nextafter(largest, dtype(-np.inf)) if float(largest) >= high > low else largest


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), BOUNDS, ids=str)
def test_the_upper_bound_never_comes(low, high, dtype, device, monkeypatch):
    """The outermost numbers of the stream, and some between: NumPy's arithmetic, kept inside of [low, high)."""
    drawn = np.float64 if dtype == "float64" else np.float32
    step = 2.0 ** (-53 if dtype == "float64" else -24)
    u = np.asarray([0, step, 0.5, 1 - 3 * step, 1 - 2 * step, 1 - step], drawn)
    put = device.backend.from_numpy(u, device)
    monkeypatch.setattr(device.backend, "random_uniform", lambda *_: put)
    if xp.dtypes.as_dtype(dtype) not in device.backend.raw_dtypes:
        pytest.skip(f"{device} has no {dtype}")
    came = Generator(1).uniform(6, low=low, high=high, dtype=dtype, device=device).numpy()
    expected = (u * drawn(high - low) + drawn(low)).astype(dtype)
    expected = np.clip(expected, *neighbours(low, high, np.dtype(dtype).type))
    np.testing.assert_array_equal(came, expected, strict=True)
    assert (came.astype("float64") >= low).all()
    assert (came.astype("float64") < high).all() or low == high
    assert (low, high, dtype) != (1000, 1001, "float32") or came[-1] == np.nextafter(np.float32(1001), np.float32(0))


def test_rounded_ones_never_come(device):
    """Half precision: 4 of 10,000 numbers of float32 are rounded to 1."""
    if xp.float16 not in device.backend.raw_dtypes:
        pytest.skip(f"{device} has no float16")
    x = Generator(0).uniform(30_000, dtype="float16", device=device).numpy()
    exact = np.random.Generator(np.random.Philox(key=0)).random(30_000, np.float32).astype(np.float16)
    np.testing.assert_array_equal(x, np.minimum(exact, np.nextafter(np.float16(1), np.float16(0))), strict=True)
    assert exact.max() == 1 > x.max()


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1, 0, "low is at most high, and within 3.403e+38 of it; got low=1.0, high=0.0"),
        (-3e38, 3e38, "low is at most high, and within 3.403e+38 of it; got low=-3e+38, high=3e+38"),
        (np.nan, 1, "low is a number from -3.40"),
        (0, np.inf, "high is a number from -3.40"),
        (0, 1e39, "high is a number from -3.40"),
        (0, 10**400, "high is a number from -3.40"),
        ("0", 1, "low is a number from -3.40"),
        (1 + 1e-12, 1 + 2e-12, "no float32 lies in [low, high); got low=1.000000000001, high=1.000000000002. Cure: "),
    ],
    ids=str,
)
def test_bounds_are_checked(low, high, text):
    stream = Generator(1)
    with pytest.raises(OptionError) as error:
        stream.uniform(3, low=low, high=high, dtype="float32")
    assert str(error.value).startswith(f"uniform: {text}")
    assert stream.block == 0


def test_bounds_may_be_arrays_of_one_number():
    for one in (np.float64, np.float32, np.asarray, lambda x: xp.asarray(x, device="cpu")):
        x = Generator(1).uniform(5, low=one(2.0), high=one(3.0), dtype="float32", device="cpu")
        np.testing.assert_array_equal(x.numpy(), Generator(1).uniform(5, device="cpu").numpy() + np.float32(2))


def test_deviations_are_not_negative():
    for std in (-1, np.nan, -0.1):
        with pytest.raises(OptionError, match=r"^normal: std is a number from 0\.0 to 3\.40"):
            Generator(1).normal(3, std=std)
    assert Generator(1).normal(3, mean=2.0, std=0, device="cpu").tolist() == [2.0] * 3


def test_normal_numbers_are_finite(device, monkeypatch):
    """Of the outermost uniform numbers, too: the logarithm of 0 is never asked for."""
    for dtype, step in (("float32", 2.0**-24), ("float64", 2.0**-53)):
        put = device.backend.from_numpy(np.asarray([0, 1 - step, 0, 1 - step], dtype), device)
        monkeypatch.setattr(device.backend, "random_uniform", lambda *_, put=put: put)
        assert np.isfinite(Generator(1).normal(4, dtype=dtype, device=device).numpy()).all()


# ---- how they are written ----


ORDER = {
    "normal(3, 4)": lambda r: r.normal(3, 4),
    "normal((3,), scale=4)": lambda r: r.normal((3,), scale=4),
    "normal(3, loc=4)": lambda r: r.normal(3, loc=4),
    "normal(3, 4, std=2)": lambda r: r.normal(3, 4, std=2),
    "normal(mean=3, size=4)": lambda r: r.normal(mean=3, size=4),
    "uniform(0, 5)": lambda r: r.uniform(0, 5),
    "uniform((0, 1), (2, 3), (5, 2), 1)": lambda r: r.uniform((0, 1), (2, 3), (5, 2), 1),
}
NUMPYS = {
    "normal(0.0, 1.0, (3, 4))": (lambda r: r.normal(0.0, 1.0, (3, 4)), (3, 4)),
    "normal(0, 1, 4)": (lambda r: r.normal(0, 1, 4), (4,)),
    "normal(loc=3, scale=4)": (lambda r: r.normal(loc=3, scale=4), ()),
    "normal(0.0, size=4)": (lambda r: r.normal(0.0, size=4), (4,)),
    "normal(size=(3, 4))": (lambda r: r.normal(size=(3, 4)), (3, 4)),
    "normal()": (lambda r: r.normal(), ()),
    "normal(array, 2.0)": (lambda r: r.normal(np.zeros(3), 2.0), (3,)),
    "normal(array)": (lambda r: r.normal(np.zeros(3)), (3,)),
    "normal(0.0, array, (2, 3))": (lambda r: r.normal(0.0, np.ones(3), (2, 3)), (2, 3)),
    "uniform(0, 1, 5)": (lambda r: r.uniform(0, 1, 5), (5,)),
    "uniform(0.0, 1.0)": (lambda r: r.uniform(0.0, 1.0), ()),
    "uniform(size=5)": (lambda r: r.uniform(size=5), (5,)),
    "uniform(low=array, high=2.0)": (lambda r: r.uniform(low=np.zeros(3), high=2.0, size=None), (3,)),
}


@pytest.mark.parametrize("name", NUMPYS)
def test_numpys_order_is_taken_where_it_is_clear(name):
    draw, shape = NUMPYS[name]
    assert draw(np.random).shape == shape if shape else np.isscalar(draw(np.random))
    for owner in (xp.random, Generator(1)):
        assert draw(owner).shape == shape


@pytest.mark.parametrize("came", ORDER)
def test_numpys_order_is_refused(came):
    """What NumPy's users write would otherwise be read as shapes: normal(3, 4) as three numbers around 4."""
    name = came.partition("(")[0]
    options, numpys = {"normal": ("mean std", "loc, scale, size"), "uniform": ("low high", "low, high, size")}[name]
    named = "".join(f", {option}=..." for option in (*options.split(), "dtype", "device"))
    cure = f"{name}(shape{named}), where NumPy has {name}({numpys})."
    for owner in (xp.random, Generator(1)):
        with pytest.raises(TypeError) as error:
            ORDER[came](owner)
        assert str(error.value) == f"{name} takes shape first, and the rest by its name; got {came}. Cure: {cure}"
    for drawn in (xp.random.normal(3, mean=4.0, std=0.0, device="cpu"), xp.random.normal((3,), 4.0, 0.0, device="cpu")):
        assert drawn.tolist() == [4.0] * 3


@pytest.mark.parametrize("shape", [-1, (2, -1), 2.5, (2.0,), "ab", None, [[1]]], ids=repr)
def test_shapes_are_checked(shape):
    for draw in (xp.random.normal, xp.random.uniform, Generator(1).normal):
        with pytest.raises(OptionError) as error:
            draw(shape)
        assert str(error.value) == (
            f"{draw.__name__}: shape is an int of at least 0, or a tuple of them; got {shape!r}"
        )


def test_shapes_of_numpy_are_taken():
    for shape in (np.int64(3), (np.int64(3),), [3], np.asarray([3])):
        assert Generator(1).uniform(shape, device="cpu").shape == (3,)


@pytest.mark.parametrize("n", [-1, 2.0, "3", (3,), None], ids=repr)
def test_lengths_of_permutations_are_checked(n):
    with pytest.raises(OptionError, match=r"^permutation: n is an int of at least 0; got "):
        xp.random.permutation(n)


def test_names_of_others_have_a_cure():
    for name in ("set_seed", "PRNGKey", "ranf", "get_state", "set_state", "randperm"):
        assert not hasattr(xp.random, name)
        with pytest.raises(AttributeError, match=rf"^module 'xnn.random' has no attribute '{name}'. Cure: \w"):
            getattr(xp.random, name)
    with pytest.raises(AttributeError, match=r"^module 'xnn.random' has no attribute 'nothing'$"):
        _ = xp.random.nothing


@pytest.mark.parametrize("dtype", [xp.int64, "bool", xp.complex64])
def test_bad_types_are_refused(dtype):
    with pytest.raises(OptionError, match="random numbers are float16, bfloat16, float32, float64; got "):
        Generator(1).uniform(3, dtype=dtype)


def test_no_type_at_all_is_refused():
    with pytest.raises(DTypeError, match="'float31' is not a data type"):
        Generator(1).uniform(3, dtype="float31")
