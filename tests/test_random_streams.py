"""Who draws from a stream: threads share it out, processes have their own, and what is drawn again is nobody else's."""

import concurrent.futures
import functools
import itertools
import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import xnn as xp
from tests.backends.processes import run
from xnn.errors import CheckpointError, OptionError
from xnn.random import Generator, default_generator

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_threads(*functions):
    """Run functions at once, with threads that change places often."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=function) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


def firsts(seed, count):
    """The first number of each block of NumPy's stream."""
    return np.random.Generator(np.random.Philox(key=seed)).random(4 * count)[::4].tolist()


# ---- threads ----


@pytest.mark.parametrize("is_default", [True, False], ids=["default", "own"])
def test_threads_share_a_stream_out(is_default):
    """Together they draw what one would: NumPy's numbers, none twice and none left out."""
    stream = xp.random.manual_seed(12) if is_default else Generator(12)
    drawn = [[] for _ in range(8)]

    def draw(mine):
        for _ in range(1000):
            mine.append(stream.uniform((), dtype="float64", device="cpu").item())

    in_threads(*[functools.partial(draw, mine) for mine in drawn])
    assert sorted(itertools.chain(*drawn)) == sorted(firsts(12, 8000))
    assert stream.state_dict() == {"seed": 12, "block": 8000}


def test_a_state_is_of_one_moment():
    stream, torn = Generator(1, 1), []

    def write():
        for i in range(4000):
            stream.load_state_dict({"seed": i, "block": i})

    def read():
        for _ in range(4000):
            state = stream.state_dict()
            if state["seed"] != state["block"]:
                torn.append(state)

    in_threads(write, write, read, read)
    assert not torn


def test_what_is_drawn_again_moves_nobody_else():
    """A thread that computes a forward pass a second time goes back in the stream alone."""
    xp.random.manual_seed(4)
    again = xp.random.replay()
    expected = firsts(4, 6)
    numbers = [xp.random.uniform(1, dtype="float64", device="cpu").item()]
    drawn = []

    def elsewhere():
        drawn.append(xp.random.uniform(1, dtype="float64", device="cpu").item())

    with again():
        assert xp.random.uniform(1, dtype="float64", device="cpu").item() == expected[0]
        in_threads(elsewhere)
        with xp.random.replay()():  # which one inside another has as well
            assert xp.random.uniform(1, dtype="float64", device="cpu").item() == expected[1]
        assert default_generator().state_dict() == {"seed": 4, "block": 1}
        assert xp.random.uniform(1, dtype="float64", device="cpu").item() == expected[1]
    numbers += drawn
    assert default_generator().state_dict() == {"seed": 4, "block": 2}
    assert numbers == expected[:2]


# ---- processes ----


def numbers(_=None):
    """What a process draws first."""
    return tuple(xp.random.uniform(4, device="cpu").tolist())


def forked(count):
    """What as many forked children draw first."""
    found = []
    for _ in range(count):
        read, write = os.pipe()
        if not os.fork():
            os.write(write, repr(numbers()).encode())
            os._exit(0)
        os.wait()
        found.append(os.read(read, 1000).decode())
        os.close(read)
        os.close(write)
    return found


def forked_twice():
    """Of two runs with one seed: what children draw before and after the parent does, and what the parent draws."""
    runs = []
    for _ in range(2):
        xp.random.manual_seed(3)
        runs.append([*forked(3), repr(numbers()), *forked(2)])
    runs.append([repr(Generator(3).uniform(4, device="cpu").tolist())])
    return runs


@FORKS
def test_forked_processes_have_streams_of_their_own():
    first, second, (parents,) = map(
        eval, run("from tests.test_random_streams import *\nprint(*forked_twice(), sep='\\n')")
    )
    assert first == second  # a seed decides what children draw
    assert len(set(first)) == 6  # no two draw the same
    assert eval(first[3]) == tuple(eval(parents))  # and the parent draws as if there were none


def grandchildren():
    """What a child and its children draw."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return [numbers(), *pool.map(numbers, range(2), chunksize=1)]


@FORKS
def test_children_of_children():
    program = """
import concurrent.futures, multiprocessing
from tests.test_random_streams import *
with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    found = [pool.submit(grandchildren) for _ in range(4)]
    drawn = [numbers(), *(x for one in found for x in one.result())]
print(len(drawn), len(set(drawn)))
"""
    assert run(program) == ["13 13"]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_of_multiprocessing(method):
    """Also those that import xnn for the first time, or anew."""
    program = f"""
import multiprocessing
IMPORT
from tests.backends.workers import first_numbers
workers = [multiprocessing.get_context({method!r}).Pool(1) for _ in range(3)]
drawn = [numbers for pool in workers for numbers in pool.map(first_numbers, [0, 0])]
print(len(drawn), len(set(drawn)))
for pool in workers:
    pool.terminate()
    pool.join()
