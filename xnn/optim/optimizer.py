"""class Optimizer: groups of parameters, their state, and one pure update rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from xnn.array import Array
from xnn.autograd import enable_grad
from xnn.errors import CheckpointError, DTypeError, OptionError
from xnn.nn.module import Parameter
from xnn.ops.creation import asarray, zeros_like

from .batches import Batch, Rule, State, batched, is_number, regrouped
from .limits import LIMITS, Limit, check_options, plain

__all__ = ["Optimizer"]

Schedule = Callable[[int], float]
# What schedulers keep in a group of parameters, and the parameters' names: no options of a rule.
EXTRAS = frozenset(["param_names", "initial_lr", "max_lr", "min_lr", "swa_lr", "base_momentum", "max_momentum"])


class Optimizer:
    """Changes parameters by their gradients. A subclass has a pure rule and the defaults of its options.

    The rule is `rule(xp, param, grad, state, *, step, lr, **options) -> (param, state)` on raw
    arrays. Where it is element-wise, it runs once for all parameters of a group together, laid end to
    end, in the place of once for each; a rule with norms or matrices says `is_flat = False`. `step` counts
    from 1; `state` is {} at first. A state holds arrays, and Python numbers that follow from the
    options alone: no step waits for a device.

    Args:
        params: parameters, or groups of them, as PyTorch's: dicts with "params" and own options; in the place of a
            parameter may stand the pair of a name and it, as `named_parameters` gives.
        options: of the rule, for groups that do not have their own. `lr` is a number, or a schedule:
            a function of the number of steps that the optimizer has done, from 0; a step counts for
            all parameters, with a gradient or without.

    Shapes: parameters of any shape; a subclass says where only some fit.

    Attributes:
        param_groups: a list of dicts, with "params" and every option; options may be changed.

    Raises:
        OptionError: without parameters, for one that stands in two groups, a group without "params"
            or with an unknown option, or a number that makes no sense.
        DTypeError: for complex parameters, where the rule is not element-wise.
    """

    rule: ClassVar[Rule]
    is_flat: ClassVar[bool] = True
    slots: ClassVar[tuple[str, ...]] = ()  # the names of arrays that the rule may use in a state, which are PyTorch's
    numbers: ClassVar[tuple[str, ...]] = ()  # the names of Python numbers there
    limits: ClassVar[Mapping[str, Limit]] = LIMITS
    extras: ClassVar[frozenset[str]] = EXTRAS

    def __init__(self, params: Iterable[Any], **options: Any) -> None:
        self.defaults = {name: plain(value) for name, value in options.items()}
        self.param_groups: list[dict[str, Any]] = []
        self._batches: list[list[Batch]] = []
        self._steps = 0
        listed = list(params)
        for group in listed if listed and isinstance(listed[0], Mapping) else [{"params": listed}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take on more parameters, with options of their own; the defaults' in the place of those that are not given.

        Args:
            param_group: {"params": parameters, ...}.

        Raises:
            OptionError: as for the class.
        """
        group = self._group(param_group)
        every = [id(p) for known in [*self.param_groups, group] for p in known["params"]]
        if len(set(every)) != len(every):
            raise OptionError("a parameter stands twice among the optimizer's parameters")
        self.param_groups.append(group)
        self._batches.append([])

    def _group(self, group: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(group, Mapping) or "params" not in group:
            raise OptionError(
                f'a group of parameters is a dict with "params" and options; got {group!r:.80}. '
                'Cure: {"params": [...], ...} for each.'
            )
        unknown = set(group) - set(self.defaults) - {"params"} - self.extras
        if unknown:
            known = ", ".join(self.defaults)
            raise OptionError(f"{type(self).__name__} has no option {', '.join(sorted(unknown))}; it has {known}")
        params = [group["params"]] if isinstance(group["params"], Array) else list(group["params"])
        full = {**self.defaults, **{name: plain(value) for name, value in group.items()}, "params": params}
        if not params:
            raise OptionError(f"{type(self).__name__} needs parameters; got none. Cure: model.parameters().")
        if all(isinstance(p, tuple) and len(p) == 2 for p in params):
            full["param_names"], full["params"] = ([pair[i] for pair in params] for i in (0, 1))
        for p in full["params"]:
            self._check_parameter(p)
        self.check(full)
        return full

    def _check_parameter(self, p: Any) -> None:
        learnt = isinstance(p, Parameter) or (isinstance(p, Array) and p.requires_grad)  # a Parameter may be frozen
        if not learnt or not p.is_leaf:
            raise OptionError(
                f"{type(self).__name__} changes leaves that require a gradient (nn.Parameter); got {p!r:.80}"
            )
        if not self.is_flat and p.dtype.kind != "real floating":
            raise DTypeError(
                f"{type(self).__name__} changes real parameters; got {p.dtype.name} of shape {p.shape}. "
                "Cure: two parameters, for real and imaginary parts, or an element-wise optimizer as Adam."
            )

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise OptionError for a group's options that make no sense; a subclass may add to it."""
        check_options(type(self).__name__, options, self.limits)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters.

        Args:
            set_to_none: False: put zeros in the place of those that are there, as PyTorch does; then
                the next step changes these parameters, by what momentum and decay are left.
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else zeros_like(p.grad.detach())

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; the others, and their state, stay as they are.

        Args:
            closure: a function that drops the gradients, computes the loss anew, calls its `backward` and gives it;
                called once, before the step, with gradients switched on.

        Returns: what the closure gave, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for i, group in enumerate(self.param_groups):
            options = {name: group[name] for name in self.defaults}
            options["lr"] = float(options["lr"](self._steps) if callable(options["lr"]) else options["lr"])
            for batch in self._current_batches(i):
                if batch.params[0].grad is not None:
                    batch.update(type(self).rule, options)
        self._steps += 1
        return loss

    def _current_batches(self, i: int) -> list[Batch]:
        if not self._batches[i] or not all(batch.is_current() for batch in self._batches[i]):
            self._batches[i] = regrouped(self.param_groups[i]["params"], self._batches[i], self.is_flat)
        return self._batches[i]

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """The state in PyTorch's form: {"state": {index: {"step", ...}}, "param_groups": [...]}.

        A parameter's index counts through all groups. A learning rate that is a function is left out.
        Beside the two, where PyTorch overlooks it, stands "step": the steps that the optimizer has
        done, which schedules count; a parameter's own "step" counts those that had its gradient.
        """
        state: dict[int, State] = {}
        position = {id(p): i for i, p in enumerate(self._every())}
        for batches in self._batches:
            for batch in batches:
                for p, own in batch.split_state():
                    if own:
                        arrays = {k: v if is_number(v) else Array(v, p.device) for k, v in own.items()}
                        state[position[id(p)]] = arrays
        return {"state": dict(sorted(state.items())), "param_groups": self._group_dicts(), "step": self._steps}

    def _every(self) -> list[Parameter]:
        return [p for group in self.param_groups for p in group["params"]]

    def _group_dicts(self) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = []
        first = 0
        for group in self.param_groups:
            options = {k: v for k, v in group.items() if k != "params" and not callable(v)}
            last = first + len(group["params"])
            groups.append({**options, "params": list(range(first, last))})
            first = last
        return groups

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` gave, or PyTorch's; its arrays may be of any backend.

        Schedules stay, and go on at its "step"; PyTorch's has none, and then at the largest of its
        parameters'.

        Raises:
            CheckpointError: if groups or shapes are not those of this optimizer; then nothing is changed.
        """
        self._check_groups(state)
        every = self._every()
        owned: dict[int, State] = {}
        for index, own in state["state"].items():
            if not 0 <= int(index) < len(every):
                raise CheckpointError(f"the state has a parameter {index}; this optimizer has {len(every)}")
            p = every[int(index)]
            owned[id(p)] = self._state_of(int(index), p, own)
        counts = (int(own.get("step", 0)) for own in state["state"].values())
        self._steps = int(state["step"]) if "step" in state else max(counts, default=0)
        self._load_groups(state)
        self._batches = [batched(group["params"], owned, self.is_flat) for group in self.param_groups]

    def _check_groups(self, state: Mapping[str, Any]) -> None:
        sizes = [len(group["params"]) for group in self.param_groups]
        saved = [len(group["params"]) for group in state["param_groups"]]
        if sizes != saved:
            raise CheckpointError(f"the optimizer's state is of groups of {saved} parameters; this one has {sizes}")

    def _load_groups(self, state: Mapping[str, Any]) -> None:
        for group, new in zip(self.param_groups, state["param_groups"], strict=True):
            known = {k: plain(v) for k, v in new.items() if k in self.defaults or k in self.extras}
            group.update({k: v for k, v in known.items() if not callable(group.get(k))})

    def _state_of(self, index: int, p: Parameter, own: Mapping[str, Any]) -> State:
        # PyTorch's SGD counts no steps, and has None where it has no momentum.
        values = {k: v for k, v in own.items() if k != "step" and v is not None}
        unknown = set(values) - set(self.slots) - set(self.numbers)
        if unknown:
            raise CheckpointError(
                f"the state is of another optimizer: {type(self).__name__} keeps "
                f"{', '.join([*self.slots, *self.numbers])}; "
                f"parameter {index} has {', '.join(sorted(unknown))}. Cure: the optimizer of the run."
            )
        state: State = {"step": int(own.get("step", 1))}
        for name, value in values.items():
            if name in self.numbers:
                state[name] = float(value)
                continue
            expected = self.state_shape(name, p.shape)
            if tuple(value.shape) != expected:
                raise CheckpointError(f"{name} of parameter {index} has shape {tuple(value.shape)}; it is {expected}")
            state[name] = asarray(value, dtype=p.dtype, device=p.device, copy=True)._data
        return state

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of an array of the state, for a parameter of some shape: the same, unless a subclass says more."""
        return shape
