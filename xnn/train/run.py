"""class Run: a folder that holds a training run, so that it can be evaluated, and gone on with.

    config.json                  the options of the run
    history.json                 a list with one object for each epoch
    weights-0007.safetensors     what the model's state_dict gives, under its own keys
    optimizer-0007.safetensors   the optimizer's state, and the random stream's position
    run.lock                     the pid of the process that writes, as long as it does

A checkpoint is complete when history.json has its epoch: the two tensor files are written before,
and those of the epoch before are removed after. Each file appears whole, by renaming. So whenever
the process is killed, the length of history.json names a checkpoint that is complete, and in
which weights, optimizer, random stream and history are of one moment. Other files of the same
pattern are remains; the next checkpoint clears them away.

One process at a time writes, which `Run.alone` sees to. A run.lock that a killed process left hinders
nobody, and the next one that writes takes it away.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from xnn.array import Array
from xnn.errors import CheckpointError, OptionError, XnnError
from xnn.nn import Module
from xnn.optim import Optimizer
from xnn.random import Generator, default_generator

from . import files, lock

CURE = "Cure: name a folder that `xnn train` wrote."
DAMAGED = "Cure: restore the folder from a copy, or train anew."
CHECKPOINT = re.compile(r"(weights|optimizer)-[0-9]{4,}\.safetensors(\.partial)?")


class Run:
    """A folder with a training run.

    What writes to it takes the folder's lock meanwhile, a file run.lock, which is gone afterwards.

    Attributes:
        folder: where it is.
        config: its options, as written to config.json.
        history: one dict for each epoch, with "epoch" counting from 1, as in history.json.

    Example:
        >>> import pathlib, tempfile
        >>> import xnn as xp
        >>> model = xp.nn.Linear(2, 1, device="cpu")
        >>> optimizer = xp.optim.Adam(model.parameters())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = Run.create(pathlib.Path(folder, "run"), {"model": "line"})
        ...     run.save(model, optimizer)
        ...     run.save(model, optimizer, {"train_loss": 0.5})
        ...     Run.open(run.folder).load(model, optimizer)
        ...     sorted(path.name for path in run.folder.iterdir())
        ['config.json', 'history.json', 'optimizer-0001.safetensors', 'weights-0001.safetensors']
    """

    def __init__(self, folder: Path, config: dict[str, Any], history: list[dict[str, Any]]) -> None:
        self.folder = folder
        self.config = config
        self.history = history
        self._is_alone = False

    @classmethod
    def create(cls, folder: str | PathLike[str], config: Mapping[str, Any]) -> Run:
        """A new run in a folder that is empty or does not exist yet.

        Raises:
            OptionError: if something is in the folder: a run is never overwritten.
            CheckpointError: if the folder cannot be written.
        """
        run = cls(Path(folder), dict(config), [])
        with _writing_to(run.folder):
            check_free(run.folder)
            run.folder.mkdir(parents=True, exist_ok=True)
            with run.alone():
                check_free(run.folder)  # again: two may have found it empty, and one was first
                run.write_config()
        return run

    @classmethod
    def open(cls, folder: str | PathLike[str]) -> Run:
        """The run in a folder.

        Raises:
            CheckpointError: if there is none, or its files are damaged.
        """
        path = Path(folder)
        for name in ("config.json", "history.json"):
            if not (path / name).is_file():
                raise CheckpointError(f"{folder} is no run: there is no {name} in it. {CURE}")
        try:
            config, history = files.read_json(path / "config.json"), files.read_json(path / "history.json")
        except CheckpointError as error:
            raise CheckpointError(f"{error} {DAMAGED}") from error
        if not isinstance(config, dict):
            raise CheckpointError(f"{path / 'config.json'} is damaged: it holds no object. {DAMAGED}")
        if not _is_history(history):
            raise CheckpointError(
                f"{path / 'history.json'} is damaged: it holds no list of epochs 1, 2, .... {DAMAGED}"
            )
        return cls(path, config, history)

    @property
    def epoch(self) -> int:
        """The epochs done: the number of the last complete checkpoint."""
        return len(self.history)

    @property
    def weights_path(self) -> Path:
        """The weights of the last complete checkpoint."""
        return self.folder / _name("weights", self.epoch)

    @property
    def _optimizer_path(self) -> Path:
        return self.folder / _name("optimizer", self.epoch)

    def write_config(self) -> None:
        """Write `config` anew.

        Raises:
            CheckpointError: if the folder cannot be written, or another process writes to it.
        """
        with self.alone(), _writing_to(self.folder):
            files.write_json(self.folder / "config.json", self.config)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """A context in which nobody else writes to the folder, nor has written since it was opened.

        `save` is in it by itself; a script that trains may stay in it from before it loads, so that
        a second one is refused at once, and not at its first checkpoint.

        Raises:
            CheckpointError: if another process, or another Run, is in it, or has saved epochs
                meanwhile, or if the folder cannot be written.
        """
        if self._is_alone:
            yield
            return
        with contextlib.ExitStack() as stack:
            with _writing_to(self.folder):
                stack.enter_context(lock.locked(self.folder))
            path = self.folder / "history.json"
            if path.exists() and (there := len(files.read_json(path))) != self.epoch:
                raise CheckpointError(
                    f"one process at a time goes on with a run; since this one opened {self.folder} at epoch "
                    f"{self.epoch}, another one has written epoch {there}. Cure: open or resume the run anew."
                )
            self._is_alone = True
            try:
                yield
            finally:
                self._is_alone = False

    def save(
        self,
        model: Module,
        optimizer: Optimizer,
        entry: Mapping[str, Any] | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        """Write a checkpoint: of the beginning, or, with an entry of the history, of one more epoch.

        Args:
            model: whose weights are saved.
            optimizer: whose state is saved.
            entry: what is said about the epoch besides its number, JSON; None: no epoch was done yet.
            generator: whose state is saved as well; None: that of the default stream.

        Raises:
            OptionError: for a beginning after an epoch.
            CheckpointError: if the disk is full, or the like, or another process writes to the folder;
                then the checkpoint before is still complete.
        """
        if entry is None and self.history:
            raise OptionError(f"epoch {self.epoch} is saved already. Cure: save an epoch with its entry.")
        with self.alone():
            self._save(model, optimizer, entry, generator or default_generator())

    def _save(self, model: Module, optimizer: Optimizer, entry: Mapping[str, Any] | None, generator: Generator) -> None:
        after = [*self.history, {"epoch": self.epoch + 1, **entry}] if entry is not None else []
        number = len(after)
        tensors, notes = _flatten(optimizer.state_dict())
        notes["random"] = generator.state_dict()
        weights, rest = self.folder / _name("weights", number), self.folder / _name("optimizer", number)
        try:
            files.write_tensors(weights, model.state_dict(), {"epoch": number})
            files.write_tensors(rest, tensors, {"epoch": number, **notes})
            files.write_json(self.folder / "history.json", after)  # from here on the new checkpoint counts
            self.history = after
            self._clear_away()
        except OSError as error:
            raise CheckpointError(
                f"the checkpoint of epoch {number} cannot be written to {self.folder}: {error.strerror or error}. "
                f"Cure: make room there; {self.what_is_safe()}"
            ) from error

    def what_is_safe(self) -> str:
        """Where the last complete checkpoint is, for messages."""
        return f"the last complete checkpoint, of epoch {self.epoch}, is in {self.folder}."

    def load_weights(self, model: Module) -> None:
        """Give a model, on any device, the weights of the last complete checkpoint.

        Raises:
            CheckpointError: if the file is missing or damaged, or of another model.
        """
        model.load_state_dict(self._read(self.weights_path)[0])

    def load(self, model: Module, optimizer: Optimizer, *, generator: Generator | None = None) -> None:
        """Go back to the last complete checkpoint: weights, optimizer, and the random stream.

        Raises:
            CheckpointError: if a file is missing or damaged, or of another model or optimizer.
        """
        tensors, notes = self._read(self._optimizer_path)
        try:
            state, random = _unflatten(tensors, notes), Generator(**notes["random"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{self._optimizer_path} is damaged: {error!r}. {DAMAGED}") from error
        self.load_weights(model)
        optimizer.load_state_dict(state)
        (generator or default_generator()).load_state_dict(random.state_dict())

    def _read(self, path: Path) -> tuple[dict[str, Any], Any]:
        try:
            tensors, notes = files.read_tensors(path)
        except CheckpointError as error:
            raise CheckpointError(f"{error} {DAMAGED}") from error
        if not isinstance(notes, dict) or notes.get("epoch") != self.epoch:
            raise CheckpointError(f"{path} is not of epoch {self.epoch}, as its name says. {DAMAGED}")
        return tensors, notes

    def _clear_away(self) -> None:
        current = {self.weights_path, self._optimizer_path}
        for path in self.folder.iterdir():
            if CHECKPOINT.fullmatch(path.name) and path not in current:  # the user's own files stay
                path.unlink(missing_ok=True)


def check_free(folder: Path) -> None:
    """Raise OptionError if something is in the folder already."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OptionError(f"a run is kept in a folder, and {folder} is a file. Cure: another --out.")
    if any(path.name != lock.NAME for path in folder.iterdir()):
        raise OptionError(
            f"a new run goes to an empty folder, and {folder} is not empty. Cure: another --out{_or_else(folder)}."
        )


