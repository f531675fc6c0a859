"""A run that was stopped before its first checkpoint is no run yet: a new one may take its folder, no other's."""

import json
import re

import pytest

from xnn import nn, optim
from xnn.errors import CheckpointError, OptionError
from xnn.train import Run, files

from .runs import resume, train

MODEL = ("--model", "softmax", "--epochs", "1")


@pytest.fixture
def model():
    return nn.Linear(2, 1, device="cpu")


@pytest.fixture
def optimizer(model):
    return optim.SGD(model.parameters())


REMAINS = [
    ["run.lock"],
    ["config.json.partial"],
    ["run.lock", "config.json.partial"],
    ["config.json", "weights-0000.safetensors.partial"],
    ["config.json", "weights-0000.safetensors", "optimizer-0000.safetensors", "history.json.partial"],
]


@pytest.mark.parametrize("names", REMAINS)
def test_a_folder_with_such_remains_is_free(small, tmp_path, capsys, names):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("4711" if name == "run.lock" else "torn")
    if "config.json" in names:
        (folder / "config.json").unlink()
        Run.create(tmp_path / "other", {"model": "mlp"})
        (tmp_path / "other" / "config.json").rename(folder / "config.json")
        assert resume(folder) == 2
        assert capsys.readouterr().err == (
            f"xnn: the run in {folder} was stopped before its first checkpoint. Cure: a new one with --out {folder}.\n"
        )
    assert train(small, folder, *MODEL) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "history.json", "optimizer-0001.safetensors", "weights-0001.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", '{"model": "mine"}'),  # of any other program
        ("config.json", "no JSON"),
        ("weights-0000.safetensors", ""),
        ("weights-0001.safetensors", ""),
        ("history.json.partial", ""),
        ("letter.txt", "dear"),
    ],
)
def test_what_may_be_somebody_elses_stays(small, tmp_path, capsys, name, content):
    (tmp_path / name).write_text(content)
    assert train(small, tmp_path, *MODEL) == 2
    assert f"a new run goes to an empty folder, and {tmp_path} is not empty." in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, content)]


def test_a_file_of_the_name_of_the_lock(small, tmp_path, capsys):
    (tmp_path / "run.lock").write_text("dear")
    assert train(small, tmp_path, *MODEL) == 2
    assert f"{tmp_path / 'run.lock'} is a link, or another file. Cure: remove it." in capsys.readouterr().err
    assert (tmp_path / "run.lock").read_text() == "dear"


def test_remains_of_an_older_version(small, tmp_path):
    """It wrote no checksums; what it says it was about is ours alone."""
    assert train(small, tmp_path / "run", *MODEL) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    del config["checksums"]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "config.json").write_text(json.dumps(config))
    (tmp_path / "old" / "weights-0000.safetensors").write_text("")
    assert train(small, tmp_path / "old", *MODEL) == 0


def test_a_letter_beside_the_remains_keeps_the_folder(tmp_path):
    Run.create(tmp_path / "run", {})
    (tmp_path / "run" / "letter.txt").write_text("dear")
    with pytest.raises(OptionError, match="is not empty"):
        Run.create(tmp_path / "run", {})


def test_two_that_begin_at_once(tmp_path, model, optimizer):
    """Each finds the folder free; the second to write its config has it."""
    first = Run.create(tmp_path / "run", {"who": 1})
    second = Run.create(tmp_path / "run", {"who": 2})
    message = (
        "one process at a time begins a run in a folder, and another one has begun one in .* Cure: another folder."
    )
    with pytest.raises(CheckpointError, match=message):
        first.save(model, optimizer)
    second.save(model, optimizer)
    twin = Run.create(tmp_path / "twin", {})
    Run.create(tmp_path / "twin", {}).save(model, optimizer)
    with pytest.raises(CheckpointError, match=message):
        twin.save(model, optimizer)
    assert Run.open(tmp_path / "run").config == {"who": 2}


def test_a_first_checkpoint_that_fails_is_not_said_to_be_there(tmp_path, model, optimizer, monkeypatch):
    run = Run.create(tmp_path / "run", {})

    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_json", refuse)
        message = (
            "the checkpoint of epoch 0 cannot be written to .*: Permission denied. Cure: make it writable; "
            "no checkpoint is in .*run yet, and a new run may take it."
        )
        with pytest.raises(CheckpointError, match=message):
            run.save(model, optimizer)
    run.save(model, optimizer)
    assert Run.open(run.folder).epoch == 0


def test_remains_that_cannot_be_removed_are_no_failed_checkpoint(tmp_path, model, optimizer):
    run = Run.create(tmp_path / "run", {})
    run.save(model, optimizer)
    (run.folder / "weights-0007.safetensors").mkdir()
    message = (
        "the checkpoint of epoch 1 is complete, but what is left of older ones in .*run cannot be removed: "
        "(Is a directory|Operation not permitted|Permission denied). Cure: remove it"
    )
    with pytest.warns(UserWarning, match=message):
        run.save(model, optimizer, {"loss": 1.0})
    again = Run.open(run.folder)
    again.load(model, optimizer)
    assert again.epoch == 1


# ---- what may be said of a run, and of an epoch ----


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"loss": float("nan")}, "an entry of the history is kept as JSON, which this is not: .* Cure: finite numbers"),
        ({"loss": {1, 2}}, "an entry of the history is kept as JSON, which this is not: .*set"),
        ({"checksums": {}}, 'an entry of the history has no entry "checksums": that is written by itself'),
        ({"epoch": 7}, "the epoch to be saved is 1; the entry has 7. Cure: leave it out"),
        ({"epoch": True}, "the epoch to be saved is 1; the entry has True"),
    ],
)
def test_an_entry_that_could_not_be_read_again(tmp_path, model, optimizer, entry, message):
    run = Run.create(tmp_path / "run", {})
    run.save(model, optimizer)
    before = sorted(path.name for path in run.folder.iterdir())
    with pytest.raises(OptionError, match=message):
        run.save(model, optimizer, entry)
    assert sorted(path.name for path in run.folder.iterdir()) == before
    run.save(model, optimizer, {"epoch": 1, "pair": (1, 2), 3: "three"})
    assert run.history == Run.open(run.folder).history == [{"epoch": 1, "pair": [1, 2], "3": "three"}]


def test_a_config_that_could_not_be_read_again(tmp_path):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for config in ({"lr": float("inf")}, {"x": object()}, {"deep": deep}, {"checksums": 1}):
        with pytest.raises(OptionError, match=r"a config (is kept as JSON|has no entry)"):
            Run.create(tmp_path / "run", config)
    assert not (tmp_path / "run").exists()


def test_a_config_that_is_changed_on_the_way(tmp_path, model, optimizer):
    run = Run.create(tmp_path / "run", {"tags": ["a"]})
    run.config["tags"].append("b")
    run.write_config()
    run.save(model, optimizer)
    run.config["more"] = 1
    run.write_config()
    run.save(model, optimizer, {})
    again = Run.open(run.folder)
    again.load(model, optimizer)
    assert again.config == {"tags": ["a", "b"], "more": 1}
    assert re.fullmatch("[0-9a-f]{8}", json.loads((run.folder / "config.json").read_text())["checksums"]["all"])
