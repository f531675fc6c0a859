"""A run writes its own files and no others: what links in its folder lead to stays as it is."""

import os
import shutil

import pytest

from xnn.errors import CheckpointError
from xnn.train import Run, files, lock

from .runs import assert_same_run, resume, train

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows lets few users make links")
OPTIONS = ("--model", "softmax", "--epochs", "2")
NAMES = ("config.json", "history.json", "optimizer-0002.safetensors", "weights-0002.safetensors")
WRITTEN = ("weights-0003.safetensors", "optimizer-0003.safetensors", "history.json", "config.json")


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """A complete run of two epochs."""
    folder = tmp_path_factory.mktemp("links") / "run"
    assert train(small, folder, *OPTIONS) == 0
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture
def stranger(tmp_path):
    """A file of somebody else."""
    path = tmp_path / "letter.txt"
    path.write_text("dear")
    return path


def link(path, target, kind):
    os.link(target, path) if kind == "hard" else path.symlink_to(target)


KINDS = pytest.mark.parametrize("kind", ["symbolic", "hard"])


@KINDS
@pytest.mark.parametrize("name", WRITTEN)
def test_a_partial_file_that_is_a_link(copy, stranger, finished, tmp_path, small, kind, name):
    link(copy / f"{name}.partial", stranger, kind)
    assert resume(copy, "--epochs", "3") == 0
    assert stranger.read_text() == "dear"
    assert not any(path.is_symlink() or path.name.endswith(".partial") for path in copy.iterdir())
    assert train(small, tmp_path / "whole", *OPTIONS[:-1], "3") == 0
    assert_same_run(copy, tmp_path / "whole")


@KINDS
def test_a_lock_that_is_a_link(copy, stranger, capsys, kind):
    link(copy / lock.NAME, stranger, kind)
    assert resume(copy, "--epochs", "3") == 2
    assert capsys.readouterr().err == (
        f"xnn: the lock of a run is a file with a number in it, and {copy / lock.NAME} is a link, or another file. "
        "Cure: remove it.\n"
    )
    assert stranger.read_text() == "dear"
    assert Run.open(copy).epoch == 2


def test_a_lock_that_leads_nowhere_makes_no_file(copy, tmp_path):
    (copy / lock.NAME).symlink_to(tmp_path / "new")
    assert resume(copy, "--epochs", "3") == 2
    assert not (tmp_path / "new").exists()


def test_a_lock_that_is_a_pipe_or_a_folder(copy, capsys):
    os.mkfifo(copy / lock.NAME)
    assert resume(copy, "--epochs", "3") == 2
    assert "is a link, or another file. Cure: remove it." in capsys.readouterr().err
    (copy / lock.NAME).unlink()
    (copy / lock.NAME).mkdir()
    assert resume(copy, "--epochs", "3") == 2
    assert "a run cannot be written to" in capsys.readouterr().err


def test_a_link_that_appears_in_the_last_moment(tmp_path, stranger, monkeypatch):
    """Between looking and opening: then the system refuses."""
    path = tmp_path / "x.json"
    real = os.open

    def late(name, *args, **options):
        if str(name).endswith((files.TEMPORARY, lock.NAME)):
            monkeypatch.undo()
            name.symlink_to(stranger)
        return real(name, *args, **options)

    monkeypatch.setattr(os, "open", late)
    with pytest.raises(FileExistsError):
        files.write_json(path, {})
    monkeypatch.setattr(os, "open", late)
    with pytest.raises(CheckpointError, match="is a link, or another file"), lock.locked(tmp_path):
        pass
    assert stranger.read_text() == "dear"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_run_that_is_a_link_is_not_read(copy, tmp_path, capsys, name):
    (copy / name).rename(tmp_path / name)
    (copy / name).symlink_to(tmp_path / name)
    assert resume(copy) == 2
    assert capsys.readouterr().err == (
        f"xnn: {copy / name} cannot be read: it is a link. Cure: make it a file that may be read.\n"
    )
    (tmp_path / name).unlink()  # and now it leads nowhere
    assert resume(copy) == 2
    assert "it is a link" in capsys.readouterr().err


@KINDS
def test_remains_that_are_links_are_removed_and_what_is_behind_is_not(copy, stranger, kind):
    for name in ("weights-0001.safetensors", "optimizer-0009.safetensors.partial"):
        link(copy / name, stranger, kind)
    assert resume(copy, "--epochs", "3") == 0
    assert stranger.read_text() == "dear"
    assert len(list(copy.iterdir())) == 4


def test_a_folder_that_is_a_link_is_a_run(copy, tmp_path):
    (tmp_path / "latest").symlink_to(copy)
    assert resume(tmp_path / "latest", "--epochs", "3") == 0
    assert Run.open(copy).epoch == 3


@KINDS
def test_plots_that_are_links(copy, stranger, kind):
    pytest.importorskip("matplotlib", reason="it draws the plots")
    for name in ("learning-curves.png", "predictions.png", "predictions.png.partial"):
        link(copy / name, stranger, kind)
    assert resume(copy, "--plot") == 0
    assert stranger.read_text() == "dear"
    assert (copy / "predictions.png").read_bytes().startswith(b"\x89PNG")


def test_out_that_leads_nowhere(small, tmp_path, capsys):
    (tmp_path / "run").symlink_to(tmp_path / "nowhere")
    assert train(small, tmp_path / "run", *OPTIONS) == 2
    assert "run is a link to nothing. Cure: another --out." in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
