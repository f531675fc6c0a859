"""class GradScaler: losses scaled up, so that gradients in float16 do not become 0, and their gradients scaled down."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from xnn.arguments import check_arrays, check_floating, flagged, whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.dtypes import DType, bfloat16, float16, float32
from xnn.errors import CheckpointError, DTypeError, GraphError, OptionError
from xnn.ops.data_types import astype, dtype_of, finfo
from xnn.ops.elementwise import multiply
from xnn.typing import A, AnyArray
from xnn_backends import Device

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class _Optimizer(Protocol[P, R]):
    param_groups: list[dict[str, Any]]

    @property
    def step(self) -> Callable[P, R]: ...


class _Stage(enum.Enum):
    UNSCALED = enum.auto()
    STEPPED = enum.auto()


class _Found:
    """What is known of an optimizer's gradients since the last update: for each device whether all are finite."""

    @flagged
    def __init__(self, are_finite: dict[Device, Any]) -> None:
        self.stage = _Stage.UNSCALED
        self._are_finite = are_finite
        self._has_infinite: bool | None = None

    def has_infinite(self) -> bool:
        """Whether a gradient is infinite or NaN; waits for the devices, the first time."""
        if self._has_infinite is None:
            self._has_infinite = not all(bool(frontend.array(x, device)) for device, x in self._are_finite.items())
        return self._has_infinite


class GradScaler:
    """Loss scaling that finds its own scale: half of it after infinite gradients, twice it after many finite steps.

    A float16 below 6e-8 is 0, so small gradients are lost on their way through float16. `scale(loss).backward()` makes
    all of them larger; `step(optimizer)` divides them by the scale, and leaves the step out where one is infinite or
    NaN; `update()` sets the scale for the next step. bfloat16 has float32's range, and needs none of this.

    The semantics, the names and the state are those of torch.amp.GradScaler. `step` waits once for each device, for one
    flag, as PyTorch's does; there checks of values that were put off raise, too. Whether a step is done is decided on
    the host, because there its number counts, in bias corrections and schedules: a choice between old and new values on
    the device would count steps that were left out. Nothing else waits: the scale is a number of the host.

    Args:
        init_scale: the scale to begin with.
        growth_factor: what it is multiplied by after `growth_interval` steps in a row with finite gradients.
        backoff_factor: what it is multiplied by after a step with an infinite one.
        growth_interval: see growth_factor.
        enabled: False: `scale` gives back what it is given, `step` steps, the rest does nothing.

    Shapes: losses and gradients of any, kept.

    Raises:
        OptionError: for a scale that is not above 0, a growth factor not above 1, a backoff factor that is not between
            0 and 1, or an interval that is no int of at least 1.

    Micikevicius et al., Mixed precision training, 2018.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(3, 1, device="cpu")
        >>> optimizer = xp.optim.SGD(layer.parameters(), lr=0.1)
        >>> scaler = xp.amp.GradScaler(init_scale=1024.0)
        >>> with xp.amp.autocast():
        ...     loss = xp.mean(layer(xp.ones((2, 3), device="cpu")))
        >>> scaler.scale(loss).backward()
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> scaler.get_scale()
        1024.0
    """

    @flagged
    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._enabled = bool(enabled)
        self._scale = _positive("init_scale", init_scale)
        self.set_growth_factor(growth_factor)
        self.set_backoff_factor(backoff_factor)
        self.set_growth_interval(growth_interval)
        self._growth_tracker = 0  # steps in a row with finite gradients
        self._found: dict[_Optimizer[..., Any], _Found] = {}

    # ---- a step ----

    @overload
    def scale(self, outputs: A) -> A: ...
    @overload
    def scale(self, outputs: list[A]) -> list[A]: ...
    @overload
    def scale(self, outputs: tuple[A, ...]) -> tuple[A, ...]: ...
    @overload
    def scale(self, outputs: Iterator[A]) -> Iterator[A]: ...
    def scale(self, outputs: AnyArray | Iterable[AnyArray]) -> AnyArray | Iterable[AnyArray]:
        """A loss times the scale, or a list, a tuple or an iterator of losses.

        Losses in float16 and bfloat16 become float32: the scale itself is beyond float16.

        Shapes: any, kept.

        Raises:
            TypeError: for what is no array.
            DTypeError: for an array that is not floating-point.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(map(self.scale, outputs))
        if isinstance(outputs, Iterable) and not hasattr(outputs, "shape"):
            return map(self.scale, outputs)
        check_arrays("GradScaler.scale", outputs=outputs)
        check_floating("GradScaler.scale", "outputs", outputs)
        if dtype_of(outputs) in (float16, bfloat16):
            outputs = astype(outputs, float32)  # type: ignore[type-var]  # checked above
        return multiply(outputs, self._scale)  # type: ignore[arg-type]

    def unscale_(self, optimizer: _Optimizer[..., Any]) -> None:
        """Divide the gradients of an optimizer's parameters by the scale; for those who clip them before `step`.

        Raises:
            GraphError: if it was called for this optimizer since the last `update`, or if there is no gradient.
            DTypeError: for gradients in float16 or bfloat16, whose digits and range a division cannot bring back.
        """
        if not self._enabled:
            return
        if optimizer in self._found:
            when = "unscale_" if self._found[optimizer].stage is _Stage.UNSCALED else "step"
            raise GraphError(
                f"gradients are unscaled once for each update(); {when} was called for this optimizer before. "
                "Cure: scaler.update() at the end of each step."
            )
        found = _unscale((p for group in optimizer.param_groups for p in group["params"]), 1.0 / self._scale)
        if not found:
            raise GraphError(
                "no parameter of this optimizer has a gradient. Cure: scaler.scale(loss).backward() before."
            )
        self._found[optimizer] = _Found(found)

    def step(self, optimizer: _Optimizer[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """`optimizer.step(*args, **kwargs)`, unless a gradient is infinite or NaN; unscales the gradients if need be.

        Returns:
            what the optimizer's step gives; None where it is left out.

        Raises:
            GraphError: if it was called for this optimizer since the last `update`, or if there is no gradient.
            OptionError: for a closure, whose gradients nobody would unscale.
            DTypeError: as `unscale_`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if any(map(callable, (*args, *kwargs.values()))):
            raise OptionError(
                "GradScaler.step takes no closure, whose gradients nobody would unscale. "
                "Cure: backward() before, or GradScaler(enabled=False)."
            )
        if optimizer not in self._found or self._found[optimizer].stage is _Stage.STEPPED:
            self.unscale_(optimizer)
        found = self._found[optimizer]
        result = None if found.has_infinite() else optimizer.step(*args, **kwargs)
        found.stage = _Stage.STEPPED
        return result

    def update(self, new_scale: float | AnyArray | None = None) -> None:
        """Set the scale for the next step: by what the last one found, or to `new_scale`, a number or an array ().

        Raises:
            GraphError: if nothing was unscaled since the last update.
            OptionError: for a new scale that is not above 0.
        """
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = _positive("new_scale", new_scale)
        elif not self._found:
            raise GraphError("update() goes by what step(optimizer) found; it was not called. Cure: update(new_scale).")
        elif any(found.has_infinite() for found in self._found.values()):
            self._scale *= self._backoff_factor
            self._growth_tracker = 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                grown = self._scale * self._growth_factor
                # PyTorch's is a float32, and grows no further than that
                self._scale = grown if grown <= finfo(float32).max else self._scale
                self._growth_tracker = 0
        self._found = {}

    # ---- what it is like ----

    def get_scale(self) -> float:
        """The scale; 1.0 if not enabled. Waits for nothing."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """What the scale is multiplied by to grow."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set it; OptionError unless it is above 1."""
        self._growth_factor = _positive("growth_factor", new_factor, "above 1", lambda v: v > 1)

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied by after infinite gradients."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set it; OptionError unless it is between 0 and 1."""
        self._backoff_factor = _positive("backoff_factor", new_factor, "between 0 and 1", lambda v: v < 1)

    def get_growth_interval(self) -> int:
        """How many steps in a row with finite gradients make it grow."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set it; OptionError unless it is an int of at least 1."""
        self._growth_interval = whole("growth_interval", new_interval, 1)

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """The state under PyTorch's names, all of it numbers; {} if not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` gave, or PyTorch's; does nothing if not enabled.

        Raises:
            CheckpointError: if something is missing, as in the state of one that was not enabled.
            OptionError: for a number that is out of range. In either case nothing is changed.
        """
        if not self._enabled:
            return
        if not isinstance(state_dict, Mapping):
            raise CheckpointError(
                f"the state of a GradScaler is a dict; got {type(state_dict).__name__}. Cure: what state_dict() gave."
            )
        if missing := [name for name in self.state_dict() if name not in state_dict]:
            raise CheckpointError(
                f"the state is not one of an enabled GradScaler: {', '.join(missing)} is missing. "
                "Cure: load it where it was saved with enabled=True, or leave it out."
            )
        scale = _positive("scale", state_dict["scale"])
        tracker = whole("_growth_tracker", state_dict["_growth_tracker"], 0)
        checked = GradScaler(
            scale, *(state_dict[name] for name in ("growth_factor", "backoff_factor", "growth_interval"))
        )
        self._scale, self._growth_tracker, self._growth_interval = scale, tracker, checked._growth_interval
        self._growth_factor, self._backoff_factor = checked._growth_factor, checked._backoff_factor


