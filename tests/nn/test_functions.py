"""Every function of nn.functional: raw arrays give raw arrays, Arrays Arrays, with PyTorch's values and gradients."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.compare import arrays, cotangent, flat, made, numpy, tensors
from tests.nn.row import values
from tests.nn.table import FUNCTIONS
from tests.oracle import torch
from tests.parity import compare
from xnn import losses, nn
from xnn.nn.functional import _in_place, _losses

# The losses have rows of their own, and test_activation.py writes in place: a leaf, as rows have, is not written to.
ELSEWHERE = {*_losses.__all__, *_in_place.__all__}


def test_every_function_has_a_row():
    assert {row.name for row in FUNCTIONS} == set(nn.functional.__all__) - ELSEWHERE


def test_losses_are_the_same_objects_and_all_that_pytorch_has():
    named = {name for name in losses.__all__ if hasattr(torch.nn.functional, name)} - {"cosine_similarity"}
    assert named == set(_losses.__all__)
    for name in named:
        assert getattr(nn.functional, name) is getattr(losses, name)


# Of PyTorch's package: quantised numbers and kernels of one accelerator; deprecated; what other modules are made of.
LEFT_OUT = {
    "scaled_mm", "scaled_grouped_mm", "grouped_mm", "ScalingType", "SwizzleType",
    "upsample", "upsample_bilinear", "upsample_nearest", "native_channel_shuffle",
    "assert_int_or_pair", "boolean_dispatch", "handle_torch_function", "has_torch_function", "has_torch_function_unary",
    "has_torch_function_variadic", "Callable", "DType", "Optional", "Tensor",
}  # fmt: skip


def test_all_functions_of_pytorch_are_there():
    theirs = {name for name, x in vars(torch.nn.functional).items() if name[0] != "_" and callable(x)}
    assert theirs - set(nn.functional.__all__) == LEFT_OUT


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
