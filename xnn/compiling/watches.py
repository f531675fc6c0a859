"""What stands in the place of the names that are bound anew: the same, and the recorder is informed.

Each takes the function, or the property, that the name stands for.
"""

from __future__ import annotations

import functools
import inspect
import threading
import types
from collections.abc import Callable
from typing import Any

from xnn.array_object import Array
from xnn.autograd.graph import Leaf, Tracked, frontend
from xnn.autograd.reverse import Placed
from xnn.nn.module import Module
from xnn.nn.registry import Registry
from xnn.random import Generator

from .objects import PLAIN
from .recorded_primitives import Current, recorded_form, recording, seen
from .values import Constant, registers_in

Function = Callable[..., Any]
COUNTED = frozenset(["_positions", "one_hot"])  # what they give has a shape that depends on values


def device_found(find: Function) -> Function:
    """find_device: whether the default device is asked for."""

    @functools.wraps(find)
    def call(device: Any = None) -> Any:
        recorder = recording()
        if recorder is not None and device is None:
            recorder.uses_default_device = True
        return find(device)

    return call


def applied(apply: Function) -> Function:
    """What all primitives are dispatched to: a call of its recorded form, on Arrays that have registers."""

    def call(primitive: Any, args: Any, static: Any) -> Any:
        recorder = recording()
        if recorder is None:
            return apply(primitive, args, static)
        for arg in args:
            if isinstance(arg, Tracked):
                recorder.read(arg)
        return apply(recorded_form(primitive), args, static)

    return call


def looked(function: Function) -> Function:
    """A function of raw arrays as one call; where it gives another bool than when it was recorded, no program fits."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = recording()
        if recorder is None or any(type(arg) is frontend.array and arg._node is not None for arg in args):
            return function(*args, **kwargs)
        out = recorder.call(function, args, kwargs, is_pure=False)
        if recorder.reason is None:
            done: Any = recorder.instructions[-1]
            if isinstance(out, bool) and not (done.device is not None and done.device.is_asynchronous):
                done.expects = Constant(out)  # where nobody waits, no value has decided
            elif function.__name__ in COUNTED:
                done.shapes = tuple((register, getattr(out, "_data", out).shape) for register in registers_in(done.out))
        return out

    return call


def required(require: Function) -> Function:
    """losses.operands.nan_unless, whose array may be on the graph: of its steps, the one on raw arrays is a call."""

    @functools.wraps(require)
    def call(x: Any, holds: Function, *args: Any, **kwargs: Any) -> Any:
        return require(x, seen(holds), *args, **kwargs)

    return call


def live(function: Function) -> Function:
    """A function that changes what is not in the program, called as it is in a replay too."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = recording()
        if recorder is None:
            return function(*args, **kwargs)
        if any(callable(arg) for arg in (*args[1:], *kwargs.values())):
            recorder.refuse(f"{function.__name__} is given a function to call. Cure: compile what that function does")
            return function(*args, **kwargs)
        args = tuple([list(arg) if inspect.isgenerator(arg) else arg for arg in args])  # which it would use up
        return recorder.call(function, args, kwargs, is_pure=False, is_live=True)

    return call


def scaled(scale: Function) -> Function:
    """GradScaler.scale: the factor is a number on the host, which changes now and then."""

    @functools.wraps(scale)
    def call(self: Any, outputs: Any) -> Any:
        recorder = recording()
        if recorder is not None:
            look = _factor_of
            recorder.call(look, (self,), {}, is_pure=False, expects=Constant(look(self)))
        return scale(self, outputs)

    return call


def _factor_of(scaler: Any) -> float:
    return scaler._scale if scaler._enabled else 1.0


def drawn(method: Function) -> Function:
    """The methods of a generator, whose position goes on in a replay."""

    @functools.wraps(method)
    def call(self: Generator, *args: Any) -> Any:
        recorder = recording()
        is_read = method.__name__ == "state_dict"
        if recorder is None or (is_read and not recorder.is_older(self)):
            return method(self, *args)
        if not recorder.is_older(self):
            recorder.refuse("a Generator that the step makes is drawn from. Cure: make it before")
        return recorder.call(
            method,
            (self, *args),
            {},
            is_pure=False,
            generator=None if is_read else self,
            pattern=lambda out: None if out is None else recorder.name(out),
        )

    return call


def gathered(gather: Function) -> Function:
    """The sum of gradients in a leaf."""

    def call(leaf: Leaf, gradient: Any) -> None:
        recorder = recording()
        if recorder is not None:
            recorder.grad_read(leaf)
        gather(leaf, gradient)
        if recorder is not None:
            recorder.grad_written(leaf)

    return call


def outputs_gathered(of_outputs: Function) -> Function:
    """The sums of what a node's outputs have sent."""

    def call(node: Any, pieces: Any) -> Any:
        recorder = recording()
        if recorder is None or len({i for i, _ in pieces}) == len(pieces):
            return of_outputs(node, pieces)
        return recorder.call(of_outputs, (types.SimpleNamespace(count=node.count), pieces), {})

    return call


