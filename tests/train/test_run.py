import json
import re

import numpy as np
import pytest
import safetensors.numpy

import xnn as xp
from tests import optional
from xnn import nn, optim
from xnn.errors import CheckpointError, OptionError
from xnn.random import Generator
from xnn.train import Run, files, train_epoch
from xnn.train import folder as folder_module
from xnn.train.optimizers import OPTIMIZERS, build


def new_model():
    return nn.Sequential(nn.Linear(3, 4, device="cpu"), nn.Dropout(0.5), nn.Linear(4, 2, device="cpu"))


def train(model, optimizer, generator, steps=3):
    for _ in range(steps):
        x = generator.normal((8, 3), device="cpu")
        optimizer.zero_grad()
        xp.mean(model(x) ** 2).backward()
        optimizer.step()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"model": "tiny"})


@pytest.fixture
def saved(run):
    model = new_model()
    optimizer = optim.Adam(model.parameters())
    run.save(model, optimizer)
    train(model, optimizer, xp.random.default_generator())
    run.save(model, optimizer, {"train_loss": 0.5})
    return run


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_go_on_with_every_optimizer(run, name):
    model, generator = new_model(), Generator(4)
    optimizer = build(name, model.parameters())
    xp.random.manual_seed(1)
    train(model, optimizer, generator)
    run.save(model, optimizer, {}, generator=generator)
    position = xp.random.default_generator().state_dict()
    train(model, optimizer, generator)
    expected = {key: x.tolist() for key, x in model.state_dict().items()}

    other, other_generator = new_model(), Generator(0)
    other_optimizer = build(name, other.parameters(), 0.5)
    Run.open(run.folder).load(other, other_optimizer, generator=other_generator)
    xp.random.default_generator().load_state_dict(position)  # dropout draws from it
    assert other_optimizer.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
    train(other, other_optimizer, other_generator)
    assert {key: x.tolist() for key, x in other.state_dict().items()} == expected


@pytest.mark.parametrize("count", [1, 4])  # with no list of arrays in the state yet, and with lists of three
def test_lbfgs_goes_on(run, count):
    x = Generator(4).normal((8, 3), device="cpu")

    def step(model, optimizer):
        def closure():
            optimizer.zero_grad()
            loss = xp.mean((model(x) - 1.0) ** 2)
            loss.backward()
            return loss

        optimizer.step(closure)

    model, other = (nn.Linear(3, 2, device="cpu") for _ in range(2))
    optimizer, fresh = (optim.LBFGS(m.parameters(), lr=0.5, max_iter=count) for m in (model, other))
    step(model, optimizer)
    assert len(optimizer.state_dict()["state"][0]["old_dirs"]) == count - 1
    run.save(model, optimizer, {})
    step(model, optimizer)
    Run.open(run.folder).load(other, fresh)
    step(other, fresh)
    assert other.weight.tolist() == model.weight.tolist()


def test_a_schedule_goes_on(run):
    seen = []
    model = new_model()
    optimizer = optim.SGD(model.parameters(), lr=lambda step: seen.append(step) or 0.1)
    train(model, optimizer, Generator(0))
    run.save(model, optimizer, {})
    other = optim.SGD(model.parameters(), lr=lambda step: seen.append(step) or 0.1)
    Run.open(run.folder).load(model, other)
    train(model, other, Generator(0), steps=1)
    assert seen == [0, 1, 2, 3]


def test_the_default_stream_goes_on(run):
    model = new_model()
    optimizer = optim.SGD(model.parameters())
    xp.random.manual_seed(9)
    xp.random.uniform((5,), device="cpu")
    run.save(model, optimizer)
    expected = xp.random.uniform((3,), device="cpu").tolist()
    xp.random.manual_seed(0)
    run.load(model, optimizer)
    assert xp.random.uniform((3,), device="cpu").tolist() == expected


