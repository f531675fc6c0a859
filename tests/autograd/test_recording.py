"""Whether the graph is being recorded: contexts, decorators, threads, generators."""

import asyncio
import threading

import pytest

import xnn as xp
from xnn.autograd import graph


def leaf(values=(1.0, 2.0), device="cpu"):
    return xp.asarray(list(values), device=device, requires_grad=True)


def recorded():
    return (leaf() * 2.0).requires_grad


def test_no_grad_and_enable_grad_nest(device):
    x = leaf(device=device)
    assert (2 * x).requires_grad
    with xp.no_grad():
        assert not (2 * x).requires_grad
        with xp.enable_grad():
            assert (2 * x).requires_grad
            with xp.no_grad():
                assert not (2 * x).requires_grad
            assert (2 * x).requires_grad
        assert not (2 * x).requires_grad
    assert (2 * x).requires_grad


def test_an_exception_leaves_the_mode_as_it_was():
    with pytest.raises(KeyError), xp.no_grad():
        raise KeyError
    assert recorded()


def test_one_object_may_be_entered_twice():
    mode = xp.no_grad()
    with mode:
        with mode:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_decorators():
    @xp.no_grad()
    def off(depth):
        """Docstring."""
        assert not recorded()
        return on(depth) if depth else "end"

    @xp.enable_grad()
    def on(depth):
        assert recorded()
        return off(depth - 1)

    assert off(3) == "end"
    assert (off.__name__, off.__doc__) == ("off", "Docstring.")
    assert recorded()


def test_decorators_without_brackets():
    @xp.no_grad
    def off():
        """Docstring."""
        return recorded(), on()

    @xp.enable_grad
    def on():
        return recorded()

    assert off() == (False, True)
    assert (off.__name__, off.__doc__) == ("off", "Docstring.")
    assert recorded()


def test_a_decorated_generator_records_nothing_in_its_body_alone():
    @xp.no_grad()
    def generator():
        try:
            while True:
                got = yield recorded()
                if got == "stop":
                    return "result"
        except KeyError:
            yield "caught"

    g = generator()
    assert next(g) is False
    assert recorded()
    assert g.send("more") is False
    assert recorded()
    assert g.throw(KeyError) == "caught"
    g.close()

    def outer():
        found.append((yield from generator()))

    found = []
    g = outer()
    next(g)
    with pytest.raises(StopIteration):
        g.send("stop")
    assert found == ["result"]
    with xp.no_grad():
        assert list(xp.enable_grad()(lambda: iter([recorded()]))()) == [True]


def test_a_generator_is_closed():
    closed = []

    @xp.no_grad()
    def generator():
        try:
            yield 1
        finally:
            closed.append(recorded())

    g = generator()
    next(g)
    g.close()
    assert closed == [False]


def test_a_coroutine_is_refused():
    async def coroutine():
        with xp.no_grad():
            await asyncio.sleep(0)
            return recorded()

    with pytest.raises(TypeError, match=r"no_grad decorates no coroutine\. Cure: a `with` block inside of it"):
        xp.no_grad()(coroutine)

    async def both():
        async def other():
            await asyncio.sleep(0)
            return recorded()

        return await asyncio.gather(coroutine(), other())

    assert asyncio.run(both()) == [False, True]


def test_threads_have_modes_of_their_own():
    found = {}
    inside, done = threading.Event(), threading.Event()

    def off():
        with xp.no_grad():
            inside.set()
            done.wait(5)
            found["off"] = recorded()

    thread = threading.Thread(target=off)
    thread.start()
    inside.wait(5)
    found["main"] = recorded()
    done.set()
    thread.join()
    assert found == {"off": False, "main": True}


def test_threads_compute_their_own_gradients():
    found = [None] * 4

    def work(i):
        total = 0.0
        for _ in range(20):
            x = leaf((float(i), 1.0))
            xp.sum(x * x * x).backward()
            total += x.grad.tolist()[0]
        found[i] = total

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [20 * 3.0 * i**2 for i in range(4)]


def test_a_backward_pass_inside_no_grad():
    x = leaf()
    y = xp.sum(x * x)
    with xp.no_grad():
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert not x.grad.requires_grad


def test_a_number_that_is_looked_at_while_another_thread_ends_its_transform(monkeypatch):
    class Ended(set):
        """As a set that was not empty when it was asked."""

        def __bool__(self):
            return True

    monkeypatch.setattr(graph, "_varied", Ended())
    assert float(xp.sum(leaf() * 2.0)) == 6.0
