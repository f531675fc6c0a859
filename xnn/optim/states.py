"""Saved states of optimizers: each entry is checked before anything is taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from xnn.dtypes import DType
from xnn.errors import CheckpointError
from xnn.ops.creation import asarray
from xnn_backends import Device

from .batches import State

if TYPE_CHECKING:
    from xnn.array_object import Array

    from .optimizer import Optimizer

CURE = "Cure: the whole of what state_dict() gave."


def check_form(state: Any) -> None:
    """Raise CheckpointError for what `state_dict` never gives."""
    keys = list(state) if isinstance(state, Mapping) else type(state).__name__
    if not isinstance(state, Mapping) or not isinstance(state.get("state"), Mapping) or "param_groups" not in state:
        raise CheckpointError(f'an optimizer\'s state is a dict with "state" and "param_groups"; got {keys}. {CURE}')
    groups = state["param_groups"]
    for group in groups if isinstance(groups, (list, tuple)) else [groups]:
        if not isinstance(group, Mapping) or not isinstance(group.get("params"), (list, tuple)):
            came = list(group) if isinstance(group, Mapping) else type(group).__name__
            raise CheckpointError(f'a group in an optimizer\'s state has "params"; got {came}. {CURE}')
    for index, own in state["state"].items():
        if not isinstance(own, Mapping):
            raise CheckpointError(f"the state of parameter {index} is a dict; got {type(own).__name__}. {CURE}")


def position_of(index: Any, count: int) -> int:
    """Which of `count` parameters an index of a state is; JSON makes it a text."""
    position: int = number_of("the index of a parameter", index, int)
    if not 0 <= position < count:
        raise CheckpointError(f"the state has a parameter {index}; this optimizer has {count}")
    return position


def state_of(optimizer: Optimizer, index: int, p: Array, own: Mapping[str, Any]) -> State:
    """A parameter's state, for its device and data type; {} where it has none."""
    kind, names = type(optimizer).__name__, [*optimizer.slots, *optimizer.numbers]
    values = {k: v for k, v in own.items() if v is not None}  # as a buffer of PyTorch's SGD without momentum
    if not values:
        return {}
    shapes = {name: optimizer.state_shape(name, p.shape) for name in optimizer.slots}
    kept = [name for name in names if shapes.get(name, ()) is not None]
    check_names(kind, f"parameter {index}", set(values) - {"step"}, kept)
    missing = [name for name in ("step", *kept) if name not in values and name not in optimizer.optional]
    if missing:
        raise CheckpointError(f"{kind}'s state of parameter {index} lacks {', '.join(missing)}. {CURE}")
    state: State = {"step": number_of(f"step of parameter {index}", values.pop("step", 1), int)}
    for name, value in values.items():
        what = f"{name} of parameter {index}"
        if name in optimizer.numbers:
            state[name] = number_of(what, value, float)
        else:
            state[name] = array_of(what, value, shapes[name], p.dtype, p.device)
    return state


def check_names(kind: str, where: str, own: Iterable[str], known: Iterable[str]) -> None:
    """Raise CheckpointError for entries that an optimizer of this kind does not keep."""
    unknown = sorted(set(own) - set(known))
    if unknown:
        raise CheckpointError(
            f"the state is of another optimizer: {kind} keeps {', '.join(known)}; "
            f"{where} has {', '.join(unknown)}. Cure: the optimizer of the run."
        )


def number_of(what: str, value: Any, kind: Callable[[Any], Any]) -> Any:
    """A number, or an array of one, as int, which counts something, or float."""
    try:
        number = kind(value)
    except (TypeError, ValueError):
        raise CheckpointError(f"{what} is a number; got {value!r:.80}. {CURE}") from None
    if kind is int and number < 0:
        raise CheckpointError(f"{what} is a number of at least 0; got {number}. {CURE}")
    return number


def array_of(what: str, value: Any, shape: tuple[int, ...] | None, dtype: DType, device: Device) -> Any:
    """A raw copy of an array of any backend."""
    came = getattr(value, "shape", None)
    if came is None or tuple(came) != shape:
        got = f"{value!r:.80}" if came is None else tuple(came)
        raise CheckpointError(f"{what} has shape {got}; it is {shape}")
    return asarray(value, dtype=dtype, device=device, copy=True)._data
