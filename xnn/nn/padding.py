"""Layers that put elements around sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from xnn.arguments import check_arrays
from xnn.autograd.refusals import index_of
from xnn.errors import OptionError, ShapeError
from xnn.typing import A

from . import functional as F
from .module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Pad(Module):
    spatial: ClassVar[int]
    mode: ClassVar[Literal["constant", "reflect", "replicate", "circular"]]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        count = 2 * self.spatial
        try:
            found = tuple(map(index_of, padding if isinstance(padding, Sequence) else (padding,) * count))
        except TypeError:
            found = ()
        if len(found) != count:
            raise OptionError(f"{type(self).__name__} takes an int for padding, or {count} of them; got {padding!r}")
        self.padding = found

    def forward(self, input: A) -> A:
        name = type(self).__name__
        check_arrays(name, input=input)
        least = self.spatial + 1
        if len(input.shape) not in (least, least + 1):
            raise ShapeError(
                f"{name} takes {least + 1} dimensions, or {least} without a batch; got shape {tuple(input.shape)}"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: A) -> A:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A number on both sides of the last dimension; see `functional.pad`.

    Args:
        padding: (left, right), or an int for both; negative ones take away.
        value: the number.

    Shapes: (..., L) to (..., L + left + right).

    Raises:
        OptionError: for other numbers of ints.
    """

    spatial = 1


class ConstantPad2d(_ConstantPad):
    """A number around the last two dimensions; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom), or an int for all; negative ones take away.
        value: the number.

    Shapes: (..., H, W) to (..., H + top + bottom, W + left + right).

    Raises:
        OptionError: for other numbers of ints.
    """

    spatial = 2


class ConstantPad3d(_ConstantPad):
    """A number around the last three dimensions; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom, front, back), or an int for all; negative ones take away.
        value: the number.

    Shapes: (..., D, H, W) to (..., D + front + back, H + top + bottom, W + left + right).

    Raises:
        OptionError: for other numbers of ints.
    """

    spatial = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_ZeroPad):
    """Zeros on both sides of the last dimension: `ConstantPad1d` of 0.

    Shapes: (..., L) to (..., L + left + right).
    """

    spatial = 1


class ZeroPad2d(_ZeroPad):
    """Zeros around the last two dimensions: `ConstantPad2d` of 0.

    Shapes: (..., H, W) to (..., H + top + bottom, W + left + right).
    """

    spatial = 2


class ZeroPad3d(_ZeroPad):
    """Zeros around the last three dimensions: `ConstantPad3d` of 0.

    Shapes: (..., D, H, W) to (..., D + front + back, H + top + bottom, W + left + right).
    """

    spatial = 3


class ReflectionPad1d(_Pad):
    """Sequences that are reflected at both ends, without the outermost element; see `functional.pad`.

    Args:
        padding: (left, right), or an int for both; less than L.

    Shapes: (N, C, L) or (C, L), with L + left + right in the place of L.

    Raises:
        OptionError: for other numbers of ints.
        ShapeError: for another number of dimensions, or a padding that is too large.

    Example:
        >>> import xnn as xp
        >>> xp.nn.ReflectionPad1d(2)(xp.asarray([[1, 2, 3]], device="cpu")).tolist()
        [[3, 2, 1, 2, 3, 2, 1]]
    """

    spatial, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Images that are reflected at all sides; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom), or an int for all; less than the image's size.

    Shapes: (N, C, H, W) or (C, H, W), with H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `ReflectionPad1d`.
    """

    spatial, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Volumes that are reflected at all sides; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom, front, back), or an int for all; less than the volume's size.

    Shapes: (N, C, D, H, W) or (C, D, H, W), with D + front + back, H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `ReflectionPad1d`.
    """

    spatial, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Sequences whose outermost elements are repeated; see `functional.pad`.

    Args:
        padding: (left, right), or an int for both.

    Shapes: (N, C, L) or (C, L), with L + left + right in the place of L.

    Raises:
        OptionError: for other numbers of ints.
        ShapeError: for another number of dimensions.
    """

    spatial, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Images whose outermost elements are repeated; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom), or an int for all.

    Shapes: (N, C, H, W) or (C, H, W), with H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `ReplicationPad1d`.
    """

    spatial, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Volumes whose outermost elements are repeated; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom, front, back), or an int for all.

    Shapes: (N, C, D, H, W) or (C, D, H, W), with D + front + back, H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `ReplicationPad1d`.
    """

    spatial, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """Sequences that go on at the other end; see `functional.pad`.

    Args:
        padding: (left, right), or an int for both; at most L.

    Shapes: (N, C, L) or (C, L), with L + left + right in the place of L.

    Raises:
        OptionError: for other numbers of ints.
        ShapeError: for another number of dimensions, or a padding that is too large.
    """

    spatial, mode = 1, "circular"


class CircularPad2d(_Pad):
    """Images that go on at the other side; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom), or an int for all; at most the image's size.

    Shapes: (N, C, H, W) or (C, H, W), with H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `CircularPad1d`.
    """

    spatial, mode = 2, "circular"


class CircularPad3d(_Pad):
    """Volumes that go on at the other side; see `functional.pad`.

    Args:
        padding: (left, right, top, bottom, front, back), or an int for all; at most the volume's size.

    Shapes: (N, C, D, H, W) or (C, D, H, W), with D + front + back, H + top + bottom and W + left + right.

    Raises:
        OptionError, ShapeError: see `CircularPad1d`.
    """

    spatial, mode = 3, "circular"
