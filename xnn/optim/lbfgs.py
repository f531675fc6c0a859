"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from xnn.array_object import Array
from xnn.autograd import enable_grad
from xnn.errors import CheckpointError, OptionError

from .batches import Batch, State, moved
from .limits import AT_LEAST_0, LIMITS, Limit, word
from .line_search import Point, strong_wolfe
from .optimizer import L, Optimizer, Params, Schedule
from .states import CURE, array_of, check_names, number_of

__all__ = ["LBFGS"]

_LISTS = ("old_dirs", "old_stps", "ro")
_COUNTS = ("func_evals", "n_iter")
_COUNT: Limit = (lambda v: isinstance(v, int) and v >= 1, "an int of at least 1")


def lbfgs(xp: Any, grad: Any, steps: list[Any], changes: list[Any], inverses: list[float], scale: float) -> Any:
    """The direction of `LBFGS`, on raw vectors: -H grad, with H from the last steps and the gradient's changes in them.

    Nocedal's recursion: `inverses` are 1 / (change . step), and `scale` is that of H before any step.
    """
    q = -grad
    shares = []
    for step, change, inverse in reversed(list(zip(steps, changes, inverses, strict=True))):
        shares.append(xp.sum(step * q) * inverse)
        q = q - shares[-1] * change
    q = scale * q
    for step, change, inverse in zip(steps, changes, inverses, strict=True):
        q = q + (shares.pop() - xp.sum(change * q) * inverse) * step
    return q


