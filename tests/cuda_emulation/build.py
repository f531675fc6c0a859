"""Compile C and C++ into a cache folder, safely with several processes at once."""

import hashlib
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


class CompilerError(Exception):
    """What the host compiler said."""


def cache_folder():
    """$CUDA_EMULATION_CACHE, or a folder in the user's cache."""
    named = os.environ.get("CUDA_EMULATION_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(named or pathlib.Path(home) / "cuda-emulation")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shared_library(source, name, suffix, options=(), depends="", versioned=False):
    """Path of the shared library built from the source text.

    The folder's name is a hash of all that goes in.  A new library is written in a
    folder of its own and then renamed, so no process sees an unfinished one.
    versioned: give the symbols the library's name as their version, as NVIDIA does.
    """
    compiler = "g++" if suffix == ".cpp" else "gcc"
    command = [compiler, "-O1", "-w", "-shared", "-fPIC", *options]
    key = hashlib.sha256(repr((source, name, command, depends, versioned)).encode()).hexdigest()[:24]
    library = cache_folder() / key / name
    if not library.exists():
        library.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as work:
            written = pathlib.Path(work) / ("source" + suffix)
            written.write_text(source)
            built = pathlib.Path(work) / name
            if versioned:
                script = pathlib.Path(work) / "versions"
                script.write_text(f"{name} {{ global: *; }};\n")
                command += [f"-Wl,-soname,{name}", f"-Wl,--version-script={script}"]
            done = subprocess.run([*command, written, "-o", built, "-ldl", "-lm"], capture_output=True, text=True)
            if done.returncode:
                raise CompilerError(done.stderr.replace(str(written), name))
            built.replace(library)
    return library
