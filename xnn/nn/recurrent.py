"""Recurrent layers: several steps, several layers, one or two directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from xnn.arguments import number, whole
from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.ops import recurrent
from xnn.ops.creation import empty, zeros
from xnn.ops.manipulation import concat, expand_dims, permute_dims, squeeze, stack
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import functional as F
from .functional._indices import own_array
from .module import Module
from .parameter import Parameter
from .recurrent_cells import check_hidden, check_nonlinearity, check_steps, fill, lengths_of, pair

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """What all three have: the weights of each layer and direction, and the way through them."""

    gates = 1  # how many rows of weights each unit has
    states = 1  # how many states go from step to step
    proj_size = 0  # the size of a projection of the state, LSTM's option; 0 for none
    weight_ih_l0: Parameter
    weight_hh_l0: Parameter

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = None if input_size is None else whole("input_size", input_size, 1)
        self.hidden_size, self.num_layers = whole("hidden_size", hidden_size, 1), whole("num_layers", num_layers, 1)
        self.bias, self.batch_first, self.bidirectional = bias, batch_first, bidirectional
        dropout = number(name, "dropout", dropout)
        if not 0 <= dropout <= 1:
            raise OptionError(f"{name} takes a probability dropout from 0 to 1; got {dropout}")
        if dropout and self.num_layers == 1:
            raise OptionError(
                f"{name} drops between its layers, of which num_layers=1 has none; got dropout={dropout}. "
                "Cure: nn.Dropout behind it."
            )
        self.dropout = dropout
        if self.proj_size >= self.hidden_size:
            raise OptionError(f"{name}: proj_size is less than hidden_size {hidden_size}; got {self.proj_size}")
        self.output_size = self.proj_size or self.hidden_size
        if self.input_size is None:
            self.defer(device, dtype)
        else:
            self.create(device, dtype)

    def infer(self, input: AnyArray, *states: object) -> None:
        check_steps(type(self).__name__, input, None)
        self.input_size = tuple(input.shape)[-1]

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        rows = self.gates * self.hidden_size
        assert self.input_size is not None  # infer came before
        for layer in range(self.num_layers):
            wide = self.output_size * (1 + self.bidirectional) if layer else self.input_size
            for suffix in self._suffixes(layer):
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, wide), "weight_hh": (rows, self.output_size)}
                if self.bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if self.proj_size:
                    shapes["weight_hr"] = (self.proj_size, self.hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Parameter(empty(shape, device=device, dtype=dtype)))
        fill(self, self.hidden_size)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 1 + self.bidirectional]

    def _weights(self, suffix: str) -> tuple[Any, Any, Any, Any]:
        """The weights of one layer and direction, None for those that it has not."""
        w_ih, w_hh = getattr(self, "weight_ih" + suffix), getattr(self, "weight_hh" + suffix)
        return w_ih, w_hh, getattr(self, "bias_ih" + suffix, None), getattr(self, "bias_hh" + suffix, None)

    def direction(
        self, x: Array, states: tuple[Array, ...], suffix: str, lengths: Array | None, reverse: bool
    ) -> tuple[Array, ...]:
        """All outputs and the last states of one layer in one direction, for inputs (T, N, I)."""
        raise NotImplementedError

    def _run(self, input: Any, initial: tuple[Any, ...] | None, lengths: Any) -> tuple[Array, tuple[Array, ...]]:
        """Outputs in the layout of the input, and the last states (layers and directions, N, ...)."""
        check_steps(type(self).__name__, input, self)
        is_batch = len(input.shape) == 3
        input = own_array(input, type(self).__name__)
        lengths = lengths_of(type(self).__name__, input, lengths, self.batch_first)
        x = input if is_batch else expand_dims(input, axis=1)
        x = permute_dims(x, (1, 0, 2)) if is_batch and self.batch_first else x
        states = self._initial(input, initial, x.shape[1])
        last: list[list[Any]] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for reverse, suffix in enumerate(self._suffixes(layer)):
                own = tuple(s[len(last), ...] for s in states)
                if x.shape[0]:
                    out, *new = self.direction(x, own, suffix, lengths, bool(reverse))
                else:  # no steps: no outputs, and the states stay
                    out, new = zeros((0, *own[0].shape), dtype=x.dtype, device=x.device), list(own)
                outputs.append(out)
                last.append(new)
            x = concat(outputs, axis=-1) if len(outputs) > 1 else outputs[0]
        ends = tuple(stack(parts, axis=0) for parts in zip(*last, strict=True))
        if not is_batch:
            return squeeze(x, axis=1), tuple(squeeze(s, axis=1) for s in ends)
        return (permute_dims(x, (1, 0, 2)) if self.batch_first else x), ends

    def _initial(self, input: Any, initial: tuple[Any, ...] | None, count: int) -> tuple[Any, ...]:
        sizes = (self.output_size, self.hidden_size)[: self.states]
        depth = self.num_layers * (1 + self.bidirectional)
        if initial is None:
            return tuple(zeros((depth, count, n), dtype=input.dtype, device=input.device) for n in sizes)
        is_batch = len(input.shape) == 3
        for what, state, size in zip(("h_0", "c_0"), initial, sizes, strict=False):
            check_hidden(type(self).__name__, what, state, (depth, *(count,) * is_batch, size), input)
        states = tuple(own_array(s, type(self).__name__) for s in initial)
        return states if is_batch else tuple(expand_dims(s, axis=1) for s in states)

    def extra_repr(self) -> str:
        shown = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
                 "bidirectional": False}  # fmt: skip
        options = [f"{name}={getattr(self, name)}" for name, usual in shown.items() if getattr(self, name) != usual]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *options])


class RNN(_Recurrent):
    """Elman's recurrent layer: h' = tanh(W x + b + R h + b'), or of relu.

    Args:
        input_size: the size of x; None for that of the first input.
        hidden_size: the size H of h.
        num_layers: how many layers stand on each other; each after the first gets the outputs of the one before.
        nonlinearity: "tanh" or "relu".
        bias: whether b and b' are added.
        batch_first: whether inputs and outputs are (N, T, ...) in the place of (T, N, ...); states never are.
        dropout: the probability with which an output is dropped on its way to the next layer, in training.
        bidirectional: whether a second layer beside each goes from the end to the start; outputs (T, N, 2 H) are both.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: W (H, I), R (H, H), b and b' (H,), drawn from U(-k, k),
            k = 1 / sqrt(H); likewise _l1, ..., and _l0_reverse, ... of the other direction.

    Shapes: input (T, N, I), states h_0 (D L, N, H) for L layers and D directions: to outputs (T, N, D H) of the last
    layer, and all last states (D L, N, H). One sequence is (T, I), and its states are (D L, H). Of no steps, T = 0, the
    last states are the first.

    Called as `layer(input, hx=None, lengths=None)`: hx are the states before the first step, 0 if None. `lengths` (N,),
    integers from 1 to T, say how long each sequence is: in the place of PyTorch's PackedSequence. Behind its end the
    outputs are 0, the last states are those at the end, and the other direction begins there.

    Raises:
        OptionError: for sizes and options that cannot be, and dropout where nothing is between layers.
        ShapeError, DTypeError: for inputs, states or lengths that do not fit.
        BoundsError: for a length that cannot be: at once on the CPU; on a GPU the results of that sequence are NaN, and
            the next call that waits for the device raises.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.RNN(3, 5, batch_first=True, device="cpu")
        >>> out, last = layer(xp.ones((2, 7, 3), device="cpu"), lengths=xp.asarray([7, 4], device="cpu"))
        >>> out.shape, last.shape
        ((2, 7, 5), (1, 2, 5))
    """

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.nonlinearity = check_nonlinearity("RNN", nonlinearity)
        options = (num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__(input_size, hidden_size, *options, device=device, dtype=dtype)

    def direction(
        self, x: Array, states: tuple[Array, ...], suffix: str, lengths: Array | None, reverse: bool
    ) -> tuple[Array, ...]:
        found: tuple[Array, ...] = recurrent.rnn(
            x, states[0], *self._weights(suffix), lengths, nonlinearity=self.nonlinearity, reverse=reverse
        )
        return found

    def forward(
        self, input: AnyArray, hx: AnyArray | None = None, lengths: AnyArray | Sequence[int] | None = None
    ) -> tuple[Array, Array]:
        out, (h,) = self._run(input, None if hx is None else (hx,), lengths)
        return out, h

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity!r}")


class GRU(_Recurrent):
    """Gated recurrent units: h' = (1 - z) n + z h, where gates r and z say how much of h is read and kept.

    r = s(W_r x + b_r + R_r h + b'_r), z likewise, n = tanh(W_n x + b_n + r (R_n h + b'_n)), with s the sigmoid. Cho et
    al., Learning phrase representations using RNN encoder-decoder, 2014; r stands behind the product with R_n, as in
    PyTorch.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype: see `RNN`.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: (3 H, I), (3 H, H) and (3 H,), the rows of r, z and n one
            after another; drawn and named as those of `RNN`.

    Shapes: those of `RNN`: (T, N, I) and (D L, N, H) to (T, N, D H) and (D L, N, H); called likewise.

    Raises: what `RNN` raises.
    """

    gates = 3

    def direction(
        self, x: Array, states: tuple[Array, ...], suffix: str, lengths: Array | None, reverse: bool
    ) -> tuple[Array, ...]:
        found: tuple[Array, ...] = recurrent.gru(x, states[0], *self._weights(suffix), lengths, reverse=reverse)
        return found

    def forward(
        self, input: AnyArray, hx: AnyArray | None = None, lengths: AnyArray | Sequence[int] | None = None
    ) -> tuple[Array, Array]:
        out, (h,) = self._run(input, None if hx is None else (hx,), lengths)
        return out, h


class LSTM(_Recurrent):
    """Long short-term memory: c' = f c + i g, h' = o tanh(c'), where gates say what is kept, added and given out.

    i, f, o = s(W x + b + R h + b'), s the sigmoid, and g likewise of tanh, each with its own weights. Hochreiter and
    Schmidhuber, Long short-term memory, 1997; with a projection Sak et al., 2014.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype: see `RNN`.
        proj_size: the size P < H of a linear projection of h, which then is (N, P); 0 for none.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: (4 H, I), (4 H, H) and (4 H,), the rows of i, f, g and o one
            after another; weight_hr_l0 (P, H) with a projection; drawn and named as those of `RNN`.

    Shapes: input (T, N, I), states h_0 (D L, N, P or H) and c_0 (D L, N, H): to outputs (T, N, D (P or H)) and the pair
    of last states. One sequence is (T, I), and its states have no N.

    Called as `layer(input, hx=None, lengths=None)` with hx the pair (h_0, c_0); lengths as in `RNN`.

    Raises: what `RNN` raises.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.LSTM(3, 5, num_layers=2, bidirectional=True, device="cpu")
        >>> out, (h, c) = layer(xp.ones((7, 2, 3), device="cpu"))
        >>> out.shape, h.shape, c.shape
        ((7, 2, 10), (4, 2, 5), (4, 2, 5))
    """

    gates, states = 4, 2

    def __init__(
        self,
        input_size: int | None,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.proj_size = whole("proj_size", proj_size, 0)
        options = (num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__(input_size, hidden_size, *options, device=device, dtype=dtype)

    def direction(
        self, x: Array, states: tuple[Array, ...], suffix: str, lengths: Array | None, reverse: bool
    ) -> tuple[Array, ...]:
        projection = getattr(self, "weight_hr" + suffix, None)
        found: tuple[Array, ...] = recurrent.lstm(
            x, states[0], states[1], *self._weights(suffix), projection, lengths, reverse=reverse
        )
        return found

    def forward(
        self,
        input: AnyArray,
        hx: tuple[AnyArray, AnyArray] | None = None,
        lengths: AnyArray | Sequence[int] | None = None,
    ) -> tuple[Array, tuple[Array, Array]]:
        out, (h, c) = self._run(input, pair("LSTM", hx), lengths)
        return out, (h, c)
