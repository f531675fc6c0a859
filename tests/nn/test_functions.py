"""Every function of nn.functional: raw arrays give raw arrays, Arrays Arrays, with PyTorch's values and gradients."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.compare import arrays, cotangent, flat, made, numpy, tensors
from tests.nn.row import values
from tests.nn.table import FUNCTIONS
from tests.oracle import torch
from tests.parity import compare
from xnn import nn


def test_every_function_has_a_row():
    assert {row.name for row in FUNCTIONS} == set(nn.functional.__all__)


def theirs(row):
    if callable(row.theirs):
        return row.theirs
    return getattr(torch.nn.functional, row.name, None) or getattr(torch, row.name)


def expected(row, dtype):
    """The outputs, and the gradient of each floating input."""
    if row.theirs is False:
        raws = made(row.inputs, lambda wanted, seed: values(wanted, dtype, seed))
        return flat(row.reference(*raws, **made(row.options, lambda w, s: values(w, dtype, s), 100)), "output"), None
    inputs, options = made(row.inputs, tensors(dtype)), made(row.options, tensors(dtype), 100)
    return outputs_and_gradients(theirs(row), inputs, options, torch.tensor)


def outputs_and_gradients(function, inputs, options, as_cotangent):
    outputs = flat(function(*inputs, **options), "output")
    leaves = {**flat(inputs, "input"), **flat(options, "option")}
    leaves = {path: x for path, x in leaves.items() if getattr(x, "requires_grad", False)}
    gradients = {path: np.zeros(x.shape) for path, x in leaves.items()}
    for i, x in enumerate(outputs.values()):
        if x.requires_grad:
            x.backward(as_cotangent(cotangent(numpy(x), i)), retain_graph=True)
    gradients.update({path: numpy(x.grad) for path, x in leaves.items() if x.grad is not None})
    return {path: numpy(x) for path, x in outputs.items()}, gradients


def named(row, i):
    return pytest.param(row, marks=() if row.theirs is False else pytest.mark.needs("torch"), id=f"{row.name}-{i}")


@pytest.mark.parametrize("row", [named(row, i) for i, row in enumerate(FUNCTIONS)])
def test_function(row, device):
    function = getattr(nn.functional, row.name)
    for dtype in ("float32", "float64"):
        outputs, gradients = expected(row, dtype)
        make = arrays(device, dtype)
        inputs, options = made(row.inputs, make), made(row.options, make, 100)
        came, found = outputs_and_gradients(function, inputs, options, lambda g: xp.asarray(g, device=device))
        assert set(came) == set(outputs)
        for path, x in came.items():
            compare("function", row.name, x, outputs[path], dtype if x.dtype.kind == "f" else None)
        for path, g in (gradients or {}).items():
            compare("function", row.name, found[path], g, dtype)


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.name}-{i}") for i, row in enumerate(FUNCTIONS)])
def test_raw_arrays_give_raw_arrays(row, device):
    function = getattr(nn.functional, row.name)

    def raw(wanted, seed):
        return xp.asarray(values(wanted, "float32", seed), device=device)._data

    outputs = flat(function(*made(row.inputs, raw), **made(row.options, raw, 100)), "output")
    for x in outputs.values():
        assert isinstance(x, device.backend.array_type)
