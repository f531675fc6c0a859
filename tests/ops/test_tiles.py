"""Kernels of windows and pools on small operands, made to do what they do on large ones: tiles, loops and threads."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.ops.kernel_rows import CALLS
from tests.ops.kernels import Subject
from xnn.ops import conv
from xnn_backends import fast, find_device, numpy_kernels
from xnn_backends.fast import threads
from xnn_backends.numpy_kernels import tiles

NAMES = sorted(
    {**numpy_kernels.conv.kernels(), **numpy_kernels.pooling.kernels(), **numpy_kernels.adaptive_pooling.kernels()}
)
SPECIAL = (math.nan, math.inf, -math.inf)


@pytest.fixture
def many_threads(monkeypatch):
    """Three of them, whatever the machine has."""
    threads._pool.cache_clear()
    monkeypatch.setattr(threads, "count", lambda: 3)
    monkeypatch.setattr(threads, "products_in_parts", threads.in_parts)
    yield
    threads._pool().shutdown()
    threads._pool.cache_clear()


@pytest.fixture(params=["one line", "some lines"])
def small_tiles(request, monkeypatch):
    """Tiles of a line, and of a few."""
    size = 1 if request.param == "one line" else 600
    monkeypatch.setattr(tiles, "TILE", size)
    monkeypatch.setattr(numpy_kernels.pooling, "TILE", size)
    monkeypatch.setattr(fast.minimal, "TILE", size)


def holds(name, kernel):
    subject = Subject(name, kernel, find_device("numpy:cpu"))
    for call in CALLS[name]:
        for dtype in ("float32", "float64"):
            subject.holds(call.draw(dtype, 1), call.static)
            subject.holds_in_any_memory(call.draw(dtype, 2), call.static)
            for value in SPECIAL:
                subject.holds_with(value, call.draw(dtype, 3), call.static, range(len(call.operands)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("small_tiles")
def test_small_tiles(name):
    holds(name, numpy_kernels.kernels()[name])


@pytest.mark.needs("fast")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("small_tiles", "many_threads")
def test_compiled_loops(name, monkeypatch):
    for chapter in (fast.conv, fast.pooling):
        monkeypatch.setattr(chapter, "LEAST", 0)
    monkeypatch.setattr(fast.pooling, "PART", 1)
    monkeypatch.setattr(fast.minimal, "LEAST", 1)
    kernels = {**fast.conv.kernels(), **fast.pooling.kernels()}
    if name in kernels:
        holds(name, kernels[name])


@pytest.mark.needs("fast")
def test_threads_of_the_user_convolve_at_once(monkeypatch):
    threads._pool.cache_clear()
    monkeypatch.setattr(threads, "count", lambda: 2)
    before = [library.get_num_threads() for library in threads._libraries()]
    random = np.random.default_rng(0)
    static = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    weights = [random.uniform(-1, 1, (outputs, 16, 3, 3)) for outputs in (16, 17, 3, 16, 24, 5)]
    x = random.uniform(-1, 1, (4, 16, 64, 64))
    expected = [conv.conv(x, weight, **static) for weight in weights]
    with ThreadPoolExecutor(3) as users:
        found = [*users.map(lambda weight: conv.conv(x, weight, **static), weights * 3)]
    for came, again in zip(found, expected * 3, strict=True):
        assert came.tobytes() == again.tobytes()
    assert [library.get_num_threads() for library in threads._libraries()] == before
