"""The loop: one epoch of training, predictions, accuracy. The host waits for the device once for each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import xnn as xp
from xnn import checks
from xnn.arguments import number
from xnn.array_object import Array
from xnn.data import Dataset
from xnn.errors import OptionError, ShapeError
from xnn.losses import cross_entropy
from xnn.nn import Module
from xnn.optim import Optimizer
from xnn.random import Generator, default_generator
from xnn.typing import DeviceLike

EVALUATION_BATCH = 500


def train_epoch(
    model: Module,
    data: Dataset,
    optimizer: Optimizer,
    *,
    batch_size: int = 128,
    loss: Callable[[Array, Array], Array] = cross_entropy,
    generator: Generator | None = None,
    after_step: Callable[[], object] | None = None,
    device: DeviceLike | None = None,
) -> float:
    """Train on every example once, in random order.

    Args:
        model: what is trained, on the device of the data, or on `device`.
        data: inputs and labels.
        optimizer: of the model's parameters.
        batch_size: examples a step; the last step takes what is left.
        loss: `loss(model(inputs), labels)`, the mean over a batch, of shape ().
        generator: draws the order; None: the default stream.
        after_step: called after each step, for a progress bar.
        device: the model's, if the data lie elsewhere: each batch is sent there during the step before.

    Returns:
        The mean loss of the examples, each as it was when its step came.

    Raises:
        LabelError: for a label that no output of the model stands for.
        OptionError: for a batch size below 1.
        ShapeError: for a data set without examples.

    Example:
        >>> import xnn as xp
        >>> _ = xp.random.manual_seed(0)
        >>> x = xp.random.normal((256, 2), device="cpu")
        >>> data = xp.data.Dataset(x, xp.astype(x[:, 0] > x[:, 1], xp.int64))
        >>> model = xp.nn.Linear(2, 2, device="cpu")
        >>> optimizer = xp.optim.Adam(model.parameters(), lr=0.1)
        >>> first, *_, last = [train_epoch(model, data, optimizer, batch_size=32) for _ in range(10)]
        >>> last < first / 2
        True
    """
    _check_not_empty(data.inputs)
    model.train()
    # The sum stays on the device: a float for each step would make the host wait for each.
    total: Any = 0.0  # and so of the loss's data type from the first step on
    order = (generator or default_generator()).permutation(len(data), device=data.device)
    for inputs, labels in data.batches(batch_size, order, device):
        optimizer.zero_grad()
        batch_loss = loss(model(inputs), labels)
        batch_loss.backward()
        optimizer.step()
        total = total + batch_loss.detach() * len(labels)
        if after_step is not None:
            after_step()
    return float(total) / len(data)


def predict(
    model: Module, inputs: Array, *, batch_size: int = EVALUATION_BATCH, threshold: float | None = None
) -> Array:
    """The class that the model gives each input.

    Args:
        model: gives logits (k, classes) for (k, ...), of which the largest says the class; or one for each, (k, 1) or
            (k,), which says class 1 above `threshold` and class 0 elsewhere. It is in evaluation mode meanwhile.
        inputs: (n, ...), on the model's device.
        batch_size: how many go through the model at once.
        threshold: for a model of one output. None: 0.0, for logits; 0.5 is that of probabilities, as of Sigmoid.

    Returns:
        int64 (n,), on the same device; -1, no class, where an output is NaN.

    Raises:
        OptionError: for a batch size below 1, or a threshold beside several outputs.
        ShapeError: if n is 0, or the model does not give outputs for each input.

    Warns where all of one output each are from 0 to 1, as probabilities are, and threshold is None; on a GPU at the
    next wait.

    Example:
        >>> import xnn as xp
        >>> model = xp.nn.Linear(1, 1, device="cpu")
        >>> _ = model.load_state_dict({"weight": xp.asarray([[2.0]]), "bias": xp.asarray([-1.0])})
        >>> predict(model, xp.asarray([[0.0], [0.3], [0.7]], device="cpu")).tolist()
        [0, 0, 1]
    """
    _check_not_empty(inputs)
    if batch_size < 1:
        raise OptionError(f"a batch has at least 1 example; got batch_size={batch_size}")
    limit = 0.0 if threshold is None else number("predict", "threshold", threshold)
    parts: list[Array] = []
    are_shares: Any = True
    with _evaluating(model):
        for i in range(0, len(inputs), batch_size):
            outputs = model(inputs[i : min(i + batch_size, len(inputs))])
            _check_outputs(outputs, min(batch_size, len(inputs) - i))
            is_one = outputs.ndim == 1 or outputs.shape[1] == 1
            if is_one:
                outputs = outputs if outputs.ndim == 1 else xp.squeeze(outputs, axis=1)
                found, is_nan = xp.astype(outputs > limit, xp.int64), xp.isnan(outputs)
                are_shares = xp.all(xp.logical_and(outputs >= 0, outputs <= 1)) & are_shares
            else:
                found, is_nan = xp.argmax(outputs, axis=1), xp.any(xp.isnan(outputs), axis=1)
            parts.append(xp.where(is_nan, -1, found))
        result: Array = xp.concat(parts)
    if not is_one and threshold is not None:
        raise OptionError(
            f"predict: threshold is for models of one output; got {threshold} for one of {outputs.shape[1]}. "
            "Cure: leave it out; the largest output says the class."
        )
    if is_one and threshold is None:
        checks.require(
            xp.logical_not(are_shares)._data,
            result.device,
            # no error: a network that has learnt little yet may give such logits, and its training is to go on
            UserWarning,
            "one output an example is taken for a logit; all that came are from 0 to 1, as probabilities are. "
            "Cure: threshold=0.5 for probabilities, threshold=0.0 for logits.",
        )
    return result


def accuracy(
    model: Module, data: Dataset, *, batch_size: int = EVALUATION_BATCH, threshold: float | None = None
) -> float:
    """The share of examples whose class the model finds, from 0 to 1. What is NaN finds none.

    Args:
        model: as that of `predict`: gives logits (k, classes), or (k, 1) or (k,) for two classes.
        data: inputs, and labels (n,), class numbers, on the model's device; (n, 1) beside a model of one output.
        batch_size: how many go through the model at once.
        threshold: for a model of one output; see `predict`.

    Raises:
        OptionError: see `predict`.
        ShapeError: for a data set without examples, or labels that are not one number for each prediction.
    """
    classes = predict(model, data.inputs, batch_size=batch_size, threshold=threshold)
    labels, shape = data.labels, tuple(classes.shape)
    if labels.ndim == classes.ndim + 1 and labels.shape[1] == 1:
        labels = xp.squeeze(labels, axis=1)
    if tuple(labels.shape) != shape:
        raise ShapeError(
            f"accuracy takes one label for each prediction, of shape {shape}; got labels {tuple(data.labels.shape)}. "
            "Cure: class numbers; of one-hot rows they are xnn.argmax(labels, axis=1)."
        )
    # As binary cross-entropy takes them; others lose nothing in int64, nor is -1 one.
    is_float = labels.dtype.is_floating
    hits = xp.astype(classes, labels.dtype) == labels if is_float else classes == xp.astype(labels, xp.int64)
    return int(xp.sum(xp.astype(hits, xp.int64))) / classes.size


@contextlib.contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]  # a frozen layer has its own
    model.eval()
    try:
        with xp.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _check_outputs(outputs: Any, count: int) -> None:
    shape = getattr(outputs, "shape", None)
    if not shape or shape[0] != count:
        came = type(outputs).__name__ if shape is None else f"shape {shape}"
        raise ShapeError(
            f"a model gives outputs for each input: (k, classes), (k, 1) or (k,); got {came} for {count} inputs. "
            "Cure: a model whose forward returns its logits alone."
        )


def _check_not_empty(inputs: Array) -> None:
    if inputs.shape[0] == 0:
        raise ShapeError(
            f"there is at least one example to train on or predict; inputs have shape {inputs.shape}. "
            "Cure: look at what selected them."
        )
