"""mypy and pyright on the files of `users/`: what each says, by line."""

import functools
import importlib.util
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
USERS = pathlib.Path(__file__).parent / "users"
FILES = sorted(path.name for path in USERS.glob("*.py"))
CHECKERS = ("mypy", "pyright")


def is_installed(checker):
    return importlib.util.find_spec(checker) is not None


def expected(name):
    """What a file's comments want: `# type: Array` behind a reveal_type, `# error` behind what must not pass."""
    types, errors = {}, set()
    for number, line in enumerate((USERS / name).read_text().splitlines(), 1):
        if "# error" in line:
            errors.add(number)
        elif found := re.search(r"reveal_type\(.*# is: (.*)$", line):
            types[number] = found[1].strip()
    return types, errors


@functools.cache
def said(checker):
    """Of each file the types that the checker reveals and the lines of its errors: one run for all files."""
    found = {name: ({}, {}) for name in FILES}
    for path, line, message, is_error in {"mypy": _mypy, "pyright": _pyright}[checker]():
        if (USERS / path).resolve().parent != USERS.resolve():  # of the library, which its own checks look at
            continue
        types, errors = found[pathlib.Path(path).name]
        if revealed := re.search(r'(?:Revealed type is|Type of ".*" is) "(.*)"$', message, re.DOTALL):
            types[line] = plain(revealed[1])
        elif is_error:
            errors[line] = message
    return found


def plain(revealed):
    """A type without the modules of its names, and without what NumPy says of an array's shape and elements."""
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=\w)", "", revealed)
    text = re.sub(r"\bndarray\[.*\]", "ndarray", text)
    return re.sub(r"\bbuiltins\.", "", text)


def _mypy():
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", sys.executable, "--output=json"]
    done = _run([*command, "--config-file=", f"--cache-dir={ROOT / '.mypy_cache'}", "--no-error-summary", *FILES])
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        yield entry["file"], entry["line"], entry["message"], entry["severity"] == "error"


def _pyright():
    done = _run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", *FILES])
    for entry in json.loads(done.stdout)["generalDiagnostics"]:
        line = entry["range"]["start"]["line"] + 1
        yield entry["file"], line, entry["message"], entry["severity"] == "error"


def _run(command):
    done = subprocess.run(command, cwd=USERS, capture_output=True, text=True, timeout=600)
    assert done.stdout.strip(), f"{command[2]} says nothing but: {done.stderr}"
    return done
