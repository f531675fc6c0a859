"""In the place of NVRTC: CuPy's CUDA source, a shim (shim.h) and g++."""

import functools
import importlib.metadata
import re

from . import build

MEETS = re.compile(r"__sync(threads|warp)|__shfl_|__(ballot|any|all)_sync")
KERNEL = re.compile(r'extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)\s*\(')
DYNAMIC_SHARED = re.compile(r"extern\s+__shared__\s+(?:__align__\s*\(\w+\)\s*)?([\w:<> ]+?)\s+(\w+)\s*\[\s*\]\s*;")

SHIM = build.HERE / "shim.h"
HEADERS = ("cupy-cuda13x", "nvidia-cuda-crt", "nvidia-cuda-runtime", "nvidia-cuda-nvrtc")  # who brings what is included

compiled = []  # (kernel names, shared library) of each source, for tests
without_nvrtc = False


def host_source(source, name_expressions):
    """The source for g++, and CuPy's mapping from name expressions to symbols."""
    meets = int(bool(MEETS.search(source)))
    names = KERNEL.findall(source)
    mapping = {expression: f"expression{i}" for i, expression in enumerate(name_expressions or ())}
    source = DYNAMIC_SHARED.sub(r"\1* const \2 = reinterpret_cast<\1*>(emulation_shared);", source)
    exports = [f"EMULATION_EXPORT({name}, {meets}, {name})" for name in names]
    exports += [f"EMULATION_EXPORT({symbol}, {meets}, {expression})" for expression, symbol in mapping.items()]
    return "\n".join(['#include "shim.h"', source, *exports, ""]), names, mapping


@functools.cache
def headers():
    """What stands for the text of all headers that a kernel may include: ours, and the versions of the others."""
    versions = {d.metadata["Name"]: d.version for d in map(_distribution, HEADERS) if d is not None}
    return SHIM.read_text() + repr(versions)


def _distribution(name):
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def compile_module(
    source,
    options=(),
    *,
    arch=None,
    extra_source=None,
    backend="nvrtc",
    enable_cooperative_groups=False,
    name_expressions=None,
    log_stream=None,
    jitify=False,
    to_ltoir=False,
):
    """Has the signature of cupy.cuda.compiler._compile_module_with_cache."""
    from cupy.cuda import compiler, function

    if without_nvrtc:
        from cuda import pathfinder

        raise pathfinder.DynamicLibNotFoundError('Failure finding "libnvrtc.so" (emulated)')
    if enable_cooperative_groups or jitify or to_ltoir:
        raise NotImplementedError("cooperative groups, jitify and LTO are not emulated")
    text, names, mapping = host_source(source, name_expressions)
    flags = ["-std=c++17", "-fpermissive"]
    flags += [option for option in options if option.startswith("-D")]
    folders = [build.HERE, *(option[2:] for option in options if option.startswith("-I"))]
    try:
        library = build.shared_library(text, "kernel.so", ".cpp", flags, headers(), folders=folders, header=SHIM)
    except build.CompilerError as error:
        raise compiler.CompileException(str(error), source, "kernel.cu", options, backend) from None
    compiled.append((names, library))
    module = function.Module()
    module.load(str(library).encode())
    if mapping:
        module._set_mapping(mapping)
    return module
