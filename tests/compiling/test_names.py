"""What a step knows by name, however deep: where it changes between calls, the numbers are the new ones."""

import collections
import contextvars
import functools
import os
import random
import subprocess
import sys
import types

import numpy as np
import pytest

import xnn as xp
from xnn import nn, optim

FACTOR = 1.0


def by_global(x):
    return x * FACTOR


def put_global():
    global FACTOR
    FACTOR += 1


class Config:
    scale = 1.0


class Owner:
    def __init__(self):
        self.table = {"k": [1.0]}
        self.inner = types.SimpleNamespace(k=1.0)

    @property
    def factor(self):
        return self.table["k"][0]

    def __call__(self, x):
        return x * self.factor

    def method(self, x):
        return x * self.inner.k


class Slotted:
    __slots__ = ("k",)

    def __init__(self):
        self.k = 1.0


class Layer(nn.Module):
    scale = 1.0

    def __init__(self):
        super().__init__()
        self.config, self.names, self.table = types.SimpleNamespace(k=1.0), {1}, {"k": [1.0]}

    def forward(self, x):
        return x * self.scale * self.config.k * len(self.names) * self.table["k"][0]


def hooked(hook):
    layer = nn.Sequential(Layer())
    layer[0].register_forward_hook(hook)
    return layer


def cases():
    """A step's name, the step, and a function that changes what it computes."""
    one, owner, slotted, layer, default, d = (
        [1.0],
        Owner(),
        Slotted(),
        nn.Sequential(Layer()),
        [1.0],
        {"a": [{"b": 1.0}]},
    )
    user, variable, raw = collections.UserDict(k=1.0), contextvars.ContextVar("variable", default=1.0), np.ones(2)
    optimizer = optim.SGD([nn.Parameter(xp.ones(1, device="cpu"))], lr=1.0)

    def with_default(x, k=default):
        return x * k[0]

    def of_function(x):
        return x * of_function.k

    of_function.k = 1.0

    def add(values, key):
        values[key] += 1

    def attribute(x, name):
        setattr(x, name, getattr(x, name) + 1)

    yield "list", lambda x: x * one[0], lambda: add(one, 0)
    yield "length", lambda x: x * len(one), lambda: one.append(1.0)
    yield "nested", lambda x: x * d["a"][0]["b"], lambda: add(d["a"][0], "b")
    yield "global of a function", lambda x: by_global(x), put_global  # not the function itself
    yield "default", with_default, lambda: add(default, 0)
    yield "class", lambda x: x * Config.scale, lambda: attribute(Config, "scale")
    yield "object's class", lambda x: x * getattr(Config(), "scale"), lambda: attribute(Config, "scale")  # noqa: B009
    yield "property", lambda x: x * owner.factor, lambda: add(owner.table["k"], 0)
    yield "method", lambda x: owner.method(x), lambda: attribute(owner.inner, "k")
    yield "object that is called", owner, lambda: add(owner.table["k"], 0)
    yield "slots", lambda x: x * slotted.k, lambda: attribute(slotted, "k")
    yield "attribute of a function", of_function, lambda: attribute(of_function, "k")
    yield "partial", functools.partial(lambda x, k: x * k[0], k=one), lambda: add(one, 0)
    yield "mapping", lambda x: x * user["k"], lambda: add(user, "k")
    yield "variable of the context", lambda x: x * variable.get(), lambda: variable.set(variable.get() + 1)
    yield "option", lambda x: x * optimizer.param_groups[0]["lr"], lambda: add(optimizer.param_groups[0], "lr")
    yield "array of NumPy", lambda x: x * float(raw.sum()), lambda: raw.__iadd__(1)
    yield "module's class", lambda x: layer(x), lambda: attribute(Layer, "scale")
    yield "module's object", lambda x: layer(x), lambda: attribute(layer[0].config, "k")
    yield "module's set", lambda x: layer(x), lambda: layer[0].names.add(len(layer[0].names) + 1)
    yield "module's table", lambda x: layer(x), lambda: add(layer[0].table["k"], 0)
    yield "hook", hooked(lambda module, args, out: out * one[0]), lambda: add(one, 0)
    yield "function in xnn's", xp.grad(lambda x: xp.sum(x * x) * one[0]), lambda: add(one, 0)


@pytest.mark.parametrize(("step", "change"), [case[1:] for case in cases()], ids=[case[0] for case in cases()])
def test_it_changes(step, change):
    fast, x = xp.compile(step), xp.asarray([1.0, 2.0], device="cpu")
    for i in range(6):
        assert fast(x).tolist() == step(x).tolist()
        assert fast(x).tolist() == step(x).tolist()
        if i % 2:
            change()
    assert fast.reason is None
    assert len(fast._programs) == 3


