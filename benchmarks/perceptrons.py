"""A training epoch of perceptrons with Adam: xnn, eager and compiled, beside PyTorch, JAX and scikit-learn.

All start from the same weights, and see the same examples in batches that are gathered in a new random order each
epoch. What is compared before: the losses of the first three steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

import xnn as xp
from xnn import data, losses, nn, optim

from .timing import Contender, Cost, Effort, Work, check_recorded

CLASSES, STEPS_COMPARED = 10, 3


@dataclass(frozen=True)
class Task:
    """A network by its widths, and what it learns."""

    widths: tuple[int, ...]
    batch: int
    inputs: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]

    def model(self) -> nn.Sequential:
        """The network, on the CPU, with the same weights each time."""
        xp.random.manual_seed(0)
        layers: list[nn.Module] = []
        for wide, out in pairwise(self.widths):
            layers += [nn.Linear(wide, out, device="cpu"), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    def weights(self) -> list[np.ndarray[Any, Any]]:
        """Weight (out, in) and bias (out,) of each layer in turn."""
        return [parameter.detach().numpy().copy() for parameter in self.model().parameters()]

    def first_batches(self) -> list[slice]:
        steps = min(STEPS_COMPARED, len(self.inputs) // self.batch)
        return [slice(i * self.batch, (i + 1) * self.batch) for i in range(steps)]

    def cost(self) -> Cost:
        """Products, two backward for one forward (the first layer's input needs no gradient); a gathered batch, read
        and written; Adam, which reads four arrays and writes three.
        """
        products = [wide * out for wide, out in pairwise(self.widths)]
        flops = 2 * self.batch * (3 * sum(products) - products[0])
        parameters = sum(products) + sum(self.widths[1:])
        read_and_written = 4 * (2 * self.batch * self.widths[0] + 7 * parameters)
        return Cost(flops, read_and_written, len(self.inputs) // self.batch)


def xnn_training(task: Task, *, compiled: bool = False) -> Contender:
    """In xnn: the loop that a user writes; compiled, its step is recorded once and replayed."""
    model = task.model()
    optimizer = optim.Adam(model.parameters())
    examples = data.Dataset(xp.asarray(task.inputs, device="cpu"), xp.asarray(task.labels, device="cpu"))

    def step(inputs: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = losses.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    run: Any = xp.compile(step) if compiled else step

    def epoch() -> None:
        order = xp.random.permutation(len(examples), device="cpu")
        for inputs, labels in examples.batches(task.batch, order):
            run(inputs, labels)

    def first_losses() -> list[np.ndarray[Any, Any]]:
        found = [run(examples.inputs[part], examples.labels[part]).numpy() for part in task.first_batches()]
        if compiled:
            check_recorded(run)
        return found

    return Contender(epoch, first_losses)


def torch_model(task: Task) -> Any:
    """The network in PyTorch, with the task's weights."""
    import torch

    layers: list[Any] = []
    for wide, out in pairwise(task.widths):
        layers += [torch.nn.Linear(wide, out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), task.weights(), strict=True):
            parameter.copy_(torch.from_numpy(values))
    return model


def torch_training(task: Task) -> Contender:
    """In PyTorch, eager, with its fused Adam."""
    import torch

    model = torch_model(task)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    inputs, labels = torch.from_numpy(task.inputs), torch.from_numpy(task.labels)

    def step(inputs: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def epoch() -> None:
        order = torch.randperm(len(inputs))
        for part in order.split(task.batch):
            step(inputs[part], labels[part])

    def first_losses() -> list[np.ndarray[Any, Any]]:
        return [step(inputs[part], labels[part]).numpy() for part in task.first_batches()]

    return Contender(epoch, first_losses)


def jax_training(task: Task) -> Contender:
    """In JAX with optax: the whole step under one jit, the batch's gathering in it, its state's buffers donated."""
    import jax
    import jax.numpy as jnp
    import optax

    optimizer = optax.adam(1e-3)
    parameters = [jnp.asarray(values) for values in task.weights()]
    state = optimizer.init(parameters)
    inputs, labels = jnp.asarray(task.inputs), jnp.asarray(task.labels, dtype=jnp.int32)
    random = np.random.default_rng(0)

    def loss_of(parameters: list[Any], inputs: Any, labels: Any) -> Any:
        *hidden, (weight, bias) = zip(parameters[::2], parameters[1::2], strict=True)
        for w, b in hidden:
            inputs = jax.nn.relu(inputs @ w.T + b)
        logits = inputs @ weight.T + bias
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters: list[Any], state: Any, inputs: Any, labels: Any, chosen: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, inputs[chosen], labels[chosen])
        updates, state = optimizer.update(gradients, state, parameters)
        return optax.apply_updates(parameters, updates), state, loss

    def epoch() -> None:
        nonlocal parameters, state
        order = random.permutation(len(task.inputs)).astype(np.int32)
        for i in range(0, len(order), task.batch):
            parameters, state, _ = step(parameters, state, inputs, labels, order[i : i + task.batch])
        parameters[0].block_until_ready()  # all come of the one call

    def first_losses() -> list[np.ndarray[Any, Any]]:
        nonlocal parameters, state
        found = []
        for part in task.first_batches():
            chosen = np.arange(part.start, part.stop, dtype=np.int32)
            parameters, state, loss = step(parameters, state, inputs, labels, chosen)
            found.append(np.asarray(loss))
        return found

    return Contender(epoch, first_losses)


def sklearn_training(task: Task) -> Contender:
    """In scikit-learn: `partial_fit` goes once through the examples, in batches."""
    from sklearn.neural_network import MLPClassifier

    def classifier() -> Any:
        return MLPClassifier(task.widths[1:-1], solver="adam", alpha=0.0, batch_size=task.batch, random_state=0)

    model, classes = classifier(), np.arange(CLASSES)

    def first_losses() -> list[np.ndarray[Any, Any]]:
        model.partial_fit(task.inputs[: task.batch], task.labels[: task.batch], classes=classes)
        weights = task.weights()
        model.coefs_, model.intercepts_ = [w.T.copy() for w in weights[::2]], weights[1::2]
        del model._optimizer  # the next call makes a new one, without the moments of the first
        found = []
        for part in task.first_batches():
            model.partial_fit(task.inputs[part], task.labels[part])
            found.append(np.asarray(model.loss_, dtype=np.float32))
        return found

    return Contender(lambda: model.partial_fit(task.inputs, task.labels, classes=classes), first_losses)


@cache
def digits(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The first training digits that ship with xnn: (count, 784) and int64 (count,)."""
    training = data.load_mnist(device="cpu")[0]
    return training.inputs.numpy()[:count].reshape(count, -1).copy(), training.labels.numpy()[:count].copy()


def noise(count: int, width: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inputs without meaning, (count, width), and labels (count,)."""
    random = np.random.default_rng(0)
    return random.normal(size=(count, width)).astype(np.float32), random.integers(0, CLASSES, count)


# Widths, batch, and the least ratios. 7,936 examples are whole batches of each of these sizes.
NETWORKS: list[tuple[tuple[int, ...], int, dict[str | tuple[str, str], float]]] = [
    (
        (784, 128, 10),
        128,
        {("xnn.compile", "PyTorch"): 1.3, "PyTorch": 1.1, "JAX": 1.0, "scikit-learn": 2.0},
    ),
    ((32, 32, 10), 32, {"PyTorch": 2.0, "JAX": 2.0}),
    ((784, 512, 512, 10), 128, {"PyTorch": 1.0, "JAX": 1.0}),
    ((784, 1024, 10), 256, {"PyTorch": 1.0, "JAX": 1.0}),
]


def works(effort: Effort) -> Iterator[Work]:
    """An epoch of each network."""
    for widths, batch, targets in NETWORKS:
        inputs, labels = digits(effort.examples) if widths[0] == 784 else noise(effort.examples, widths[0])
        task = Task(widths, batch, inputs, labels)
        ways: dict[str, Callable[[], Contender]] = {
            "xnn": partial(xnn_training, task),
            "xnn.compile": partial(xnn_training, task, compiled=True),
        }
        peers = {
            "PyTorch": partial(torch_training, task),
            "JAX": partial(jax_training, task),
            "scikit-learn": partial(sklearn_training, task),
        }
        yield Work(f"epoch of {'-'.join(map(str, widths))}, batch {batch}", ways, peers, targets, task.cost())
