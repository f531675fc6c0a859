"""Values and gradients of a function in xnn and in torch, for the tests of operations."""

import contextlib

import numpy as np

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close


@contextlib.contextmanager
def quiet():
    """NumPy warns where a result is infinite or NaN, which special points are about."""
    with np.errstate(all="ignore"):
        yield


def arrays_on(device, raws, requires_grad=False):
    """NumPy arrays as Arrays on a device; those of floats are leaves if wanted."""
    return [xp.asarray(r, device=device, requires_grad=requires_grad and r.dtype.kind in "fc") for r in raws]


def tensors(raws):
    """NumPy arrays as torch's leaves."""
    return [torch.tensor(r, requires_grad=r.dtype.kind in "fc") for r in raws]


def cotangent(value, seed=7):
    """A random cotangent of the shape and type of a NumPy array."""
    random = np.random.default_rng(seed)
    real = random.uniform(-1, 1, value.shape)
    drawn = real + 1j * random.uniform(-1, 1, value.shape) if value.dtype.kind == "c" else real
    return np.asarray(drawn, value.dtype)


def gradients(call, raws, device):
    """The value of call(xp, *arrays) and the gradient of each float operand, as NumPy arrays."""
    arrays = arrays_on(device, raws, requires_grad=True)
    out = call(xp, *arrays)
    assert out.device is device
    value = out.detach().numpy()
    out.backward(xp.asarray(cotangent(value), device=device))
    for x in arrays:
        if x.requires_grad:
            assert x.grad is not None, "no gradient came"
            assert (x.grad.shape, x.grad.dtype, x.grad.device) == (x.shape, x.dtype, device)
    return value, [x.grad.numpy() for x in arrays if x.requires_grad]


def torch_gradients(call, raws):
    """The same of call(*tensors)."""
    leaves = tensors(raws)
    out = call(*leaves)
    value = out.detach().resolve_conj().numpy()
    out.backward(torch.tensor(cotangent(value)))
    return value, [
        x.grad.resolve_conj().numpy() if x.grad is not None else np.zeros(x.shape, x.detach().numpy().dtype)
        for x in leaves
        if x.requires_grad
    ]


def assert_like_torch(call, torch_call, raws, device):
    """Assert that value and gradients are torch's."""
    value, found = gradients(call, raws, device)
    expected_value, expected = torch_gradients(torch_call, raws)
    assert_close(value, expected_value)
    for came, wanted in zip(found, expected, strict=True):
        assert came.dtype == wanted.dtype
        assert_close(came, wanted)
