"""Several sequences as one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from xnn.arguments import check_arrays
from xnn.errors import OptionError, ShapeError
from xnn.ops import recurrent
from xnn.ops.data_types import dtype_of
from xnn.ops.manipulation import permute_dims
from xnn.typing import A

from ._indices import together
from ._padding import constant

__all__ = ["pad_sequence"]


def pad_sequence(
    sequences: Sequence[A],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: Literal["left", "right"] = "right",
) -> A:
    """Sequences of several lengths as one array.

    Args:
        sequences: one or more arrays (L, ...), alike but for L.
        batch_first: whether the result is (N, T, ...) in the place of (T, N, ...).
        padding_value: what stands where a sequence has ended.
        padding_side: "right", or "left" for values before the short ones.

    Returns:
        (T, N, ...), T the longest L.

    Raises:
        ShapeError: without a sequence, or if other dimensions than the first differ, or the types.
        OptionError: for another side.
        DTypeError: for a padding_value that is not of their type.

    Example:
        >>> import xnn as xp
        >>> rows = [xp.asarray([1, 2, 3], device="cpu"), xp.asarray([4], device="cpu")]
        >>> xp.nn.functional.pad_sequence(rows, batch_first=True).tolist()
        [[1, 2, 3], [4, 0, 0]]
    """
    if not isinstance(sequences, Iterable):
        raise TypeError(f"pad_sequence takes a list of arrays; got {type(sequences).__name__}. Cure: [...] around it.")
    sequences = list(sequences)
    check_arrays("pad_sequence", **{f"sequences[{i}]": x for i, x in enumerate(sequences)})
    kinds = {(tuple(x.shape)[1:], dtype_of(x).name) for x in sequences}
    if len(kinds) != 1 or any(not len(x.shape) for x in sequences):
        found = ", ".join(f"{tuple(x.shape)} of {dtype_of(x).name}" for x in sequences)
        raise ShapeError(f"pad_sequence takes arrays (L, ...) of one type, alike but for L; got {found or 'none'}")
    if padding_side not in ("left", "right"):
        raise OptionError(f'pad_sequence: padding_side is "left" or "right"; got {padding_side!r}')
    value = constant("pad_sequence", sequences[0], padding_value)
    sequences = together("pad_sequence", *sequences)
    out = recurrent.padded(*sequences, value=value, is_left=padding_side == "left")
    return out if batch_first else permute_dims(out, (1, 0, *range(2, len(out.shape))))
