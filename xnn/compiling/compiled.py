"""xnn.compile: a step whose calls are recorded once and then replayed."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import os
import threading
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from xnn.array_object import Array
from xnn.autograd.dispatch import casting
from xnn.autograd.graph import Tracked
from xnn.autograd.pytree import Structure, flatten, unflatten
from xnn.autograd.pytree import _varied_fields as varied_fields
from xnn_backends import backend_of

from .arguments import Signature, raw_leaf
from .hooks import bound, unbind
from .objects import is_freed, is_scalar
from .program import Program, program
from .recorded_primitives import Current
from .recorder import Recorder
from .text import MISSED
from .values import Register, Store, reads

P = ParamSpec("P")
Q = ParamSpec("Q")  # of a method, without the object
R = TypeVar("R")

KEPT = 8  # programs: as many different calls are remembered
ATTEMPTS = 3  # the first calls of a step may do what later ones do not: a layer makes its parameters
UNUSED = 24  # programs that were made and not replayed, before it is no use

_one_at_a_time = threading.Lock()
_recording_in: list[int] = []  # the thread that has it


def _forget_in_child() -> None:
    """A child that is forked while another thread records has no such thread: names are bound as they were."""
    if _recording_in and _recording_in[0] != threading.get_ident():
        _recording_in.clear()
        unbind()
        _one_at_a_time.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


class Compiled(Generic[P, R]):
    """A step that is recorded at its first call, and replayed at those that are like it; see `compile`.

    Shapes: those of the function's arguments and results.

    Attributes:
        step: the function.
        reason: why the last call could not be recorded, in a line; None where it was, or was replayed.
    """

    def __init__(self, step: Callable[P, R]) -> None:
        functools.update_wrapper(self, step)
        self.step = step
        self.reason: str | None = None
        self._programs: list[Program] = []  # the one that was used last comes first
        self._refusals = 0
        self._unused = 0
        self._has_given_up = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The step's own value."""
        recorder = Current.recorder
        if self._has_given_up or (recorder is not None and recorder.thread == threading.get_ident()):
            return self.step(*args, **kwargs)
        for i, replay in enumerate(self._programs):
            result = replay(args, kwargs)
            if result is not MISSED:
                if i:
                    self._programs.insert(0, self._programs.pop(i))
                self._unused = self._refusals = 0
                self.reason = None
                return cast("R", result)
        return self._recorded(args, kwargs)

    @overload
    def __get__(self, owner: None, kind: type | None = None) -> Compiled[P, R]: ...
    @overload
    def __get__(self: Compiled[Concatenate[Any, Q], R], owner: object, kind: type | None = None) -> Callable[Q, R]: ...
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """As a method of an object, which is then the first argument."""
        return self if owner is None else types.MethodType(self, owner)

    def __repr__(self) -> str:
        name = getattr(self.step, "__qualname__", repr(self.step))
        if self._has_given_up:
            return f"<{name}, not compiled: {self.reason}>"
        return (
            f"<{name}, compiled: {len(self._programs)} recorded>" if self.reason is None else f"<{name}: {self.reason}>"
        )

    def _recorded(self, args: Any, kwargs: Any) -> R:
        """The value of the step, whose calls are written down meanwhile."""
        if not _one_at_a_time.acquire(blocking=False):
            return self.step(*args, **kwargs)  # another thread is recording: at the next call
        try:
            _recording_in.append(threading.get_ident())
            if casting.get() is not None:
                self._refuse("it is called inside of autocast. Cure: `with xnn.amp.autocast():` in the step")
                return self.step(*args, **kwargs)
            signature = Signature(args, kwargs)
            recorder = Recorder(self.step, signature.others())
            leaves, given = _own(signature, recorder)
            own = signature.rebuilt(leaves)
            with bound(recorder):
                result = self.step(*own[0], **own[1])
            _check_arguments(signature, leaves, recorder)
            del leaves, own  # lest they look kept
            outs, structure = flatten(result)
            structure = emptied(structure)
            del result
            outs = _handed_out(outs, signature, recorder)
            recorder.check_end(outs)
            _check_raw_arguments(signature, given, outs, recorder)
            if recorder.reason is None:
                self._keep(program(signature, given, recorder, outs, structure))
            else:
                self._refuse(recorder.reason)
            return cast("R", outs[0] if structure is None else unflatten(structure, outs))
        finally:
            _recording_in.clear()
            _one_at_a_time.release()

    def _keep(self, replay: Program) -> None:
        self._programs = [replay, *self._programs[: KEPT - 1]]
        self.reason, self._refusals = None, 0
        self._unused += 1
        if self._unused == UNUSED:
            self._give_up(
                f"each of {UNUSED} calls was unlike those before. Cure: numbers that change as Arrays of shape (), "
                "and batches of one size"
            )

    def _refuse(self, reason: str) -> None:
        self.reason = reason
        self._refusals += 1
        if self._refusals == ATTEMPTS:
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        self.reason, self._has_given_up, self._programs = reason, True, []
        name = getattr(self.step, "__qualname__", self.step)
        text = f"xnn.compile: {name} runs as it is written, without a gain: {reason}"
        warnings.warn(text, UserWarning, stacklevel=5)