def test_counts_in_a_list():
    count = [0]

    @xp.compile
    def step(x):
        count[0] += 1
        return x * count[0]

    x = xp.asarray(1.0, device="cpu")
    assert [float(step(x)) for _ in range(5)] == [1, 2, 3, 4, 5]


def test_arrays_in_a_list(device):
    weights = [xp.asarray([float(i)], device=device) for i in range(2)]
    fast = xp.compile(lambda x: sum(weights, x))
    x = xp.asarray([0.0], device=device)
    assert [fast(x).tolist(), fast(x).tolist()] == [[1.0], [1.0]]
    weights[0] = xp.asarray([5.0], device=device)
    assert [fast(x).tolist(), fast(x).tolist()] == [[6.0], [6.0]]
    weights.append(x + 1)
    assert fast(x).tolist() == [7.0]


def test_a_module_whose_forward_is_replaced():
    layer = nn.Sequential(nn.Identity())
    fast, x = xp.compile(lambda x: layer(x) + 0), xp.asarray(1.0, device="cpu")
    assert [float(fast(x)), float(fast(x))] == [1.0, 1.0]
    layer[0].forward = lambda x: x * 3
    assert float(fast(x)) == 3.0


def test_buffers_and_gradients_given_back(device):
    norm, weight = nn.BatchNorm1d(2, device=device), nn.Parameter(xp.ones(2, device=device))
    weight.grad = xp.zeros(2, device=device)
    fast = xp.compile(lambda x: (x + 0, norm.running_mean, weight.grad))
    x = xp.ones(2, device=device)
    for i in range(4):
        norm.running_mean = xp.full((2,), float(i), device=device)
        weight.grad = xp.full((2,), i + 0.5, device=device)
        assert [y.tolist() for y in fast(x)[1:]] == [[i, i], [i + 0.5, i + 0.5]]
    assert fast.reason is None


drawing, counting = random.Random(0), iter(range(100))
LONG, WIDE = [1.0] * 3000, np.ones(20000)


@pytest.mark.parametrize(
    ("step", "match"),
    [
        (lambda x: x * random.random(), "random numbers of Python or NumPy are drawn"),
        (lambda x: x * np.random.random(), "random numbers of Python or NumPy are drawn"),  # on purpose
        (lambda x: x * drawing.random(), "it knows Random by name"),
        (lambda x: x * next(counting), "it knows range_iterator by name"),
        (lambda x: x * len(LONG), "it knows a list of 3000 by name"),
        (lambda x: x * float(WIDE.sum()), "an array of shape (20000,) came from outside"),
    ],
    ids=["random", "numpy.random", "Random", "iterator", "long", "wide"],
)
def test_refused(step, match):
    fast = xp.compile(step)
    fast(xp.asarray(1.0, device="cpu"))
    assert match in fast.reason


@pytest.mark.parametrize(
    "look", [lambda r: float(r[0]), lambda r: float(np.sum(r)), lambda r: sum(r.tolist())], ids=["item", "sum", "list"]
)
def test_numbers_of_raw_arguments(look):
    fast, x = xp.compile(lambda x, r: x * look(r)), xp.asarray(1.0, device="cpu")
    found = [float(fast(x, np.asarray([i]))) for i in (1.0, 2.0)]
    assert found == [1.0, 2.0]
    assert "enters no function of xnn's" in fast.reason


def test_raw_outputs_from_elsewhere():
    fast = xp.compile(lambda r: r * 2)
    assert [fast(np.asarray([i])).tolist() for i in (1.0, 2.0)] == [[2.0], [4.0]]
    assert "came from outside of what is recorded" in fast.reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_child_forked_while_another_thread_records():
    """It has the names as they were, and records steps of its own."""
    code = """
import contextlib, os, threading
import xnn as xp
primitive = __import__("sys").modules["xnn.autograd.primitive"]
plain, inside, forked = primitive.apply, threading.Barrier(2), threading.Event()
def slow(x):
    if primitive.apply is not plain and not forked.is_set():
        inside.wait()
        forked.wait()
    return x + 1
x = xp.ones(3, device="cpu")
other = threading.Thread(target=xp.compile(slow), args=(x,))
other.start()
inside.wait()
assert primitive.apply is not plain
child = os.fork()
if not child:
    code = 1
    with contextlib.suppress(BaseException):
        step = xp.compile(lambda x: x * 2)
        good = [step(x).tolist() == [2.0] * 3 for _ in range(4)]
        code = 0 if all(good) and primitive.apply is plain and "compiled: 1 recorded" in repr(step) else 2
        print(repr(step), flush=True)
    os._exit(code)
status = os.waitpid(child, 0)[1]
forked.set()
other.join()
assert primitive.apply is plain
print(status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "0", done.stdout
