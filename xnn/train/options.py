"""The options of a training run on MNIST, and their rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from xnn.errors import CheckpointError, OptionError

from .models import MODELS
from .optimizers import OPTIMIZERS, default_lr

EPOCHS = {"softmax": 20, "mlp": 20, "cnn": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a run, complete and checked; `of` fills in what is not given.

    Attributes:
        model: softmax, mlp or cnn.
        epochs: how often each digit is trained on, in all, at least 1.
        batch_size: digits a step, at least 1.
        optimizer: sgd, momentum, rmsprop, adam, adamw, adagrad, adadelta, adamax, nadam, radam, adafactor, lion,
            lamb, lars or ftrl.
        lr: the learning rate, above 0.
        seed: of the weights, the order of the digits, and dropout: 0 to 2**64 - 1.
        data: the folder with MNIST's IDX files; None: the digits that ship with xnn.

    Raises:
        OptionError: for a value that makes no sense.
    """

    model: str
    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    seed: int
    data: str | None

    @classmethod
    def of(cls, **given: Any) -> Options:
        """Options with the defaults for what is not given, or given as None.

        Example:
            >>> Options.of(model="cnn", optimizer="sgd").lr
            0.1
        """
        chosen = {name: value for name, value in given.items() if value is not None}
        model, optimizer = chosen.setdefault("model", "mlp"), chosen.setdefault("optimizer", "adam")
        _one_of("model", model, MODELS)
        _one_of("optimizer", optimizer, OPTIMIZERS)
        defaults = {"epochs": EPOCHS[model], "batch_size": 128, "lr": default_lr(optimizer), "seed": 0}
        if "data" in chosen:  # the run may be gone on with from another folder
            chosen["data"] = str(Path(chosen["data"]).absolute())
        return cls(**{"data": None, **defaults, **chosen})

    @classmethod
    def from_config(cls, config: Mapping[str, Any], folder: Path) -> Options:
        """The options in a run's config.json.

        Raises:
            CheckpointError: if some are missing, or make no sense.
        """
        names = [field.name for field in fields(cls)]
        try:
            return cls(**{name: config[name] for name in names})
        except (KeyError, TypeError, ValueError) as error:
            what = f"there is no {error}." if isinstance(error, KeyError) else error
            raise CheckpointError(
                f"{folder / 'config.json'} is not one of MNIST: {what} Cure: restore it from a copy."
            ) from error

    def __post_init__(self) -> None:
        _one_of("model", self.model, MODELS)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        for name, text, usual in (("epochs", "the number of epochs", 20), ("batch_size", "the batch size", 128)):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise OptionError(f"{text} is a whole number of at least 1; got {value!r}. Cure: as in {usual}.")
        if type(self.lr) not in (int, float) or not 0 < self.lr <= sys.float_info.max:  # an int may be larger
            raise OptionError(f"the learning rate is a number above 0; got {self.lr!r}. Cure: as in 0.001.")
        if type(self.seed) is not int or not 0 <= self.seed < 2**64:
            raise OptionError(f"a seed is an int from 0 to 2**64 - 1; got {self.seed!r}. Cure: as in 0.")
        if not isinstance(self.data, str | None) or not _is_path(self.data or ""):
            raise OptionError(f"data is a folder, or null for the digits that ship with xnn; got {self.data!r}.")

    def asdict(self) -> dict[str, Any]:
        """Name and value of each, as they stand in config.json."""
        return asdict(self)


def _is_path(text: str) -> bool:
    """Whether a file may have that name."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _one_of(option: str, value: Any, table: Mapping[str, Any]) -> None:
    if value not in table:
        raise OptionError(f"{option} is one of {', '.join(table)}; got {value!r}.")
