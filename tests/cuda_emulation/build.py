"""Compile C and C++ into a cache folder, safely with several processes at once."""

import functools
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


@functools.cache
def compiler_version(compiler):
    """What the compiler says of itself, or nothing where there is none (what is in the cache serves all the same)."""
    try:
        return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def shared_library(source, name, suffix, options=(), depends="", versioned=False, folders=(), header=None):
    """Path of the shared library built from the source text.

    The folder's name is a hash of all that goes in, so that it serves every later process, of whatever environment:
    folders: where headers lie, which differs between environments; `depends` says what is in them.
    header: one of ours that the source includes first, compiled once for all of its sources.
    versioned: give the symbols the library's name as their version, as NVIDIA does.
    """
    compiler = "g++" if suffix == ".cpp" else "gcc"
    command = [compiler, "-O1", "-w", "-shared", "-fPIC", *options]
    goes_in = (source, name, command, compiler_version(compiler), depends, versioned)

    def build(work):
        written = work / ("source" + suffix)
        written.write_text(source)
        linked = ["-ldl", "-lm"]
        if versioned:
            script = work / "versions"
            script.write_text(f"{name} {{ global: *; }};\n")
            linked += [f"-Wl,-soname,{name}", f"-Wl,--version-script={script}"]
        paths = [f"-I{folder}" for folder in folders]
        if header is not None:
            paths.insert(0, f"-I{precompiled(header, command, paths, depends)}")
        _compile([*command, *paths, written, "-o", work / name, *linked], written, name)

    return _kept(goes_in, name, build)


def precompiled(header, command, paths, depends):
    """The folder of a header that the compiler has read already: a kernel then takes half the time."""
    name = header.name + ".gch"
    # Without the macros of one kernel: g++ compares them, and where one matters to the header, reads its text instead.
    command = [option for option in command if option != "-shared" and not option.startswith("-D")]

    def build(work):
        _compile([*command, *paths, "-x", "c++-header", header, "-o", work / name], header, header.name)

    return _kept((name, command, compiler_version(command[0]), depends), name, build).parent


def _kept(goes_in, name, build):
    """The file that `build` makes of what goes in, from the cache where it is there.

    It is written in a folder of its own and then renamed, so no process sees an unfinished one.
    """
    kept = cache_folder() / hashlib.sha256(repr(goes_in).encode()).hexdigest()[:24] / name
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as work:
            build(pathlib.Path(work))
            (pathlib.Path(work) / name).replace(kept)
    return kept


def _compile(command, source, name):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CompilerError(done.stderr.replace(str(source), name))
