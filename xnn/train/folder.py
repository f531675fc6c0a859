"""The folder of a run: whether a new one may take it, and what errors in it say."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from xnn.errors import CheckpointError, OptionError, XnnError

from . import files, lock, records

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def name_of(kind: str, epoch: int) -> str:
    """The file of a checkpoint: "weights" or "optimizer"."""
    return f"{kind}-{epoch:04}.safetensors"


# What a run has before its first history.json, besides its config.json.
BEFORE_CONFIG = {lock.NAME, records.CONFIG + files.TEMPORARY}
FIRST_FILES = {name_of(kind, 0) for kind in ("weights", "optimizer")}
BEFORE_HISTORY = FIRST_FILES | {name + files.TEMPORARY for name in (*FIRST_FILES, records.HISTORY)}


def is_unbegun(folder: Path) -> bool:
    """Whether nothing is in the folder but what a run leaves that was stopped before its first checkpoint."""
    names = {path.name for path in folder.iterdir()} - BEFORE_CONFIG
    if not names:
        return True
    with contextlib.suppress(CheckpointError):
        config, checksum = records.read_config(folder)
        # Others have files of that name, too; older versions wrote no checksum.
        is_ours = checksum is not None or {"dataset", "data_crc32", "version"} <= config.keys()
        return is_ours and names <= {records.CONFIG, *BEFORE_HISTORY}
    return False


def check_free(folder: Path) -> None:
    """Raise OptionError if something is in the folder already; CheckpointError if that cannot be seen."""
    with writing_to(folder):
        _check_free(folder)


def _check_free(folder: Path) -> None:
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        what = "a link to nothing" if folder.is_symlink() and not folder.exists() else "a file"
        raise OptionError(f"a run is kept in a folder, and {folder} is {what}. Cure: another --out.")
    if not is_unbegun(folder):
        raise OptionError(
            f"a new run goes to an empty folder, and {folder} is not empty. Cure: another --out{_or_else(folder)}."
        )


def _or_else(folder: Path) -> str:
    """What else may be done where a folder is taken."""
    if not (folder / records.HISTORY).exists():
        return ""
    with contextlib.suppress(CheckpointError):
        if files.read_json(folder / records.HISTORY) == []:
            # It may have diverged, and would do so again.
            return f", or delete {folder}, whose run has no finished epoch"
    return f", or --resume {folder} to go on with it"


def fresh_folder(name: str) -> Path:
    """A new folder in ./runs, named after what is trained and the time."""
    stem = Path("runs", f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")
    path, number = stem, 1
    with writing_to(stem.parent):
        while True:
            try:
                path.mkdir(parents=True)
            except FileExistsError:  # another run of the same second
                number += 1
                path = stem.with_name(f"{stem.name}-{number}")
            else:
                return path


@contextlib.contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say of what the system refuses how it is mended."""
    try:
        yield
    except XnnError:
        raise
    except OSError as error:
        raise CheckpointError(
            f"a run cannot be written to {folder}: {error.strerror or error}. Cure: {cure(error)}, or another folder "
            "(--out; to go on with a run, a copy of it)."
        ) from error


def cure(error: OSError) -> str:
    """What helps where something cannot be written."""
    return "make room there" if error.errno in FULL else "make it writable"
