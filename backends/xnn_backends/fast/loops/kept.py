"""Compiled loops on disk, for later processes: numba's files, whatever becomes of them.

numba reads them as they lie, so a file that a full disk or a crash cut short would end every later start, and an error
in writing one a forward pass. Here each file ends in a digest of what is before it; what cannot be read or written is
compiled anew, in memory, and said once in a process.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from numba import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserWideCacheLocator
from numba.misc.appdirs import AppDirs

from xnn_backends.errors import one_line

DIGEST = hashlib.sha256().digest_size
CURE = "Cure: make room there, or let NUMBA_CACHE_DIR name a folder that can be written."
_told: list[str] = []


def tell(text: str) -> None:
    """Warn, if this process has not yet: one cause, as a full disk, meets every loop."""
    if not _told:
        _told.append(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)


@cache
def _sources() -> bytes:
    """A digest of all files of loops: those of one are compiled into those of another, which numba does not look at."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]  # numba is not typed
    """As numba's, but in no folder named ~ where it was started, which numba makes where there is no home."""

    _locator_classes: ClassVar = [
        one
        for one in CompileResultCacheImpl._locator_classes
        if one is not UserWideCacheLocator or Path(AppDirs("numba", False).user_cache_dir).is_absolute()
    ]


class Kept(FunctionCache):  # type: ignore[misc]  # as above
    """The files of one loop, by the types of its arguments."""

    _impl_class = _Impl

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        stamp = (self._impl.locator.get_source_stamp(), _sources())
        self._cache_file = Files(self._cache_path, f"{self._impl.filename_base}.whole", stamp)
        wanted = config.CACHE_DIR
        if wanted and not self._cache_path.startswith(wanted):
            tell(f"NUMBA_CACHE_DIR={wanted} cannot be written: compiled kernels are kept in {self._cache_path}. {CURE}")

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # whatever it is: without the file all works
            _tell_damaged(self._cache_path, error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as error:  # as above
            tell_unkept(f"{self._cache_path}: {one_line(error)}")


def tell_unkept(reason: str) -> None:
    """Say why nothing is written."""
    tell(f"compiled kernels cannot be kept on disk, and each process compiles its own in memory: {reason}. {CURE}")


def _tell_damaged(path: str, error: Exception) -> None:
    text = f"compiled kernels on disk cannot be used, and are compiled anew in memory: {path}: {one_line(error)}."
    tell(f"{text} Cure: delete {path}, if this comes again.")


class Files(IndexDataCacheFile):  # type: ignore[misc]  # numba is not typed
    """An index, and a file for each entry. What is damaged is none, and is written anew."""

    def load(self, key: Any) -> Any:
        try:
            found = super().load(key)
        except Exception as error:
            _tell_damaged(self._data_path(self._load_index()[key]), error)
            return None
        return found[1] if found is not None and found[0] == key else None  # two that write at once may take one name

    def save(self, key: Any, data: Any) -> None:
        super().save(key, (key, data))

    def _load_index(self) -> Any:
        try:
            _check(self._index_path)
            return super()._load_index()
        except FileNotFoundError:
            return {}
        except Exception as error:
            _tell_damaged(self._index_path, error)
            return {}

    def _load_data(self, name: str) -> Any:
        _check(self._data_path(name))
        return super()._load_data(name)  # unpickling stops before the digest

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Generator[io.BytesIO]:
        with super()._open_for_write(filepath) as file:
            content = io.BytesIO()
            yield content
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())


def _check(path: str) -> None:
    """Raise unless the file is there, and whole."""
    if Path(path).exists() and not Path(path).is_file():  # a pipe would be waited for
        raise ValueError("this is no file")
    content = Path(path).read_bytes()
    if hashlib.sha256(content[:-DIGEST]).digest() != content[-DIGEST:]:
        raise ValueError("the file is damaged")