class LBFGS(Optimizer):
    """Newton's method, with a curvature that is guessed from the last steps.

    p = p + t * d, d = -H g: H is the inverse Hessian by which the last `history_size` steps explain the changes of the
    gradient; t is lr (at the very first step at most lr / |g|_1), or what a line search finds. One `step` makes up to
    `max_iter` such updates. For losses of all data, without noise.

    Nocedal, Updating quasi-Newton matrices with limited storage, 1980; line search as in `strong_wolfe`.

    Args:
        params: parameters, all on one device and of one data type; one group.
        lr: the learning rate, or a schedule.
        max_iter: the most updates in a step.
        max_eval: the most calls of the closure in a step; None: 5 / 4 of max_iter.
        tolerance_grad: a step ends where no entry of the gradient is larger.
        tolerance_change: a step ends where neither the loss nor a parameter changes by more.
        history_size: how many updates are remembered.
        line_search_fn: None, or "strong_wolfe".

    Shapes: parameters of any shape, laid end to end.

    Raises:
        OptionError: for numbers out of range, more than one group, or parameters on several devices.
        DTypeError: for complex parameters.

    What to do next depends on the loss: a step waits for the device several times, where other optimizers never do.

    Example:
        >>> import xnn as xp
        >>> p = xp.nn.Parameter(xp.asarray([3.0, -1.0], device="cpu"))
        >>> optimizer = xp.optim.LBFGS([p], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = xp.sum((p - 1.0) ** 2)
        ...     loss.backward()
        ...     return loss
        >>> float(optimizer.step(closure))
        8.0
        >>> p.tolist()
        [1.0, 1.0]
    """

    is_flat = False
    slots = ("d", "prev_flat_grad", "old_dirs", "old_stps")
    numbers = (*_COUNTS, "t", "ro", "H_diag", "prev_loss")
    limits = LIMITS | {
        "max_iter": _COUNT,
        "max_eval": _COUNT,
        "history_size": _COUNT,
        "tolerance_grad": AT_LEAST_0,
        "tolerance_change": AT_LEAST_0,
        "line_search_fn": (word(None, "strong_wolfe"), 'None or "strong_wolfe"'),
    }

    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: Literal["strong_wolfe"] | None = None,
    ) -> None:
        self._memory: State = {}
        self._vectors: list[Batch] = []  # one, from the first step on
        super().__init__(
            params,
            lr=lr,
            max_iter=max_iter,
            max_eval=max_iter * 5 // 4 if max_eval is None and isinstance(max_iter, int) else max_eval,
            tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change,
            history_size=history_size,
            line_search_fn=line_search_fn,
        )

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        if self.param_groups:
            raise OptionError("LBFGS has one group of parameters, with one set of options. Cure: all in one list.")
        super().add_param_group(param_group)

    def step(self, closure: Callable[[], L] | None = None) -> L:
        """Up to `max_iter` updates; where the closure raises, all is as before.

        Args:
            closure: a function that drops the gradients, computes the loss anew, calls its `backward` and gives it.

        Returns: the loss before the first update.

        Raises:
            OptionError: without a closure, or for one that gives no loss.
        """
        if closure is None:
            raise OptionError(
                "LBFGS looks at the loss several times in a step; got no closure. "
                "Cure: optimizer.step(closure), with a function that computes it."
            )
        batch, options = self._vector(), self._options(self.param_groups[0])
        memory, data = dict(self._memory), [p._data for p in batch.params]
        try:
            loss = self._descend(_Search(batch, closure), options)
        except BaseException:  # Ctrl-C too
            self._memory = memory
            for p, raw in zip(batch.params, data, strict=True):
                p._data = raw
            raise
        self._steps += 1
        return loss

    def _descend(self, search: _Search, options: Mapping[str, Any]) -> Any:
        memory, lr = self._memory, options["lr"]
        memory.setdefault("func_evals", 0)
        memory.setdefault("n_iter", 0)
        first = search.look()
        memory["func_evals"] += 1
        loss, grad = float(first), search.gradient()
        if search.largest(grad) <= options["tolerance_grad"]:
            return first
        evaluations = 1
        for done in range(1, options["max_iter"] + 1):
            memory["n_iter"] += 1
            self._turn(search, grad, options["history_size"])
            t = min(1.0, 1 / search.value("sum", grad)) * lr if memory["n_iter"] == 1 else lr
            slope = search.dot(grad, memory["d"])
            memory.update(prev_flat_grad=grad, prev_loss=loss, t=t)
            if slope > -options["tolerance_change"]:
                break
            old, count = loss, 0
            if options["line_search_fn"] is not None:
                start, limit = Point(0.0, loss, grad, slope), options["max_eval"] - evaluations
                (t, loss, grad, _), count = search.along(memory["d"], start, t, limit)
                memory["t"] = t
            else:
                search.move(search.origin(), t, memory["d"])
                if done < options["max_iter"]:  # the loss after the last update is for the next step to find
                    loss, grad, count = float(search.look()), search.gradient(), 1
            evaluations += count
            memory["func_evals"] += count
            if (
                evaluations >= options["max_eval"]
                or search.largest(grad) <= options["tolerance_grad"]
                or abs(t) * search.largest(memory["d"]) <= options["tolerance_change"]
                or abs(loss - old) < options["tolerance_change"]
            ):
                break
        return first

    def _turn(self, search: _Search, grad: Any, history_size: int) -> None:
        """The next direction, as `d` in the memory."""
        memory = self._memory
        with search.batch.device.computing():
            if memory["n_iter"] == 1:
                memory.update(d=-grad, old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
                return
            change, step = grad - memory["prev_flat_grad"], memory["t"] * memory["d"]
            product = search.dot(change, step)
            if product > 1e-10:  # otherwise the curvature is none that a minimum has
                for name, value in (("old_dirs", change), ("old_stps", step), ("ro", 1 / product)):
                    memory[name] = [*memory[name], value][-history_size:]
                memory["H_diag"] = product / search.dot(change, change)
            steps, changes = memory["old_stps"], memory["old_dirs"]
            memory["d"] = lbfgs(search.xp, grad, steps, changes, memory["ro"], memory["H_diag"])

    def _vector(self) -> Batch:
        """All parameters as one vector; the memory goes with them if they moved."""
        params = self.param_groups[0]["params"]
        kinds = {(p.device, p.dtype) for p in params}
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{device} {dtype.name}" for device, dtype in kinds))
            raise OptionError(f"LBFGS changes parameters of one device and data type; got {found}")
        ((device, dtype),) = kinds
        old = self._vectors
        if not old or (old[0].device, old[0].dtype) != (device, dtype):
            for name in self.slots:
                if name in self._memory and old:
                    self._memory[name] = _each(lambda x: moved(x, old[0].device, params[0]), self._memory[name])
            self._vectors = [Batch(params, device, dtype, [{} for _ in params], is_flat=True)]
        return self._vectors[0]

    def state_dict(self) -> dict[str, Any]:
        """The state in PyTorch's form: all is kept with the first parameter."""
        device = self._vector().device

        def shown(name: str, value: Any) -> Any:
            return _each(lambda x: Array(x, device), value) if name in self.slots else value

        own = {name: shown(name, value) for name, value in self._memory.items()}
        return {"state": {0: own} if own else {}, "param_groups": self._group_dicts(), "step": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` gave, or PyTorch's; its arrays may be of any backend.

        Raises:
            CheckpointError: if groups or sizes are not those of this optimizer; then nothing is changed.
        """
        groups, batch = self._loaded_groups(state), self._vector()
        own = {name: value for name, value in state["state"].get(0, {}).items() if name != "al"}
        others = [f"parameter {i}" for i in state["state"] if i != 0]  # PyTorch's "al" is room for the recursion
        check_names("LBFGS", "the state", [*own, *others], [*self.slots, *self.numbers])
        memory: State = {}
        for name, value in own.items():
            read = self._reader(name, batch)
            memory[name] = [read(x) for x in value] if name in _LISTS else read(value)
        # Before the first update there are counts alone.
        needed = (*self.slots, *self.numbers) if memory.get("n_iter") else _COUNTS if own else ()
        missing = [name for name in needed if name not in own]
        if missing:
            raise CheckpointError(f"LBFGS's state lacks {', '.join(missing)}. {CURE}")
        lengths = {name: len(memory[name]) for name in _LISTS if name in memory}
        if len(set(lengths.values())) > 1:
            raise CheckpointError(f"LBFGS remembers as many of each of its lists; got {lengths}. {CURE}")
        self._memory, self._steps = memory, number_of("step", state.get("step", 0), int)
        self.param_groups[0].update(groups[0])

    def _reader(self, name: str, batch: Batch) -> Callable[[Any], Any]:
        """How an entry of a saved state, or each of a list of them, is taken over."""
        if name in self.slots:
            return lambda x: array_of(f"{name} of all parameters", x, (batch.ends[-1],), batch.dtype, batch.device)
        return lambda x: number_of(name, x, int if name in _COUNTS else float)


class _Search:
    """A loss along a line of parameters: what is on the device, and the numbers that are read from it."""

    def __init__(self, batch: Batch, closure: Callable[[], Any]) -> None:
        self.batch = batch
        self.xp = batch.device.backend.xp
        self.closure = closure

    def look(self) -> Any:
        """The loss here; its gradients are with the parameters then."""
        with enable_grad():
            loss = self.closure()
        if loss is None:
            raise OptionError("LBFGS's closure gives the loss; got None. Cure: return loss at its end.")
        return loss

    def gradient(self) -> Any:
        """The gradient, as one vector; zeros for parameters without."""
        with self.batch.device.computing():
            return self.batch.flat(
                [self.xp.zeros_like(p._data) if p.grad is None else p.grad._data for p in self.batch.params]
            )

    def origin(self) -> Any:
        """The parameters, as one vector."""
        with self.batch.device.computing():
            return self.batch.current_data()

    def move(self, origin: Any, t: float, direction: Any) -> None:
        """The parameters become origin + t * direction."""
        with self.batch.device.computing():
            data = origin + t * direction
            self.batch.become(data, self.batch.split(data))

    def along(self, direction: Any, start: Point, t: float, limit: int) -> tuple[Point, int]:
        """The parameters become those that the line search finds, from here."""
        origin = self.origin()

        def evaluate(t: float) -> Point:
            self.move(origin, t, direction)
            loss, grad = float(self.look()), self.gradient()
            return Point(t, loss, grad, self.dot(grad, direction))

        found, count = strong_wolfe(evaluate, start, t, self.largest(direction), limit)
        self.move(origin, found.t, direction)
        return found, count

    def dot(self, a: Any, b: Any) -> float:
        """The product of two vectors."""
        with self.batch.device.computing():
            return float(self.batch.device.backend.to_numpy(self.xp.sum(a * b)))

    def value(self, reduction: str, x: Any) -> float:
        """The sum, or the maximum, of a vector's absolute values."""
        with self.batch.device.computing():
            return float(self.batch.device.backend.to_numpy(getattr(self.xp, reduction)(self.xp.abs(x))))

    def largest(self, x: Any) -> float:
        """The largest absolute value of a vector."""
        return self.value("max", x)


def _each(function: Callable[[Any], Any], value: Any) -> Any:
    return [function(x) for x in value] if isinstance(value, (list, tuple)) else function(value)
