import struct
import sys

import pytest

import xnn as xp
from tests.data.files import write_mnist
from tests.train.runs import resume, train
from xnn import plot
from xnn.data import load_mnist
from xnn.errors import OptionError, ShapeError
from xnn.train import Run

HISTORY = [{"epoch": i, "train_loss": 1 / i, "test_accuracy": 1 - 0.5 / i} for i in (1, 2, 3)]


@pytest.fixture
def matplotlib():
    pytest.importorskip("matplotlib", reason="plots need matplotlib")


def size_of(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">2I", content[16:24])


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize("epochs", [1, 3])
def test_learning_curves(tmp_path, epochs):
    path = tmp_path / "curves.png"
    plot.learning_curves(HISTORY[:epochs], path)
    width, height = size_of(path)
    assert width > height > 100


@pytest.mark.usefixtures("matplotlib")
def test_learning_curves_show_the_numbers(tmp_path):
    pictures = []
    for loss in (0.5, 0.6):
        plot.learning_curves([*HISTORY[:2], {**HISTORY[2], "train_loss": loss}], tmp_path / "curves.png")
        pictures.append((tmp_path / "curves.png").read_bytes())
    assert pictures[0] != pictures[1]


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize("count", [1, 7, 10])
def test_predictions(tmp_path, count):
    _, test = load_mnist(device="cpu")
    labels = test.labels[:count]
    plot.predictions(test.inputs[:count], labels, labels, tmp_path / "right.png")
    plot.predictions(test.inputs[:count], labels, xp.remainder(labels + 1, 10), tmp_path / "wrong.png")
    assert size_of(tmp_path / "right.png") == size_of(tmp_path / "wrong.png")
    assert (tmp_path / "right.png").read_bytes() != (tmp_path / "wrong.png").read_bytes()


@pytest.mark.usefixtures("matplotlib")
def test_the_titles_say_which_is_which(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(plot, "_save", lambda figure, path: figures.append(figure))
    labels = xp.asarray([3, 8], device="cpu")
    plot.predictions(xp.zeros((2, 28, 28), device="cpu"), labels, xp.asarray([3, 5], device="cpu"), tmp_path / "x.png")
    right, wrong = (axes.title for axes in figures[0].axes)
    assert (right.get_text(), right.get_color()) == ("predicted 3\ntruth 3", "black")
    assert (wrong.get_text(), wrong.get_color()) == ("predicted 5: wrong\ntruth 8", "red")


@pytest.mark.usefixtures("matplotlib")
def test_no_figure_is_left_behind(tmp_path):
    plot.learning_curves(HISTORY, tmp_path / "curves.png")
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_predictions_of_other_images(tmp_path):
    images, labels = xp.zeros((3, 28, 28), device="cpu"), xp.zeros(3, dtype=xp.int64, device="cpu")
    message = r"got 3 images, labels \(3,\), predictions \(2,\). Cure: slice all three alike."
    with pytest.raises(ShapeError, match=message):
        plot.predictions(images, labels, labels[:2], tmp_path / "x.png")


@pytest.mark.usefixtures("matplotlib")
def test_the_command_draws_both(tmp_path, capsys):
    data, folder = write_mnist(tmp_path / "mnist"), tmp_path / "run"
    assert train(data, folder, "--model", "softmax", "--epochs", "2", "--plot") == 0
    pictures = [folder / "learning-curves.png", folder / "predictions.png"]
    assert f"plots: {pictures[0]}, {pictures[1]}\n" in capsys.readouterr().out
    for picture in pictures:
        size_of(picture)
        picture.unlink()
    assert resume(folder, "--plot") == 0  # a complete run can still be drawn
    assert all(picture.exists() for picture in pictures)


def test_without_matplotlib_the_command_says_so_before_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # imports of it raise ImportError
    data, folder = write_mnist(tmp_path / "mnist"), tmp_path / "run"
    assert train(data, folder, "--plot") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("xnn: plots need matplotlib, and it cannot be imported (")
    assert output.err.endswith('). Cure: python -m pip install "xnn-array[plot]".\n')
    assert not folder.exists()
    with pytest.raises(OptionError, match="plots need matplotlib"):
        plot.learning_curves(HISTORY, folder)
    assert train(data, folder, "--model", "softmax", "--epochs", "1") == 0  # without --plot it is not missed
    assert Run.open(folder).epoch == 1
