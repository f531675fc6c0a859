"""An optimizer's state as arrays with names, and the rest, which is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xnn.array_object import Array


def flatten(state: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """An optimizer's state as arrays named INDEX.NAME, or INDEX.NAME.PLACE of a list, and the rest, which is JSON."""
    tensors: dict[str, Array] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for index, own in state["state"].items():
        for name, value in own.items():
            if isinstance(value, Array):
                tensors[f"{index}.{name}"] = value
            elif isinstance(value, list) and any(isinstance(x, Array) for x in value):  # as LBFGS's
                tensors |= {f"{index}.{name}.{place}": x for place, x in enumerate(value)}
            else:
                scalars.setdefault(str(index), {})[name] = value
    return tensors, {**state, "state": scalars}


def unflatten(tensors: Mapping[str, Any], notes: Mapping[str, Any]) -> dict[str, Any]:
    """The state again, of what `flatten` gave."""
    state: dict[int, dict[str, Any]] = {int(index): dict(own) for index, own in notes["state"].items()}
    lists: dict[tuple[int, str], dict[int, Any]] = {}
    for key, value in tensors.items():
        index, name, *place = key.split(".")
        if place:
            lists.setdefault((int(index), name), {})[int(place[0])] = value
        else:
            state.setdefault(int(index), {})[name] = value
    for (position, name), values in lists.items():
        state.setdefault(position, {})[name] = [values[i] for i in range(len(values))]
    counted = {"step": notes["step"]} if "step" in notes else {}  # older files have none
    return {"state": state, "param_groups": notes["param_groups"], **counted}
