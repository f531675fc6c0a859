"""What to write in the place of an attribute that an object of ours lacks, by class; `xnn.cures` says how."""

from __future__ import annotations

from .arrays import METHODS

__all__ = ["OBJECTS"]

_TRAINED = "xnn.train.train_epoch(model, data, optimizer)"
_PARAMETERS = "list(model.parameters())"
_LR = 'optimizer.param_groups[0]["lr"]'
_SHUFFLED = "data.batches(batch_size, xnn.random.permutation(len(data)))"

OBJECTS: dict[str, dict[str, str]] = {
    "Array": METHODS,
    "Module": {
        "fit train_step train_on_batch fit_generator": _TRAINED,
        "compile": "xnn.train.train_epoch(model, data, optimizer, loss=loss_function)  # xnn.compile is of functions",
        "predict predict_on_batch inference": "xnn.train.predict(model, inputs)",
        "evaluate score test_on_batch": "xnn.train.accuracy(model, data)",
        "summary": "print(xnn.nn.summary(model, shape))",
        "weights variables trainable_weights trainable_variables params": _PARAMETERS,
        "named_params": "dict(model.named_parameters())",
        "get_weights": "model.state_dict()",
        "set_weights": "model.load_state_dict(model.state_dict())",
        "count_params num_parameters num_params": "sum(p.size for p in model.parameters())",
        "layers": "list(model.children())",
        "get_layer": 'model.get_submodule("0")',
        "add": "model.append(layer)  # of nn.Sequential",
        "call": "model(inputs)  # a module defines forward",
        "build init": "model(inputs)  # the first call makes what was left open",
        "kernel": "layer.weight",
        "to_device": "model.to(device)",
        "type": "model.to(dtype=dtype)",
        "device": "next(model.parameters()).device",
        "dtype": "next(model.parameters()).dtype",
        "freeze": "model.requires_grad_(False)",
        "unfreeze": "model.requires_grad_(True)",
        "trainable": "model.requires_grad_(False)  # or True",
        "step": "optimizer.step()",
        "backward": "loss.backward()",
    },
    "Optimizer": {
        "minimize": "loss.backward(); optimizer.step()",
        "apply_gradients apply_updates update": "optimizer.step()",
        "get_lr lr learning_rate": _LR,
        "set_lr": f"{_LR} = lr",
        "zero_grads clear_grad clear_gradients": "optimizer.zero_grad()",
        "backward": "loss.backward()",
        "params parameters variables": 'optimizer.param_groups[0]["params"]',
        "state": 'optimizer.state_dict()["state"]',
        "iterations": 'optimizer.state_dict()["step"]',
        "get_config": "optimizer.defaults",
        "get_weights": "optimizer.state_dict()",
        "set_weights": "optimizer.load_state_dict(optimizer.state_dict())",
        "clip_grad_norm clip_gradients": "xnn.optim.clip_grad_norm_(model.parameters(), max_norm)",
        "scheduler": "xnn.optim.SGD(model.parameters(), lr=schedule)",
    },
    "LRScheduler": {
        "step": "xnn.optim.SGD(model.parameters(), lr=schedule)  # asks it at each step",
        "get_last_lr get_lr": "schedule(n)  # the learning rate after n steps",
        "base_lrs": "schedule.lr",
        "state_dict load_state_dict": "schedule(n)  # no state: it follows from the optimizer's number of steps",
        "optimizer": "xnn.optim.SGD(model.parameters(), lr=schedule)  # the optimizer has the schedule",
        "last_epoch": 'optimizer.state_dict()["step"]',
    },
    "Metric": {
        "update_state add": "metric.update(scores, classes)",
        "forward": "metric.update(scores, classes); metric.compute()",
        "result": "metric.compute()",
        "reset_state reset_states": "metric.reset()",
    },
    "Generator": {
        "randperm": "generator.permutation(n)",
        "manual_seed": "xnn.random.Generator(seed)",
        "get_state": "generator.state_dict()",
        "set_state": "generator.load_state_dict(state)",
    },
    "Dataset": {
        "batch": "data.batches(batch_size)",
        "shuffle": _SHUFFLED,
        "map": "xnn.data.Dataset(f(data.inputs), data.labels)",
        "prefetch": "data.batches(batch_size, device=device)",
        "targets": "data.labels",
        "data": "data.inputs",
        "tensors": "data.inputs, data.labels",
        "split random_split": "xnn.data.Dataset(*data.take(xnn.random.permutation(len(data))[:k]))",
    },
}
