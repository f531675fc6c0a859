"""NVIDIA's compiler for CUDA sources, through ctypes, without a GPU.

In a process of its own: in one where CUDA is emulated it crashes. Run as a program, it reads a source
and NVRTC's options as JSON from its input, and writes what came of it.
"""

import base64
import ctypes
import json
import subprocess
import sys


class CompileError(Exception):
    """What NVRTC says."""


def unavailable():
    """Why it cannot be used here, or None."""
    try:
        from cuda import pathfinder
    except ImportError:
        return "NVRTC is looked for by cuda-pathfinder, which is not installed"
    try:
        pathfinder.load_nvidia_dynamic_lib("nvrtc")
    except pathfinder.DynamicLibNotFoundError:
        return "NVRTC is not installed (nvidia-cuda-nvrtc)"
    return None


def compile(source, architecture, options=()):
    """The machine code for sm_75 and the like, None where this NVRTC does not know it; or CompileError."""
    task = {"source": source, "architecture": architecture, "options": [*options]}
    done = subprocess.run([sys.executable, __file__], input=json.dumps(task), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    if result.get("log"):
        raise CompileError(result["log"])
    return base64.b64decode(result["cubin"]) if "cubin" in result else None


def _compile(source, architecture, options):
    from cuda import pathfinder

    library = ctypes.CDLL(pathfinder.load_nvidia_dynamic_lib("nvrtc").abs_path)
    count = ctypes.c_int()
    assert library.nvrtcGetNumSupportedArchs(ctypes.byref(count)) == 0
    supported = (ctypes.c_int * count.value)()
    assert library.nvrtcGetSupportedArchs(supported) == 0
    if architecture not in list(supported):
        return {}
    headers = pathfinder.find_nvidia_header_directory("cudart")
    options = [f"-arch=sm_{architecture}", "--std=c++17", *options, *([f"-I{headers}"] if headers else [])]
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    made = library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None)
    assert made == 0
    encoded = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    status = library.nvrtcCompileProgram(program, len(options), encoded)
    assert library.nvrtcGetProgramLogSize(program, ctypes.byref(size)) == 0
    log = ctypes.create_string_buffer(size.value)
    assert library.nvrtcGetProgramLog(program, log) == 0
    if status:
        return {"log": log.value.decode() or f"status {status}"}
    assert library.nvrtcGetCUBINSize(program, ctypes.byref(size)) == 0
    cubin = ctypes.create_string_buffer(size.value)
    assert library.nvrtcGetCUBIN(program, cubin) == 0
    return {"cubin": base64.b64encode(cubin.raw).decode()}


if __name__ == "__main__":
    json.dump(_compile(**json.load(sys.stdin)), sys.stdout)
