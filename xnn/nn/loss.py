"""Losses as modules, under PyTorch's names: the functions of `xnn.losses`, each with its options."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar, cast, dataclass_transform

from xnn import losses
from xnn.arguments import whole
from xnn.array_object import Array
from xnn.errors import ShapeError
from xnn.losses.reduction import check_reduction
from xnn.ops.manipulation import reshape
from xnn.typing import A, AnyArray, DeviceLike, DTypeLike, Reduction

from .linear import Linear
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "GaussianNLLLoss",
    "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "LinearCrossEntropyLoss", "MSELoss", "MarginRankingLoss",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss",
    "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip

L = TypeVar("L", bound="type[_Loss]")
BUFFERS = ("weight", "pos_weight")  # options that are arrays


class _Loss(Module):
    """What all have: a function, and its options as attributes; those that are arrays are buffers."""

    _function: ClassVar[Callable[..., Any]]
    _options: ClassVar[tuple[str, ...]]
    reduction: Reduction

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        new = super().__new__(cls, *args, **kwargs)
        Module.__init__(new)  # here, as the constructor, which dataclass makes, only assigns
        for name in BUFFERS:
            if name in cls._options:
                new.register_buffer(name, None)
        return new

    def __post_init__(self) -> None:
        check_reduction(self.reduction)

    def _of(self, **arrays: Any) -> Any:
        return self._function(**arrays, **{name: getattr(self, name) for name in self._options})

    def extra_repr(self) -> str:
        shown = {name: getattr(self, name) for name in self._options}
        arrays = {name: f"<array of shape {x.shape}>" for name, x in shown.items() if isinstance(x, Array)}
        return ", ".join(
            f"{name}={arrays.get(name, repr(x))}"
            for name, x in shown.items()
            if not (x is None or isinstance(x, Module))  # a distance's own, which is shown as a module inside
        )


@dataclass_transform()
def _options_of(function: Callable[..., Any], *, kw_only: bool = False) -> Callable[[L], L]:
    """Make a class the loss of a function: what is annotated are its options, and arguments of the constructor."""

    def made(cls: L) -> L:
        dataclass(repr=False, eq=False, match_args=False, kw_only=kw_only)(cls)
        cls._function = staticmethod(function)
        cls._options = tuple(field.name for field in fields(cls))  # type: ignore[arg-type]  # it is a dataclass by now
        for name in cls._options:
            delattr(cls, name)  # the default, which would be found before a buffer
        del cls.__dataclass_fields__  # type: ignore[attr-defined]  # to trees it is a module
        cls.__doc__ = _documented(function, {"input", *cls._options, *inspect.signature(cls.forward).parameters})
        return cls

    return made


def _documented(function: Callable[..., Any], arguments: set[str]) -> str:
    """A function's docstring, without arguments that the class has not."""
    head, _, rest = (function.__doc__ or "").partition("\n")
    for name in inspect.signature(function).parameters.keys() - arguments:
        rest = re.sub(rf"\n {{8}}{name}: .*(\n {{12}}.*)*", "", rest)
    about = f"`losses.{function.__name__}`, whose options are arguments of the class, and attributes."
    return f"{head}\n\n    {about}\n{rest}"


# ---- of an input and a target ----


class _Pair(_Loss):
    def forward(self, input: A, target: AnyArray) -> A:
        loss: A = self._of(input=input, target=target)
        return loss


@_options_of(losses.l1_loss)
class L1Loss(_Pair):
    reduction: Reduction = "mean"


@_options_of(losses.mse_loss)
class MSELoss(_Pair):
    reduction: Reduction = "mean"


@_options_of(losses.smooth_l1_loss)
class SmoothL1Loss(_Pair):
    reduction: Reduction = "mean"
    beta: float = 1.0


@_options_of(losses.huber_loss)
class HuberLoss(_Pair):
    reduction: Reduction = "mean"
    delta: float = 1.0


@_options_of(losses.cross_entropy)
class CrossEntropyLoss(_Pair):
    weight: Array | None = None
    ignore_index: int = -100
    reduction: Reduction = "mean"
    label_smoothing: float = 0.0


@_options_of(losses.nll_loss)
class NLLLoss(_Pair):
    weight: Array | None = None
    ignore_index: int = -100
    reduction: Reduction = "mean"


@_options_of(losses.binary_cross_entropy)
class BCELoss(_Pair):
    weight: Array | None = None
    reduction: Reduction = "mean"


@_options_of(losses.binary_cross_entropy_with_logits)
class BCEWithLogitsLoss(_Pair):
    weight: Array | None = None
    reduction: Reduction = "mean"
    pos_weight: Array | None = None


@_options_of(losses.kl_div)
class KLDivLoss(_Pair):
    reduction: Reduction = "mean"
    log_target: bool = False


@_options_of(losses.hinge_embedding_loss)
class HingeEmbeddingLoss(_Pair):
    margin: float = 1.0
    reduction: Reduction = "mean"


@_options_of(losses.soft_margin_loss)
class SoftMarginLoss(_Pair):
    reduction: Reduction = "mean"


