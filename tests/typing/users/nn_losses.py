"""Loss classes: their options are arguments and attributes, a call gives what the function gives."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import nn

x: xp.Array = xp.ones((2, 3))
raw = np.zeros((2, 3), np.float32)

loss = nn.CrossEntropyLoss(weight=x, label_smoothing=0.1)
reveal_type(loss(x, raw))  # is: Array
reveal_type(loss(raw, x))  # is: ndarray
reveal_type(loss.weight)  # is: Array | None
reveal_type(nn.MSELoss("sum")(input=x, target=x))  # is: Array
reveal_type(nn.TripletMarginLoss(swap=True)(x, x, x))  # is: Array
loss(x)  # error
loss("a", x)  # error
nn.MSELoss(reduction="average")  # error
nn.MSELoss(size_average=True)  # error
nn.GaussianNLLLoss(True)  # error
nn.CTCLoss(blank="0")  # error
loss.reduction = "average"  # error
reveal_type(nn.CTCLoss(zero_infinity=True)(x, raw, [2], (1,)))  # is: Array
reveal_type(nn.GaussianNLLLoss(full=True)(raw, x, var=1.0))  # is: ndarray
reveal_type(nn.LinearCrossEntropyLoss(3, 2)(raw, raw).backward())  # is: None
nn.LinearCrossEntropyLoss(3, classes=2)  # error
nn.CosineEmbeddingLoss()(x, x)  # error
