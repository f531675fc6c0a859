"""A kernel against the definition of its primitive: values, first derivatives with every mask, second derivatives."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

import xnn as xp
from tests.ops.compare import cotangent, quiet
from tests.ops.kernel_rows.memory import layouts_on, put, stretched
from tests.ops.table import primitives
from tests.tolerances import assert_close
from xnn.autograd import backward
from xnn.autograd.graph import frontend


def with_kernel(primitive, kernel):
    """The same primitive with that kernel and no other; None: with none."""
    other = object.__new__(type(primitive))  # as copy.copy gives the primitive itself
    vars(other).update(vars(primitive), kernels_found={})
    other.kernel_for = lambda backend: kernel
    return other


def definition_of(primitive):
    """The same primitive without any kernel."""
    return with_kernel(primitive, None)


@dataclass
class Run:
    """A primitive applied to raw arrays, and differentiated: NumPy arrays of what came."""

    values: list[Any]
    gradients: list[Any]
    again: list[Any]  # the gradients, by the same graph once more
    outs: list[Any]  # raw, as they came


def run(primitive, raws, static, device, wanted=None, layout="contiguous", between=None, alone=None):
    """Apply a primitive to raw arrays of the device, and differentiate it by those `wanted`, or by all floating ones.

    The cotangent has the given layout; `alone`: of several outputs, the number of the one that has any. Asserts that
    nothing that went in has changed. `between` is called before the backward pass.
    """
    hosts = on_host(raws, device)
    arrays = [None if x is None else frontend.array(x, device) for x in raws]
    for x, is_wanted in zip(arrays, wanted or map(is_float, hosts), strict=True):
        if is_wanted:
            x.requires_grad = True
    outs = several(primitive(*arrays, **static))
    values = on_host([x._data for x in outs], device)
    if between is not None:
        between()
    seeds = [
        (x._node, cotangent_of(x, i, device, layout))
        for i, x in enumerate(outs)
        if x.requires_grad and alone in (None, i)
    ]
    told = on_host([g for _, g in seeds], device)
    twice = []
    for retain in (True, False):
        found = backward(seeds, retain_graph=retain) if seeds else {}
        twice.append(on_host([None if x is None else found.get(x._node) for x in arrays], device))
    assert_same_bits([g for _, g in seeds], told, device, "the cotangent g was written to")
    assert_same_bits(raws, hosts, device, "an operand was written to")
    return Run(values, *twice, [x._data for x in outs])


def is_float(raw):
    return raw is not None and raw.dtype.kind == "f"


def several(outs):
    return outs if isinstance(outs, tuple) else (outs,)


def on_host(raws, device):
    """NumPy arrays, in memory of their own, of raw arrays."""
    return [None if x is None else np.array(device.backend.to_numpy(x)) for x in raws]


def cotangent_of(out, i, device, layout="contiguous"):
    """A raw cotangent of the i-th output; "stretched" has one value, with strides of 0."""
    g = cotangent(np.empty(out.shape, device.backend.to_numpy(out._data).dtype), 7 + i)
    if layout == "stretched" and g.size:
        return stretched(g[(slice(1),) * g.ndim], g.shape, device)
    return put(g, device, layout)


def assert_same_bits(raws, expected, device, message):
    for x, y in zip(on_host(raws, device), expected, strict=True):
        assert y is None or x.tobytes() == y.tobytes(), message


def assert_apart(outs, raws, hosts, device):
    """Assert that writing to an output does not change what went in."""
    with device.scope():
        for out in outs:
            if not isinstance(out, np.ndarray) or out.flags.writeable:
                out[...] = 1
    assert_same_bits(raws, hosts, device, "an output lies in the memory of an operand")


def assert_agree(came, expected, wanted=None, ordinary=None):
    """Assert that one run gave the values of another, and its gradients by what was wanted.

    Where values and gradients may be 0 but for rounding, `ordinary` is a run of the same size whose are not.
    """
    for x, y, size in zip(came.values, expected.values, (ordinary or expected).values, strict=True):
        assert x.dtype == y.dtype, f"{x.dtype} in the place of {y.dtype}"
        assert_close(*(beside(size, x, y) if ordinary else (x, y)))
    for gs in (came.gradients, came.again):
        for i, (x, y, size) in enumerate(zip(gs, expected.gradients, (ordinary or expected).gradients, strict=True)):
            y = y if wanted is None or wanted[i] else None
            assert (x is None) == (y is None), f"gradient of operand {i}: {x} in the place of {y}"
            if y is not None:
                assert x.dtype == y.dtype
                assert_close(*(beside(size, x, y) if ordinary else (x, y)))


def beside(size, *arrays):
    """Arrays after numbers that tell what size their rounding errors are of."""
    assert len({x.shape for x in arrays}) == 1
    size = np.asarray(size)[np.isfinite(size)].astype(arrays[0].dtype)
    return [np.concat([size, x.reshape(-1)]) for x in arrays]


def masks_of(raws, every=True):
    """Which derivatives can be wanted: all, and where `every`, each choice of at least one.

    Of more than 5 operands, whose choices are many: one or two, all, and all but one.
    """
    places = [i for i, x in enumerate(raws) if is_float(x)]
    for choice in itertools.product((True, False), repeat=len(places)) if every else [(True,) * len(places)]:
        if any(choice) and (len(places) <= 5 or sum(choice) <= 2 or sum(choice) >= len(places) - 1):
            mask = [False] * len(raws)
            for i, is_wanted in zip(places, choice, strict=True):
                mask[i] = is_wanted
            yield mask


def sprinkled(raws, i, value):
    """Copies of operands, the i-th with `value` at some places."""
    raws = [None if x is None else x.copy() for x in raws]
    flat = raws[i].reshape(-1)
    flat[np.random.default_rng(i).integers(0, flat.size, 1 + flat.size // 12)] = value
    return raws


def slopes_of_slopes(primitive, raws, static, device, wanted):
    """The gradient of the sum of the squared gradients of a function of the values, one recorded pass on another."""
    arrays = [None if x is None else frontend.array(put(x, device), device) for x in raws]
    for x, is_wanted in zip(arrays, wanted, strict=True):
        if is_wanted:
            x.requires_grad = True
    leaves = [x for x in arrays if x is not None and x.requires_grad]
    outs = primitive(*arrays, **static)
    outs = [x for x in (outs if isinstance(outs, tuple) else (outs,)) if x.requires_grad]
    whole = [xp.sum(x * x * frontend.array(cotangent_of(x, i, device), device)) for i, x in enumerate(outs)]
    if not whole:
        return []
    sum(whole[1:], whole[0]).backward(create_graph=True)
    slopes = [x.grad for x in leaves]
    for x in leaves:
        x.grad = None
    squares = [xp.sum(s * s) for s in slopes if s is not None]
    if not any(x.requires_grad for x in squares):
        return []
    sum(squares[1:], squares[0]).backward()
    return [None if x.grad is None else x.grad.detach().numpy() for x in leaves]


def assert_kernel_keeps_the_definition(name, raws, static, device):
    """Assert that the primitive `name`, with the kernel that it finds, gives what its definition gives."""
    primitive = primitives()[name]
    Subject(name, primitive.kernel_for(device.backend), device).holds(raws, static)


class Subject:
    """A kernel on a device, with the assertions that it keeps the definition: of operands in NumPy, and options."""

    def __init__(self, name, kernel, device):
        self.device = device
        self.primitive = with_kernel(primitives()[name], kernel)
        self.definition = definition_of(primitives()[name])

    def put(self, raws, layout="contiguous"):
        return [None if x is None else put(x, self.device, layout) for x in raws]

    def expected(self, raws, static, **how):
        with quiet():
            return run(self.definition, self.put(raws), static, self.device, **how)

    def agrees(self, expected, raws, static, wanted=None, ordinary=None, **how):
        """Assert that the kernel gives that Run, of raw arrays."""
        hosts = on_host(raws, self.device)
        with quiet():
            came = run(self.primitive, raws, static, self.device, wanted, **how)
        assert_agree(came, expected, wanted, ordinary)
        assert_apart(came.outs, raws, hosts, self.device)

    def holds(self, raws, static):
        """With values and derivatives of both orders, whatever of the first is wanted; and without recording."""
        expected = self.expected(raws, static)
        for wanted in masks_of(raws):
            self.agrees(expected, self.put(raws), static, wanted)
            self.holds_in_second_order(raws, static, wanted)
        self.infers(expected, raws, static)

    def holds_in_second_order(self, raws, static, wanted):
        with quiet():
            pair = [slopes_of_slopes(p, raws, static, self.device, wanted) for p in (self.primitive, self.definition)]
        for came, expected in zip(*pair, strict=True):
            assert (came is None) == (expected is None)
            if came is not None:
                assert_close(came, expected)

    def infers(self, expected, raws, static):
        """Without recording."""
        there = self.put(raws)
        with quiet():
            outs = several(self.primitive(*there, **static))
        for came, y in zip(on_host(outs, self.device), expected.values, strict=True):
            assert came.dtype == y.dtype, f"{came.dtype} in the place of {y.dtype}"
            assert_close(came, y)
        assert_apart(outs, there, raws, self.device)

    def holds_in_any_memory(self, raws, static, layouts=None):
        """However the operands and g lie in memory."""
        ordinary = self.expected(raws, static)
        for layout in layouts or layouts_on(self.device):
            self.agrees(ordinary, self.put(raws, layout), static, layout=layout)
        self.infers(ordinary, raws, static)
        expected = self.expected(raws, static, layout="stretched")
        self.agrees(expected, self.put(raws), static, ordinary=ordinary, layout="stretched")
        rows = [x if x is None or not x.ndim else x[:1] for x in raws]
        wide = [x if x is None else np.broadcast_to(row, x.shape) for row, x in zip(rows, raws, strict=True)]
        there = [x if x is None else stretched(row, x.shape, self.device) for row, x in zip(rows, raws, strict=True)]
        self.agrees(self.expected(wide, static), there, static, ordinary=ordinary)

    def holds_by_output(self, raws, static):
        """With a cotangent of one output alone, of those that have several.

        An operand that this one does not depend on has no gradient by the definition, and may have 0 by a kernel.
        """
        count = len(self.expected(raws, static).values)
        for i in range(count) if count > 1 else ():
            with quiet():
                pair = [run(p, self.put(raws), static, self.device, alone=i) for p in (self.primitive, self.definition)]
            for gs in (gs for one in pair for gs in (one.gradients, one.again)):
                gs[:] = [np.zeros_like(x) if g is None and is_float(x) else g for g, x in zip(gs, raws, strict=True)]
            assert_agree(*pair)

    def holds_with(self, value, raws, static, places):
        """With NaN or an infinity among an operand's values, operand by operand."""
        for i in places:
            if is_float(raws[i]) and raws[i].size:
                mine = sprinkled(raws, i, value)
                self.agrees(self.expected(mine, static), self.put(mine), static)

    def holds_in_half_precision(self, raws, static):
        """The value; where the definition does not take it, nothing."""
        with quiet():
            try:
                expected = several(self.definition(*self.put(raws), **static))
            except (TypeError, NotImplementedError, RuntimeError):
                return
            came = several(self.primitive(*self.put(raws), **static))
        for x, y in zip(on_host(came, self.device), on_host(expected, self.device), strict=True):
            assert x.dtype == y.dtype, f"{x.dtype} in the place of {y.dtype}"
            assert_close(x, y)

    def holds_in_threads(self, pair, static):
        """Of two threads at once, each between the forward and the backward pass when the other begins its own."""
        expected = [self.expected(raws, static) for raws in pair]
        barrier = threading.Barrier(2, timeout=60)

        def work(raws, expected):
            try:
                self.agrees(expected, self.put(raws), static, between=barrier.wait)
            except BaseException:
                barrier.abort()
                raise

        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(work, *task) for task in zip(pair, expected, strict=True)]
            for future in done:
                future.result()
