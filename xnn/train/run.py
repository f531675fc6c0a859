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
pattern are remains; the next checkpoint clears them away. Before the first history.json the folder
holds no run yet, and a new one may take it.

All of it is under checksums, which also tell whether the files belong together (see records.py).

One process at a time writes, which `Run.alone` sees to. A run.lock that a killed process left hinders
nobody, and the next one that writes takes it away.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from xnn.errors import CheckpointError, OptionError, XnnError
from xnn.nn import Module
from xnn.optim import Optimizer
from xnn.random import Generator, default_generator

from . import files, lock, records
from .folder import check_free, cure, is_unbegun, name_of, writing_to
from .records import History
from .states import flatten, unflatten

OURS = re.compile(r"(weights|optimizer)-[0-9]{4,}\.safetensors(\.partial)?|(config|history)\.json\.partial")


class Run:
    """A folder with a training run.

    What writes to it takes the folder's lock meanwhile, a file run.lock, which is gone afterwards.

    Attributes:
        folder: where it is.
        config: its options, as written to config.json.
        history: one dict for each epoch, with "epoch" counting from 1, as in history.json.

    Neither has an entry "checksums", which the files have.

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

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder = folder
        self.config = config
        self._checksum: str = records.run_checksum(config)
        self._written: dict[str, Any] | None = None  # what config.json holds; None: not yet, or without checksums
        self._history = History(self._checksum)
        self._is_begun = False  # whether there is a checkpoint
        self._is_alone = False

    @classmethod
    def create(cls, folder: str | PathLike[str], config: Mapping[str, Any]) -> Run:
        """A new run in a folder that is empty or does not exist yet, or holds what one left that never began.

        Raises:
            OptionError: if something else is in the folder, as a run is never overwritten; or if the config is no JSON.
            CheckpointError: if the folder cannot be written.
        """
        run = cls(Path(folder), records.as_read(config, "a config"))
        with writing_to(run.folder):
            check_free(run.folder)
            run.folder.mkdir(parents=True, exist_ok=True)
            with lock.locked(run.folder):
                check_free(run.folder)  # again: two may have found it empty, and one was first
                run._write_config()
        return run

    @classmethod
    def open(cls, folder: str | PathLike[str]) -> Run:
        """The run in a folder.

        Raises:
            CheckpointError: if there is none, or its files are damaged.
        """
        path = Path(folder)
        _check_there(path)
        config, checksum = records.read_config(path)
        run = cls(path, config)
        if checksum is not None:
            run._checksum, run._written = checksum, dict(config)
        run._history = History.read(path, run._checksum)
        run._is_begun = True
        return run

    @property
    def history(self) -> list[dict[str, Any]]:
        """One dict for each epoch done."""
        return self._history.entries

    @property
    def epoch(self) -> int:
        """The epochs done: the number of the last complete checkpoint."""
        return len(self.history)

    @property
    def weights_path(self) -> Path:
        """The weights of the last complete checkpoint."""
        return self._path("weights")

    def _path(self, kind: str) -> Path:
        return self.folder / name_of(kind, self.epoch)

    def write_config(self) -> None:
        """Write `config` anew.

        Raises:
            CheckpointError: if the folder cannot be written, or another process writes to it.
        """
        with self.alone(), writing_to(self.folder):
            self._write_config()

    def _write_config(self) -> None:
        self._written = records.as_read(self.config, "a config")
        records.write_config(self.folder, self._written, self._checksum)

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
            with writing_to(self.folder):
                stack.enter_context(lock.locked(self.folder))
            self._check_unchanged()
            self._is_alone = True
            try:
                yield
            finally:
                self._is_alone = False

    def _check_unchanged(self) -> None:
        """Raise CheckpointError if another Run has written to the folder since this one did, or read it."""
        is_there = os.path.lexists(self.folder / records.HISTORY)
        if not self._is_begun and (is_there or records.read_config(self.folder)[0] != self._written):
            raise CheckpointError(
                f"one process at a time begins a run in a folder, and another one has begun one in {self.folder} "
                "meanwhile. Cure: another folder."
            )
        if is_there and (there := len(History.read(self.folder, self._checksum).entries)) != self.epoch:
            raise CheckpointError(
                f"one process at a time goes on with a run; since this one opened {self.folder} at epoch "
                f"{self.epoch}, another one has written epoch {there}. Cure: open or resume the run anew."
            )

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
            OptionError: for a beginning after an epoch, or an entry that is no JSON or of another epoch.
            CheckpointError: if the disk is full, or the like, or another process writes to the folder;
                then the checkpoint before is still complete.
        """
        if entry is None and self.history:
            raise OptionError(f"epoch {self.epoch} is saved already. Cure: save an epoch with its entry.")
        if entry is not None:
            entry = records.as_read({"epoch": self.epoch + 1, **entry}, "an entry of the history")
            if type(entry["epoch"]) is not int or entry["epoch"] != self.epoch + 1:
                raise OptionError(
                    f"the epoch to be saved is {self.epoch + 1}; the entry has {entry['epoch']!r}. Cure: leave it out."
                )
        with self.alone():
            self._save(model, optimizer, entry, generator or default_generator())

    def _save(self, model: Module, optimizer: Optimizer, entry: dict[str, Any] | None, generator: Generator) -> None:
        number = self.epoch + (entry is not None)
        tensors, rest = flatten(optimizer.state_dict())
        notes = {"epoch": number, "run": self._checksum}
        rest = {**rest, **notes, "random": generator.state_dict()}
        try:
            if self._written is None:  # an older version's
                self._write_config()
            sums = {
                "weights": files.write_tensors(self.folder / name_of("weights", number), model.state_dict(), notes),
                "optimizer": files.write_tensors(self.folder / name_of("optimizer", number), tensors, rest),
            }
            # From here on the new checkpoint counts.
            self._history, self._is_begun = self._history.write(self.folder, entry, **sums), True
        except XnnError:
            raise
        except OSError as error:
            raise CheckpointError(
                f"the checkpoint of epoch {number} cannot be written to {self.folder}: {error.strerror or error}. "
                f"Cure: {cure(error)}; {self.what_is_safe()}"
            ) from error
        except KeyboardInterrupt:  # which may come when history.json has its name, and before we know of it
            with contextlib.suppress(CheckpointError):
                self._history, self._is_begun = History.read(self.folder, self._checksum), True
            raise
        self._clear_away()

    def what_is_safe(self) -> str:
        """Where the last complete checkpoint is, for messages."""
        if not self._is_begun:
            return f"no checkpoint is in {self.folder} yet, and a new run may take it."
        return f"the last complete checkpoint, of epoch {self.epoch}, is in {self.folder}."

    def load_weights(self, model: Module) -> None:
        """Give a model, on any device, the weights of the last complete checkpoint.

        Raises:
            CheckpointError: if the file is missing or damaged, or of another model.
        """
        model.load_state_dict(self._read("weights", _fitting(model))[0])

    def load(self, model: Module, optimizer: Optimizer, *, generator: Generator | None = None) -> None:
        """Go back to the last complete checkpoint: weights, optimizer, and the random stream.

        Raises:
            CheckpointError: if a file is missing or damaged, or of another model or optimizer.
        """
        tensors, notes = self._read("optimizer", _of_sizes(optimizer))
        weights, _ = self._read("weights", _fitting(model))
        random = Generator(0)
        try:
            random.load_state_dict(notes["random"])
            optimizer.load_state_dict(unflatten(tensors, notes))
        except CheckpointError as error:
            raise CheckpointError(f"{self._path('optimizer')} is damaged, or of another optimizer: {error}") from error
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            raise CheckpointError(f"{self._path('optimizer')} is damaged: {error!r}. {files.CURE}") from error
        model.load_state_dict(weights)
        (generator or default_generator()).load_state_dict(random.state_dict())

    def _read(self, kind: str, check: Callable[[files.Shapes], None]) -> tuple[dict[str, Any], Any]:
        path, known = self._path(kind), self._history.checksums.get(kind)
        tensors, notes = files.read_tensors(path, check=check, checksum=known)
        if not isinstance(notes, dict) or notes.get("epoch") != self.epoch:
            raise CheckpointError(f"{path} is not of epoch {self.epoch}, as its name says. {files.CURE}")
        # Older files know no run. What knows one stands beside a config and a history with checksums.
        if "run" in notes and (
            notes["run"] != self._checksum or self._written is None or (self.epoch and known is None)
        ):
            raise CheckpointError(f"{path} is of another run than config.json and history.json. {files.CURE}")
        return tensors, notes

    def _clear_away(self) -> None:
        current = {self.weights_path, self._path("optimizer")}
        try:
            for path in self.folder.iterdir():
                if OURS.fullmatch(path.name) and path not in current:  # the user's own files stay
                    path.unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(
                f"the checkpoint of epoch {self.epoch} is complete, but what is left of older ones in {self.folder} "
                f"cannot be removed: {error.strerror or error}. Cure: remove it, or make the folder writable.",
                UserWarning,
                stacklevel=4,
            )