@_options_of(losses.multi_margin_loss)
class MultiMarginLoss(_Pair):
    p: int = 1
    margin: float = 1.0
    weight: Array | None = None
    reduction: Reduction = "mean"


@_options_of(losses.multilabel_margin_loss)
class MultiLabelMarginLoss(_Pair):
    reduction: Reduction = "mean"


@_options_of(losses.multilabel_soft_margin_loss)
class MultiLabelSoftMarginLoss(_Pair):
    weight: Array | None = None
    reduction: Reduction = "mean"


# ---- of other arrays ----


@_options_of(losses.poisson_nll_loss)
class PoissonNLLLoss(_Loss):
    log_input: bool = True
    full: bool = False
    eps: float = 1e-8
    reduction: Reduction = "mean"

    def forward(self, log_input: A, target: AnyArray) -> A:
        loss: A = self._of(input=log_input, target=target)
        return loss


@_options_of(losses.gaussian_nll_loss, kw_only=True)
class GaussianNLLLoss(_Loss):
    full: bool = False
    eps: float = 1e-6
    reduction: Reduction = "mean"

    def forward(self, input: A, target: AnyArray, var: AnyArray | float) -> A:
        loss: A = self._of(input=input, target=target, var=var)
        return loss


@_options_of(losses.ctc_loss)
class CTCLoss(_Loss):
    blank: int = 0
    reduction: Reduction = "mean"
    zero_infinity: bool = False

    def forward(
        self,
        log_probs: A,
        targets: AnyArray,
        input_lengths: AnyArray | int | Sequence[int],
        target_lengths: AnyArray | int | Sequence[int],
    ) -> A:
        lengths = {"input_lengths": input_lengths, "target_lengths": target_lengths}
        loss: A = self._of(log_probs=log_probs, targets=targets, **lengths)
        return loss


class _TwoInputs(_Loss):
    def forward(self, input1: A, input2: AnyArray, target: AnyArray) -> A:
        loss: A = self._of(input1=input1, input2=input2, target=target)
        return loss


@_options_of(losses.margin_ranking_loss)
class MarginRankingLoss(_TwoInputs):
    margin: float = 0.0
    reduction: Reduction = "mean"


@_options_of(losses.cosine_embedding_loss)
class CosineEmbeddingLoss(_TwoInputs):
    margin: float = 0.0
    reduction: Reduction = "mean"


class _Triplet(_Loss):
    def forward(self, anchor: A, positive: AnyArray, negative: AnyArray) -> A:
        loss: A = self._of(anchor=anchor, positive=positive, negative=negative)
        return loss


@_options_of(losses.triplet_margin_loss)
class TripletMarginLoss(_Triplet):
    margin: float = 1.0
    p: float = 2.0
    eps: float = 1e-6
    swap: bool = False
    reduction: Reduction = "mean"


@_options_of(losses.triplet_margin_with_distance_loss, kw_only=True)
class TripletMarginWithDistanceLoss(_Triplet):
    distance_function: Callable[[Any, Any], Any] | None = None
    margin: float = 1.0
    swap: bool = False
    reduction: Reduction = "mean"


# ---- with a layer of its own ----


class LinearCrossEntropyLoss(Module):
    """`losses.linear_cross_entropy` with the dense layer: the `cross_entropy` of its output, of `num_classes` classes.

    Args:
        in_features: the size n of the last dimension of the input.
        num_classes: how many classes there are, C.
        out_features: (d1, ...), for labels (N, d1, ...).
        bias: whether the layer adds one.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.
        reduction, weight, ignore_index, label_smoothing: see `losses.linear_cross_entropy`; weight is a buffer.

    Attributes:
        linear: a `Linear`, whose weight is (C * d1 * ..., n).

    Shapes: input (N, n) or (n,) and labels (N, d1, ...) or (), to (), or that of labels with "none".

    Raises:
        ShapeError: for a weight that is not (C,).
        OptionError: for sizes that are no ints of at least 1, and another reduction.

    PyTorch's `options`, which choose how it goes in chunks, are not taken.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
        reduction: Reduction = "mean",
        weight: Array | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        check_reduction(reduction)
        self.num_classes = whole("num_classes", num_classes, 1)
        self.out_features = tuple(whole("each of out_features", n, 1) for n in out_features)
        self.reduction, self.ignore_index, self.label_smoothing = reduction, ignore_index, label_smoothing
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ShapeError(
                f"LinearCrossEntropyLoss takes a weight of shape ({num_classes},); got {tuple(weight.shape)}"
            )
        self.register_buffer("weight", weight)
        rows = math.prod(self.out_features, start=self.num_classes)
        self.linear = Linear(in_features, rows, bias=bias, device=device, dtype=dtype)

    def forward(self, input: AnyArray, target: AnyArray) -> Array:
        layout, bias = (self.num_classes, *self.out_features), self.linear.bias
        loss = losses.linear_cross_entropy(
            input,
            reshape(self.linear.weight, (*layout, -1)),
            target,
            linear_bias=None if bias is None else reshape(bias, layout),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )
        return cast(Array, loss)

    def extra_repr(self) -> str:
        return (
            f"num_classes={self.num_classes}, out_features={self.out_features}, reduction={self.reduction!r}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}"
        )
