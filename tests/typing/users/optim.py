"""Optimizers, schedules and clipping: groups of parameters, closures, states, options by name."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn import optim
from xnn.optim import lr_scheduler, swa_utils

model = xp.nn.Linear(2, 3)


def closure() -> xp.Array:
    loss = xp.losses.mse_loss(model.weight, np.zeros((3, 2), np.float32))
    loss.backward()
    return loss


sgd = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
adam = optim.Adam(model.named_parameters(), lr=lambda step: 0.1 / (step + 1), betas=(0.9, 0.99))
optim.AdamW([{"params": [model.weight], "lr": 0.1}, {"params": model.bias}], weight_decay=0.1)
optim.Muon([model.weight], adjust_lr_fn="match_rms_adamw")
reveal_type(sgd.step(closure))  # is: Array
reveal_type(sgd.step())  # is: None
reveal_type(optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe").step(closure))  # is: Array
reveal_type(adam.zero_grad())  # is: None
adam.load_state_dict(adam.state_dict())
adam.add_param_group({"params": model.parameters(), "lr": 0.1})
reveal_type(optim.clip_grad_norm_(model.parameters(), 1.0))  # is: Array
optim.clip_grad_value_(model.weight, 0.5)
optim.PerceptronRule(model, output="sign").step([1.0, 2.0], [1, -1, 1])
averaged = swa_utils.AveragedModel(model, device="cpu", avg_fn=swa_utils.get_ema_avg_fn(0.9))
swa_utils.update_bn([closure(), (closure(), 1)], averaged)
schedule = lr_scheduler.CosineAnnealingLR(0.1, T_max=10)
optim.SGD(model.parameters(), lr=schedule)

optim.SGD(0.1, model.parameters())  # error
optim.SGD(model.parameters(), learning_rate=0.1)  # error
optim.SGD(model.parameters(), 0.1, 0.9, 0.0, 0.0, True, True)  # error
optim.Adam(model.parameters(), betas=0.9)  # error
optim.Adam(model.parameters(), amsgrad="no")  # error
optim.LBFGS(model.parameters(), line_search_fn="armijo")  # error
optim.Muon([model.weight], adjust_lr_fn="none")  # error
optim.clip_grad_norm_(model.parameters())  # error
optim.clip_grad_norm_(3.0, 1.0)  # error
optim.PerceptronRule(model, output="tanh")  # error
sgd.step(3)  # error
sgd.zero_grad(to_none=True)  # error
lr_scheduler.OneCycleLR(0.1, 10, anneal_strategy="sin")  # error
lr_scheduler.ReduceLROnPlateau(0.1, mode="lowest")  # error
