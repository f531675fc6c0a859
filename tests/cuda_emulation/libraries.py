"""Stand-ins for NVIDIA's libraries (libcublas.so.13 and the like).

Each exports the symbols that CuPy's extension modules link to.  A symbol jumps
through a slot; Python functions are put into the slots with `answer` below.
So all of CuPy's own code runs, down to the call of the library.
"""

import atexit
import ctypes
import inspect
import pathlib
import re
import subprocess
import sys

import numpy as np

from . import api, build

# Status that says "not supported" and status that says "failed", for each library.
STATUS = {"cublas": (15, 13), "cusolver": (9, 6), "cufft": (16, 6), "curand": (999, 201)}
SOFT = {"cusolver": ["cusolverDnXgeev", "cusolverDnXgeev_bufferSize"], "cufft": ["cufftXtSetJITCallback"]}
EMPTY = ("libcublasLt.so.13", "libnvJitLink.so.13", "libcusparse.so.12")  # others are said to need them
NOT_WORK = re.compile("Create|Destroy|Get|_bufferSize|MakePlan")
NOTHING_TO_DO = re.compile(r"Create|Destroy|Set|cu\w+GetProperty")
TYPES = {"S": "f", "D": "d", "C": "F", "Z": "D"}  # letter in a routine's name -> NumPy's

_answers = {}  # symbol -> ctypes callback; kept for ever, C holds their addresses


def _wanted():
    """{(library, file name): symbols}, read from CuPy's extension modules without importing CuPy."""
    import cupy_backends

    site = pathlib.Path(cupy_backends.__file__).parent.parent
    wanted = {}
    for pattern in ("cupy_backends/cuda/libs/cu*.so", "cupy/cuda/cufft*.so", "cupyx/_cusolver*.so"):
        for extension in site.glob(pattern):
            listing = subprocess.check_output(["nm", "-D", "--undefined-only", extension], text=True)
            for symbol, library, soname in re.findall(r" U ((cu[a-z]+)[A-Z]\w+)@(libcu\S+)", listing):
                if library in STATUS:
                    wanted.setdefault((library, soname), set(SOFT.get(library, ()))).add(symbol)
    return wanted


def _source(library, symbols):
    unsupported = STATUS[library][0]
    slots = ", ".join("nothing" if NOTHING_TO_DO.search(s) else "unsupported" for s in symbols)
    jumps = "".join(
        f'asm(".globl {s}\\n.type {s}, @function\\n{s}: jmp *emulation_slots+{8 * i}(%rip)\\n");\n'
        for i, s in enumerate(symbols)
    )
    return (
        f"static int unsupported(void) {{ return {unsupported}; }}\n"
        "static int nothing(void) { return 0; }\n"
        f'__attribute__((visibility("hidden"))) void *emulation_slots[] = {{{slots}}};\n'
        f"void *emulation_{library}_slots(void) {{ return emulation_slots; }}\n{jumps}"
    )


def load(without=()):
    """Build and load the stand-ins, so that CuPy's extension modules find them already loaded."""
    from . import blas, fft, lapack, rand, spectra  # noqa: F401 - importing them registers their answers

    for soname in EMPTY:
        _open(f"int emulation_{soname[3:].split('.')[0]};\n", soname)
    for (library, soname), symbols in _wanted().items():
        if library in without:
            continue
        symbols = sorted(symbols)
        loaded = _open(_source(library, symbols), soname)
        get_slots = loaded[f"emulation_{library}_slots"]
        get_slots.restype = ctypes.POINTER(ctypes.c_void_p)
        slots = get_slots()
        atexit.register(_restore, slots, [slots[i] for i in range(len(symbols))])
        for i, symbol in enumerate(symbols):
            if symbol in _answers:
                slots[i] = ctypes.cast(_answers[symbol], ctypes.c_void_p).value


def _restore(slots, addresses):
    """CuPy destroys handles while Python ends: nothing of Python may be called then."""
    for i, address in enumerate(addresses):
        slots[i] = address


def _open(source, soname):
    path = build.shared_library(source, soname, ".c", versioned=True)
    return ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def answer(*patterns):
    """Let the decorated function answer library symbols.

    `?` stands for S, D, C and Z, `{a,b}` for a real and a complex spelling; the
    function gets NumPy's type letter first.  Its annotations are C types; an
    argument without one is a pointer or handle, as an int.
    """

    def register(function):
        for pattern in patterns:
            for letter, dtype in TYPES.items() if "?" in pattern else [("", None)]:
                symbol = pattern.replace("?", letter)
                symbol = re.sub(r"\{(\w*),(\w*)\}", r"\1" if letter in "SD" else r"\2", symbol)
                _answers[symbol] = _callback(function, symbol, dtype)
        return function

    return register


def _callback(function, symbol, dtype):
    parameters = list(inspect.signature(function).parameters.values())[dtype is not None :]
    types = [ctypes.c_size_t if p.annotation is p.empty else p.annotation for p in parameters]
    failed = STATUS[next(library for library in STATUS if symbol.startswith(library))][1]

    def call(*arguments):
        for counts in api.counting if not NOT_WORK.search(symbol) else ():
            counts.calls.append(symbol)
        try:
            return function(*([dtype] if dtype else []), *arguments) or 0
        except Exception as error:  # C gets a status; the reason goes to stderr
            print(f"cuda_emulation: {symbol}: {type(error).__name__}: {error}", file=sys.stderr)
            return failed

    return ctypes.CFUNCTYPE(ctypes.c_int, *types)(call)


# ---- NumPy arrays on the memory that a library is given ----


def host(address, dtype, *shape):
    """Host memory: the library's scalars and results by reference."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, (ctypes.c_char * max(size, 1)).from_address(address))


def device(address, dtype, *shape):
    """Memory of the current device, checked."""
    api.library.emulation_check(address, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    return host(address, dtype, *shape)


def matrix(address, dtype, rows, columns, leading):
    """A matrix in column-major order, as in BLAS."""
    item = np.dtype(dtype).itemsize
    length = (leading * (columns - 1) + rows) * item if rows and columns else 0
    api.library.emulation_check(address, length)
    buffer = (ctypes.c_char * max(length, 1)).from_address(address)
    return np.ndarray((rows, columns), dtype, buffer, strides=(item, leading * item))
