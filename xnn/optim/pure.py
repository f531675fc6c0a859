"""Optimizers as pure functions on pytrees: `functional` makes one of any optimizer that has an update rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from xnn.array_object import Array
from xnn.autograd.call import lifted
from xnn.autograd.graph import frontend
from xnn.autograd.operands import copied
from xnn.autograd.pytree import alike
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.nn.module import Parameter
from xnn.ops.complex_numbers import imag, real
from xnn.ops.creation import zeros
from xnn.ops.data_types import astype
from xnn.ops.manipulation import stack
from xnn.tree import flatten, unflatten

from .batches import State
from .lbfgs import LBFGS
from .limits import as_python
from .optimizer import Optimizer

__all__ = ["OptimizerState", "PureOptimizer", "functional"]

T = TypeVar("T")


class OptimizerState(NamedTuple):
    """What a pure optimizer keeps: the number of steps, and for each leaf of the parameters arrays of its shape."""

    step: int
    leaves: list[State]


class PureOptimizer(Generic[T]):
    """An optimizer as two pure functions, which `functional` makes, of pytrees of arrays of any shapes."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def init(self, params: T) -> OptimizerState:
        """The state before the first step.

        Args:
            params: a pytree of floating-point arrays.
        """
        return OptimizerState(0, [{} for _ in flatten(params)[0]])

    def update(self, grads: T, state: OptimizerState, params: T) -> tuple[T, OptimizerState]:
        """The parameters after a step, and the state; nothing is changed in place.

        Args:
            grads: the gradient, a pytree like `params`.
            state: what `init` or the last `update` gave.
            params: a pytree of floating-point arrays. On the graph, the step is differentiable.

        Returns:
            (params, state).

        Raises:
            ShapeError: for gradients, or a state, of other parameters.
        """
        leaves, shape = flatten(params)
        gradients, own = flatten(grads)
        if not alike(own, shape) or len(state.leaves) != len(leaves):
            raise ShapeError(f"update takes gradients and a state like the parameters {shape or '*'}; got {own or '*'}")
        options = self._options(state.step)
        results = [
            self._step(leaf, gradient, kept, state.step + 1, options)
            for leaf, gradient, kept in zip(leaves, gradients, state.leaves, strict=True)
        ]
        new: T = unflatten(shape, [leaf for leaf, _ in results])
        return new, OptimizerState(state.step + 1, [kept for _, kept in results])

    def _options(self, step: int) -> dict[str, Any]:
        optimizer = self._optimizer
        (group,) = optimizer.param_groups
        options = {name: group[name] for name in optimizer.defaults}
        if callable(options["lr"]):
            options["lr"] = as_python(options["lr"](step))
            optimizer.check(options)
        return options

    def _step(self, leaf: Any, gradient: Any, state: State, step: int, options: dict[str, Any]) -> tuple[Any, State]:
        x, g = lifted(leaf), lifted(gradient)
        for name, array in (("a parameter", x), ("a gradient", g)):
            if not isinstance(array, Array) or not array.dtype.is_floating:
                raise DTypeError(
                    f"update takes floating-point arrays; got {name} of {type(leaf).__name__}: {leaf!r:.80}"
                )
        if x.shape != g.shape:
            raise ShapeError(f"a gradient has its parameter's shape {x.shape}; got {g.shape}")
        is_complex = x.dtype.kind == "complex floating"
        if is_complex and not self._optimizer.is_flat:
            raise DTypeError(
                f"{type(self._optimizer).__name__} changes real parameters; got {x.dtype.name}. "
                "Cure: two, for real and imaginary parts, or an element-wise optimizer as Adam."
            )
        if is_complex:  # as twice as many real numbers
            x, g = (stack([real(z), imag(z)]) for z in (x, g))
        rule: Any = type(self._optimizer).rule
        x, new = rule(frontend.xp, x, astype(g, x.dtype, copy=False), state, step=step, **options)
        if is_complex:
            x = x[0] + 1j * x[1]
        return x if isinstance(leaf, Array) else copied(x._data, x._device), new


def functional(make: Callable[[list[Parameter]], Optimizer]) -> PureOptimizer[Any]:
    """An optimizer as pure functions, in the manner of Optax: `init(params)` and `update(grads, state, params)`.

    Shapes: parameters of those that the optimizer takes.

    Args:
        make: an optimizer's class, or a function of a list of parameters that makes one, with its options.

    Returns:
        the pair of functions, which go the same way as the optimizer's own steps, on pytrees of Arrays or raw arrays,
        and with derivatives: a step on the graph is differentiable with respect to parameters, gradients and state.

    Raises:
        OptionError: for LBFGS, whose step asks for the loss again, or for options out of range.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> optimizer = xp.optim.functional(lambda params: xp.optim.Adam(params, lr=0.1))
        >>> params = {"w": np.asarray([1.0, -2.0])}
        >>> state = optimizer.init(params)
        >>> gradient = xp.grad(lambda p: xp.sum(p["w"] ** 2))(params)
        >>> params, state = optimizer.update(gradient, state, params)
        >>> params["w"].round(3)
        array([ 0.9, -1.9])
    """
    optimizer = make([Parameter(zeros((1, 1), device="cpu"))])
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, LBFGS):
        raise OptionError(
            f"functional takes an optimizer with an update rule; got {type(optimizer).__name__}. "
            "Cure: functional(optim.Adam), or lambda params: optim.Adam(params, lr=0.1)."
        )
    return PureOptimizer(optimizer)
