"""class Dataset: inputs and labels, side by side on one device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import xnn as xp
from xnn.array_object import Array
from xnn.cures import offer_attributes
from xnn.errors import DeviceMismatchError, OptionError, ShapeError
from xnn.typing import ArrayLike, DeviceLike
from xnn_backends import Device, find_device

BLOCK = 1 << 19  # numbers that are gathered at once, for as many batches as they make: what caches hold


@offer_attributes
class Dataset:
    """Labelled examples that lie on one device, so that a batch of them needs no copy from the host.

    Args:
        inputs: (n, ...), any data type; raw arrays and lists go through `xnn.asarray`, to the device of the labels.
        labels: (n, ...); for classes (n,), int64; likewise.

    Raises:
        ShapeError: if there are not as many labels as inputs.
        DeviceMismatchError: if they lie on two devices.

    Example:
        >>> import xnn as xp
        >>> data = xp.data.Dataset(xp.asarray([[0.0], [1.0], [2.0]], device="cpu"), xp.asarray([0, 1, 0], device="cpu"))
        >>> [labels.tolist() for inputs, labels in data.batches(2)]
        [[0, 1], [0]]
    """

    def __init__(self, inputs: ArrayLike, labels: ArrayLike) -> None:
        inputs = _as_array("inputs", inputs, labels)
        labels = _as_array("labels", labels, inputs)
        if inputs.ndim == 0 or labels.ndim == 0 or len(inputs) != len(labels):
            raise ShapeError(
                f"a data set has one label for each input; inputs have shape {inputs.shape}, "
                f"labels {labels.shape}. Cure: the same size of dimension 0."
            )
        if inputs.device is not labels.device:
            raise DeviceMismatchError(
                f"a data set lies on one device; inputs are on '{inputs.device}', labels on '{labels.device}'. "
                "Cure: labels.to_device(inputs.device)."
            )
        self.inputs: Array = inputs
        self.labels: Array = labels

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def device(self) -> Device:
        """Where the examples lie."""
        return self.inputs.device

    def to(self, device: DeviceLike) -> Dataset:
        """The same examples on another device."""
        return Dataset(self.inputs.to_device(device), self.labels.to_device(device))

    def take(self, indices: Array) -> tuple[Array, Array]:
        """The inputs and labels at the positions `indices`, int64 of shape (k,), on the data's device."""
        return xp.take(self.inputs, indices, axis=0), xp.take(self.labels, indices, axis=0)

    def batches(
        self, batch_size: int, order: Array | None = None, device: DeviceLike | None = None
    ) -> Iterator[tuple[Array, Array]]:
        """Inputs and labels, `batch_size` at a time; the last batch is what is left.

        Args:
            batch_size: at least 1.
            order: int64 (k,) on the data's device: which examples, and in which order; None: as they lie.
            device: where the batches are wanted; each is sent while there is work on the one before. None: the data's.

        Raises:
            OptionError: for a batch size below 1.
        """
        if batch_size < 1:
            raise OptionError(f"a batch has at least 1 example; got batch_size={batch_size}")
        here = self._batches(batch_size, order)
        where = self.device if device is None else find_device(device)
        return here if where is self.device else _sent(here, where)

    def _batches(self, batch_size: int, order: Array | None) -> Iterator[tuple[Array, Array]]:
        data = self
        count = len(self) if order is None else len(order)
        # Whole batches. 128 images of MNIST: 64 us each with the sum over them, gathered one by one 70.
        block = max(1, count)
        if order is not None:
            width = max(1, math.prod(self.inputs.shape[1:]))
            block = batch_size * max(1, BLOCK // (batch_size * width))
        for first in range(0, count, block):
            last = min(first + block, count)
            if order is not None:
                data = Dataset(*self.take(order[first:last]))
            for i in range(0, last - first, batch_size):
                part = slice(i, min(i + batch_size, last - first))  # the standard has no slices beyond the end
                yield data.inputs[part], data.labels[part]

    def __repr__(self) -> str:
        return f"Dataset(inputs {self.inputs.shape}, labels {self.labels.shape}, device='{self.device}')"


def _as_array(what: str, x: Any, other: Any) -> Array:
    if isinstance(x, Array):
        return x
    if x is None or isinstance(x, str):
        raise TypeError(f"Dataset takes arrays, (n, ...) both; {what} are a {type(x).__name__}. Cure: xnn.asarray.")
    array: Array = xp.asarray(x, device=other.device if isinstance(other, Array) else None)
    return array


def _sent(batches: Iterator[tuple[Array, Array]], device: Device) -> Iterator[tuple[Array, Array]]:
    """The batches on another device, where each but the first arrives during the work on the one before."""
    waiting: list[tuple[Array, Callable[[], object]]] = []
    for batch in batches:
        coming = [_send(x, device) for x in batch]
        if waiting:
            yield _arrived(waiting)
        waiting = coming
    if waiting:
        yield _arrived(waiting)


def _send(x: Array, device: Device) -> tuple[Array, Callable[[], object]]:
    if x.requires_grad:
        return x.to_device(device), lambda: None  # what is sent has no graph
    raw, wait = device.backend.send(x._device.backend.to_numpy(x._data), device)
    return Array(raw, device), wait


def _arrived(batch: list[tuple[Array, Callable[[], object]]]) -> tuple[Array, Array]:
    for _, wait in batch:
        wait()
    (inputs, _), (labels, _) = batch
    return inputs, labels