def test_the_folder(saved):
    expected = ["config.json", "history.json", "optimizer-0001.safetensors", "weights-0001.safetensors"]
    assert names(saved.folder) == expected
    config = json.loads((saved.folder / "config.json").read_text())
    (entry,) = json.loads((saved.folder / "history.json").read_text())
    assert config.pop("checksums").keys() == {"run", "all"}
    assert entry.pop("checksums").keys() == {"weights", "optimizer", "all"}
    assert (config, entry) == ({"model": "tiny"}, {"epoch": 1, "train_loss": 0.5})
    weights = safetensors.numpy.load_file(saved.weights_path)
    assert {key: x.shape for key, x in weights.items()} == {
        "0.weight": (4, 3), "0.bias": (4,), "2.weight": (2, 4), "2.bias": (2,),
    }  # fmt: skip


@pytest.mark.needs("torch")
def test_torch_loads_the_weights(saved):
    torch = optional.module("torch")
    from safetensors.torch import load_file

    twin = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)).eval()
    twin.load_state_dict(load_file(saved.weights_path))
    model = new_model().eval()
    saved.load_weights(model)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = model(xp.asarray(x, device="cpu")).detach().numpy()
    np.testing.assert_allclose(found, twin(torch.asarray(x)).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_remains_of_a_killed_run_are_cleared_away_and_other_files_stay(saved):
    for name in (
        "weights-0002.safetensors",
        "optimizer-0000.safetensors",
        "weights-0002.safetensors.partial",
    ):
        (saved.folder / name).write_text("remains")
    mine = ["notes.txt", "weights-0001.safetensors.bak", "weights-best.safetensors", "weights-1.safetensors"]
    for name in mine:
        (saved.folder / name).write_text("the user's")
    model = new_model()
    run = Run.open(saved.folder)
    run.save(model, optim.Adam(model.parameters()), {})
    expected = ["config.json", "history.json", "optimizer-0002.safetensors", "weights-0002.safetensors", *mine]
    assert names(saved.folder) == sorted(expected)


def test_a_beginning_after_an_epoch(saved):
    model = new_model()
    with pytest.raises(OptionError, match="epoch 1 is saved already"):
        saved.save(model, optim.Adam(model.parameters()))


# ---- folders ----


def test_a_run_is_never_overwritten(saved, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    (tmp_path / "file").touch()
    message = (
        f"a new run goes to an empty folder, and .*run is not empty. Cure: another --out, or --resume {saved.folder}"
    )
    with pytest.raises(OptionError, match=message):
        Run.create(saved.folder, {})
    with pytest.raises(OptionError, match=r"other is not empty. Cure: another --out.$"):
        Run.create(tmp_path / "other", {})
    with pytest.raises(OptionError, match=r"file is a file. Cure: another --out"):
        Run.create(tmp_path / "file", {})
    Run.create(tmp_path / "new" / "nested", {})


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        CheckpointError, match=r"a run cannot be written to .*: Not a directory. Cure: make it writable, or another"
    ):
        Run.create(tmp_path / "file" / "run", {})


def test_a_config_that_cannot_be_written(saved):
    (saved.folder / "config.json.partial").mkdir()
    message = (
        r"a run cannot be written to .*run: (Is a directory|Permission denied). Cure: make it writable, or another"
    )
    with pytest.raises(CheckpointError, match=message):
        saved.write_config()


def test_a_run_without_a_finished_epoch_is_no_advice(run):
    model = new_model()
    run.save(model, optim.SGD(model.parameters()))
    message = f"Cure: another --out, or delete {re.escape(str(run.folder))}, whose run has no finished epoch.$"
    with pytest.raises(OptionError, match=message):
        Run.create(run.folder, {})


def test_fresh_folders_differ(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder_module.time, "strftime", lambda form: "20260101-120000")
    found = [str(folder_module.fresh_folder("mnist-mlp")) for _ in range(3)]
    stem = "runs/mnist-mlp-20260101-120000"
    assert found == [stem, f"{stem}-2", f"{stem}-3"]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "runs").touch()
    with pytest.raises(CheckpointError, match="a run cannot be written to runs"):
        folder_module.fresh_folder("mnist-mlp")