def compile(step: Callable[P, R]) -> Compiled[P, R]:
    """The same function, which is recorded at its first call and afterwards replayed without building a graph.

    The first call runs the function and writes down every call on raw arrays: forward and backward passes, sums of
    gradients, updates, random draws, checks of values. Later calls with arguments of the same structure, shapes, data
    types and devices repeat these alone, on new values: bit for bit the numbers of the function, with less of Python
    between them. Calls that are unlike the recorded ones are recorded as well, and up to 8 are remembered.

    What else a program depends on is looked at in each call, and recorded anew where it has changed: the modes of the
    modules that were called, their parts and hooks, `requires_grad` of parameters, whether gradients are there, grad
    mode, the default data type and device, and numbers, texts and other objects among the arguments. Values are read
    anew: of parameters, buffers, other Arrays, an optimizer's options and state, a schedule, a generator.

    What cannot be repeated is not: then the function runs as it is written, `reason` says why, and the third time in
    turn a UserWarning, after which it stays so. These are values that are read on the host (float(x), `if x > 0`,
    x.numpy()), Arrays that are kept after the step outside of its result, gradients and buffers, results that are on a
    graph, arguments changed in place, arrays that come from outside of xnn, a function that is given to
    optimizer.step, and a call inside of autocast.

    As with any such compiler, other effects of Python happen in the first call alone: what is printed, or written to a
    file. What the step and functions that it calls know by name is looked at in each call, however deep: numbers in
    lists and objects too. What a library keeps is not, nor are numbers taken from a raw argument that xnn uses too.

    Args:
        step: a function of pytrees of Arrays, raw arrays and other values, of any shapes, that gives such a pytree.

    Returns:
        `Compiled`: called as the function is. Its outputs are fresh; one whose graph the step has used up by its
        backward pass says so when it is differentiated, as that of the function does.

    Raises:
        TypeError: for what cannot be called, or a coroutine or generator function.
        what the function raises, at the same place: an error leaves what it leaves there.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(2, 1, device="cpu")
        >>> optimizer = xp.optim.Adam(layer.parameters(), lr=0.1)
        >>> @xp.compile
        ... def step(x, y):
        ...     optimizer.zero_grad()
        ...     loss = xp.losses.mse_loss(layer(x), y)
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> x, y = xp.ones((4, 2), device="cpu"), xp.zeros((4, 1), device="cpu")
        >>> first, *_, last = [float(step(x, y).detach()) for _ in range(50)]
        >>> last < first, step.reason
        (True, None)
    """
    if not callable(step) or any(is_kind(step) for is_kind in UNLIKE):
        raise TypeError(f"xnn.compile takes a function that returns what it computes; got {step!r:.80}")
    return Compiled(step)


