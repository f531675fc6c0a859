"""Pictures of a training run, as PNG files. They need matplotlib: the extra `plot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, BinaryIO

from xnn.array_object import Array
from xnn.errors import OptionError, ShapeError


def check_installed() -> None:
    """Import matplotlib, so that a user learns before the work, not after it, that it is missing.

    Raises:
        OptionError: if it cannot be imported.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401  # looked for, not used
    except ImportError as error:
        raise OptionError(
            f"plots need matplotlib, and it cannot be imported ({error}). "
            'Cure: python -m pip install "xnn-array[plot]".'
        ) from error


def learning_curves(history: Sequence[Mapping[str, Any]], path: str | PathLike[str] | BinaryIO) -> None:
    """Training loss and test accuracy by epoch, as a PNG.

    Args:
        history: a run's: for each epoch "epoch", "train_loss" and "test_accuracy".
        path: of the file, which is replaced if there is one; or a file that is open, in binary.

    Raises:
        OptionError: if matplotlib is missing.
        OSError: if the file cannot be written.
    """
    figure = _figure(8, 3.2)
    epochs = [entry["epoch"] for entry in history]
    curves = ("train_loss", "training loss", 1), ("test_accuracy", "test accuracy, %", 100)
    for place, (key, title, scale) in enumerate(curves, 1):
        axes = figure.add_subplot(1, 2, place)
        axes.plot(epochs, [scale * entry[key] for entry in history], marker=".")
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    _save(figure, path)


def predictions(images: Array, labels: Array, predicted: Array, path: str | PathLike[str] | BinaryIO) -> None:
    """Images with what the model takes them for and what they are, as a PNG.

    Wrong ones say so, and are red.

    Args:
        images: (n, ..., height, width), a few; from 0 (black) to 1.
        labels: (n,), the truth.
        predicted: (n,), of the model.
        path: of the file, which is replaced if there is one; or a file that is open, in binary.

    Raises:
        ShapeError: if there are not as many labels as images.
        OptionError: if matplotlib is missing.
        OSError: if the file cannot be written.
    """
    count = len(images)
    if labels.shape != (count,) or predicted.shape != (count,):
        raise ShapeError(
            f"each image has a label and a prediction; got {count} images, labels {labels.shape}, "
            f"predictions {predicted.shape}. Cure: slice all three alike."
        )
    columns = min(5, count)
    rows = -(-count // columns)
    figure = _figure(1.6 * columns, 2.2 * rows)
    pixels = images.detach().numpy().reshape(count, *images.shape[-2:])
    for i, (image, truth, guess) in enumerate(zip(pixels, labels.tolist(), predicted.tolist(), strict=True)):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        is_right = guess == truth
        title = f"predicted {guess}{'' if is_right else ': wrong'}\ntruth {truth}"
        axes.set_title(title, fontsize=10, color="black" if is_right else "red")
        axes.axis("off")
    _save(figure, path)


def _figure(width: float, height: float) -> Any:
    """A figure of its own: pyplot's would live on in a global list, and ask for a screen."""
    check_installed()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: str | PathLike[str] | BinaryIO) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).print_png(path)
