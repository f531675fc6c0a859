"""class Optimizer: groups of parameters, their state, and one pure update rule."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar, overload

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import enable_grad
from xnn.cures import offer_attributes
from xnn.errors import CheckpointError, DTypeError, OptionError
from xnn.nn.module import Parameter
from xnn.ops.creation import zeros_like

from .batches import Batch, Rule, State, batched, is_number, regrouped
from .interrupts import DelayedInterrupt
from .limits import LIMITS, PYTHONS, Limit, as_python, check_options
from .states import check_form, number_of, position_of, state_of

__all__ = ["Optimizer"]

L = TypeVar("L")  # a loss
Schedule: TypeAlias = Callable[[int], float]
# Parameters, pairs of a name and one, or groups of them: dicts with "params" and options.
Params: TypeAlias = Iterable[Array | tuple[str, Array] | Mapping[str, Any]]
# What schedulers keep in a group of parameters, and names, of the parameters and of the group: no options of a rule.
EXTRAS = frozenset(["name", "param_names", "initial_lr", "max_lr", "min_lr", "swa_lr", "base_momentum", "max_momentum"])
MISSING = object()


@offer_attributes
class Optimizer:
    """Changes parameters by their gradients. A subclass has a pure rule and the defaults of its options.

    The rule is `rule(xp, param, grad, state, *, step, lr, **options) -> (param, state)` on raw
    arrays. Where it is element-wise, it runs once for all parameters of a group together, laid end to
    end, in the place of once for each; a rule with norms or matrices says `is_flat = False`. `step` counts
    from 1; `state` is {} at first. A state holds arrays, and Python numbers that follow from the
    options alone: no step waits for a device. A backend's kernel may do what a rule says, and write in place the memory
    of parameters and state, but never what anybody else sees: a graph, `p.detach()`, `state_dict()` keep their values.
    Another thread that looks at parameters in the midst of a step may see a part of it, and go on seeing it change.

    Args:
        params: parameters, or groups of them, as PyTorch's: dicts with "params" and own options; in the place of a
            parameter may stand the pair of a name and it, as `named_parameters` gives.
        options: of the rule, for groups that do not have their own. `lr` is a number, or a schedule:
            a function of the number of steps that the optimizer has done, from 0; a step counts for
            all parameters, with a gradient or without.

    Shapes: parameters of any shape; a subclass says where only some fit.

    Attributes:
        param_groups: a list of dicts, with "params" and every option; all of it may be changed, and is checked at
            the next step.

    Raises:
        OptionError: without parameters, for one that stands in two groups, a group without "params"
            or with an unknown option, or a number that makes no sense.
        DTypeError: for complex parameters, where the rule is not element-wise.
    """

    rule: ClassVar[Rule]
    is_flat: ClassVar[bool] = True
    slots: ClassVar[tuple[str, ...]] = ()  # the names of arrays that the rule may use in a state, which are PyTorch's
    numbers: ClassVar[tuple[str, ...]] = ()  # the names of Python numbers there
    optional: ClassVar[tuple[str, ...]] = ()  # those of both, and "step", that a state may be without
    limits: ClassVar[Mapping[str, Limit]] = LIMITS
    extras: ClassVar[frozenset[str]] = EXTRAS

    def __init__(self, params: Params, **options: Any) -> None:
        self.defaults = {name: as_python(value) for name, value in options.items()}
        self.param_groups: list[dict[str, Any]] = []
        self._batches: list[list[Batch]] = []
        self._grouped: list[list[int]] = []  # the ids of the parameters that the batches were made of
        self._checked: dict[
            int, tuple[list[Any], dict[str, Any]]
        ] = {}  # by the groups' ids: values, as they were found
        self._steps = 0
        listed = self._listed(params)
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
        self._check_once([*self.param_groups, group])
        self.param_groups.append(group)

    def _check_once(self, groups: Iterable[Mapping[str, Any]]) -> None:
        every = [id(p) for group in groups for p in group["params"]]
        if len(set(every)) != len(every):
            raise OptionError("a parameter stands twice among the optimizer's parameters")

    def _listed(self, params: Any) -> list[Any]:
        if isinstance(params, (Array, Mapping)) or not isinstance(params, Iterable):
            raise OptionError(
                f"{type(self).__name__} takes a list of parameters, or of groups of them; got {params!r:.80}. "
                "Cure: model.parameters(), or [...] around it."
            )
        return list(params)

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
        full = {**self.defaults, **{name: as_python(value) for name, value in group.items()}, "params": params}
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

    @flagged
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters.

        Args:
            set_to_none: False: put zeros in the place of those that are there, as PyTorch does; then
                the next step changes these parameters, by what momentum and decay are left.
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p.grad is None else zeros_like(p.grad.detach())

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], L]) -> L: ...
    def step(self, closure: Callable[[], L] | None = None) -> L | None:
        """Change every parameter that has a gradient; the others, and their state, stay as they are.

        Args:
            closure: a function that drops the gradients, computes the loss anew, calls its `backward` and gives it;
                called once, before the step, with gradients switched on.

        Returns: what the closure gave, or None.

        Raises:
            OptionError: for an option, or what a schedule gave, that makes no sense; then, as after any error, no
                parameter and no state has changed. Ctrl-C comes before the step, or after it.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        # First all options: a schedule may take hold of parameters, which `update` looks for.
        every = [self._options(group) for group in self.param_groups]
        updates = []
        for options, batches in zip(every, self._current_batches(), strict=True):
            rule = type(self).rule
            updates += [(b, b.update(rule, options)) for b in batches if b.params[0].grad is not None]
        # Only now, when nothing can go wrong any more, as memory or an option: a step is done whole, or not at all.
        with DelayedInterrupt():
            for batch, update in updates:
                batch.take(update)
            self._steps += 1
        return loss

    def _options(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """A group's options at this step, which may have been changed since the last one."""
        values = [group.get(name, MISSING) for name in self.defaults]
        found = self._checked.get(id(group))
        if found is not None and all(map(operator.is_, values, found[0])):
            return found[1]
        if any(value is MISSING for value in values):
            missing = ", ".join(name for name in self.defaults if name not in group)
            raise OptionError(
                f"a group of {type(self).__name__}'s lacks {missing}. Cure: add_param_group for new ones."
            )
        options = dict(zip(self.defaults, map(as_python, values), strict=True))
        if callable(options["lr"]):
            options["lr"] = as_python(options["lr"](self._steps))
        self.check(options)
        if all(type(value) in PYTHONS or type(value) is tuple for value in values):  # what cannot change in its place
            self._checked[id(group)] = values, options
        return options

    def _current_batches(self) -> list[list[Batch]]:
        """The batches of each group, made anew where parameters came, went or moved, or others have gradients."""
        lists = [group["params"] for group in self.param_groups]
        ids = _ids(lists)
        if ids != self._grouped:
            for p in self._every():  # a script may have put them into the lists itself
                self._check_parameter(p)
            self._check_once(self.param_groups)
            every = [batch for batches in self._batches for batch in batches]
            self._batches = [regrouped(params, every, self.is_flat) for params in lists]
            self._grouped = ids
        for i, batches in enumerate(self._batches):
            if not all(batch.is_current() for batch in batches):
                self._batches[i] = regrouped(lists[i], batches, self.is_flat)
        return self._batches

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """The state in PyTorch's form: {"state": {index: {"step", ...}}, "param_groups": [...]}.

        A parameter's index counts through all groups. A learning rate that is a function is left out.
        Beside the two, where PyTorch overlooks it, stands "step": the steps that the optimizer has
        done, which schedules count; a parameter's own "step" counts those that had its gradient.
        """
        state: dict[int, State] = {}
        position = {id(p): i for i, p in enumerate(self._every())}
        for batches in self._current_batches():
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
            CheckpointError: if something is missing, or groups, shapes or options are not what they may be; then
                nothing is changed.
        """
        groups = self._loaded_groups(state)
        every = self._every()
        owned: dict[int, State] = {}
        for index, own in state["state"].items():
            position = position_of(index, len(every))
            owned[id(every[position])] = state_of(self, position, every[position], own)
        counts = (int(own.get("step") or 0) for own in state["state"].values())
        steps = number_of("step", state["step"], int) if "step" in state else max(counts, default=0)
        lists = [group["params"] for group in groups]
        batches = [batched(params, owned, self.is_flat) for params in lists]
        for group, new in zip(self.param_groups, groups, strict=True):
            group.update(new)
        self._steps, self._grouped, self._batches = steps, _ids(lists), batches

    def _loaded_groups(self, state: Any) -> list[dict[str, Any]]:
        """The groups with the options of a state, which is of the right form."""
        check_form(state)
        sizes, saved = (
            [len(group["params"]) for group in groups] for groups in (self.param_groups, state["param_groups"])
        )
        if sizes != saved:
            raise CheckpointError(f"the optimizer's state is of groups of {saved} parameters; this one has {sizes}")
        groups = []
        for group, new in zip(self.param_groups, state["param_groups"], strict=True):
            known = {k: as_python(v) for k, v in new.items() if k in self.defaults or k in self.extras}
            groups.append({**group, **{k: v for k, v in known.items() if not callable(group.get(k))}})
            try:
                self.check(groups[-1])
            except OptionError as error:
                raise CheckpointError(f"the optimizer's state has an option out of range. {error}") from error
        return groups

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape of an array of the state, for a parameter of some shape; None where such a one does not have it.

        The same, unless a subclass says more.
        """
        return shape


def _ids(lists: Iterable[Iterable[Parameter]]) -> list[list[int]]:
    return [list(map(id, params)) for params in lists]
