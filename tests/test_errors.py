"""The errors that a beginner meets: the rule, what came, the cure; and never a silent wrong number."""

import re

import numpy as np
import pytest

import xnn as xp
from xnn import errors, losses, nn
from xnn.errors import DTypeError, LabelError, OptionError, ShapeError

F = nn.functional


def zeros(shape, device="cpu", dtype=None):
    return xp.zeros(shape, device=device, dtype=dtype)


def images_of(channels):
    return nn.Conv2d(channels, 4, 3, device="cpu")


MESSAGES = [
    # ---- shapes ----
    (
        lambda: nn.Linear(784, 10, device="cpu")(zeros((32, 28, 28))),
        ShapeError,
        "linear takes inputs with 784 features in the last dimension, (..., 784); got shape (32, 28, 28). "
        "Cure: nn.Flatten() before it.",
    ),
    (
        lambda: nn.Linear(4, 2, device="cpu")(zeros((5, 3))),
        ShapeError,
        "linear takes inputs with 4 features in the last dimension, (..., 4); got shape (5, 3). Cure: Linear(3, 2).",
    ),
    (lambda: nn.Linear(4, 2, device="cpu")(zeros(())), ShapeError, "got shape (). Cure: Linear(1, 2)."),
    (
        lambda: images_of(3)(zeros((2, 8, 8, 3))),
        ShapeError,
        "conv2d takes images (N, 3, H, W), for a weight (4, 3, 3, 3) in 1 group(s); got shape (2, 8, 8, 3). "
        "Cure: x = xnn.permute_dims(x, (0, 3, 1, 2)): channels come before height and width.",
    ),
    (
        lambda: images_of(1)(zeros((2, 8, 8))),
        ShapeError,
        "got shape (2, 8, 8). Cure: x = xnn.expand_dims(x, axis=1), to (2, 1, 8, 8).",
    ),
    (lambda: images_of(1)(zeros((2, 64))), ShapeError, "Cure: nn.Unflatten(1, (1, height, width)) before it."),
    (lambda: images_of(1)(zeros((2, 2, 8, 8))), ShapeError, "got shape (2, 2, 8, 8). Cure: Conv2d(2, ...)."),
    (
        lambda: images_of(1)(zeros((2, 1, 2, 8))),
        ShapeError,
        "conv2d: the window (3, 3) with dilation (1, 1) is larger than the image (2, 8) with padding (0, 0)",
    ),
    (lambda: nn.MaxPool2d(2)(zeros((8, 8))), ShapeError, "max_pool2d takes images (N, C, H, W); got shape (8, 8)"),
    (lambda: nn.MaxPool2d(3)(zeros((1, 1, 2, 5))), ShapeError, "max_pool2d: the window (3, 3) with dilation (1, 1)"),
    (
        lambda: nn.Unflatten(1, (1, 28, 28))(zeros((2, 783))),
        ShapeError,
        "Unflatten makes (1, 28, 28) of a dimension of 784; dimension 1 of shape (2, 783) has 783",
    ),
    # ---- losses ----
    (
        lambda: losses.mse_loss(zeros((4, 1)), zeros((4,))),
        ShapeError,
        "mse_loss takes input and target of one shape; got (4, 1) and (4,). "
        "Cure: reshape one, as target[:, None] or xnn.squeeze(input, 1).",
    ),
    (
        lambda: losses.binary_cross_entropy_with_logits(zeros((4, 1)), zeros((4,))),
        ShapeError,
        "binary_cross_entropy_with_logits takes input and target of one shape; got (4, 1) and (4,).",
    ),
    (
        lambda: losses.cross_entropy(zeros((4, 3)), zeros((4, 3), dtype=xp.int64)),
        ShapeError,
        "cross_entropy takes logits (N, C, ...) and labels (N, ...); got (4, 3) and (4, 3). "
        "Cure: labels are class numbers, not one-hot rows: xnn.argmax(target, axis=1).",
    ),
    (
        lambda: losses.cross_entropy(zeros((4, 3)), zeros((5,), dtype=xp.int64)),
        ShapeError,
        "got (4, 3) and (5,). Cure: one label for each row of logits.",
    ),
    (
        lambda: losses.cross_entropy(zeros((4, 3)), zeros((4,))),
        DTypeError,
        "cross_entropy takes integer labels; got float32. Cure: xnn.astype(target, xnn.int64).",
    ),
    (
        lambda: losses.cross_entropy(zeros((4, 3), dtype=xp.int64), zeros((4,), dtype=xp.int64)),
        DTypeError,
        "cross_entropy takes floating-point input; got int64 of shape (4, 3). Cure: xnn.astype(input, xnn.float32).",
    ),
    *(
        (
            lambda loss=loss, target=target: loss(zeros((4, 3)), target, reduction="average"),
            OptionError,
            "reduction is \"mean\", \"sum\" or \"none\"; got 'average'",
        )
        for loss, target in [
            (losses.mse_loss, zeros((4, 3))),
            (losses.binary_cross_entropy_with_logits, zeros((4, 3))),
            (losses.cross_entropy, zeros((4,), dtype=xp.int64)),
        ]
    ),
    # ---- weights and biases ----
    *(
        (
            lambda shape=shape: F.linear(zeros((5, 3)), zeros((2, 3)), zeros(shape)),
            ShapeError,
            f"linear takes a bias of shape (2,), one for each output of the weight (2, 3); got shape {shape}. "
            "Cure: xnn.zeros((2,)).",
        )
        for shape in [(1,), (5, 2), (), (3,)]
    ),
    (lambda: F.linear(zeros((5, 3)), zeros((1, 2, 3))), ShapeError, "(out_features, in_features); got shape (1, 2, 3)"),
    (
        lambda: F.linear(zeros((5, 3)), zeros((2, 3)), zeros((2,), dtype=xp.float64)),
        DTypeError,
        "linear takes weight and bias of one type; got float32 and float64. Cure: xnn.astype(bias, xnn.float32).",
    ),
    (
        lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((1, 3, 3))),
        ShapeError,
        "conv2d takes a weight of shape (out_channels, in_channels / groups, height, width); got shape (1, 3, 3)",
    ),
    (
        lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((2, 1, 3, 3)), zeros((1,))),
        ShapeError,
        "conv2d takes a bias of shape (2,), one for each output of the weight (2, 1, 3, 3); got shape (1,)",
    ),
    (
        lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((2, 1, 3, 3)), zeros((2,), dtype=xp.int64)),
        DTypeError,
        "conv2d takes weight and bias of one type; got float32 and int64",
    ),
    # ---- dimensions ----
    (
        lambda: F.flatten(zeros((2, 3)), 1, 7),
        ShapeError,
        "flatten: end_dim is a dimension of the input, from -2 to 1 for shape (2, 3); got 7. Cure: -1 is the last one.",
    ),
    (lambda: nn.Flatten()(zeros((3,))), ShapeError, "flatten: start_dim is a dimension of the input, from -1 to 0 for"),
    (lambda: nn.Unflatten(5, (2, 3))(zeros((2, 6))), ShapeError, "Unflatten: dim is a dimension of the input, from -2"),
    (
        lambda: nn.Unflatten(0, (1,))(zeros(())),
        ShapeError,
        "Unflatten: dim is a dimension of the input, and an input of shape () has none; got 0. "
        "Cure: xnn.reshape(input, (1,)).",
    ),
    (lambda: F.flatten(zeros((2, 3)), 0.0), OptionError, "flatten: start_dim is an int; got 0.0"),
    (lambda: F.softmax(zeros((2, 3)), 2), ShapeError, "softmax: dim is a dimension of the input, from -2 to 1 for"),
    (lambda: F.log_softmax(zeros((2, 3)), dim=-3), ShapeError, "log_softmax: dim is a dimension of the input, from -2"),
    (lambda: F.softmax(zeros((2, 3))), TypeError, "missing 1 required positional argument: 'dim'"),
    (lambda: F.softmax(zeros((2, 3)), None), OptionError, "softmax: dim is an int; got None"),
    # ---- what is no array ----
    (
        lambda: nn.Linear(2, 1, device="cpu")([[1.0, 2.0]]),
        TypeError,
        "linear takes arrays; input is a list. Cure: xnn.asarray(input).",
    ),
    *(
        (lambda layer=layer: layer([[1.0, 2.0]]), TypeError, f"{name} takes arrays; input is a list. Cure: xnn.asarray")
        for name, layer in {
            "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "max_pool2d": nn.MaxPool2d(2),
            "dropout": nn.Dropout(), "flatten": nn.Flatten(), "Unflatten": nn.Unflatten(1, (2, 1)),
            "conv2d": images_of(1), "softmax": lambda x: F.softmax(x, 1), "log_softmax": lambda x: F.log_softmax(x, 1),
        }.items()
    ),
    (lambda: nn.Dropout().eval()(1.0), TypeError, "dropout takes arrays; input is a float"),
    (lambda: F.linear(zeros((1, 2)), [[1.0, 2.0]]), TypeError, "linear takes arrays; weight is a list"),
    (lambda: F.linear(zeros((1, 2)), zeros((1, 2)), 1.0), TypeError, "linear takes arrays; bias is a float"),
    (
        lambda: losses.cross_entropy(zeros((2, 3)), [1, 2]),
        TypeError,
        "cross_entropy takes arrays; target is a list. Cure: xnn.asarray(target).",
    ),
    *(
        (lambda loss=loss: loss([0.0], zeros((1,))), TypeError, f"{loss.__name__} takes arrays; input is a list")
        for loss in (losses.mse_loss, losses.binary_cross_entropy_with_logits, losses.cross_entropy)
    ),
    # ---- types ----
    *(
        (
            lambda loss=loss: loss(zeros((1,), dtype=xp.uint8), zeros((1,), dtype=xp.uint8)),
            DTypeError,
            f"{loss.__name__} takes floating-point input; got uint8 of shape (1,). "
            "Cure: xnn.astype(input, xnn.float32).",
        )
        for loss in (losses.mse_loss, losses.binary_cross_entropy_with_logits)
    ),
    (
        lambda: nn.Linear(4, 2, device="cpu")(zeros((5, 4), dtype=xp.uint8)),
        DTypeError,
        "linear takes floating-point input; got uint8 of shape (5, 4). "
        "Cure: xnn.astype(x, xnn.float32), and for images / 255 as well.",
    ),
    (lambda: images_of(1)(zeros((2, 1, 8, 8), dtype=xp.uint8)), DTypeError, "conv2d takes floating-point input"),
    (lambda: nn.MaxPool2d(2)(zeros((2, 1, 8, 8), dtype=xp.int64)), DTypeError, "max_pool2d takes floating-point"),
    (lambda: nn.Dropout(0.5)(zeros((2,), dtype=xp.int64)), DTypeError, "dropout takes floating-point input; got int64"),
    (
        lambda: nn.Linear(4, 2, device="cpu")(zeros((5, 4), dtype=xp.float64)),
        DTypeError,
        "linear takes input and weight of one type; got float64 and float32. "
        "Cure: xnn.astype(x, xnn.float32), or model.to(dtype=xnn.float64).",
    ),
    (lambda: images_of(1)(zeros((2, 1, 8, 8), dtype=xp.float64)), DTypeError, "conv2d takes input and weight of one"),
    # ---- options ----
    (lambda: nn.Dropout(1.5), OptionError, "dropout takes a probability p from 0 to 1; got 1.5"),
    (lambda: F.dropout(zeros((2,)), -0.1), OptionError, "dropout takes a probability p from 0 to 1; got -0.1"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), OptionError, "groups divides the channels; got groups=2 for 3 to 4"),
    (lambda: nn.Conv2d(4, 3, 3, groups=2), OptionError, "groups divides the channels; got groups=2 for 4 to 3"),
    (lambda: nn.Linear(-1, 2), OptionError, "in_features is an int of at least 1; got -1"),
    (lambda: nn.Linear(2.0, 2), OptionError, "in_features is an int of at least 1; got 2.0"),
    (lambda: nn.Linear(2, "2"), OptionError, "out_features is an int of at least 1; got '2'"),
    (lambda: nn.Conv2d(0, 1, 3), OptionError, "in_channels is an int of at least 1; got 0"),
    (lambda: nn.Conv2d(1, 1.5, 3), OptionError, "out_channels is an int of at least 1; got 1.5"),
    (lambda: nn.Conv2d(1, 1, 3, groups=0), OptionError, "groups is an int of at least 1; got 0"),
    (lambda: nn.Conv2d(1, 1, 2.5), OptionError, "kernel_size is an int of at least 1, or two of them; got 2.5"),
    (lambda: nn.Conv2d(1, 1, "33"), OptionError, "kernel_size is an int of at least 1, or two of them; got '33'"),
    (lambda: nn.Conv2d(1, 1, 0), OptionError, "kernel_size is an int of at least 1, or two of them; got 0"),
    (lambda: nn.Conv2d(1, 1, (3, 3, 3)), OptionError, "kernel_size is an int of at least 1, or two of them"),
    (
        lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((1, 1, 2, 2)), padding="same", stride=2),
        OptionError,
        'padding="same" is for stride 1; got stride (2, 2).',
    ),
    (
        lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((1, 1, 3, 3)), padding="full"),
        OptionError,
        "padding is an int, two of them, \"same\" or \"valid\"; got 'full'",
    ),
    (lambda: F.conv2d(zeros((1, 1, 4, 4)), zeros((1, 1, 3, 3)), stride=0), OptionError, "stride is an int of at least"),
    (
        lambda: F.max_pool2d(zeros((1, 1, 4, 4)), 2, padding=2),
        OptionError,
        "max_pool2d pads by at most half of the window; got padding (2, 2) for (2, 2)",
    ),
    (
        lambda: F.flatten(zeros((2, 3, 4)), 2, 1),
        OptionError,
        "flatten: start_dim comes before end_dim; got 2 and 1 for 3 dimensions",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), MESSAGES, ids=[m[2][:50] for m in MESSAGES])
