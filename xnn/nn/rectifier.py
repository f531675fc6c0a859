"""Piecewise activations as layers."""

from __future__ import annotations

from typing import cast

from xnn.arguments import number, whole
from xnn.array_object import Array
from xnn.dtypes import get_default_dtype
from xnn.ops.creation import full
from xnn.typing import A, AnyArray, DeviceLike, DTypeLike

from . import functional as F
from .module import Module, Parameter

__all__ = [
    "CELU",
    "ELU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Sign",
    "Softshrink",
    "SparsePlus",
    "SparseSigmoid",
    "Step",
    "Threshold",
]


class ReLU(Module):
    """max(x, 0).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.relu(input)


class ReLU6(Module):
    """min(max(x, 0), 6).

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.relu6(input)


class LeakyReLU(Module):
    """x where it is above 0, else negative_slope * x.

    Args:
        negative_slope: the slope below 0.

    Shapes: any, kept.
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, input: A) -> A:
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class PReLU(Module):
    """`LeakyReLU` with a slope that is learnt: one for all, or one for each channel.

    Args:
        num_parameters: 1, or the number of channels, which dimension 1 of the input counts.
        init: the first value of each slope.
        device: where the parameter is; None for the default device.
        dtype: its data type; None for the default one.

    Attributes:
        weight: (num_parameters,).

    Shapes: (N, C, ...), or any with one slope; kept.

    Raises:
        OptionError: for a number of parameters that is no int of at least 1.
        ShapeError, DTypeError: see `functional.prelu`.
    """

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = whole("num_parameters", num_parameters, 1), number("PReLU", "init", init)
        self.weight = Parameter(full((self.num_parameters,), init, device=device, dtype=dtype or get_default_dtype()))

    def forward(self, input: AnyArray) -> Array:
        return cast(Array, F.prelu(input, self.weight))

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """`LeakyReLU` with a slope of U(lower, upper) for each element in training, and their mean afterwards.

    Args:
        lower: the least slope.
        upper: the largest.

    Shapes: any, kept.

    Raises:
        OptionError: if lower is above upper, when it is called.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3) -> None:
        super().__init__()
        self.lower, self.upper = lower, upper

    def forward(self, input: A) -> A:
        return F.rrelu(input, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}"


class ELU(Module):
    """x where it is above 0, else alpha (exp(x) - 1).

    Args:
        alpha: the value at -infinity, negated.

    Shapes: any, kept.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, input: A) -> A:
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class SELU(Module):
    """`ELU` with the constants that keep mean 0 and variance 1; see `functional.selu`.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.selu(input)


class CELU(Module):
    """x where it is above 0, else alpha (exp(x / alpha) - 1).

    Args:
        alpha: the value at -infinity, negated; not 0.

    Shapes: any, kept.

    Raises:
        OptionError: for alpha = 0, when it is called.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, input: A) -> A:
        return F.celu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class Hardtanh(Module):
    """x between the bounds, otherwise the bound that it passes.

    Args:
        min_val: the lower bound.
        max_val: the upper one.

    Shapes: any, kept.

    Raises:
        OptionError: if min_val is above max_val, when it is called.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__()
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: A) -> A:
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


class Hardsigmoid(Module):
    """min(max(x + 3, 0), 6) / 6.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.hardsigmoid(input)


class Hardswish(Module):
    """x min(max(x + 3, 0), 6) / 6.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.hardswish(input)


class Hardshrink(Module):
    """0 where abs(x) <= lambd, else x.

    Args:
        lambd: up to which it is 0.

    Shapes: any, kept.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: A) -> A:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class Softshrink(Module):
    """0 where abs(x) <= lambd, else x drawn to 0 by lambd.

    Args:
        lambd: at least 0.

    Shapes: any, kept.

    Raises:
        OptionError: for a negative lambd, when it is called.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: A) -> A:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class Threshold(Module):
    """x where it is above the threshold, else the value.

    Args:
        threshold: above which x stays.
        value: what else comes out.

    Shapes: any, kept.
    """

    def __init__(self, threshold: float, value: float) -> None:
        super().__init__()
        self.threshold, self.value = threshold, value

    def forward(self, input: A) -> A:
        return F.threshold(input, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}"


class Step(Module):
    """1 where x is at or above the threshold, else 0; its derivative is 0.

    Args:
        threshold: where the step is.

    Shapes: any, kept.
    """

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, input: A) -> A:
        return F.step(input, self.threshold)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}"


class Sign(Module):
    """-1, 0 or 1; its derivative is 0.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.sign(input)


class SparsePlus(Module):
    """(x + 1)**2 / 4 between -1 and 1, 0 below and x above. In Keras, not in PyTorch.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.sparse_plus(input)


class SparseSigmoid(Module):
    """(x + 1) / 2 between -1 and 1, 0 below and 1 above. In Keras, not in PyTorch.

    Shapes: any, kept.
    """

    def forward(self, input: A) -> A:
        return F.sparse_sigmoid(input)
