"""The names of xnn that are bound anew while a step is recorded; when none is, they are what they were."""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Generator, Iterator
from typing import Any

from xnn.array_object import Array
from xnn.autograd.dispatch import apply
from xnn.autograd.graph import Tracked
from xnn.autograd.reverse import _of_outputs, gather, total
from xnn.nn.module import Module
from xnn.nn.registry import Registry
from xnn.optim.optimizer import Optimizer
from xnn.random import Generator as Stream
from xnn_backends import Backend, find_device, registry

from . import watches
from .namespaces import Seen
from .recorded_primitives import Current
from .recorder import Recorder

Function = Callable[..., Any]

# Functions that look at values, or compute on raw arrays with operators: one call each. What they give, if it is no
# array, has to be the same at a replay.
LOOKING = (
    "xnn.losses.labels:check_labels",
    "xnn.nn.functional._indices:require_between",
    "xnn.nn.functional._indices:require_offsets",
    "xnn.nn.functional._labels:one_hot",
    "xnn.nn.functional._unpooling:_check_places",
    "xnn.ops.indexing:require_within",
    "xnn.ops.repetitions:_positions",
    "xnn.ops.manipulation:_move",
    "xnn.random.arguments:require_valid",
    "xnn.checks:require",
    "xnn.checks:raise_pending",
)
# Functions and methods that change parameters, gradients or a state of their own: called as they are, in a replay too.
LIVING = (
    "xnn.optim.clipping:clip_grad_norm_",
    "xnn.optim.clipping:clip_grad_value_",
    "xnn.optim.clipping:clip_grads_with_norm_",
    "xnn.optim.clipping:get_total_norm",
    "xnn.optim.lr_scheduler.plateau:ReduceLROnPlateau.step",
    "xnn.optim.perceptron:PerceptronRule.step",
    "xnn.optim.optimizer:Optimizer.add_param_group",
    "xnn.optim.optimizer:Optimizer.load_state_dict",
    "xnn.optim.schedule_free:ScheduleFreeAdamW.train",
    "xnn.optim.schedule_free:ScheduleFreeAdamW.eval",
    "xnn.amp.scaling:GradScaler.unscale_",
    "xnn.amp.scaling:GradScaler.step",
    "xnn.amp.scaling:GradScaler.update",
)

WRAPPED: tuple[tuple[tuple[str, ...], Callable[[Function], Function]], ...] = (
    (LOOKING, watches.looked),
    (LIVING, watches.live),
    (("xnn.amp.scaling:GradScaler.scale",), watches.scaled),
    (("xnn.losses.operands:nan_unless",), watches.required),
    # A place in a stream is no array: a mask that is drawn is one.
    (("xnn.nn.functional._dropout:draws_itself",), lambda _: lambda x: False),
    (("xnn.nn.state:load_state", "xnn.optim.swa_utils:AveragedModel.update_parameters"), watches.moved),
)


_put: list[tuple[Any, str, Any]] = []  # what is bound anew, and what it was; the list itself where it had no own


@contextlib.contextmanager
def bound(recorder: Recorder) -> Generator[None]:
    """Bind the names anew, and at the end as they were."""
    try:
        for owner, name, value in list(_bindings(recorder)):
            _put.append((owner, name, vars(owner).get(name, _put)))
            setattr(owner, name, value)
        Current.recorder = recorder
        yield
    finally:
        unbind()


def unbind() -> None:
    """Bind the names as they were."""
    Current.recorder = None
    while _put:
        owner, name, old = _put.pop()
        if old is _put:  # it had none of its own
            delattr(owner, name)
        else:
            setattr(owner, name, old)


def _bindings(recorder: Recorder) -> Iterator[tuple[Any, str, Any]]:
    """Owner (a module, a class, a backend), name, and the new value of each."""
    functions: dict[Function, Callable[[Function], Function]] = {
        apply: watches.applied,
        gather: watches.gathered,
        _of_outputs: watches.outputs_gathered,
        total: watches.totalled,
        find_device: watches.device_found,
    }
    for names, wrap in WRAPPED:
        for name in names:
            owner, last = _found(name)
            if isinstance(owner, type):
                yield owner, last, wrap(getattr(owner, last))
            elif owner is not None:
                functions[getattr(owner, last)] = wrap
    new = {function: wrap(function) for function, wrap in functions.items()}
    for path, module in list(sys.modules.items()):
        if path.partition(".")[0] == "xnn" and isinstance(module, types.ModuleType):
            for name, value in list(vars(module).items()):
                if isinstance(value, types.FunctionType) and value in new:
                    yield module, name, new[value]
    for kind in _subclasses(Optimizer):
        if "step" in vars(kind):
            yield kind, "step", watches.live(kind.step)
    for name in ("state_dict", "load_state_dict", "_draw", "_go_back", "_go_on"):
        yield Stream, name, watches.drawn(getattr(Stream, name))
    yield Tracked, "__init__", watches.made(Tracked.__init__)
    yield Stream, "__init__", watches.made(Stream.__init__)
    yield Array, "requires_grad", watches.required_grad(vars(Array)["requires_grad"])
    yield Array, "grad", watches.grad_seen(vars(Array)["grad"])
    yield Array, "_become", watches.became(Array._become)
    yield Module, "__getattribute__", watches.attribute_read(Module.__getattribute__)
    yield Registry, "__getattr__", watches.buffer_read(Registry.__getattr__)
    yield Registry, "__setattr__", watches.attribute_set(Registry.__setattr__)
    yield Registry, "_register", watches.registered(Registry._register)
    for backend in [found for found in registry._backends.values() if "xp" in vars(found)]:  # whose library is in use
        yield from _of_backend(backend, recorder)


def _found(name: str) -> tuple[Any, str]:
    """The owner of a function or a method, a module or a class, and its name there; None where nobody imported it."""
    module, _, path = name.partition(":")
    *owners, last = path.split(".")
    return functools.reduce(getattr, owners, sys.modules[module]) if module in sys.modules else None, last


def _subclasses(kind: Any) -> Iterator[Any]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _subclasses(subclass)


def _of_backend(backend: Backend, recorder: Recorder) -> Iterator[tuple[Any, str, Any]]:
    _ = backend.array_type  # may be found by making an array, which is not to be seen
    yield backend, "xp", Seen(backend.xp, recorder)
    yield backend, "normalise", watches.normalised(backend.normalise)
    yield backend, "from_numpy", watches.put(backend.from_numpy)
    for name in ("to_numpy", "values", "to_dlpack"):
        yield backend, name, watches.refused(getattr(backend, name), "a value is read on the host")
