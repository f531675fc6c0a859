"""Averages of a model's weights over training: equal shares (SWA), or fading ones (EMA)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.dtypes import get_default_dtype
from xnn.errors import OptionError
from xnn.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from xnn.nn.module import Module
from xnn.ops.creation import zeros
from xnn.ops.data_types import astype
from xnn.ops.searching import where
from xnn.typing import DeviceLike
from xnn_backends import find_device

from .limits import number_where
from .lr_scheduler import SWALR

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Array, Array, Array], Array]
MultiAverage = Callable[[list[Array], Sequence[Array], Array], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The function that fades: decay * averaged + (1 - decay) * current.

    Args:
        decay: the share of the old average that is kept, from 0 to 1.

    Shapes: the function takes two arrays of one shape, and the number of averaged models, ().

    Raises:
        OptionError: for a decay out of range.

    Example:
        >>> import xnn as xp
        >>> average = xp.optim.swa_utils.get_ema_avg_fn(0.75)
        >>> float(average(xp.asarray(8.0, device="cpu"), xp.asarray(4.0, device="cpu"), None))
        7.0
    """
    if not number_where(lambda v: 0 <= v <= 1)(decay):
        raise OptionError(f"decay is a number from 0 to 1; got {decay!r}")

    def ema_update(ema_param: Array, current_param: Array, num_averaged: Array) -> Array:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """The function that gives each model an equal share: averaged + (current - averaged) / (n + 1).

    Shapes: the function takes two arrays of one shape, and the number n of averaged models, ().
    """

    def swa_update(averaged_param: Array, current_param: Array, num_averaged: Array) -> Array:
        count: Array = astype(num_averaged + 1, averaged_param.dtype)
        return averaged_param + (current_param - averaged_param) / count

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """As `get_ema_avg_fn`, for a list of parameters, in which the averages are put.

    Args:
        decay: the share of the old average that is kept, from 0 to 1.

    Shapes: lists of arrays, each of the shape of its partner.

    Raises:
        OptionError: for a decay out of range.
    """
    return _for_all(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> MultiAverage:
    """As `get_swa_avg_fn`, for a list of parameters, in which the averages are put.

    Shapes: lists of arrays, each of the shape of its partner.
    """
    return _for_all(get_swa_avg_fn())


def _for_all(average: Average) -> MultiAverage:
    def update(averaged: list[Array], current: Sequence[Array], num_averaged: Array) -> None:
        averaged[:] = [average(a, c, num_averaged) for a, c in zip(averaged, current, strict=True)]

    return update


class AveragedModel(Module):
    """A copy of a model whose weights are the average of the model's at each `update_parameters`.

    The first call copies; what a network needs beside its weights (buffers) is copied at every call, or averaged too.
    Its state dict has PyTorch's keys: "module." and the model's own, and "n_averaged". No call waits for the device.

    Izmailov et al., Averaging weights leads to wider optima and better generalization, 2018; Polyak and Juditsky,
    Acceleration of stochastic approximation by averaging, 1992.

    Args:
        model: is copied.
        device: of the copy; None: the model's.
        avg_fn: `(averaged, current, n_averaged) -> averaged` of Arrays; None: equal shares, `get_swa_avg_fn()`. At the
            first call, where n_averaged is 0, what it gives is not used.
        multi_avg_fn: the same for lists of Arrays of one device and data type, put into the first list, or changed in
            place; not with avg_fn.
        use_buffers: average buffers too.

    Shapes: as the model's.

    Raises:
        OptionError: with both functions.

    Example:
        >>> import xnn as xp
        >>> model = xp.nn.Linear(1, 1, bias=False, device="cpu")
        >>> averaged = xp.optim.swa_utils.AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     with xp.no_grad():
        ...         model.weight[...] = value
        ...     averaged.update_parameters(model)
        >>> averaged.module.weight.tolist()
        [[3.0]]
    """

    n_averaged: Array

    @flagged
    def __init__(
        self,
        model: Module,
        device: DeviceLike | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise OptionError("AveragedModel takes avg_fn or multi_avg_fn; got both")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        first = next(_values(self.module), None)
        at = find_device(device) if device is not None or first is None else first.device
        self.register_buffer("n_averaged", zeros((), dtype="int64", device=at))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output of the averaged model."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's weights, as they are now, into the average.

        Args:
            model: of the same architecture, on any device.

        Raises:
            OptionError: for a model of another architecture.
        """
        own, new = list(_values(self.module)), list(_values(model))
        if [x.shape for x in own] != [x.shape for x in new]:
            raise OptionError(
                "AveragedModel averages models of one architecture; got one with other parameters or buffers"
            )
        learnt = len(own) if self.use_buffers else len(list(self.module.parameters()))
        with no_grad():
            current = [n.detach().to_device(o.device) for o, n in zip(own, new, strict=True)]
            averages = self._averages([x.detach() for x in own[:learnt]], current[:learnt])
            for o, c, a in zip(own, current, [*averages, *current[learnt:]], strict=True):
                if a is not c:
                    a = where(self.n_averaged.to_device(o.device) == 0, c, astype(a, o.dtype))
                o._data = a._data
            self.n_averaged = self.n_averaged + 1

    def _averages(self, own: list[Array], new: list[Array]) -> list[Array]:
        own, new = ([_floating(x) for x in xs] for xs in (own, new))
        if self.multi_avg_fn is None:
            average = self.avg_fn or get_swa_avg_fn()
            return [average(o, n, self.n_averaged.to_device(o.device)) for o, n in zip(own, new, strict=True)]
        places: dict[Any, list[int]] = {}
        for i, o in enumerate(own):
            places.setdefault((o.device, o.dtype), []).append(i)
        for (device, _), members in places.items():
            averaged = [own[i] for i in members]
            self.multi_avg_fn(averaged, [new[i] for i in members], self.n_averaged.to_device(device))
            for i, a in zip(members, averaged, strict=True):
                own[i] = a
        return own


def _values(model: Module) -> Iterator[Array]:
    """The parameters, and then the buffers, of a model."""
    yield from model.parameters()
    yield from (x for _, x in model.named_buffers())


def _floating(x: Array) -> Array:
    """What can be averaged: a count of batches too."""
    return x if x.dtype.is_floating else astype(x, get_default_dtype())


def update_bn(loader: Iterable[Array | Sequence[Any]], model: Module, device: DeviceLike | None = None) -> None:
    """Compute the running statistics of a model's BatchNorm layers anew, as those of all data with its weights.

    For an averaged model, whose layers have statistics of other weights. Each batch has the same share.

    Args:
        loader: batches: an Array, or a tuple or list whose first entry is the input.
        model: is run in train mode over all batches, without gradients.
        device: where batches are moved to; None: nowhere.

    Shapes: batches of any shape that the model takes.
    """
    layers = [m for m in model.modules() if isinstance(m, (BatchNorm1d, BatchNorm2d, BatchNorm3d))]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    modes = [(module, module.training) for module in model.modules()]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean of all batches
    model.train()
    try:
        with no_grad():
            for batch in loader:
                input: Any = batch[0] if isinstance(batch, (tuple, list)) else batch
                model(input if device is None else input.to_device(find_device(device)))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        for module, mode in modes:
            module.training = mode


def __dir__() -> list[str]:
    return __all__