UNLIKE = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


def _own(signature: Signature, recorder: Recorder) -> tuple[list[Any], list[Register]]:
    """The leaves of the arguments, Arrays under handles of their own, and the registers of the raw arrays."""
    leaves, registers = [], []
    for leaf, kind in zip(signature.leaves, signature.kinds, strict=True):
        if kind is not None:
            registers.append(recorder.argument(raw_leaf(leaf)))
        if kind is not None and kind.is_array:
            leaf = Array(leaf._data, leaf._device)
            recorder.made(leaf)
        leaves.append(leaf)
    return leaves, registers


def _check_arguments(signature: Signature, leaves: list[Any], recorder: Recorder) -> None:
    """Refuse a step that changes its arguments, which this first time is done to them."""
    for own, leaf, kind in zip(leaves, signature.leaves, signature.kinds, strict=True):
        if kind is not None and kind.is_array and (own._data is not leaf._data or own._node is not None):
            leaf._data, leaf._node = own._data, own._node
            recorder.refuse("an argument is changed in place. Cure: y = x + 0 first")
    signature.forget()


def _check_raw_arguments(signature: Signature, given: list[Register], outs: Sequence[Any], recorder: Recorder) -> None:
    """Refuse a step that does with a raw argument nothing that was seen: it may have taken numbers from it."""
    used = {register for instruction in recorder.instructions for register in reads(instruction)}
    used.update(register for out in outs if (register := recorder.known(raw_leaf(out))) is not None)
    for register, kind in zip(given, filter(None, signature.kinds), strict=True):
        if not kind.is_array and register not in used:
            recorder.refuse(f"an argument, a raw array of shape {tuple(kind.shape)}, enters no function of xnn's")


def _handed_out(outs: Sequence[Any], signature: Signature, recorder: Recorder) -> list[Any]:
    """What the step gives back, with Arrays that it made under other handles: who has kept one is found so."""
    found, same = [], set(map(id, signature.others()))
    for out in outs:
        if isinstance(out, Tracked) and not recorder.is_older(out):
            if out._node is not None and not is_freed(out._node):
                recorder.refuse(
                    "it gives back an Array that is on the graph, which a replay does not make. "
                    "Cure: x.detach(), no_grad(), or backward() in the step"
                )
            recorder.register_of(out._data)
            out = Array(out._data, out._device, out._node)
            recorder.made(out)
        elif isinstance(out, Tracked):
            _check_older(out, recorder)
        elif (backend_of(out) is not None or is_scalar(out)) and id(out) not in same:
            recorder.register_of(out)
        found.append(out)
    return found


def _check_older(out: Tracked, recorder: Recorder) -> None:
    """An Array from before the step that is given back: a replay gives the one that stands in its place then."""
    recorder.read(out)
    cell = recorder.cells.get(id(out))
    if cell is not None and cell.place.key is not None:
        new = [x.cell.place for x in recorder.instructions if isinstance(x, Store) and x.is_new]
        if any(place.owner is cell.place.owner and place.key == cell.place.key for place in new):
            recorder.refuse("it gives back a gradient, or a buffer, which it replaces. Cure: y = x + 0 of it before")


def emptied(structure: Structure | None) -> Structure | None:
    """A structure of a result, which holds nothing of the result itself."""
    if structure is None:
        return None
    kind, context, branches = structure
    if issubclass(kind, dict):
        keyless = copy.copy(context[1])
        keyless.update(dict.fromkeys(context[0]))
        context = (context[0], keyless)
    elif dataclasses.is_dataclass(context):
        context = copy.copy(context)
        for name in varied_fields(kind):
            object.__setattr__(context, name, None)
    return Structure(kind, context, tuple(map(emptied, branches)))
