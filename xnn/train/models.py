"""Three networks for MNIST; each takes images (n, 1, 28, 28) and gives logits (n, 10)."""

from __future__ import annotations

from collections.abc import Callable

from xnn import nn
from xnn.errors import OptionError


def softmax() -> nn.Sequential:
    """Softmax regression: one linear layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def mlp() -> nn.Sequential:
    """A multilayer perceptron: 128 hidden units with ReLU."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn() -> nn.Sequential:
    """A convolutional network: two convolutions, each with pooling, then two linear layers, with dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),  # 28 x 28
        nn.ReLU(),
        nn.MaxPool2d(2),  # 14 x 14
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),  # 7 x 7
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )


MODELS: dict[str, Callable[[], nn.Sequential]] = {"softmax": softmax, "mlp": mlp, "cnn": cnn}


def build(name: str) -> nn.Sequential:
    """The network of that name, on the default device, its weights drawn from the default stream.

    Raises:
        OptionError: if there is none.

    Example:
        >>> list(build("mlp").state_dict())
        ['1.weight', '1.bias', '3.weight', '3.bias']
    """
    if name not in MODELS:
        raise OptionError(f"a model is one of {', '.join(MODELS)}; got {name!r}")
    return MODELS[name]()