def test_no_run(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CheckpointError, match=r"is no run: there is no config.json in it. Cure: name a folder"):
            Run.open(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", '{"model"', r"config.json is damaged: it is no JSON \(.*\). Cure: restore the folder"),
        ("config.json", "[]", "config.json is damaged: it holds no object"),
        ("config.json", "\xff\xfe", "config.json is damaged: it is no JSON"),
        ("history.json", "", "history.json is damaged: it is no JSON"),
        ("history.json", "{}", "history.json is damaged: it holds no list of epochs"),
        ("history.json", '[{"epoch": 2}]', "history.json is damaged: it holds no list of epochs"),
        ("history.json", '[{"epoch": 1}, 5]', "history.json is damaged: it holds no list of epochs"),
    ],
)
def test_damaged_json(saved, name, content, message):
    (saved.folder / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(CheckpointError, match=message):
        Run.open(saved.folder)


@pytest.mark.parametrize("kind", ["weights", "optimizer"])
def test_a_damaged_checkpoint_changes_nothing(saved, kind):
    path = saved.folder / f"{kind}-0001.safetensors"
    content = path.read_bytes()
    model = new_model()
    optimizer = optim.Adam(model.parameters())
    before = {key: x.tolist() for key, x in model.state_dict().items()}
    for damage, message in (
        (content[: len(content) // 2], "is truncated or damaged"),
        (content[:-1] + bytes([content[-1] ^ 1]), "is damaged: its checksum"),
        (None, "is missing"),
    ):
        path.unlink(missing_ok=True) if damage is None else path.write_bytes(damage)
        with pytest.raises(CheckpointError, match=f"{re.escape(path.name)} {message}.* Cure: restore the folder"):
            Run.open(saved.folder).load(model, optimizer)
    assert {key: x.tolist() for key, x in model.state_dict().items()} == before


def test_a_file_of_another_epoch(saved):
    (saved.folder / "weights-0001.safetensors").rename(saved.folder / "weights-0002.safetensors")
    (saved.folder / "history.json").write_text('[{"epoch": 1}, {"epoch": 2}]')
    with pytest.raises(CheckpointError, match=r"weights-0002.safetensors is not of epoch 2, as its name says"):
        Run.open(saved.folder).load_weights(new_model())


def test_another_model(saved):
    with pytest.raises(CheckpointError, match=r"0.weight has shape \(4, 3\) in the place of \(5, 3\)"):
        saved.load_weights(nn.Sequential(nn.Linear(3, 5, device="cpu"), nn.Dropout(), nn.Linear(5, 2, device="cpu")))


def test_a_full_disk(saved, monkeypatch):
    def full(path, value):
        raise OSError(28, "No space left on device")

    model = new_model()
    optimizer = optim.Adam(model.parameters())
    monkeypatch.setattr(files, "write_json", full)
    message = (
        "the checkpoint of epoch 2 cannot be written to .*: No space left on device. "
        "Cure: make room there; the last complete checkpoint, of epoch 1, is in"
    )
    with pytest.raises(CheckpointError, match=message):
        saved.save(model, optimizer, {})
    assert saved.epoch == 1
    Run.open(saved.folder).load(model, optimizer)


def test_a_loop_of_ones_own(tmp_path):
    """What a user's script does with the parts."""
    x = xp.random.normal((64, 3), device="cpu")
    data = xp.data.Dataset(x, xp.astype(x[:, 0] > 0, xp.int64))
    model = new_model()
    optimizer = optim.AdamW(model.parameters(), lr=1e-2)
    run = Run.create(tmp_path / "mine", {"anything": [1, 2]})
    for _ in range(2):
        run.save(model, optimizer, {"train_loss": train_epoch(model, data, optimizer)})
    again = Run.open(tmp_path / "mine")
    assert (again.epoch, again.config) == (2, {"anything": [1, 2]})
