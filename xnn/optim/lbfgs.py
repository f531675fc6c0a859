"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xnn.array import Array
from xnn.autograd import enable_grad
from xnn.errors import CheckpointError, OptionError
from xnn.ops.creation import asarray

from .batches import Batch, State, moved
from .limits import AT_LEAST_0, LIMITS, Limit
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, Schedule

__all__ = ["LBFGS"]

_LISTS = ("old_dirs", "old_stps")
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
    slots = ("d", "prev_flat_grad", *_LISTS)
    numbers = ("func_evals", "n_iter", "t", "ro", "H_diag", "prev_loss")
    limits = LIMITS | {
        "max_iter": _COUNT,
        "max_eval": _COUNT,
        "history_size": _COUNT,
        "tolerance_grad": AT_LEAST_0,
        "tolerance_change": AT_LEAST_0,
        "line_search_fn": (lambda v: v in (None, "strong_wolfe"), 'None or "strong_wolfe"'),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Schedule = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        self._memory: State = {}
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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` updates.

        Args:
            closure: a function that drops the gradients, computes the loss anew, calls its `backward` and gives it.

        Returns: the loss before the first update.
        """
        if closure is None:
            raise OptionError(
                "LBFGS looks at the loss several times in a step; got no closure. "
                "Cure: optimizer.step(closure), with a function that computes it."
            )
        search = _Search(self._vector(), closure)
        group = self.param_groups[0]
        lr = float(group["lr"](self._steps) if callable(group["lr"]) else group["lr"])
        self._steps += 1
        memory = self._memory
        memory.setdefault("func_evals", 0)
        memory.setdefault("n_iter", 0)
        first = search.look()
        memory["func_evals"] += 1
        loss, grad = float(first), search.gradient()
        if search.largest(grad) <= group["tolerance_grad"]:
            return first
        evaluations = 1
        for done in range(1, group["max_iter"] + 1):
            memory["n_iter"] += 1
            self._turn(search, grad, group["history_size"])
            t = min(1.0, 1 / search.value("sum", grad)) * lr if memory["n_iter"] == 1 else lr
            slope = search.dot(grad, memory["d"])
            memory.update(prev_flat_grad=grad, prev_loss=loss, t=t)
            if slope > -group["tolerance_change"]:
                break
            old, count = loss, 0
            if group["line_search_fn"] is not None:
                start, limit = Point(0.0, loss, grad, slope), group["max_eval"] - evaluations
                (t, loss, grad, _), count = search.along(memory["d"], start, t, limit)
                memory["t"] = t
            else:
                search.move(search.origin(), t, memory["d"])
                if done < group["max_iter"]:  # the loss after the last update is for the next step to find
                    loss, grad, count = float(search.look()), search.gradient(), 1
            evaluations += count
            memory["func_evals"] += count
            if (
                evaluations >= group["max_eval"]
                or search.largest(grad) <= group["tolerance_grad"]
                or abs(t) * search.largest(memory["d"]) <= group["tolerance_change"]
                or abs(loss - old) < group["tolerance_change"]
            ):
                break
        return first

    def _turn(self, search: _Search, grad: Any, history_size: int) -> None:
        """The next direction, as `d` in the memory."""
        memory = self._memory
        with search.batch.device.scope():
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
        old = self._batches[0]
        if not old or (old[0].device, old[0].dtype) != (device, dtype):
            for name in self.slots:
                if name in self._memory and old:
                    self._memory[name] = _each(lambda x: moved(x, old[0].device, params[0]), self._memory[name])
            self._batches[0] = [Batch(params, device, dtype, [{} for _ in params], is_flat=True)]
        return self._batches[0][0]

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
        self._check_groups(state)
        batch = self._vector()
        own = state["state"].get(0, {})
        unknown = set(own) - set(self.slots) - set(self.numbers) - {"al"}  # PyTorch's room for the recursion
        if unknown or set(state["state"]) - {0}:
            raise CheckpointError(
                f"the state is of another optimizer: LBFGS keeps {', '.join([*self.slots, *self.numbers])} of all "
                "parameters together. Cure: the optimizer of the run."
            )

        def taken(x: Any) -> Any:
            if tuple(x.shape) != (batch.ends[-1],):
                raise CheckpointError(
                    f"the state is of {'x'.join(map(str, x.shape))} numbers; LBFGS's parameters have {batch.ends[-1]}"
                )
            return asarray(x, dtype=batch.dtype, device=batch.device, copy=True)._data

        memory: State = {}
        for name, value in own.items():
            if name in self.slots:
                memory[name] = _each(taken, value)
            elif name != "al":
                memory[name] = _each(int if name in ("func_evals", "n_iter") else float, value)
        self._memory, self._steps = memory, int(state.get("step", 0))
        self._load_groups(state)


class _Search:
    """A loss along a line of parameters: what is on the device, and the numbers that are read from it."""

    def __init__(self, batch: Batch, closure: Callable[[], Any]) -> None:
        self.batch = batch
        self.xp = batch.device.backend.xp
        self.closure = closure

    def look(self) -> Any:
        """The loss here; its gradients are with the parameters then."""
        with enable_grad():
            return self.closure()

    def gradient(self) -> Any:
        """The gradient, as one vector; zeros for parameters without."""
        with self.batch.device.scope():
            return self.batch.flat(
                [self.xp.zeros_like(p._data) if p.grad is None else p.grad._data for p in self.batch.params]
            )

    def origin(self) -> Any:
        """The parameters, as one vector."""
        with self.batch.device.scope():
            return self.batch.current_data()

    def move(self, origin: Any, t: float, direction: Any) -> None:
        """The parameters become origin + t * direction."""
        with self.batch.device.scope():
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
        with self.batch.device.scope():
            return float(self.batch.device.backend.to_numpy(self.xp.sum(a * b)))

    def value(self, reduction: str, x: Any) -> float:
        """The sum, or the maximum, of a vector's absolute values."""
        with self.batch.device.scope():
            return float(self.batch.device.backend.to_numpy(getattr(self.xp, reduction)(self.xp.abs(x))))

    def largest(self, x: Any) -> float:
        """The largest absolute value of a vector."""
        return self.value("max", x)


def _each(function: Callable[[Any], Any], value: Any) -> Any:
    return [function(x) for x in value] if isinstance(value, (list, tuple)) else function(value)
