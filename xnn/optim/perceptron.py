"""Rosenblatt's learning rule for a single layer."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

from xnn import checks
from xnn.array_object import Array
from xnn.autograd.operands import mismatch
from xnn.errors import LabelError, OptionError, ShapeError
from xnn.nn.linear import Linear
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype
from xnn.typing import ArrayLike

from .limits import LIMITS, check_options
from .terms import N

__all__ = ["PerceptronRule", "perceptron_update"]

Output: TypeAlias = Literal["step", "sign"]
LOW: dict[Output, float] = {"step": 0.0, "sign": -1.0}  # what an output is that does not fire


def perceptron_update(
    xp: Any, weight: N, bias: N | None, x: N, target: N, *, lr: float, output: Output = "step"
) -> tuple[N, N | None, N]:
    """One sample's update, on raw arrays: w = w + lr * (target - output) * x, b = b + lr * (target - output).

    Args:
        xp: the namespace of the arrays.
        weight: (k, n).
        bias: (k,), or None.
        x: a sample, (n,).
        target: (k,), of 0 and 1, or for "sign" of -1 and 1.
        lr: the learning rate.
        output: "step", which is 1 where w x + b >= 0 and else 0; or "sign", which is 1 there and else -1.

    Returns: weight, bias, and target - output, (k,).

    Shapes: weight (k, n), bias (k,), x (n,) and target (k,); kept.

    Example:
        >>> import xnn as xp
        >>> weight, bias, x, target = (xp.asarray(v, device="cpu") for v in ([[1.0, 1.0]], [0.0], [1.0, 2.0], [0.0]))
        >>> weight, bias, error = xp.optim.perceptron_update(xp, weight, bias, x, target, lr=0.5)
        >>> weight.tolist(), bias.tolist(), error.tolist()
        ([[0.5, 0.0]], [-0.5], [-1.0])
    """
    z = xp.sum(weight * x, axis=1)
    if bias is not None:
        z = z + bias
    error = target - xp.where(z >= 0, xp.ones_like(z), LOW[output])
    change = lr * error
    return weight + xp.expand_dims(change, axis=1) * x, None if bias is None else bias + change, error


class PerceptronRule:
    """Rosenblatt's learning rule, on a Linear layer: sample by sample, w = w + lr * (target - output) * x.

    Converges if a plane separates the classes, and never otherwise. Each output is a perceptron of its own.

    Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain, 1958.
    scikit-learn's Perceptron learns from a sample of either class where w x + b is 0, and its steps are half of those
    of the "sign" rule.

    Args:
        layer: nn.Linear, which is changed.
        lr: the learning rate.
        output: "step", for targets 0 and 1, or "sign", for targets -1 and 1; both fire where w x + b >= 0.

    Shapes: the layer's: inputs (n,) or (N, n), targets (k,) or (N, k), and also (N,) if k = 1.

    Raises:
        OptionError: for another output, another layer, or a learning rate that makes no sense.

    Example: AND.
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(2, 1, device="cpu")
        >>> rule = xp.optim.PerceptronRule(layer)
        >>> x = xp.asarray([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], device="cpu")
        >>> target = xp.asarray([0.0, 0.0, 0.0, 1.0], device="cpu")
        >>> for epoch in range(20):
        ...     wrong = rule.step(x, target)
        >>> int(wrong)
        0
    """

    def __init__(self, layer: Linear, lr: float = 1.0, output: Output = "step") -> None:
        if not isinstance(layer, Linear):
            raise OptionError(f"PerceptronRule changes a Linear layer; got {type(layer).__name__}")
        check_options("PerceptronRule", {"lr": lr}, {"lr": (LIMITS["lr"][0], "a number of at least 0")})
        if output not in LOW:
            raise OptionError(f'PerceptronRule: output is "step" or "sign"; got {output!r}')
        self.layer, self.lr, self.output = layer, float(lr), output

    def step(self, input: ArrayLike, target: ArrayLike) -> Array:
        """Learn from samples, one after the other.

        Args:
            input: (n,), or (N, n).
            target: (k,), or (N, k), or (N,) if k = 1: of the two values that the output has.

        Returns: how many of the samples had a wrong output when it was their turn, (), on the device.

        Raises:
            ShapeError: for shapes that do not fit the layer.
            LabelError: for other targets: at once on the CPU, on CUDA at the next wait, and weights are NaN till then.
        """
        weight, bias = self.layer.weight, self.layer.bias
        x, t = self._samples(input, target)
        device, xp, low = weight.device, weight.device.backend.xp, LOW[self.output]
        with device.computing():
            raw, valid = t._data, xp.logical_or(t._data == low, t._data == 1)
            checks.require(xp.all(valid), device, LabelError, self._rule(low))
            raw = xp.where(valid, raw, math.nan)
            w, b = weight._data, None if bias is None else bias._data
            wrong = xp.zeros((), dtype=device.backend.raw_dtype(weight.dtype), device=device.raw)
            for i in range(x.shape[0]):
                w, b, error = perceptron_update(xp, w, b, x._data[i, :], raw[i, :], lr=self.lr, output=self.output)
                wrong = wrong + xp.max(xp.where(error != 0, xp.ones_like(error), 0.0))
            weight._data = w
            if bias is not None:
                bias._data = b
        result: Array = astype(Array(device.backend.normalise(wrong), device), "int64")
        return result

    def _samples(self, input: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
        weight = self.layer.weight
        x, t = asarray(input), asarray(target)
        for name, array in (("input", x), ("target", t)):
            if array.device is not weight.device:
                raise mismatch(f"PerceptronRule: {name}", weight.device, array.device)
        k, n = weight.shape
        given = x.shape, t.shape
        if len(x.shape) == 1:
            x, t = x[None, :], t[None, ...]
        if len(t.shape) == 1 and k == 1:
            t = t[:, None]
        if len(x.shape) != 2 or x.shape[1] != n or t.shape != (x.shape[0], k):
            raise ShapeError(
                f"PerceptronRule takes inputs ({n},) or (N, {n}) and targets ({k},) or (N, {k}); "
                f"got {given[0]} and {given[1]}"
            )
        return astype(x.detach(), weight.dtype), astype(t.detach(), weight.dtype)

    def _rule(self, low: float) -> str:
        return f"targets of a perceptron with {self.output} output are {low:g} and 1; got others"