def totalled(total: Function) -> Function:
    """The sum of cotangents."""

    def call(pieces: Any, node: Any) -> Any:
        recorder = recording()
        is_one = len(pieces) == 1 and type(pieces[0]) is not Placed
        if recorder is None or is_one or any(isinstance(piece, Tracked) for piece in pieces):
            return total(pieces, node)
        return recorder.call(total, (pieces, types.SimpleNamespace(device=node.device)), {})  # not what the node keeps

    return call


def grad_seen(grad: property) -> property:
    """The attribute `grad`."""

    def get(self: Array) -> Any:
        recorder = recording()
        if recorder is not None and isinstance(self._node, Leaf):
            recorder.grad_read(self._node)
        return grad.fget(self)  # type: ignore[misc]  # it has one

    def put(self: Array, value: Any) -> None:
        grad.fset(self, value)  # type: ignore[misc]
        recorder = recording()
        if recorder is not None and isinstance(self._node, Leaf):
            recorder.grad_written(self._node, self)

    return property(get, put, doc=grad.__doc__)


def became(become: Function) -> Function:
    """An assignment in place."""

    def call(self: Array, new: Array) -> Array:
        recorder = recording()
        if recorder is not None:
            recorder.read(self)
        become(self, new)
        if recorder is not None:
            recorder.became(self)
        return self

    return call


def made(init: Function) -> Function:
    """The constructor of Arrays and of generators."""

    @functools.wraps(init)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        recorder = Current.recorder
        if recorder is not None and recorder.thread == threading.get_ident():
            recorder.made(self)

    return call


def required_grad(requires_grad: property) -> property:
    """The attribute `requires_grad`."""

    def put(self: Array, value: bool) -> None:
        old = self._node
        requires_grad.fset(self, value)  # type: ignore[misc]  # it has one
        recorder = recording()
        if recorder is not None and self._node is not old and recorder.is_older(self):
            recorder.refuse("requires_grad of an Array from before the step is changed in it")

    return property(requires_grad.fget, put, doc=requires_grad.__doc__)


def moved(function: Function) -> Function:
    """A function that writes to the Arrays of a module as a whole."""

    @functools.wraps(function)
    def call(owner: Any, own: Any, *args: Any, **kwargs: Any) -> Any:
        found = function(owner, own, *args, **kwargs)
        recorder = recording()
        if recorder is not None:
            module = getattr(owner, "module", None)
            arrays = own.values() if module is None else [*module.parameters(), *module.buffers()]
            for x in arrays:
                recorder.became(x)
        return found

    return call


def registered(register: Function) -> Function:
    """What is assigned to a module: a buffer is a place."""

    def call(self: Registry, kind: str, name: str, value: Any) -> None:
        old = self.__dict__.get(kind, {}).get(name)
        register(self, kind, name, value)
        recorder = recording()
        if recorder is not None and kind == "_buffers":
            recorder.buffer_assigned(self._buffers, name, old, value)
        elif recorder is not None and old is not value:
            recorder.refuse(f"a module's {name!r} is replaced in the step")

    return call


def attribute_read(read: Function) -> Function:
    """The attributes of a module: its own, and what its class has in the place of plain ones."""

    def call(self: Module, name: str) -> Any:
        value = read(self, name)
        recorder = recording()
        if recorder is None or name[:2] == "__" or name == "_buffers":
            return value
        if type(value) in PLAIN or name in read(self, "__dict__"):
            recorder.attribute_read(self, name, value)
        return value

    return call


def buffer_read(read: Function) -> Function:
    """A module's buffers, of which one may not be there."""

    def call(self: Registry, name: str) -> Any:
        value = read(self, name)
        recorder = recording()
        if recorder is not None and value is None:
            recorder.attribute_read(self, name, value)
        return value

    return call


def attribute_set(put: Function) -> Function:
    """An attribute of a module that is no part of it: a replay sets it as well."""

    def call(self: Registry, name: str, value: Any) -> None:
        recorder = recording()
        is_part = isinstance(value, (Registry, Tracked)) or name in self.__dict__.get("_buffers", ())
        if recorder is None or is_part:
            put(self, name, value)
        else:
            recorder.attributes_set.add((id(self), name))
            recorder.call(put, (self, name, value), {}, is_pure=False)

    return call


def normalised(normalise: Function) -> Function:
    """An array in the place of a library's scalar."""

    def call(x: Any) -> Any:
        recorder = recording()
        if recorder is None or type(x) is Tracked or normalise(x) is x:
            return normalise(x)
        return recorder.call(normalise, (x,), {})

    return call


def put(from_numpy: Function) -> Function:
    """From the host's memory to a device: of numbers that stand in the step."""

    @functools.wraps(from_numpy)
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = recording()
        if recorder is None:
            return from_numpy(*args, **kwargs)
        return recorder.call(from_numpy, args, kwargs)

    return call


def refused(function: Function, why: str) -> Function:
    """A function that no replay could call."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        recorder = recording()
        if recorder is not None:
            recorder.refuse(why)
        return function(*args, **kwargs)

    return call
