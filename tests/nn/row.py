"""One row for each layer, and for each function of xnn.nn.functional: how it is made and called, and beside what.

tests/nn/rows/<family>.py has ROWS (layers) and FUNCTIONS. tests/nn/test_layers.py runs each row:

- against PyTorch, in float64 and float32, in training and evaluation: outputs, gradients of inputs and parameters,
  buffers afterwards, names and order of the state, ours and PyTorch's state loaded on both sides; for every written
  case, and for cases that Hypothesis draws;
- on every device of the matrix, written cases only: the numbers of numpy:cpu;
- derivatives of second order by finite differences, of the first written case.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import xnn as xp
from tests.oracle import torch
from xnn import nn

NOTHING = MappingProxyType({})


class Input(NamedTuple):
    """An input: its shape, and what values it has.

    domain: "distinct" (far from each other and from 0, so that there are no ties and kinks; floating), "real" (uniform
    in -2..2), "positive", "below N" (int64 indices from 0 to N - 1), "bool", or an array: the values themselves (floats
    are cast to the type of the run). layout: of memory: "C", "F" (transposed), "strided" (each second of a larger
    array), as both libraries get it.
    """

    shape: tuple[int, ...]
    domain: Any = "distinct"
    layout: str = "C"


class Case(NamedTuple):
    """`layer = Name(*arguments, **options)`, called as `layer(*inputs, **keywords)`.

    options: an Input among them is made an array, a buffer.
    keywords: static ones as they are; an Input among them is made an array; `None` in inputs stays None.
    A tuple or list of Inputs in the place of an Input becomes a tuple of arrays (the states of an LSTM).
    """

    inputs: tuple[Any, ...]
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = NOTHING
    keywords: Mapping[str, Any] = NOTHING


class Row(NamedTuple):
    """A layer of `nn`.

    cases: written out, two or more that matter; they run on every device.
    drawn: a Hypothesis strategy of Cases for the comparison with PyTorch; None where there are no options.
    theirs: `theirs(*arguments, **options)` makes PyTorch's; None: torch.nn's of the same name; False: PyTorch has none,
        and `reference` says what comes out.
    reference: `reference(layer, *inputs, **keywords)`: the output as NumPy, of our layer and NumPy inputs, for what
        PyTorch lacks; name the source beside it.
    modes: in which the comparison runs; ("eval",) for what is random in training.
    kind: the parity table: "layer" or "activation".
    has_parameters: it takes device= and dtype=.
    exact_state: whether the state's names are PyTorch's.
    order: of the derivatives that finite differences check; 0 for none.
    """

    name: str
    cases: tuple[Case, ...]
    drawn: Any = None
    theirs: Callable[..., Any] | bool | None = None
    reference: Callable[..., Any] | None = None
    modes: tuple[str, ...] = ("train", "eval")
    kind: str = "layer"
    has_parameters: bool = False
    exact_state: bool = True
    order: int = 2

    def ours(self, case, device, dtype):
        """Our layer; `getattr(nn, name)`, or a dotted name as "parametrizations.weight_norm"."""
        made = nn
        for part in self.name.split("."):
            made = getattr(made, part)
        options = _with_arrays(case, lambda raw: xp.asarray(raw, device=device), getattr(dtype, "name", dtype))
        if self.has_parameters:
            options |= {"device": device, "dtype": dtype}
        return made(*case.arguments, **options)

    def make_theirs(self, case):
        """PyTorch's layer."""
        made = self.theirs or getattr(torch.nn, self.name)
        return made(*case.arguments, **_with_arrays(case, torch.tensor, "float64"))


def _with_arrays(case, make, dtype):
    """The options of a case, with arrays in the place of Inputs."""
    return {name: make(values(x, dtype, 7)) if isinstance(x, Input) else x for name, x in case.options.items()}


class Function(NamedTuple):
    """A function of nn.functional: on each device, on raw arrays and Arrays, in float64 and float32, with gradients.

    inputs: positional ones (None stays None); options: keywords. theirs: None: torch.nn.functional's, or torch's, of
    the same name; or a function of tensors; False: `reference(*numpy inputs, **options)`.
    """

    name: str
    inputs: tuple[Any, ...]
    options: Mapping[str, Any] = NOTHING
    theirs: Callable[..., Any] | bool | None = None
    reference: Callable[..., Any] | None = None


def values(wanted, dtype, seed):
    """The NumPy array of an Input; the same in each run."""
    random = np.random.default_rng(seed)
    shape, domain, layout = wanted
    size = int(np.prod(shape))
    if not isinstance(domain, str):
        made = np.asarray(domain)
        made = made.astype(dtype) if made.dtype.kind == "f" else made
    elif domain.startswith("below "):
        made = random.integers(0, int(domain[6:]), shape)
    elif domain == "bool":
        made = random.random(shape) < 0.5
    elif domain == "distinct":
        made = ((random.permutation(size) - size // 2 + 0.3) * 3 / max(size, 1)).reshape(shape).astype(dtype)
    else:
        made = random.uniform(*{"real": (-2, 2), "positive": (0.3, 2.3)}[domain], shape).astype(dtype)
    return _laid_out(made, layout)


def _laid_out(x, layout):
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "strided" and x.ndim:
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return x
