"""Training on MNIST: what `xnn train mnist` and `xnn evaluate` do."""

from __future__ import annotations

import contextlib
import math
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import xnn as xp
from xnn.data import Dataset
from xnn.data.mnist import Digits, read_mnist
from xnn.errors import CheckpointError, DataError, DeviceError, OptionError
from xnn.nn import Module
from xnn_backends import Device, use_device

from . import machine, models, optimizers, records
from .folder import check_free, fresh_folder
from .loop import accuracy, train_epoch
from .options import Options
from .run import Run

Folder = str | PathLike[str]
Report = Callable[[dict[str, Any]], object]
Bar = Callable[[int, int], contextlib.AbstractContextManager[Callable[[], object]]]


class Training:
    """A run on MNIST, with all that goes on with it: model, optimizer and digits, on one device.

    Made by `start` and `resume`. It seeds and uses the default stream of random numbers.

    Attributes:
        run: the folder.
        options: see `Options`.
        device: where model and digits are.
        model, optimizer: as the options say.
        train_data, test_data: the digits.
    """

    def __init__(self, run: Run, options: Options, device: Device, train: Dataset, test: Dataset) -> None:
        self.run = run
        self.options = options
        self.device = device
        self.train_data = train
        self.test_data = test
        self._machine = {"device": str(device), **machine.facts()}
        # Seeded before the weights are drawn; one stream serves weights, order and dropout.
        xp.random.manual_seed(options.seed)
        with use_device(device):
            self.model = models.build(options.model)
        self.optimizer = optimizers.build(options.optimizer, self.model.parameters(), options.lr)

    @property
    def is_complete(self) -> bool:
        """Whether all epochs are done."""
        return self.run.epoch >= self.options.epochs

    def fit(self, report: Report, bar: Bar | None = None) -> None:
        """Train the epochs that are left, with a checkpoint after each.

        Args:
            report: called with what the history says about an epoch, when its checkpoint is complete.
            bar: a context manager for each epoch, called with its number and its steps; it gives
                what is called after each step.

        Raises:
            DeviceError: out of memory.
            CheckpointError: if a checkpoint cannot be written, or another process writes to the run.
            OptionError: if the loss is no longer a number.
            KeyboardInterrupt: with a message on how to go on.
        """
        if self.is_complete:
            return
        with self.run.alone(), _stopping_well(self.run, self.options, self.device), use_device(self.device):
            while not self.is_complete:
                report(self._epoch(bar or _no_bar))

    def _epoch(self, bar: Bar) -> dict[str, Any]:
        number, size = self.run.epoch + 1, self.options.batch_size
        begin = time.perf_counter()
        with bar(number, math.ceil(len(self.train_data) / size)) as after_step:
            loss = train_epoch(self.model, self.train_data, self.optimizer, batch_size=size, after_step=after_step)
        seconds = time.perf_counter() - begin
        if not math.isfinite(loss):
            raise OptionError(
                f"the loss of epoch {number} is {loss}: training diverged at learning rate {self.options.lr}. "
                f"Cure: a smaller --lr in a new run{f'; {self.run.what_is_safe()}' if self.run.epoch else '.'}"
            )
        found = accuracy(self.model, self.test_data)
        entry = {"train_loss": loss, "test_accuracy": found, "seconds": round(seconds, 3)}
        self._record_machine()
        self.run.save(self.model, self.optimizer, entry)
        return self.run.history[-1]

    def _record_machine(self) -> None:
        """Say in the config what the epochs come from: when one is done, as a resume may be stopped, and mended."""
        config = {**self.run.config, **self._machine}
        if config != self.run.config:
            self.run.config = config
            self.run.write_config()


def start(options: Options, device: Device, out: Folder | None = None) -> Training:
    """A new run.

    Args:
        options: see `Options`.
        device: where to train.
        out: an empty folder, or one that does not exist yet; None: a new one in ./runs.

    Raises:
        DataError, DeviceError, OptionError: if the data, the memory or `out` are not as they must be.
        CheckpointError: if the folder cannot be written.
    """
    if out is not None:
        check_free(Path(out))  # before work is done that would be for nothing
    train, test = read_mnist(options.data)
    config = {
        "dataset": "mnist",
        **options.asdict(),
        "data_crc32": train.crc32(),
        "device": str(device),
        "version": xp.__version__,
        **machine.facts(),
    }
    with _loading(device):
        datasets = train.dataset(device), test.dataset(device)
        run = Run.create(fresh_folder(f"mnist-{options.model}") if out is None else out, config)
        training = Training(run, options, device, *datasets)
    run.save(training.model, training.optimizer)  # so that there is a checkpoint whenever training stops
    return training