def _or_else(folder: Path) -> str:
    """What else may be done where a folder is taken."""
    if not (folder / "history.json").exists():
        return ""
    with contextlib.suppress(CheckpointError):
        if files.read_json(folder / "history.json") == []:
            # It may have diverged, and would do so again.
            return f", or delete {folder}, whose run has no finished epoch"
    return f", or --resume {folder} to go on with it"


def fresh_folder(name: str) -> Path:
    """A new folder in ./runs, named after what is trained and the time."""
    stem = Path("runs", f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")
    path, number = stem, 1
    with _writing_to(stem.parent):
        while True:
            try:
                path.mkdir(parents=True)
            except FileExistsError:  # another run of the same second
                number += 1
                path = stem.with_name(f"{stem.name}-{number}")
            else:
                return path


@contextlib.contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except XnnError:
        raise
    except OSError as error:
        raise CheckpointError(
            f"a run cannot be written to {folder}: {error.strerror}. Cure: make it writable, or another folder "
            "(--out; to go on with a run, a copy of it)."
        ) from error


def _name(kind: str, epoch: int) -> str:
    return f"{kind}-{epoch:04}.safetensors"


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and entry.get("epoch") == i for i, entry in enumerate(value, 1)
    )


def _flatten(state: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """An optimizer's state as arrays named INDEX.NAME, or INDEX.NAME.PLACE of a list, and the rest, which is JSON."""
    tensors: dict[str, Array] = {}
    scalars: dict[str, dict[str, Any]] = {}
    for index, own in state["state"].items():
        for name, value in own.items():
            if isinstance(value, Array):
                tensors[f"{index}.{name}"] = value
            elif isinstance(value, list) and any(isinstance(x, Array) for x in value):  # as LBFGS's
                tensors |= {f"{index}.{name}.{place}": x for place, x in enumerate(value)}
            else:
                scalars.setdefault(str(index), {})[name] = value
    return tensors, {**state, "state": scalars}


def _unflatten(tensors: Mapping[str, Any], notes: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {int(index): dict(own) for index, own in notes["state"].items()}
    lists: dict[tuple[int, str], dict[int, Any]] = {}
    for key, value in tensors.items():
        index, name, *place = key.split(".")
        if place:
            lists.setdefault((int(index), name), {})[int(place[0])] = value
        else:
            state.setdefault(int(index), {})[name] = value
    for (position, name), values in lists.items():
        state.setdefault(position, {})[name] = [values[i] for i in range(len(values))]
    counted = {"step": notes["step"]} if "step" in notes else {}  # older files have none
    return {"state": state, "param_groups": notes["param_groups"], **counted}
