"""Recurrent cells: one step of one layer; and what cells and layers check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn.arguments import check_arrays, check_floating, whole
from xnn.array_object import Array
from xnn.autograd.operands import raw_of
from xnn.errors import OptionError, ShapeError
from xnn.ops import recurrent
from xnn.ops.creation import asarray, empty, zeros
from xnn.ops.manipulation import expand_dims, squeeze
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import init
from .functional._indices import check_device, check_integers, check_type, own_array, require_between
from .module import Module
from .parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


def fill(module: Module, hidden_size: int) -> None:
    """Draw all parameters from U(-k, k), k = 1 / sqrt(hidden_size)."""
    for parameter in module._parameters.values():
        init.uniform_(parameter, -(hidden_size**-0.5), hidden_size**-0.5)


def check_nonlinearity(name: str, nonlinearity: str) -> str:
    """Raise OptionError unless it is one."""
    if nonlinearity not in ("tanh", "relu"):
        raise OptionError(f'{name}: nonlinearity is "tanh" or "relu"; got {nonlinearity!r}')
    return nonlinearity


def check_steps(name: str, input: Any, layer: Any) -> None:
    """Raise ShapeError or DTypeError unless the input is of sequences, and suits the layer, if there is one."""
    check_arrays(name, input=input)
    shape = tuple(input.shape)
    order = "(N, T, {0}) or (T, {0})" if layer is not None and layer.batch_first else "(T, N, {0}) or (T, {0})"
    if len(shape) not in (2, 3):
        raise ShapeError(f"{name} takes sequences {order.format('input_size')}; got shape {shape}")
    if layer is None:
        return
    check_features(name, order.format(layer.input_size), input, layer.input_size, layer.weight_ih_l0)


def check_features(name: str, order: str, input: Any, size: int, weight: Any) -> None:
    """Raise ShapeError, DTypeError or DeviceMismatchError unless the input suits the weight."""
    if tuple(input.shape)[-1] != size:
        raise ShapeError(
            f"{name} takes inputs {order}; got shape {tuple(input.shape)}. Cure: {name}({tuple(input.shape)[-1]}, ...)."
        )
    check_floating(name, "input", input)
    check_type(name, "input", input, weight)


def check_hidden(name: str, argument: str, state: Any, shape: tuple[int, ...], input: Any) -> None:
    """Raise ShapeError or DTypeError unless a state has that shape, and the type of the input."""
    check_arrays(name, **{argument: state})
    if tuple(state.shape) != shape:
        raise ShapeError(
            f"{name} takes {argument} of shape {shape} for an input of shape {tuple(input.shape)}; "
            f"got {tuple(state.shape)}"
        )
    check_type(name, argument, state, input)


def lengths_of(name: str, input: Any, lengths: Any, batch_first: bool) -> Any:
    """The lengths of sequences, checked, as an array on the input's device; None for None."""
    if lengths is None:
        return None
    shape = tuple(input.shape)
    if len(shape) != 3:
        raise ShapeError(f"{name} takes lengths for a batch of sequences; got an input of shape {shape}")
    if isinstance(lengths, Sequence):
        lengths = asarray(lengths, device=raw_of(input, name)[1])
    check_arrays(name, lengths=lengths)
    check_integers(name, "lengths", lengths)
    check_device(name, input, lengths)
    steps, count = (shape[1], shape[0]) if batch_first else shape[:2]
    if tuple(lengths.shape) != (count,):
        raise ShapeError(
            f"{name} takes a length for each of {count} sequences, ({count},); got shape {tuple(lengths.shape)}"
        )
    require_between(
        name, "lengths", lengths, min(1, steps), steps, f"sequences of at most {steps} steps, none of them empty"
    )
    return own_array(lengths, name)