"""
    for line in ("import xnn", ""):
        assert run(program.replace("IMPORT", line)) == ["6 6"]


def test_a_worker_that_is_seeded_draws_what_the_seed_says():
    program = """
import multiprocessing
from tests.backends.workers import seeded_numbers
with multiprocessing.get_context("spawn").Pool(2) as pool:
    print(*set(pool.map(seeded_numbers, [9] * 4, chunksize=1)))
"""
    assert run(program) == [str(tuple(Generator(9).uniform(4, device="cpu").tolist()))]


def test_another_program_is_no_child():
    xp.random.manual_seed(3)
    subprocess.run([sys.executable, "-c", ""], check=True)
    assert numbers() == tuple(Generator(3).uniform(4, device="cpu").tolist())


# ---- streams that are spawned ----


@pytest.mark.every_device
def test_spawned_streams(device):
    stream = Generator(9)
    first, second = stream.spawn(2)
    third, fourth = stream.split()
    drawn = [tuple(g.uniform(4, device=device).tolist()) for g in (stream, first, second, third, fourth)]
    assert len(set(drawn)) == 5
    again = Generator(9)
    assert [g.seed for g in again.spawn(4)] == [g.seed for g in (first, second, third, fourth)]
    assert again.block == 0  # nothing is drawn
    again.uniform(1)
    assert again.spawn(1)[0].seed not in {g.seed for g in (first, second, third, fourth)}


def test_numpys_names_of_streams():
    assert xp.random.seed(5) is None
    expected = [g.seed for g in Generator(5).spawn(2)]
    assert [xp.random.default_rng().seed, xp.random.RandomState().seed] == expected
    stream = Generator(3)
    assert xp.random.default_rng(stream) is stream
    assert xp.random.RandomState(3).randn(2, 2).tolist() == Generator(3).normal((2, 2)).tolist()


def drawn_by(stream):
    return tuple(stream.uniform(4, device="cpu").tolist())


def drawn_by_default(_):
    return tuple(xp.random.gamma(2.0, size=4, device="cpu").tolist())


def of_workers():
    """What workers draw of streams that were spawned for them, and of the default one; and their parent."""
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        streams = xp.random.default_generator().spawn(4)
        return [drawn_by_default(None), *pool.map(drawn_by, streams), *map(drawn_by, xp.random.spawn(2))]


@FORKS
def test_workers_draw_from_spawned_streams():
    program = """
from tests.test_random_streams import *
runs = []
for _ in range(2):
    xp.random.manual_seed(3)
    runs.append(of_workers())
print(runs[0] == runs[1], len(runs[0]), len(set(runs[0])))
"""
    assert run(program) == ["True 7 7"]


@FORKS
def test_forked_children_and_spawned_streams_differ():
    program = """
from tests.test_random_streams import *
found = [drawn_by(xp.random.spawn(1)[0])]
for _ in range(3):
    read, write = os.pipe()
    if not os.fork():
        os.write(write, repr(tuple(xp.random.uniform(4, device="cpu").tolist())).encode())
        os._exit(0)
    os.wait()
    found.append(eval(os.read(read, 1000)))
found.append(drawn_by(xp.random.spawn(1)[0]))
print(len(set(found)))
"""
    assert run(program) == ["5"]


# ---- what is refused ----


@pytest.mark.parametrize("state", [{}, None, [], 5, {"seed": 1}, {"block": 1}, {"Seed": 1, "block": 2}], ids=str)
def test_what_is_no_state_is_refused(state):
    stream = Generator(7, 5)
    with pytest.raises(CheckpointError) as error:
        stream.load_state_dict(state)
    assert str(error.value) == (
        f"the state of a Generator has seed and block; got {state!r}. "
        "Cure: what state_dict gave, or manual_seed(seed) to start anew."
    )
    assert stream.state_dict() == {"seed": 7, "block": 5}


@pytest.mark.parametrize(
    "state", [{"seed": 1, "block": -1}, {"seed": 1, "block": "2"}, {"seed": 2.0, "block": 1}], ids=str
)
def test_a_refused_state_changes_nothing(state):
    stream = Generator(7, 5)
    with pytest.raises(OptionError, match=r" is an int from 0 to 2\*\*64 - 1; got "):
        stream.load_state_dict(state)
    assert stream.state_dict() == {"seed": 7, "block": 5}


@pytest.mark.every_device
def test_the_end_of_a_stream(device):
    stream = Generator(1, 2**64 - 3)
    stream.uniform(16, device=device)
    with pytest.raises(OptionError, match=r"^a stream of random numbers ends at block 2\*\*64 - 1; this one is at "):
        stream.uniform(1, device=device)
    assert Generator(**stream.state_dict()).state_dict() == {"seed": 1, "block": 2**64 - 1}


def test_a_draw_that_fails_leaves_the_stream_where_it_is():
    stream = Generator(1)
    with pytest.raises(MemoryError):
        stream.uniform(2**50, device="numpy:cpu")
    assert stream.state_dict() == {"seed": 1, "block": 0}
