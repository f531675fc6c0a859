"""Parameters of one device, data type and age, whose data and state are laid end to end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from xnn.array_object import Array
from xnn.dtypes import DType
from xnn.nn.module import Parameter
from xnn.ops.creation import asarray
from xnn_backends import Device, Namespace

from .ownership import is_unseen

State = dict[str, Any]
Rule = Callable[..., tuple[Any, State]]
R = TypeVar("R", bound=Rule)


def with_kernels(rule: R) -> R:
    """A rule that backends may have kernels for: `Backend.updates`, by the rule's name."""
    rule.kernel_name = rule.__name__  # type: ignore[attr-defined]  # functions take attributes
    return rule


def nothing() -> None:
    """What is left to do where a rule, which changes nothing in place, has done it all."""


def is_number(value: Any) -> bool:
    """Whether a value of a state is a Python number, which all parameters of a batch share, and no array."""
    return type(value) in (int, float)  # NumPy's float64, what becomes of a 0-d array, is a float too


class Update(NamedTuple):
    """What a step makes of a batch, once `run` was called: its data laid out and in slices, and its state."""

    data: Any
    slices: list[Any]
    state: State
    run: Callable[[], object] = nothing


class Batch:
    """Parameters that a rule changes together.

    Complex ones are laid out as their real parts and then their imaginary parts: an element-wise rule takes
    them as twice as many real numbers, as PyTorch's do.

    Args:
        params: with a gradient all, or none of them; one alone where it is not laid flat.
        device, dtype: of them all.
        states: of each, with the same names and the same numbers.
        is_flat: whether they are laid end to end, as vectors.
    """

    def __init__(
        self, params: Sequence[Parameter], device: Device, dtype: DType, states: Sequence[State], is_flat: bool
    ) -> None:
        self.params = list(params)
        self.device = device
        self.dtype = dtype
        self.is_flat = is_flat
        self.is_complex = dtype.kind == "complex floating"
        self.shapes = [p.shape for p in params]
        self.ends: list[int] = []
        total = 0
        for shape in self.shapes:
            total += math.prod(shape)
            self.ends.append(total)
        self.steps: int = states[0].get("step", 0)
        with device.scope():
            self.state: State = {
                name: value if is_number(value) else self.flat([own[name] for own in states])
                for name, value in states[0].items()
                if name != "step"
            }
        self.data: Any = None  # the parameters end to end, as long as each is still its slice of it
        self.slices: list[Any] = []

    def is_current(self) -> bool:
        """Whether the parameters are still where they were, and all have a gradient, or none has."""
        if len({p.grad is None for p in self.params}) > 1:
            return False
        return self.is_laid_out() or all(p._device is self.device and p.dtype is self.dtype for p in self.params)

    def update(self, rule: Rule, options: Mapping[str, Any]) -> Update:
        """One step of the rule, or of a kernel for it, which changes nothing yet."""
        kernel = self.device.backend.updates.get(getattr(rule, "kernel_name", ""))
        with self.device.computing():
            grads = [p.grad._data for p in self.params]  # type: ignore[union-attr]  # all have one
            if kernel is not None and self.is_flat and not self.is_complex:
                data, slices = self.own_data()
                state = self.own_state()
                planned = kernel(self.device.backend.xp, data, grads, state, step=self.steps + 1, **options)
                if planned is not None:
                    return Update(data, slices, planned.state, planned.run)
            grad = self.flat(grads)
            data, state = rule(
                self.device.backend.xp, self.current_data(), grad, self.state, step=self.steps + 1, **options
            )
            if not self.is_flat:  # NumPy makes scalars of 0-d arrays
                normalise = self.device.backend.normalise
                data = normalise(data)
                state = {name: value if is_number(value) else normalise(value) for name, value in state.items()}
            return Update(data, self.split(data), state)

    def take(self, update: Update) -> None:
        """Go the step that `update` gave."""
        with self.device.computing():
            update.run()
        self.steps, self.state = self.steps + 1, update.state
        if update.data is not self.data:
            self.become(update.data, update.slices)

    def own_data(self) -> tuple[Any, list[Any]]:
        """The parameters' data laid out, and its slices: memory that nobody else sees, the same if that is so already.

        Whoever keeps the old values (a graph, a user with `p.detach()`) is left with them.
        """
        backend = self.device.backend
        if not self.is_laid_out():
            data = self.flat([p._data for p in self.params])
            if len(self.params) == 1:  # nothing was put together: it is the parameter's own
                data = backend.xp.asarray(data, copy=True)
        elif self.is_unseen():
            return self.data, self.slices
        else:
            data = backend.xp.asarray(self.data, copy=True)
        return data, self.split(data)

    def is_unseen(self) -> bool:
        """Whether the parameters and the batch alone hold the data: no graph, and no user."""
        count = len(self.params)
        # The list and its parameter refer to a slice; what they are slices of, by them and the batch.
        return is_unseen([*self.slices, self.data], [*[2] * count, count + 1])

    def own_state(self) -> State:
        """The state, with arrays that nobody else sees: the same if that is so already."""
        backend = self.device.backend
        arrays = [value for value in self.state.values() if not is_number(value)]
        if is_unseen(arrays, [1] * len(arrays)) and all(backend.own(x) is x for x in arrays):
            return self.state
        copy = backend.xp.asarray
        return {k: value if is_number(value) else copy(value, copy=True) for k, value in self.state.items()}

    def move_towards(self, name: str, share: float) -> None:
        """The parameters go a share of the way to an array of the state."""
        with self.device.scope():
            data = self.current_data()
            data = data + share * (self.state[name] - data)
            slices = self.split(data)
        self.become(data, slices)

    def current_data(self) -> Any:
        """The parameters' data, laid out."""
        return self.data if self.is_laid_out() else self.flat([p._data for p in self.params])

    def is_laid_out(self) -> bool:
        """Whether the parameters' data is still what the last step made of it."""
        return self.data is not None and all(p._data is s for p, s in zip(self.params, self.slices, strict=True))

    def become(self, data: Any, slices: list[Any]) -> None:
        """Data, and what it is for each parameter, in the place of the parameters'."""
        self.data, self.slices = data, slices
        for p, piece in zip(self.params, slices, strict=True):
            p._data = piece

    def flat(self, raws: Sequence[Any]) -> Any:
        """What there is for each parameter, laid out as the rule takes it."""
        if not self.is_flat:
            return raws[0]
        xp: Namespace = self.device.backend.xp
        rows = [xp.reshape(raw, (-1,)) for raw in raws]
        if self.is_complex:
            rows = [part(row) for part in (xp.real, xp.imag) for row in rows]
        return rows[0] if len(rows) == 1 else xp.concat(rows)

    def split(self, flat: Any) -> list[Any]:
        """What is laid out, for each parameter."""
        if not self.is_flat:
            return [flat]
        xp: Namespace = self.device.backend.xp
        if self.is_complex:
            wide = xp.astype(flat, self.device.backend.raw_dtype(self.dtype))
            flat = wide[: self.ends[-1]] + 1j * wide[self.ends[-1] :]
        starts = [0, *self.ends[:-1]]
        return [xp.reshape(flat[a:b], shape) for a, b, shape in zip(starts, self.ends, self.shapes, strict=True)]

    def split_state(self) -> list[tuple[Parameter, State]]:
        """Each parameter with its own state; {} before the first step."""
        if not self.steps and not self.state:
            return [(p, {}) for p in self.params]
        with self.device.scope():
            split = {
                name: [value] * len(self.params) if is_number(value) else self.split(value)
                for name, value in self.state.items()
            }
        return [
            (p, {"step": self.steps, **{name: pieces[i] for name, pieces in split.items()}})
            for i, p in enumerate(self.params)
        ]


