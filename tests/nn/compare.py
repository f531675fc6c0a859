"""A layer run once, ours or PyTorch's: outputs, gradients and buffers as NumPy arrays by name."""

from collections.abc import Mapping

import numpy as np

import xnn as xp
from tests.nn.row import Input, values
from tests.oracle import torch


def made(wanted, make, seed=0):
    """Inputs made arrays by `make(numpy array)`, also inside of tuples and dicts; anything else as it is."""
    if isinstance(wanted, Input):
        return make(wanted, seed)
    if isinstance(wanted, Mapping):
        return {name: made(x, make, seed + 10 * (i + 1)) for i, (name, x) in enumerate(wanted.items())}
    if isinstance(wanted, (tuple, list)):
        return tuple(made(x, make, seed + 1 + i) for i, x in enumerate(wanted))
    return wanted


def arrays(device, dtype):
    """What makes our Array of an Input; floating ones require a gradient."""

    def make(wanted, seed):
        raw = values(wanted, dtype, seed)
        return xp.asarray(raw, device=device, requires_grad=raw.dtype.kind == "f")

    return make


def tensors(dtype):
    """What makes PyTorch's tensor of an Input, of the same layout."""

    def make(wanted, seed):
        raw = values(wanted, dtype, seed)
        tensor = torch.from_numpy(raw) if raw.flags.writeable else torch.tensor(raw)
        return tensor.requires_grad_() if raw.dtype.kind == "f" else tensor

    return make


def flat(tree, path=""):
    """The arrays of nested tuples, lists and dicts, by path; None is left out."""
    if tree is None:
        return {}
    if isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, (tuple, list)):
        items = enumerate(tree)
    else:
        return {path: tree}
    return {key: x for name, part in items for key, x in flat(part, f"{path}.{name}").items()}


def numpy(x):
    """Any array as NumPy's."""
    return np.asarray(x.detach().numpy())


def run(layer, case, make, as_cotangent):
    """{"output": ..., "gradient of ...": ..., "buffer ...": ...} of one call and one backward pass."""
    inputs, keywords = made(case.inputs, make), made(case.keywords, make, 100)
    outputs = flat(layer(*inputs, **keywords), "output")
    found = {path: numpy(x) for path, x in outputs.items()}
    varied = [(path, x) for path, x in outputs.items() if x.requires_grad]
    if varied:
        total = sum((x * as_cotangent(cotangent(numpy(x), i))).sum() if hasattr(x, "sum") else
                    xp.sum(x * as_cotangent(cotangent(numpy(x), i))) for i, (_, x) in enumerate(varied))  # fmt: skip
        total.backward()
        leaves = {**flat(inputs, "input"), **flat(keywords, "keyword"), **dict(layer.named_parameters())}
        for path, x in leaves.items():
            if getattr(x, "requires_grad", False):  # not a static keyword
                found[f"gradient of {path}"] = np.zeros(x.shape) if x.grad is None else numpy(x.grad)
    found.update({f"buffer {path}": numpy(x) for path, x in layer.named_buffers()})
    return found


def cotangent(value, i):
    """A cotangent of the shape and type of a NumPy array."""
    return np.random.default_rng(50 + i).uniform(-1, 1, value.shape).astype(value.dtype)


def run_ours(layer, case, device, dtype):
    """`run` of our layer."""
    return run(layer, case, arrays(device, dtype), lambda g: xp.asarray(g, device=device))


def run_theirs(layer, case, dtype):
    """`run` of PyTorch's layer."""
    return run(layer, case, tensors(dtype), torch.tensor)


def fill(module, seed=0):
    """Other values in the place of PyTorch's initial ones, of which many are 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.rand(p.shape, generator=generator, dtype=torch.float64) * 1.5 - 0.6)
    return module
