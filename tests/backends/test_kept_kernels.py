"""Compiled kernels on disk: whatever becomes of the files, a forward pass gives what NumPy gives, and warns once."""

import errno
import os
import pathlib
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest

from tests import optional

if optional.why_missing("fast"):
    optional.require("fast")
import numba

from xnn_backends.fast import loops

# A kernel against NumPy's numbers, and one that is compiled when it is asked for; then how often it was found on disk.
PASS = """
import numpy as np
import xnn as xp
from xnn_backends.fast.loops import activation, conv
raw = np.linspace(-3, 3, 1 << 16)
out = xp.nn.functional.silu(xp.asarray(raw, device="cpu"))
np.testing.assert_allclose(out.numpy(), raw / (1 + np.exp(-raw)), rtol=1e-13)
source, target = np.arange(16.0).reshape(1, 1, 2, 4, 2), np.empty((1, 1, 2, 4, 2))
source.flags.writeable = False
conv.turn_of(np.dtype("float64"))(source, target)
np.testing.assert_array_equal(target, source)
print(sum(activation.silu.stats.cache_hits.values()))
"""


def forward(cache, program=PASS, **settings):
    """Hits of a new process, and the lines of its warnings; it must end well."""
    folders = [str(pathlib.Path(__file__).parents[2]), str(pathlib.Path(__file__).parents[2] / "backends")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "NUMBA_CACHE_DIR": str(cache), **settings}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return int(done.stdout), [line for line in done.stderr.splitlines() if "Warning" in line]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with the files of one process."""
    folder = tmp_path_factory.mktemp("whole")
    assert forward(folder) == (0, [])
    assert forward(folder) == (1, [])
    return folder


@pytest.fixture
def kept(whole, tmp_path):
    """A copy of them."""
    return pathlib.Path(shutil.copytree(whole, tmp_path / "kept"))


def doubled(x, out):
    for i in range(x.size):
        out[i] = 2 * x[i]


def run(folder, monkeypatch):
    """How often `doubled` was found in the folder, and the texts of the warnings; its numbers are right."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
    monkeypatch.setattr(loops.kept, "_told", [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loop = loops.compiled(doubled)
        for dtype in (np.float64, np.float32):
            x = np.arange(5, dtype=dtype)
            loop(x, out := np.empty_like(x))
            np.testing.assert_array_equal(out, 2 * x)
    return sum(loop.stats.cache_hits.values()), [str(w.message) for w in caught if w.category is RuntimeWarning]


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit of the machine code or of an index's names: it unpickles as before."""
    i = len(content) // 2
    return content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :]


DAMAGES = {
    "cut short": cut,
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "garbage": lambda content: b"garbage\n" * 50,
    "zeros": lambda content: bytes(len(content)),  # what a file system leaves after a power failure
    "a flipped bit": flipped,
    "bytes at the end": lambda content: content + b"more",
    "somebody else's pickle": lambda content: b"\x80\x04N.",
}


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_compiled_anew_and_mended(tmp_path, monkeypatch, kind, damage):
    assert run(tmp_path, monkeypatch) == (0, [])
    assert run(tmp_path, monkeypatch) == (2, [])
    for file in tmp_path.rglob(f"*.{kind}"):
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    hits, (warning,) = run(tmp_path, monkeypatch)
    assert hits == 0 if kind == "nbc" else hits < 2
    assert "compiled kernels on disk cannot be used, and are compiled anew in memory: " in warning
    assert f"Cure: delete {tmp_path}" in warning
    assert run(tmp_path, monkeypatch) == (2, [])


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_what_is_no_file(tmp_path, monkeypatch, kind):
    run(tmp_path, monkeypatch)
    for file in tmp_path.rglob(f"*.{kind}"):
        file.unlink()
        os.mkfifo(file)
    _, (warning,) = run(tmp_path, monkeypatch)
    assert "this is no file" in warning


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_files_that_are_gone_are_made_without_a_word(tmp_path, monkeypatch, kind):
    run(tmp_path, monkeypatch)
    for file in tmp_path.rglob(f"*.{kind}"):
        file.unlink()
    assert run(tmp_path, monkeypatch)[1] == []
    assert run(tmp_path, monkeypatch) == (2, [])


@pytest.mark.parametrize(("kind", "damage"), [("nbi", "cut short"), ("nbi", "garbage"), ("nbc", "cut short")])
def test_a_forward_pass_with_damaged_files(kept, kind, damage):
    for file in kept.rglob(f"*.{kind}"):
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    hits, (warning,) = forward(kept)
    assert hits == 0
    assert "RuntimeWarning: compiled kernels on disk cannot be used" in warning
    assert forward(kept) == (1, [])


def test_an_index_of_another_version_is_none(tmp_path, monkeypatch):
    run(tmp_path, monkeypatch)
    monkeypatch.setattr(numba, "__version__", "0.1")
    hits, warned = run(tmp_path, monkeypatch)
    assert (hits < 2, warned) == (True, [])
    assert run(tmp_path, monkeypatch) == (2, [])


def test_a_change_in_what_loops_call_is_seen(tmp_path, monkeypatch):
    run(tmp_path, monkeypatch)
    monkeypatch.setattr(loops.kept, "_sources", lambda: b"another exponentials.py")
    hits, warned = run(tmp_path, monkeypatch)
    assert (hits < 2, warned) == (True, [])


def test_a_full_disk(tmp_path):
    """No file may grow beyond 10 bytes: the system refuses what is more, as where the disk is full."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
    hits, (warning,) = forward(tmp_path / "kept", limit + PASS)
    assert hits == 0
    assert "each process compiles its own in memory" in warning
    assert str(tmp_path / "kept") in warning
    assert "NUMBA_CACHE_DIR" in warning
    assert forward(tmp_path / "kept")[1] == []


def test_a_named_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    _, (warning,) = forward(tmp_path / "file")
    assert f"NUMBA_CACHE_DIR={tmp_path / 'file'} cannot be written" in warning


def test_nowhere_to_write(tmp_path):
    """As with a package that another user installed, and no home directory."""
    nowhere = "import numba.core.caching as c, os\n"
    nowhere += "def refuse(self): raise PermissionError(13, 'no', self.get_cache_path())\n"
    nowhere += "c._CacheLocator.ensure_cache_path = refuse\n"
    hits, (warning,) = forward("", nowhere + PASS, HOME="")
    assert hits == 0
    assert "each process compiles its own in memory" in warning
    assert "activation.py" in warning


def test_no_home(tmp_path):
    """A container's user without an entry in the list of users, for whom ~ is no folder; it has nowhere to write."""
    homeless = "import os, pwd, numba.core.caching as c\n"
    homeless += "os.environ.pop('HOME', None); os.environ.pop('XDG_CACHE_HOME', None)\n"
    homeless += "def getpwuid(number): raise KeyError(number)\n"
    homeless += "pwd.getpwuid = getpwuid\n"
    homeless += f"os.chdir({str(tmp_path)!r})\n"
    homeless += "c.InTreeCacheLocator.ensure_cache_path = lambda self: open('/dev/null/no')\n"
    hits, (warning,) = forward("", homeless + PASS)
    assert hits == 0
    assert "each process compiles its own in memory" in warning
    assert list(tmp_path.iterdir()) == []


def test_processes_that_write_at_once(tmp_path):
    """Two that find no index give two types' files one name: what is read must be of the type that is asked for."""
    Files, types = loops.kept.Files, numba.types
    first, second = (Files(str(tmp_path), "loop", "stamp") for _ in range(2))
    first.save((types.float32,), "of float32")
    (index,) = tmp_path.glob("*.nbi")
    content = index.read_bytes()
    index.unlink()
    second.save((types.float64,), "of float64")
    index.write_bytes(content)
    assert first.load((types.float32,)) is None
    assert first.load((types.float64,)) is None
    first.save((types.float32,), "of float32")
    assert second.load((types.float32,)) == "of float32"


def test_numba_that_is_not_to_compile(tmp_path):
    program = "import xnn as xp\nprint(int(float(xp.nn.functional.silu(xp.ones(1 << 16, device='cpu'))[0]) * 1000))"
    assert forward(tmp_path, program, NUMBA_DISABLE_JIT="1") == (731, [])


# ---- an error in every operation, one after another ----

_plan = {"folder": None, "left": 0, "seen": []}


def _refuse(event, arguments):
    """Of what Python does to files in the folder, the next but so many fails; it cannot be taken off again."""
    folder = _plan["folder"]
    paths = [a for a in arguments if isinstance(a, str)]
    if folder is None or not event.startswith(("open", "os.", "tempfile.")) or not any(folder in a for a in paths):
        return
    _plan["left"] -= 1
    if _plan["left"] == 0:
        _plan["seen"].append((event, *paths))
        raise OSError(errno.EIO, "Input/output error", paths[0])


@pytest.mark.parametrize("state", ["new", "kept"])
def test_an_error_in_any_operation(tmp_path, monkeypatch, state):
    if not _plan["seen"]:
        sys.addaudithook(_refuse)
    seen = len(_plan["seen"])
    for number in range(1, 60):
        folder = tmp_path / str(number)
        if state == "kept":
            run(folder, monkeypatch)
        _plan.update(folder=str(folder), left=number)
        try:
            _, warned = run(folder, monkeypatch)
        finally:
            _plan["folder"] = None
        assert len(warned) <= 1
        if _plan["left"] > 0:
            break
    assert _plan["left"] > 0  # one went through without an error
    events = {event for event, *_ in _plan["seen"][seen:]}
    assert "open" in events
    assert state == "kept" or {"os.mkdir", "os.rename"} <= events