def test_message(call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call()


@pytest.mark.every_device
def test_two_devices(device):
    other = "strict:CPU_DEVICE" if str(device) == "numpy:cpu" else "numpy:cpu"
    layer, loss = nn.Linear(3, 2, device=device), losses.mse_loss
    for call in (
        lambda: layer(zeros((4, 3), other)),
        lambda: loss(zeros((2,), device), zeros((2,), other)),
        lambda: losses.cross_entropy(zeros((2, 3), device), zeros((2,), other, xp.int64)),
    ):
        with pytest.raises(errors.DeviceMismatchError) as raised:
            call()
        assert str(device) in str(raised.value)
        assert other in str(raised.value)
        assert re.search(r"Cure: x\.to_device\('.+'\) moves one over", str(raised.value))


def test_raw_arrays_get_the_same_errors():
    with pytest.raises(ShapeError, match="got shape"):
        F.linear(np.zeros((5, 3), np.float32), np.zeros((2, 4), np.float32))
    with pytest.raises(LabelError, match="labels are from 0 to 2"):
        losses.cross_entropy(np.zeros((2, 3)), np.asarray([0, 3]))
    with pytest.raises(DTypeError, match="linear takes floating-point input; got int64"):
        F.linear(np.zeros((5, 3), np.int64), np.zeros((2, 3)))


# ---- the tree ----


def test_every_error_is_of_one_tree_and_a_built_in_kind():
    built_in = {
        "ShapeError": ValueError, "DTypeError": TypeError, "LabelError": IndexError, "GraphError": RuntimeError,
        "OptionError": ValueError, "DataError": OSError, "CheckpointError": OSError, "DeviceError": RuntimeError,
        "DeviceMismatchError": ValueError,
    }  # fmt: skip
    assert built_in.keys() <= set(errors.__all__)
    for name in set(errors.__all__) - {"XnnError"}:
        kind = getattr(errors, name)
        assert issubclass(kind, errors.XnnError)
        if name in built_in:
            assert issubclass(kind, built_in[name])
