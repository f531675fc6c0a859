"""One schedule of each kind, for tests of them all; and Keras's numbers."""

import inspect
import math

from xnn.optim import lr_scheduler

LR = 0.3


def ours(name, options, lr=LR):
    """Our schedule; those that have no place for a base rate have PyTorch's options only."""
    made = getattr(lr_scheduler, name)
    return made(lr, **options) if "lr" in inspect.signature(made).parameters else made(**options)


# Keras 3.15.1 on JAX, in float64: keras.optimizers.schedules at the steps 0, 3, ..., 21. Its cosines have a pi of
# float32 even there.
KERAS = [
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6},
        [
            0.1,
            0.08033817547751942,
            0.064542224390567,
            0.05185204548798805,
            0.04165698729282303,
            0.03346646354995613,
            0.026886346212883817,
            0.021599999999999998,
        ],
    ),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True},
        [0.1, 0.1, 0.1, 0.06, 0.06, 0.036, 0.036, 0.021599999999999998],
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6},
        [
            0.1,
            0.07954545454545456,
            0.0660377358490566,
            0.05645161290322581,
            0.04929577464788733,
            0.043750000000000004,
            0.03932584269662922,
            0.03571428571428572,
        ],
    ),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True},
        [0.1, 0.1, 0.1, 0.0625, 0.0625, 0.045454545454545456, 0.045454545454545456, 0.03571428571428572],
    ),
    (
        "PiecewiseConstantDecay",
        {"boundaries": [3, 10, 14], "values": [1.0, 0.5, 0.3, 0.1]},
        [1.0, 1.0, 0.5, 0.5, 0.3, 0.1, 0.1, 0.1],
    ),
    (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 10},
        [0.1, 0.07003, 0.040060000000000005, 0.010089999999999998, 0.0001, 0.0001, 0.0001, 0.0001],
    ),
    (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.02, "power": 0.5},
        [0.1, 0.08693280212272606, 0.07059644256269407, 0.04529822128134703, 0.02, 0.02, 0.02, 0.02],
    ),
    (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 6, "end_learning_rate": 0.02, "power": 2.0, "cycle": True},
        [0.1, 0.04, 0.02, 0.025, 0.02, 0.022222222222222223, 0.02, 0.02125],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 12},
        [0.1, 0.08535534143447876, 0.04999999701976776, 0.01464466154575348, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 12, "alpha": 0.25},
        [0.1, 0.08901650607585908, 0.06249999776482582, 0.03598349615931511, 0.025, 0.025, 0.025, 0.025],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.02, "decay_steps": 9, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 5},
        [
            0.02,
            0.128,
            0.19457233548164368,
            0.1256283414363861,
            0.04105600059032441,
            0.020000000000000004,
            0.020000000000000004,
            0.020000000000000004,
        ],
    ),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.02, "decay_steps": 9, "warmup_target": 0.2},
        [0.2, 0.15000000000000002, 0.04999999403953553, 0.0, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 3},
        [0.1, 0.1, 0.04999999701976776, 0.1, 0.08535534143447876, 0.04999999701976776, 0.01464466154575348, 0.1],
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1},
        [
            0.1,
            0.041094232201576236,
            0.05070288121700287,
            0.01429711610078812,
            0.024726440608501436,
            0.021250000000000005,
            0.01388677902519703,
            0.01508786015212536,
        ],
    ),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.05},
        [
            0.1,
            0.018912428468465803,
            0.06200000000000001,
            0.01009103524684906,
            0.05868774909973146,
            0.03012109537124634,
            0.006833344459533691,
            0.05105314605712892,
        ],
    ),
]

MADE = {
    **{name: ours(name, made) for name, made in {
        "StepLR": {"step_size": 3}, "MultiStepLR": {"milestones": [8, 2]}, "ConstantLR": {}, "LinearLR": {},
        "ExponentialLR": {"gamma": 0.5}, "PolynomialLR": {}, "CosineAnnealingLR": {"T_max": 5},
        "CosineAnnealingWarmRestarts": {"T_0": 3, "T_mult": 2}, "SWALR": {"swa_lr": 0.1}, "ReduceLROnPlateau": {},
        "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4}, "OneCycleLR": {"max_lr": 1.0, "total_steps": 9},
        "LambdaLR": {"lr_lambda": math.cos}, "MultiplicativeLR": {"lr_lambda": math.cos},
    }.items()},
    **{name: getattr(lr_scheduler, name)(**chosen) for name, chosen, _ in KERAS},
    "SequentialLR": lr_scheduler.SequentialLR([lr_scheduler.LinearLR(LR), lr_scheduler.StepLR(LR, 2)], [5]),
    "ChainedScheduler": lr_scheduler.ChainedScheduler([lr_scheduler.LinearLR(LR), lr_scheduler.StepLR(LR, 2)]),
}  # fmt: skip
