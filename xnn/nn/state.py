"""Taking over a saved state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from xnn.array_object import Array
from xnn.autograd.graph import refuse_if_varied
from xnn.errors import CheckpointError, XnnError
from xnn.ops.creation import asarray
from xnn.typing import AnyArray


class Incompatible(NamedTuple):
    """What a state that was loaded with strict=False had not, and what nobody asked for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def load_state(owner: str, own: Mapping[str, Array], state: Mapping[str, AnyArray], strict: bool) -> Incompatible:
    """Fill the Arrays of a module with those of a state, if all fit; see Module.load_state_dict."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"load_state_dict takes a mapping of names to arrays; got {type(state).__name__}. "
            "Cure: what state_dict() gave."
        )
    missing, unexpected = [name for name in own if name not in state], [name for name in state if name not in own]
    wrong: list[str] = []
    if strict:
        wrong += [f"{name} is missing" for name in missing] + [f"{name} is unknown" for name in unexpected]
    converted: dict[str, Array] = {}
    for name, x in own.items():
        if name in state:
            shape = getattr(state[name], "shape", None)
            if shape is None:
                wrong.append(f"{name} is a {type(state[name]).__name__} in the place of an array")
            elif tuple(shape) != x.shape:
                wrong.append(f"{name} has shape {tuple(shape)} in the place of {x.shape}")
            else:
                refuse_if_varied(state[name], "load_state_dict", "differentiate by the module; x.detach() for values")
                try:
                    # A copy: PyTorch changes its parameters in place, and must not change ours.
                    converted[name] = asarray(state[name], dtype=x.dtype, device=x.device, copy=True)
                except (XnnError, TypeError, ValueError) as error:
                    wrong.append(f"{name} is not taken over, as {str(error).rstrip('.')}")
    if wrong:
        raise CheckpointError(
            f"the state is not one of this {owner}: {'; '.join(wrong)}. "
            "Cure: build the model as it was when the state was saved."
        )
    for name, x in converted.items():
        own[name]._data = x._data
    return Incompatible(missing, unexpected)
