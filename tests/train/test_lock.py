"""One process at a time writes to a run, and one that was killed hinders nobody."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from xnn import nn, optim
from xnn.errors import CheckpointError
from xnn.train import Run, lock, mnist

from .runs import resume, train

pytestmark = pytest.mark.plain

HOLD = """
import sys, time
from pathlib import Path
from xnn.train.lock import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that has the lock of tmp_path, until its input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], **pipes)
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def message_of(pid, folder):
    return (
        f"one process at a time writes to a run; another one \\(pid {pid}\\) is writing to {folder}. "
        "Cure: wait until it ends, or end it."
    )


def test_a_second_process_is_refused_by_name(other, tmp_path):
    with pytest.raises(CheckpointError, match=message_of(other.pid, tmp_path)), lock.locked(tmp_path):
        pass
    other.communicate("")
    assert not list(tmp_path.iterdir())
    with lock.locked(tmp_path):
        assert (tmp_path / lock.NAME).read_text() == str(os.getpid())
    assert not list(tmp_path.iterdir())


def test_a_killed_process_hinders_nobody(other, tmp_path):
    other.kill()
    other.wait()
    assert (tmp_path / lock.NAME).read_text() == str(other.pid)
    with lock.locked(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_new_run_may_take_a_folder_with_a_remaining_lock(tmp_path):
    (tmp_path / lock.NAME).write_text("4711")
    Run.create(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_never_two_at_once_while_the_file_comes_and_goes(tmp_path):
    """The owner removes the file; who opened it before that, and locks it after, must not think to have it."""
    inside, most, taken = [], [], []

    def work():
        for _ in range(300):
            try:
                with lock.locked(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    taken.append(1)
            except CheckpointError:
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(taken) > 4
    assert not list(tmp_path.iterdir())


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def take(handle):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock, "_take", take)
    with lock.locked(tmp_path), lock.locked(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_resume_while_another_one_trains(small, tmp_path, capsys, monkeypatch):
    """What each of the two reads and removes would be the other's."""
    folder, real = tmp_path / "run", mnist.train_epoch
    seen = []

    def training(*args, **options):
        seen.append(resume(folder))
        return real(*args, **options)

    monkeypatch.setattr(mnist, "train_epoch", training)
    assert train(small, folder, "--model", "softmax", "--epochs", "2") == 0
    assert seen == [2, 2]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert (
        f"xnn: one process at a time writes to a run; another one (pid {os.getpid()}) is writing to {folder}"
        in lines[0]
    )
    assert len(list(folder.iterdir())) == 4  # no run.lock


def test_a_run_that_another_one_has_gone_on_with(tmp_path):
    model = nn.Linear(1, 1, device="cpu")
    optimizer = optim.SGD(model.parameters())
    run = Run.create(tmp_path / "run", {})
    run.save(model, optimizer)
    Run.open(run.folder).save(model, optimizer, {"matrix": ((1, 2), (3, 4))})
    message = (
        "since this one opened .*run at epoch 0, another one has written epoch 1. Cure: open or resume the run anew."
    )
    with pytest.raises(CheckpointError, match=message):
        run.save(model, optimizer, {})
    again = Run.open(run.folder)
    again.save(model, optimizer, {"pair": (1, 2)})
    again.save(model, optimizer, {"pair": (1, 2)})  # JSON has no tuples: they come back as lists
    assert again.epoch == 3


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_leaves_no_lock(other, tmp_path):
    other.send_signal(signal.SIGINT)
    other.wait()
    assert not list(tmp_path.iterdir())
