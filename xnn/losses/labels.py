"""Labels that no class has: caught on every device, and never a silent wrong number."""

from __future__ import annotations

from typing import Any

from xnn import checks
from xnn.autograd.operands import raw_of
from xnn.dtypes import int64
from xnn.errors import DTypeError, LabelError
from xnn.ops.classification import labels_fit
from xnn.ops.data_types import astype, dtype_of
from xnn.ops.manipulation import expand_dims

from .operands import nan_unless


def check_integer_labels(name: str, target: Any) -> None:
    """Raise DTypeError unless labels are integers."""
    dtype = dtype_of(target)
    if "integer" not in dtype.kind:
        raise DTypeError(
            f"{name} takes integer labels; got {dtype.name}. "
            "Cure: xnn.astype(target, xnn.int64). It cuts off: of whole numbers only."
        )


def check_labels(target: Any, classes: int, ignore_index: int | None = None) -> bool:
    """Raise LabelError unless all labels are classes, or ignored: now, or at the next wait.

    Gives whether some may be ignored: without a wait that is not known.
    """
    raw, device = raw_of(target, "a loss")
    may_come = device.is_asynchronous or (ignore_index is not None and 0 <= ignore_index < classes)
    if ignore_index is not None and not may_come and bool(device.backend.to_numpy(labels_fit(raw, classes=classes))):
        return False
    holds = labels_fit(raw, classes=classes, ignore_index=ignore_index)
    checks.require(holds, device, LabelError, _message(classes))
    return ignore_index is not None


def _message(classes: int) -> str:
    return (
        f"labels are from 0 to {classes - 1}, for logits of {classes} classes; another one came. "
        "Cure: count classes from 0, or give the last layer more outputs."
    )


def rows_of_classes(input: Any, target: Any) -> Any:
    """input (N, C), NaN in rows whose label (N,) no class has; raises LabelError for one, now or at the next wait."""
    classes = input.shape[1]
    return nan_unless(
        expand_dims(astype(target, int64), axis=1),
        lambda xp, t: xp.logical_and(t >= 0, t < classes),
        LabelError,
        _message(classes),
        spoils=input,
    )


def probabilities(name: str, input: Any, target: Any) -> Any:
    """The input, NaN where a target is not from 0 to 1; raises LabelError for one, now or at the next wait."""
    return nan_unless(
        target,
        checks.are_shares,
        LabelError,
        f"targets of {name} are probabilities from 0 to 1; another one came. "
        "Cure: classes are 0 and 1; scores that are not bounded are for mse_loss.",
        spoils=input,
    )


def signs(name: str, input: Any, target: Any) -> Any:
    """The input, NaN where a target is not -1 or 1; raises LabelError for one, now or at the next wait."""
    return nan_unless(
        target,
        lambda xp, t: xp.logical_or(t == 1, t == -1),
        LabelError,
        f"targets of {name} are -1 and 1; another one came. Cure: 2 * target - 1 makes them of 0 and 1.",
        spoils=input,
    )
