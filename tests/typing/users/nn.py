"""Layers: a call has the signature of `forward`, and parameters are there for editors."""

from collections.abc import Callable
from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import nn
from xnn.typing import A, AnyArray

x: xp.Array = xp.ones((2, 3))
raw = np.zeros((2, 3), np.float32)

# Layers with parameters give Arrays, others what they get.
linear = nn.Linear(3, 2)
reveal_type(linear)  # is: Linear
reveal_type(linear(x))  # is: Array
reveal_type(linear(raw))  # is: Array
reveal_type(linear.weight)  # is: Parameter
reveal_type(linear.bias)  # is: Parameter | None
reveal_type(nn.ReLU()(x))  # is: Array
reveal_type(nn.ReLU()(raw))  # is: ndarray
reveal_type(nn.Conv2d(1, 4, 3, padding="same", padding_mode="circular")(x))  # is: Array
reveal_type(nn.BatchNorm1d(3).running_mean)  # is: Array | None
reveal_type(nn.Flatten()(raw))  # is: ndarray
linear("a")  # error
linear(x, x)  # error
linear(inputs=x)  # error
nn.Linear("3", 2)  # error
nn.Linear(3, 2, biass=True)  # error
nn.Linear(3, 2, dtype=3)  # error
nn.GELU(approximate="erf")  # error
nn.Conv2d(1, 4, 3, padding_mode="zero")  # error

# Several inputs, and several outputs.
reveal_type(nn.RotaryEmbedding(2)(raw, positions=x))  # is: ndarray
reveal_type(nn.CosineSimilarity()(x, raw))  # is: Array
reveal_type(nn.LSTM(3, 4)(x, lengths=[2, 1]))  # is: tuple[Array, tuple[Array, Array]]
reveal_type(nn.MultiheadAttention(3, 1)(x, x, x)[0])  # is: Array
reveal_type(nn.AdaptiveLogSoftmaxWithLoss(3, 4, [2])(x, xp.asarray([1, 3])).loss)  # is: Array
nn.CosineSimilarity()(x)  # error
nn.GRU(3, 4)(x, length=x)  # error
nn.Transformer(3, 1, activation="elu")  # error

# Containers, a module of one's own, and one that says nothing.
model = nn.Sequential(linear, nn.ReLU())
reveal_type(model(x))  # is: Array
reveal_type(model[:1])  # is: Sequential
reveal_type(model[0])  # is: Module
reveal_type(nn.ParameterList([x])[0])  # is: Parameter
reveal_type(nn.ModuleDict({"a": linear}).get("a"))  # is: Module | None
reveal_type(nn.parametrizations.weight_norm(linear))  # is: Linear
reveal_type(model.train().state_dict())  # is: dict[str, Array]


class Scaled(nn.Module):
    def forward(self, input: A, factor: AnyArray | None = None, *, twice: bool = False) -> A:
        return input


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.head = nn.Linear(4, 2)
        self.register_buffer("mean", xp.zeros((3,)))

    def forward(self, x: xp.Array) -> xp.Array:
        return self.head(self.body(x))


reveal_type(Net()(x))  # is: Array
reveal_type(nn.MSELoss()(Net()(x), x))  # is: Array
reveal_type(next(Net().parameters()))  # is: Parameter
reveal_type(Net().to("cpu").eval())  # is: Net
Net()("a")  # error
Net()(x, x)  # error
reveal_type(Scaled()(raw, x, twice=True))  # is: ndarray
function: Callable[[xp.Array], xp.Array] = Scaled()
Scaled()(x, 3)  # error
Scaled()(x, thrice=True)  # error
model.load_state_dict([x])  # error
nn.init.kaiming_uniform_(linear.weight, mode="fan")  # error