def _positive(
    argument: str, value: Any, rule: str = "above 0 and finite", holds: Callable[[float], bool] = math.isfinite
) -> float:
    """A Python float above 0 for which the rule holds."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (number > 0 and holds(number)):
        raise OptionError(f"GradScaler: {argument} is a number {rule}; got {value!r}")
    return number


def _unscale(parameters: Iterable[Array], inverse: float) -> dict[Device, Any]:
    """Multiply all gradients, laid end to end; for each device, whether they are finite, a raw bool array ()."""
    together: dict[tuple[Device, DType], list[Array]] = {}
    for p in parameters:
        if p.grad is not None:
            if p.grad.dtype in (float16, bfloat16):
                raise DTypeError(
                    f"GradScaler unscales float32 gradients; got {p.grad.dtype.name}, of shape {p.grad.shape}. "
                    "Cure: keep parameters in float32, and compute under xnn.amp.autocast()."
                )
            together.setdefault((p.grad._device, p.grad.dtype), []).append(p)
    found: dict[Device, Any] = {}
    for (device, _), members in together.items():
        xp = device.backend.xp
        with device.scope():
            rows = [xp.reshape(p.grad._data, (-1,)) for p in members]  # type: ignore[union-attr]  # all have one
            flat = rows[0] if len(rows) == 1 else xp.concat(rows)
            is_finite = xp.all(xp.isfinite(flat))
            found[device] = xp.logical_and(found[device], is_finite) if device in found else is_finite
            flat = flat * inverse
            start = 0
            for p in members:
                size = math.prod(p.shape)
                p.grad = frontend.array(xp.reshape(flat[start : start + size], p.shape), device)
                start += size
    return found