def _check_there(folder: Path) -> None:
    """Raise CheckpointError if no run is in a folder."""
    for name in (records.CONFIG, records.HISTORY):
        if not files.is_there(folder / name):
            if name == records.HISTORY and is_unbegun(folder):
                raise CheckpointError(
                    f"the run in {folder} was stopped before its first checkpoint. Cure: a new one with --out {folder}."
                )
            raise CheckpointError(
                f"{folder} is no run: there is no {name} in it. Cure: name a folder that `xnn train` wrote."
            )


class _Shaped:
    """Stands for an array of which only the header was read."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def _fitting(model: Module) -> Callable[[files.Shapes], None]:
    """A check that raises where a file's arrays are not those of a model, before they are read."""

    def check(shapes: files.Shapes) -> None:
        own = model.state_dict()
        if {name: x.shape for name, x in own.items()} != shapes:
            fits = {name for name, shape in shapes.items() if name in own and own[name].shape == shape}
            state: dict[str, Any] = {name: own[name] if name in fits else _Shaped(shapes[name]) for name in shapes}
            model.load_state_dict(state)

    return check


def _of_sizes(optimizer: Optimizer) -> Callable[[files.Shapes], None]:
    """A check that raises where an array is larger than all of an optimizer's parameters, before it is read."""
    most = max(1, sum(p.size for group in optimizer.param_groups for p in group["params"]))

    def check(shapes: files.Shapes) -> None:
        for name, shape in shapes.items():
            if math.prod(shape) > most:
                raise CheckpointError(
                    f"{name} has shape {shape}, and all parameters have {most:,} elements. "
                    "Cure: build the model as it was when the state was saved."
                )

    return check
