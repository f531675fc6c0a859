"""Calls of smooth activations, also where a branch changes."""

from tests.ops.kernel_rows.call import Call

# The last one takes more than a block of numpy_kernels.blocks.
WIDE = [Call(((3, 4),)), Call(((2, 1, 5),), bounds=(-30, 30)), Call(((),)), Call(((0, 3),)), Call(((66, 1000),))]
OPTIONS = {
    "softplus": {"beta": 2.0, "threshold": 1.0},
    "squareplus": {"b": 2.0},
}
NAMES = "softsign sigmoid logsigmoid softplus silu mish gelu gelu_tanh tanhshrink squareplus"
CALLS = {name: [Call(((3, 7),), OPTIONS.get(name, {}), bounds=(-4, 4))] for name in NAMES.split()}
for name in ("gelu", "gelu_tanh", "sigmoid", "silu"):
    CALLS[name] += WIDE