class _Cell(Module):
    """What all three have: weights, and an input with or without a batch."""

    gates = 1

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.input_size = None if input_size is None else whole("input_size", input_size, 1)
        self.hidden_size, self.bias = whole("hidden_size", hidden_size, 1), bias
        if self.input_size is None:
            self.defer(device, dtype)
        else:
            self.create(device, dtype)

    def infer(self, input: AnyArray, *states: object) -> None:
        self._check_ndim(input)
        self.input_size = tuple(input.shape)[-1]

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        rows = self.gates * self.hidden_size

        def parameter(*shape: Any) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        self.weight_ih = parameter(rows, self.input_size)
        self.weight_hh = parameter(rows, self.hidden_size)
        self.bias_ih = parameter(rows) if self.bias else None
        self.bias_hh = parameter(rows) if self.bias else None
        fill(self, self.hidden_size)

    def _check_ndim(self, input: Any) -> None:
        check_arrays(type(self).__name__, input=input)
        if len(input.shape) not in (1, 2):
            raise ShapeError(
                f"{type(self).__name__} takes inputs (N, input_size) or (input_size,); got shape {tuple(input.shape)}"
            )

    def _step(
        self, step: Any, input: Any, states: tuple[Any, ...] | None, count: int, **static: Any
    ) -> Sequence[Array]:
        """The new states after one step."""
        name = type(self).__name__
        self._check_ndim(input)
        input = own_array(input, name)
        size, shape = self.input_size, input.shape
        assert size is not None  # from the first call on
        check_features(name, f"(N, {size}) or ({size},)", input, size, self.weight_ih)
        wanted = (*shape[:-1], self.hidden_size)
        if states is None:
            states = (zeros(wanted, dtype=input.dtype, device=input.device),) * count
        for what, state in zip(("h_0", "c_0"), states, strict=False):
            check_hidden(name, what, state, wanted, input)
        own = [own_array(state, name) for state in states]
        if len(shape) == 1:
            input, own = expand_dims(input, axis=0), [expand_dims(state, axis=0) for state in own]
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        new: tuple[Array, ...] = step(expand_dims(input, axis=0), *own, *weights, **static)[1:]
        return new if len(shape) == 2 else tuple(squeeze(state, axis=0) for state in new)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of `RNN`: h' = tanh(W x + b + R h + b'), or of relu.

    Args:
        input_size: the size of x; None for that of the first input.
        hidden_size: the size of h.
        bias: whether b and b' are added.
        nonlinearity: "tanh" or "relu".
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: W (H, I), R (H, H), b and b' (H,), drawn from U(-k, k), k = 1 / sqrt(H).

    Shapes: input (N, I) and hx (N, H), 0 if None, to (N, H); or all without N.

    Raises:
        OptionError: for sizes that are no ints of at least 1, or another nonlinearity.
        ShapeError, DTypeError: for an input or a state that does not fit.

    Example:
        >>> import xnn as xp
        >>> cell = xp.nn.RNNCell(3, 5, device="cpu")
        >>> cell(xp.ones((2, 3), device="cpu")).shape
        (2, 5)
    """

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, device=device, dtype=dtype)

    def forward(self, input: AnyArray, hx: AnyArray | None = None) -> Array:
        states = None if hx is None else (hx,)
        return self._step(recurrent.rnn, input, states, 1, nonlinearity=self.nonlinearity)[0]

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity!r}")


class GRUCell(_Cell):
    """One step of `GRU`.

    Args:
        input_size, hidden_size, bias, device, dtype: see `RNNCell`.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: (3 H, I), (3 H, H) and (3 H,), the rows of r, z and n one after another.

    Shapes: input (N, I) and hx (N, H), 0 if None, to (N, H); or all without N.

    Raises: what `RNNCell` raises.
    """

    gates = 3

    def forward(self, input: AnyArray, hx: AnyArray | None = None) -> Array:
        return self._step(recurrent.gru, input, None if hx is None else (hx,), 1)[0]


class LSTMCell(_Cell):
    """One step of `LSTM`.

    Args:
        input_size, hidden_size, bias, device, dtype: see `RNNCell`.

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: (4 H, I), (4 H, H) and (4 H,), the rows of i, f, g and o one after
            another.

    Shapes: input (N, I) and the pair hx of h and c (N, H), 0 if None, to the pair of the new ones; or all without N.

    Raises: what `RNNCell` raises.
    """

    gates = 4

    def forward(self, input: AnyArray, hx: tuple[AnyArray, AnyArray] | None = None) -> tuple[Array, Array]:
        h, c = self._step(recurrent.lstm, input, pair("LSTMCell", hx), 2)
        return h, c


def pair(name: str, hx: Any) -> tuple[Any, Any] | None:
    """The states (h_0, c_0) of an LSTM, or None; ShapeError for anything else."""
    if hx is None:
        return None
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise ShapeError(f"{name} takes hx as a pair (h_0, c_0); got {type(hx).__name__}. Cure: (h_0, c_0).")
    return hx[0], hx[1]
