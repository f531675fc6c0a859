"""class Optimizer: groups of parameters, their state, and one pure update rule on flat arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from xnn.array import Array
from xnn.dtypes import DType
from xnn.errors import CheckpointError, OptionError
from xnn.nn.module import Parameter
from xnn.ops.creation import asarray, zeros_like
from xnn_backends import Device, Namespace

Schedule = Callable[[int], float]
State = dict[str, Any]
Rule = Callable[..., tuple[Any, State]]


class Optimizer:
    """Changes parameters by their gradients. A subclass has a pure rule and the defaults of its options.

    The rule is `rule(xp, param, grad, state, *, step, lr, **options) -> (param, state)` on raw
    arrays: element-wise, so that it runs once for all parameters of a group together, laid end to
    end, in the place of once for each. `step` counts from 1; `state` is {} at first.

    Args:
        params: parameters, or groups of them, as PyTorch's: dicts with "params" and own options.
        options: of the rule, for groups that do not have their own. `lr` is a number, or a schedule:
            a function of the number of steps that the optimizer has done, from 0; a step counts for
            all parameters, with a gradient or without.

    Attributes:
        param_groups: a list of dicts, with "params" and every option; options may be changed.

    Raises:
        OptionError: without parameters, for one that stands in two groups, a group without "params"
            or with an unknown option, or a number that makes no sense.
    """

    rule: ClassVar[Rule]
    slots: ClassVar[tuple[str, ...]]  # the names that the rule may use in a state, which are PyTorch's

    def __init__(self, params: Iterable[Any], **options: Any) -> None:
        self.defaults = options
        listed = list(params)
        groups = listed if listed and isinstance(listed[0], Mapping) else [{"params": listed}]
        self.param_groups: list[dict[str, Any]] = [self._group(group) for group in groups]
        self._batches: list[list[_Batch]] = [[] for _ in self.param_groups]
        self._steps = 0
        every = [id(p) for group in self.param_groups for p in group["params"]]
        if len(set(every)) != len(every):
            raise OptionError("a parameter stands twice among the optimizer's parameters")

    def _group(self, group: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(group, Mapping) or "params" not in group:
            raise OptionError(
                f'a group of parameters is a dict with "params" and options; got {group!r:.80}. '
                'Cure: {"params": [...], ...} for each.'
            )
        unknown = set(group) - set(self.defaults) - {"params"}
        if unknown:
            known = ", ".join(self.defaults)
            raise OptionError(f"{type(self).__name__} has no option {', '.join(sorted(unknown))}; it has {known}")
        full = {**self.defaults, **group, "params": list(group["params"])}
        if not full["params"]:
            raise OptionError(f"{type(self).__name__} needs parameters; got none. Cure: model.parameters().")
        for p in full["params"]:
            if not isinstance(p, Array) or not p.requires_grad or not p.is_leaf:
                raise OptionError(
                    f"{type(self).__name__} changes leaves that require a gradient (nn.Parameter); got {p!r:.80}"
                )
        self.check(full)
        return full

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise OptionError for a group's options that make no sense; a subclass may add to it."""
        check_options(type(self).__name__, options)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters.

        Args:
            set_to_none: False: put zeros in the place of those that are there, as PyTorch does; then
                the next step changes these parameters, by what momentum and decay are left.
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else zeros_like(p.grad.detach())

    def step(self) -> None:
        """Change every parameter that has a gradient; the others, and their state, stay as they are."""
        for i, group in enumerate(self.param_groups):
            if not self._batches[i] or not all(batch.is_current() for batch in self._batches[i]):
                self._batches[i] = _regroup(group["params"], self._batches[i])
            options = {name: value for name, value in group.items() if name != "params"}
            if callable(options["lr"]):
                options["lr"] = float(options["lr"](self._steps))
            for batch in self._batches[i]:
                if batch.params[0].grad is not None:
                    batch.update(type(self).rule, options)
        self._steps += 1

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """The state in PyTorch's form: {"state": {index: {"step", ...}}, "param_groups": [...]}.

        A parameter's index counts through all groups. A learning rate that is a function is left out.
        Beside the two, where PyTorch overlooks it, stands "step": the steps that the optimizer has
        done, which schedules count; a parameter's own "step" counts those that had its gradient.
        """
        state: dict[int, State] = {}
        groups: list[dict[str, Any]] = []
        first = 0
        for group, batches in zip(self.param_groups, self._batches, strict=True):
            position = {id(p): first + i for i, p in enumerate(group["params"])}
            for batch in batches:
                for p, own in batch.split_state():
                    if own:
                        arrays = {k: Array(v, p.device) for k, v in own.items() if k != "step"}
                        state[position[id(p)]] = {"step": own["step"], **arrays}
            options = {k: v for k, v in group.items() if k != "params" and not callable(v)}
            groups.append({**options, "params": list(position.values())})
            first += len(group["params"])
        return {"state": dict(sorted(state.items())), "param_groups": groups, "step": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` gave, or PyTorch's; its arrays may be of any backend.

        Schedules stay, and go on at its "step"; PyTorch's has none, and then at the largest of its
        parameters'.

        Raises:
            CheckpointError: if groups or shapes are not those of this optimizer; then nothing is changed.
        """
        sizes = [len(group["params"]) for group in self.param_groups]
        saved = [len(group["params"]) for group in state["param_groups"]]
        if sizes != saved:
            raise CheckpointError(f"the optimizer's state is of groups of {saved} parameters; this one has {sizes}")
        for option in ("amsgrad", "maximize"):  # PyTorch's, which would change the rule
            if any(group.get(option) for group in state["param_groups"]):
                raise CheckpointError(f"the optimizer's state is of a run with {option}=True, which xnn does not have")
        every = [p for group in self.param_groups for p in group["params"]]
        owned: dict[int, State] = {}
        for index, own in state["state"].items():
            if not 0 <= int(index) < len(every):
                raise CheckpointError(f"the state has a parameter {index}; this optimizer has {len(every)}")
            p = every[int(index)]
            # PyTorch's SGD counts no steps, and has None where it has no momentum.
            values = {k: v for k, v in own.items() if k != "step" and v is not None}
            unknown = set(values) - set(self.slots)
            if unknown:
                raise CheckpointError(
                    f"the state is of another optimizer: {type(self).__name__} keeps {', '.join(self.slots)}; "
                    f"parameter {index} has {', '.join(sorted(unknown))}. Cure: the optimizer of the run."
                )
            for name, value in values.items():
                if tuple(value.shape) != p.shape:
                    raise CheckpointError(
                        f"{name} of parameter {index} has shape {tuple(value.shape)}; it is {p.shape}"
                    )
            arrays = {k: asarray(v, dtype=p.dtype, device=p.device, copy=True)._data for k, v in values.items()}
            owned[id(p)] = {"step": int(own.get("step", 1)), **arrays}
        counts = (int(own.get("step", 0)) for own in state["state"].values())
        self._steps = int(state["step"]) if "step" in state else max(counts, default=0)
        for i, (group, new) in enumerate(zip(self.param_groups, state["param_groups"], strict=True)):
            group.update({k: v for k, v in new.items() if k in self.defaults and not callable(group[k])})
            self._batches[i] = _batched(group["params"], owned)


class _Batch:
    """Parameters of one device, data type and age, with their data and state laid end to end."""

    def __init__(self, params: Sequence[Parameter], device: Device, dtype: DType, states: Sequence[State]) -> None:
        self.params = list(params)
        self.device = device
        self.dtype = dtype
        self.shapes = [p.shape for p in params]
        self.ends: list[int] = []
        total = 0
        for shape in self.shapes:
            total += math.prod(shape)
            self.ends.append(total)
        self.steps = states[0].get("step", 0)
        with device.scope():
            names = [name for name in states[0] if name != "step"]
            self.state: State = {name: self._flat([own[name] for own in states]) for name in names}
        self.data: Any = None  # the parameters end to end, as long as each is still its slice of it
        self.slices: list[Any] = []

    def is_current(self) -> bool:
        """Whether the parameters are still where they were, and all have a gradient, or none has."""
        first = self.params[0].grad is None
        return all(
            p._device is self.device and p.dtype is self.dtype and (p.grad is None) is first for p in self.params
        )

    def update(self, rule: Rule, options: dict[str, Any]) -> None:
        """One step of the rule."""
        xp = self.device.backend.xp
        with self.device.scope():
            grad = self._flat([p.grad._data for p in self.params])  # type: ignore[union-attr]  # all have one
            data = self.data
            if data is None or any(p._data is not s for p, s in zip(self.params, self.slices, strict=True)):
                data = self._flat([p._data for p in self.params])
            data, state = rule(xp, data, grad, self.state, step=self.steps + 1, **options)
            slices = self._split(data)
        # Only now, when nothing can run out of memory any more: a step is done whole, or not at all.
        self.steps, self.state, self.data, self.slices = self.steps + 1, state, data, slices
        for p, piece in zip(self.params, self.slices, strict=True):
            p._data = piece

    def _flat(self, raws: Sequence[Any]) -> Any:
        xp: Namespace = self.device.backend.xp
        rows = [xp.reshape(raw, (-1,)) for raw in raws]
        return rows[0] if len(rows) == 1 else xp.concat(rows)

    def _split(self, flat: Any) -> list[Any]:
        xp: Namespace = self.device.backend.xp
        starts = [0, *self.ends[:-1]]
        return [xp.reshape(flat[a:b], shape) for a, b, shape in zip(starts, self.ends, self.shapes, strict=True)]

    def split_state(self) -> list[tuple[Parameter, State]]:
        """Each parameter with its own state; {} before the first step."""
        if not self.steps:
            return [(p, {}) for p in self.params]
        with self.device.scope():
            split = {name: self._split(flat) for name, flat in self.state.items()}
        return [
            (p, {"step": self.steps, **{name: pieces[i] for name, pieces in split.items()}})
            for i, p in enumerate(self.params)
        ]


def _regroup(params: Sequence[Parameter], old: Sequence[_Batch]) -> list[_Batch]:
    """Batches anew, after parameters moved or others have gradients; each takes its state along."""
    states = {}
    for batch in old:
        for p, own in batch.split_state():
            states[id(p)] = {k: v if k == "step" else _moved(v, batch.device, p) for k, v in own.items()}
    return _batched(params, states)


def _moved(raw: Any, device: Device, parameter: Parameter) -> Any:
    moved = Array(raw, device).to_device(parameter.device)
    return asarray(moved, dtype=parameter.dtype)._data


def _batched(params: Sequence[Parameter], states: Mapping[int, State]) -> list[_Batch]:
    together: dict[Any, list[Parameter]] = {}
    for p in params:
        own = states.get(id(p), {})
        key = (p.device, p.dtype, own.get("step", 0), p.grad is None, tuple(own))
        together.setdefault(key, []).append(p)
    return [
        _Batch(members, key[0], key[1], [states.get(id(p), {}) for p in members]) for key, members in together.items()
    ]


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Raise OptionError for numbers outside of what the rules are made for."""
    for option, (holds, rule) in LIMITS.items():
        value = options.get(option, None)
        if value is None or callable(value):
            continue
        values = value if isinstance(value, (tuple, list)) else (value,)
        is_pair = len(values) == 2 and values is value
        if is_pair is not (option == "betas") or not all(isinstance(v, (int, float)) and holds(v) for v in values):
            raise OptionError(f"{name}: {option} is {rule}; got {value!r}")


LIMITS: dict[str, tuple[Callable[[float], bool], str]] = {
    "lr": (lambda v: v >= 0 and math.isfinite(v), "a number of at least 0, or a function of the step"),
    "momentum": (lambda v: v >= 0, "at least 0"),
    "dampening": (lambda v: True, "a number"),
    "weight_decay": (lambda v: v >= 0, "at least 0"),
    "eps": (lambda v: v >= 0, "at least 0"),
    "alpha": (lambda v: 0 <= v < 1, "at least 0 and below 1"),
    "betas": (lambda v: 0 <= v < 1, "two numbers, each at least 0 and below 1"),
}
