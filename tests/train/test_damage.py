"""Whatever happens to a file of a run: it is refused with a message, or what is restored is what was saved."""

import json
import os
import random
import shutil

import pytest
import safetensors.numpy

import xnn as xp
from xnn.errors import CheckpointError
from xnn.train import Run, files, mnist

from .runs import resume, train, without_checksums

pytestmark = pytest.mark.plain

OPTIONS = ("--model", "softmax", "--optimizer", "momentum", "--batch-size", "64", "--epochs", "2")
NAMES = ("config.json", "history.json", "optimizer-0002.safetensors", "weights-0002.safetensors")


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """A complete run of two epochs."""
    folder = tmp_path_factory.mktemp("damage") / "run"
    assert train(small, folder, *OPTIONS) == 0
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


def restored(folder):
    """All that a resume has of a run, as JSON; the command exits with 2 for what is raised."""
    training = mnist.resume(folder, xp.get_default_device())
    kept = training.optimizer.state_dict()
    return json.dumps(
        [training.run.config, training.run.history, kept, training.model.state_dict(), Run.open(folder).epoch],
        default=lambda x: x.tolist(),
    )


def mutations(content, head, seed):
    """Contents with a fault in the first `head` bytes, or behind the end."""
    draw = random.Random(seed)
    yield from (content[:n] for n in range(0, len(content), max(1, len(content) // 40)))
    yield from (content + extra for extra in (b"\0", b"}", b" {}", bytes(100)))
    for _ in range(250):
        i = draw.randrange(head)
        yield content[:i] + bytes([content[i] ^ 1 << draw.randrange(8)]) + content[i + 1 :]
    for _ in range(80):
        i = draw.randrange(head)
        j = i + draw.randrange(1, 9)
        yield content[:i] + draw.randbytes(j - i) + content[j:]
        yield content[:i] + content[j:]
        yield content[:j] + content[i:]


@pytest.mark.parametrize("name", NAMES)
def test_no_mutation_is_taken_for_another_state(copy, name):
    expected, path = restored(copy), copy / name
    content = path.read_bytes()
    is_json = name.endswith("json")
    head = len(content) if is_json else 8 + int.from_bytes(content[:8], "little")
    messages = []
    for changed in mutations(content, head, name):
        path.write_bytes(changed)
        try:
            assert restored(copy) == expected
        except CheckpointError as error:
            messages.append(str(error))
    assert len(messages) > 350
    for message in messages:  # a config that is another makes the history one of another run
        assert message.startswith((str(path), str(copy / "history.json")))
        assert "Cure: " in message
        assert len(message.splitlines()) == 1


def test_numbers_that_were_taken_before(copy):
    """A step of 16 that is 36, a rate of 0.005 that is 1.005: one flipped bit in a header."""
    path = copy / NAMES[2]
    content = path.read_bytes()
    for old, new in ((b'"lr\\": 0.05', b'"lr\\": 1.05'), (b'"step\\": 8', b'"step\\": 9'), (b"0.9", b"0.8")):
        assert old in content
        path.write_bytes(content.replace(old, new, 1))
        with pytest.raises(CheckpointError, match="is damaged: its checksum is not that of its contents"):
            restored(copy)
    for name, old, new in (("config.json", '"seed": 0', '"seed": 1'), ("history.json", '"epoch": 1', '"epoch": 2')):
        text = (copy / name).read_text()
        (copy / name).write_text(text.replace(old, new, 1))
        with pytest.raises(CheckpointError, match=f"{name} is damaged"):
            restored(copy)
        (copy / name).write_text(text)


@pytest.mark.parametrize("seed", ["0", "4"])  # with the same options only the digits differ
def test_files_of_two_runs_are_not_mixed(small, finished, tmp_path, seed):
    other = tmp_path / "other"
    data = small if seed != "0" else None
    words = (*OPTIONS, "--seed", seed)
    assert train(data or _shifted(tmp_path), other, *words) == 0
    for name in NAMES:
        mixed = shutil.copytree(finished, tmp_path / name)
        shutil.copy(other / name, mixed / name)
        with pytest.raises(CheckpointError, match="of another run"):
            restored(mixed)


def _shifted(folder):
    from tests.data.files import write_mnist

    return write_mnist(folder / "shifted", 190, 80)


def test_the_beginnings_of_two_runs_are_not_mixed(small, tmp_path):
    folders = []
    for seed in (0, 1):
        options = mnist.Options.of(model="softmax", seed=seed, data=str(small))
        folders.append(mnist.start(options, xp.get_default_device(), tmp_path / str(seed)).run.folder)
    for name in ("weights-0000.safetensors", "optimizer-0000.safetensors", "config.json"):
        mixed = shutil.copytree(folders[0], tmp_path / name)
        shutil.copy(folders[1] / name, mixed / name)
        with pytest.raises(CheckpointError, match="of another run than config"):
            restored(mixed)


def test_the_same_training_gives_the_same_files(small, finished, tmp_path):
    again = tmp_path / "again"
    assert train(small, again, *OPTIONS[:-1], "1") == 0
    assert resume(again, "--epochs", "2") == 0
    for name in NAMES[2:]:
        assert (again / name).read_bytes() == (finished / name).read_bytes()
    assert (again / "config.json").read_bytes() == (finished / "config.json").read_bytes()
    sums = [[e["checksums"] for e in json.loads((f / "history.json").read_text())] for f in (again, finished)]
    for ours, theirs in zip(*sums, strict=True):
        assert (ours["weights"], ours["optimizer"]) == (theirs["weights"], theirs["optimizer"])


# ---- runs of a version that wrote no checksums ----


def test_an_older_run_is_read_and_gone_on_with(copy, finished, capsys):
    without_checksums(copy)
    expected = restored(finished)
    assert json.loads(restored(copy))[2:] == json.loads(expected)[2:]
    assert resume(copy, "--epochs", "3") == 0
    assert resume(copy, "--epochs", "4") == 0
    assert Run.open(copy).epoch == 4
    assert "checksums" in json.loads((copy / "config.json").read_text())
    assert ["checksums" in entry for entry in json.loads((copy / "history.json").read_text())] == [False] * 2 + [
        True
    ] * 2


def set_in(folder, name, key, value, *place):
    """Write another value of a key into a file without checksums."""
    path = folder / name
    if path.suffix == ".json":
        whole = part = json.loads(path.read_text())
    else:
        tensors, whole = files.read_tensors(path)
        part = whole
    for step in place:
        part = part[step]
    if value is KeyError:
        del part[key]
    else:
        part[key] = value
    if path.suffix == ".json":
        path.write_text(json.dumps(whole))
    else:
        metadata = {"crc32": str(files._crc32(tensors)), "notes": json.dumps(whole)}
        safetensors.numpy.save_file(tensors, path, metadata)


WRONG = (
    KeyError,
    None,
    True,
    -1,
    1.5,
    10**400,
    float("nan"),
    float("inf"),
    "x",
    "\ud800",
    "\0",
    [],
    [1],
    {},
    {"a": []},
)
# What is read, and which of the wrong values may stand there.
FIELDS = [
    *(("config.json", key, ()) for key in ("model", "epochs", "batch_size", "optimizer", "lr", "seed", "data_crc32")),
    ("config.json", "data", ()),
    *(("history.json", key, (1,)) for key in ("epoch", "train_loss", "test_accuracy", "seconds")),
    *((NAMES[2], key, ()) for key in ("epoch", "state", "param_groups", "step", "random")),
    *((NAMES[2], key, ("random",)) for key in ("seed", "block")),
    *((NAMES[2], key, ("param_groups", 0)) for key in ("lr", "momentum", "params", "nesterov", "weight_decay")),
    *((NAMES[2], key, ("state", "0")) for key in ("step",)),
]


@pytest.mark.parametrize(("name", "key", "place"), FIELDS)
def test_wrong_types_in_an_older_run(copy, small, capsys, name, key, place):
    without_checksums(copy)
    for i, value in enumerate(WRONG):
        again = shutil.copytree(copy, copy.with_name(f"again-{i}"))
        set_in(again, name, key, value, *place)
        assert resume(again, "--epochs", "3", "--data", str(small)) in (0, 2), value
        error = capsys.readouterr().err
        assert error == "" or (error.startswith("xnn: ") and len(error.splitlines()) == 1), value


# ---- JSON ----

TEXTS = {
    "deep": "[" * 100_000,
    "deep and whole": '{"a":' * 5000 + "1" + "}" * 5000,
    "infinity": '{"a": Infinity}',
    "a large number": '{"a": 1e999}',
    "an integer of 5,000 digits": '{"a": ' + "9" * 5000 + "}",
    "a name twice": '{"a": 1, "a": 2}',
    "no UTF-8": b'{"a": "\xff"}',
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", NAMES[:2])
def test_json_that_is_none(copy, capsys, name, text):
    content = TEXTS[text]
    (copy / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert resume(copy) == 2
    assert f"{name} is damaged: it is no JSON" in capsys.readouterr().err


def test_notes_that_are_no_json(copy, capsys):
    tensors, _ = files.read_tensors(copy / NAMES[2])
    for notes in ("[" * 100_000, "{", "[]", "null", '{"epoch": 2}'):
        metadata = {"crc32": str(files._crc32(tensors)), "notes": notes}
        safetensors.numpy.save_file(tensors, copy / NAMES[2], metadata)
        assert resume(copy) == 2
        assert f"{NAMES[2]} is " in capsys.readouterr().err


# ---- sizes, and what is no file ----


@pytest.mark.parametrize("name", NAMES)
def test_a_sparse_file_is_not_read(copy, capsys, name):
    os.truncate(copy / name, 2**32)
    assert resume(copy) == 2
    error = capsys.readouterr().err
    assert ("has 4,294,967,296 bytes" if name.endswith("json") else "and 4,294,967,296 are there") in error


@pytest.mark.parametrize("kind", ["weights", "optimizer"])
def test_a_file_as_large_as_its_header_is_compared_with_the_model_first(copy, capsys, kind):
    path = copy / f"{kind}-0002.safetensors"
    name = "1.weight" if kind == "weights" else "0.momentum_buffer"
    header = json.dumps({name: {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + 2**32)
    assert resume(copy) == 2
    assert f"{name} has shape (1073741824,)" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_not_waited_for(copy, capsys, name):
    (copy / name).unlink()
    os.mkfifo(copy / name)
    assert resume(copy) == 2
    assert f"{name} cannot be read: it is a pipe or a device, and no regular file. Cure:" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_what_may_not_be_read_is_not_missing(copy, capsys, monkeypatch, name):
    real = os.open

    def refusing(path, *args, **options):
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **options)

    monkeypatch.setattr(os, "open", refusing)
    assert resume(copy) == 2
    assert capsys.readouterr().err == (
        f"xnn: {copy / name} cannot be read: Permission denied. Cure: make it a file that may be read.\n"
    )
    monkeypatch.undo()
    (copy / name).unlink()
    (copy / name).mkdir()
    assert resume(copy) == 2
    assert f"{name} cannot be read: Is a directory" in capsys.readouterr().err
