"""config.json and history.json: what is said of a run, under checksums.

Each object has an entry "checksums" of CRC-32s, in hexadecimal digits:

    config.json    "run", of the options that decide its numbers; "all", of the whole object
    history.json   in each epoch: "weights" and "optimizer", as in the headers of its two files; "all", of the whole
                   object, of the epochs before it, and of the run

So every file is bound to those it belongs with, and those of two runs are not mixed unseen. All but that of an epoch,
which has its seconds in it, are the same for the same training. Older runs have none: they are read as they stand.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xnn.errors import CheckpointError, OptionError

from . import files

CONFIG, HISTORY = "config.json", "history.json"
CHECKSUMS = "checksums"
# A run may be gone on with under others of these, to the same numbers or nearly so.
CHANGING = {"epochs", "data", "device", "threads", "blas_threads", "fast", "numpy", "version"}

Entry = dict[str, Any]


def as_read(value: Mapping[str, Any], what: str) -> Entry:
    """What comes back after writing: lists for tuples.

    Raises:
        OptionError: for what is no JSON, or has a name that is ours.
    """
    try:
        result: Entry = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise OptionError(
            f"{what} is kept as JSON, which this is not: {error}. Cure: finite numbers, texts, lists and dicts."
        ) from error
    if CHECKSUMS in result:
        raise OptionError(f'{what} has no entry "{CHECKSUMS}": that is written by itself. Cure: another name.')
    return result


def run_checksum(config: Mapping[str, Any]) -> str:
    """What tells a run from one that comes to other numbers."""
    return _hex(_crc32({name: value for name, value in config.items() if name not in CHANGING}))


def write_config(folder: Path, config: Mapping[str, Any], run: str) -> None:
    """Write config.json."""
    files.write_json(folder / CONFIG, _sealed(as_read(config, "a config"), {"run": run})[0])


def read_config(folder: Path) -> tuple[Entry, str | None]:
    """The options of a run, and its checksum: None where an older version wrote it.

    Raises:
        CheckpointError: if the file is missing or damaged.
    """
    path = folder / CONFIG
    config = files.read_json(path)
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} is damaged: it holds no object. {files.CURE}")
    if CHECKSUMS not in config:
        return config, None
    _check(path, config, 0)
    return {name: value for name, value in config.items() if name != CHECKSUMS}, str(config[CHECKSUMS].get("run"))


class History:
    """The epochs of a run, as they stand in history.json.

    Attributes:
        entries: one dict for each epoch, without its checksums.
    """

    def __init__(self, run: str) -> None:
        self.entries: list[Entry] = []
        self._stored: list[Entry] = []
        self._state = zlib.crc32(run.encode())  # of all before the next entry

    @classmethod
    def read(cls, folder: Path, run: str) -> History:
        """What stands there.

        Raises:
            CheckpointError: if the file is missing or damaged, or of another run.
        """
        path, history = folder / HISTORY, cls(run)
        stored = files.read_json(path)
        if not isinstance(stored, list) or not all(_is_epoch(entry, i) for i, entry in enumerate(stored, 1)):
            raise CheckpointError(f"{path} is damaged: it holds no list of epochs 1, 2, .... {files.CURE}")
        for entry in stored:
            if CHECKSUMS in entry:
                state = _check(path, entry, history._state)
            elif history.checksums:
                raise CheckpointError(f"{path} is damaged: epoch {entry['epoch']} has no checksums. {files.CURE}")
            else:
                state = _crc32(entry, history._state)
            history._take(entry, state)
        return history

    @property
    def checksums(self) -> Mapping[str, str]:
        """Of the last epoch; {} where there is none, or an older version wrote it."""
        found: Mapping[str, str] = self._stored[-1].get(CHECKSUMS, {}) if self._stored else {}
        return found

    def write(self, folder: Path, entry: Entry | None = None, **checksums: str) -> History:
        """Write history.json with one more epoch, and give the history that stands there then."""
        after = History("")
        after.entries, after._stored, after._state = [*self.entries], [*self._stored], self._state
        if entry is not None:
            after._take(*_sealed(entry, checksums, self._state))
        files.write_json(folder / HISTORY, after._stored)
        return after

    def _take(self, entry: Entry, state: int) -> None:
        self._stored.append(entry)
        self.entries.append({name: value for name, value in entry.items() if name != CHECKSUMS})
        self._state = state


def _is_epoch(entry: Any, number: int) -> bool:
    return isinstance(entry, dict) and type(entry.get("epoch")) is int and entry["epoch"] == number


def _sealed(value: Entry, checksums: Mapping[str, str], state: int = 0) -> tuple[Entry, int]:
    """An object with its checksums, and that of all there is to the end of it."""
    after = _crc32({**value, CHECKSUMS: checksums}, state)
    return {**value, CHECKSUMS: {**checksums, "all": _hex(after)}}, after


def _check(path: Path, value: Entry, state: int) -> int:
    """Raise CheckpointError if an object is not what its checksum says; gives that of all there is to the end of it."""
    checksums = value[CHECKSUMS]
    if isinstance(checksums, dict):
        rest = {name: text for name, text in checksums.items() if name != "all"}
        after = _crc32({**value, CHECKSUMS: rest}, state)
        if checksums.get("all") == _hex(after):
            return after
    raise CheckpointError(
        f"{path} is damaged, edited, or of another run: its checksum is not that of its contents. {files.CURE}"
    )


def _crc32(value: Any, state: int = 0) -> int:
    return zlib.crc32(json.dumps(value, sort_keys=True).encode(), state)


def _hex(number: int) -> str:
    return f"{number:08x}"