def resume(folder: Folder, device: Device, **given: Any) -> Training:
    """Go on with a run, to what it would have come to without a stop.

    On the CPU that is bit for bit, with as many threads, the same NumPy, and compiled kernels (the extra `fast`) or
    none as before; a warning says where one of these is another.

    Args:
        folder: of the run.
        device: where to train from now on.
        given: options; each must be as it is in the run, but `epochs` may be any number that is
            not below the epochs done, and `data` any folder with the same digits.

    Raises:
        CheckpointError: if there is no run, or it is damaged, or another process writes to it.
        OptionError: for an option that differs from the run's.
        DataError: if the training digits are not those of the run.
    """
    run = Run.open(folder)
    options = _agree(run, Options.from_config(run.config, run.folder), given)
    _check_history(run)
    train, test = read_mnist(options.data)
    _check_same_digits(run, train, options)
    is_complete = run.epoch >= options.epochs  # then nothing is written, and the folder may be read-only
    with contextlib.nullcontext() if is_complete else run.alone():
        with _loading(device):
            training = Training(run, options, device, train.dataset(device), test.dataset(device))
            run.load(training.model, training.optimizer)
        if not is_complete:
            _warn_of_other_bits(run.config, training._machine)
            changed = {**run.config, **options.asdict()}
            if changed != run.config:
                run.config = changed
                run.write_config()
    return training


def _warn_of_other_bits(before: dict[str, Any], now: dict[str, Any]) -> None:
    is_promised = before.get("device") == now["device"] == "numpy:cpu"
    if is_promised and (what := machine.difference(before, now)):
        warnings.warn(
            f"the run goes on to nearly the same weights, and not bit for bit to the same: {what}. "
            f"Cure: stop it, and resume with {machine.cure(before, now)}.",
            UserWarning,
            stacklevel=3,
        )


def evaluate(folder: Folder, device: Device, data: Folder | None = None) -> tuple[Run, float, int]:
    """The accuracy of a run's last complete checkpoint on the test digits.

    Args:
        folder: of the run.
        device: any.
        data: a folder with MNIST's IDX files; None: the digits that the run has.

    Returns:
        The run, the accuracy from 0 to 1, and the number of test digits.

    Raises:
        CheckpointError: if there is no run, or it is damaged.
        DataError: if the digits are missing or damaged.
    """
    run = Run.open(folder)
    options = Options.from_config(run.config, run.folder)
    test = read_mnist(options.data if data is None else data)[1]
    with _loading(device), use_device(device):
        dataset = test.dataset(device)
        model = models.build(options.model)
        run = _with_weights(run, model)
        return run, accuracy(model, dataset), len(dataset)


def _with_weights(run: Run, model: Module) -> Run:
    """The run as it is when its weights are read: one that is being trained may go on, and clear away, meanwhile."""
    while True:
        try:
            run.load_weights(model)
        except CheckpointError:
            before, run = run.epoch, Run.open(run.folder)
            if run.epoch == before:
                raise
        else:
            return run


def resume_command(run: Run) -> str:
    """What to type to go on with a run."""
    return f"xnn train mnist --resume {shlex.quote(str(run.folder))}"


def _agree(run: Run, options: Options, given: dict[str, Any]) -> Options:
    """The run's options, with those that may change on the way."""
    for name, value in given.items():
        if value is None or name in ("epochs", "data"):
            continue
        if value != getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            raise OptionError(
                f"a run is gone on with as it began, to the same weights: {run.folder} has "
                f"{flag} {getattr(options, name)}, and {flag} {value} came. Cure: leave it out, or a new run."
            )
    epochs = given.get("epochs")
    if epochs is not None and epochs < run.epoch:
        raise OptionError(
            f"--epochs counts from the run's beginning: {run.folder} has {run.epoch} already, and "
            f"{epochs} came. Cure: a larger number."
        )
    changes = {name: given[name] for name in ("epochs", "data") if given.get(name) is not None}
    return Options.of(**{**options.asdict(), **changes})


def _check_same_digits(run: Run, train: Digits, options: Options) -> None:
    if run.config.get("data_crc32") != train.crc32():
        raise DataError(
            f"a run is gone on with on the digits that it began with; those of "
            f"{options.data or 'this version of xnn'} are not those of {run.folder}. "
            "Cure: --data with the folder that holds them."
        )


def _check_history(run: Run) -> None:
    """Raise CheckpointError if an epoch lacks what is said of it: before more epochs are trained."""
    largest = sys.float_info.max
    bounds = {"train_loss": (-largest, largest), "test_accuracy": (0, 1), "seconds": (0, largest)}
    for entry in run.history:
        for name, (least, most) in bounds.items():
            value: Any = entry.get(name)
            if type(value) not in (int, float) or not least <= value <= most:
                raise CheckpointError(
                    f"{run.folder / records.HISTORY} is not one of MNIST: {name} of epoch {entry['epoch']} is "
                    f"{value!r:.40}. Cure: restore it from a copy."
                )


@contextlib.contextmanager
def _loading(device: Device) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise DeviceError(
            f"{device} has too little free memory for the digits and the model. "
            "Cure: free its memory, or another --device."
        ) from error


@contextlib.contextmanager
def _stopping_well(run: Run, options: Options, device: Device) -> Iterator[None]:
    """Say, however training stops, what is safe and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; {run.what_is_safe()} Go on with: {resume_command(run)}") from None
    except MemoryError as error:
        raise DeviceError(
            f"{device} ran out of memory in epoch {run.epoch + 1}; {run.what_is_safe()} Cure: free memory and "
            f"go on with `{resume_command(run)}`, or a new run with --batch-size below {options.batch_size}."
        ) from error


@contextlib.contextmanager
def _no_bar(number: int, steps: int) -> Iterator[Callable[[], object]]:
    yield lambda: None