def batched(params: Sequence[Parameter], states: Mapping[int, State], is_flat: bool) -> list[Batch]:
    """The batches of a group of parameters, whose states are given by the parameters' ids."""
    together: dict[Any, list[Parameter]] = {}
    for i, p in enumerate(params):
        own = states.get(id(p), {})
        kept = tuple((name, value if is_number(value) else None) for name, value in own.items())
        key = (p.device, p.dtype, p.grad is None, kept, -1 if is_flat else i)
        together.setdefault(key, []).append(p)
    return [
        Batch(members, key[0], key[1], [states.get(id(p), {}) for p in members], is_flat)
        for key, members in together.items()
    ]


def regrouped(params: Sequence[Parameter], old: Sequence[Batch], is_flat: bool) -> list[Batch]:
    """Batches anew, after parameters moved or others have gradients; each takes its state along."""
    states = {}
    for batch in old:
        for p, own in batch.split_state():
            states[id(p)] = {k: v if is_number(v) else moved(v, batch.device, p) for k, v in own.items()}
    return batched(params, states, is_flat)


def moved(raw: Any, device: Device, parameter: Parameter) -> Any:
    """An array of a parameter's state, on the device and of the data type that the parameter has now."""
    return asarray(Array(raw, device).to_device(parameter.device), dtype=parameter.dtype)._data
