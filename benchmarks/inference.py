"""The perceptron 784-128-10 on one image, without a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

import xnn as xp

from .perceptrons import Task, torch_model
from .timing import Contender, Cost, Effort, Work, check_recorded

WIDTHS = (784, 128, 10)


def xnn_inference(task: Task, *, compiled: bool = False) -> Contender:
    model = task.model()
    model.eval()
    image = xp.asarray(task.inputs, device="cpu")

    def forward(image: Any) -> Any:
        with xp.no_grad():
            return model(image)

    run: Any = xp.compile(forward) if compiled else forward

    def result() -> list[np.ndarray[Any, Any]]:
        found = run(image).numpy()
        if compiled:
            check_recorded(run)
        return [found]

    return Contender(lambda: run(image), result)


def torch_inference(task: Task) -> Contender:
    import torch

    model = torch_model(task).eval()
    image = torch.from_numpy(task.inputs)

    def run() -> Any:
        with torch.no_grad():
            return model(image)

    return Contender(run, lambda: [run().numpy()])


def works(effort: Effort) -> Iterator[Work]:
    """One image."""
    image = np.random.default_rng(0).random((1, WIDTHS[0]), dtype=np.float32)
    task = Task(WIDTHS, 1, image, np.zeros(1, dtype=np.int64))
    products = sum(wide * out for wide, out in pairwise(WIDTHS))
    ways: dict[str, Callable[[], Contender]] = {
        "xnn": partial(xnn_inference, task),
        "xnn.compile": partial(xnn_inference, task, compiled=True),
    }
    # A product with one row reads each weight once, and is no faster than that.
    cost = Cost(0.0, 4 * products)
    yield Work(
        "inference of 784-128-10, batch 1", ways, {"PyTorch": partial(torch_inference, task)}, {"PyTorch": 1.5}, cost
    )
