"""Mixed precision, data sets, and the loop over them."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import amp, data, train

model = xp.nn.Linear(2, 3)
optimizer = xp.optim.SGD(model.parameters(), lr=0.1)
loss: xp.Array = xp.asarray(1.0, requires_grad=True)
raw = np.zeros(3, np.float32)

scaler = amp.GradScaler(init_scale=1024.0, enabled=True)
reveal_type(scaler.scale(loss))  # is: Array
reveal_type(scaler.scale([loss, loss]))  # is: list[Array]
reveal_type(scaler.scale(raw))  # is: ndarray
scaler.unscale_(optimizer)
scaler.step(optimizer)
scaler.update()
scaler.load_state_dict(scaler.state_dict())
with amp.autocast("cuda", dtype=xp.bfloat16):
    pass


@amp.autocast(dtype="float16")
def forward(x: xp.Array, scale: float = 1.0) -> xp.Array:
    return x


reveal_type(forward(loss, scale=2.0))  # is: Array
examples = data.Dataset([[1.0, 2.0], [3.0, 4.0]], np.zeros(2, np.int64))
for inputs, _ in examples.batches(2):
    reveal_type(inputs)  # is: Array
reveal_type(train.train_epoch(model, examples, optimizer, loss=xp.losses.mse_loss))  # is: float

scaler.scale("loss")  # error
scaler.update("1024")  # error
amp.GradScaler(growth_interval="2000")  # error
amp.autocast(dtype=16)  # error
forward(loss, scale="2")  # error
data.Dataset([1.0])  # error
data.Dataset(3.0, device="cpu")  # error
examples.batches("2")  # error
train.train_epoch(model, examples)  # error
train.train_epoch(model, examples, optimizer, loss=len)  # error
