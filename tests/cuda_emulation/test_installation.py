"""`install()`: once in a process, from any folder, with its settings.  Each test has a process of its own."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests import cuda_emulation as emulation
from tests import optional

optional.require("cuda_emulation")

REPOSITORY = pathlib.Path(emulation.__file__).parents[2]
STARTED = {k: v for k, v in os.environ.items() if not k.startswith("CUDA_EMULATION_") or k.endswith("_CACHE")}

INSTALL = "from tests import cuda_emulation as emulation\nemulation.install()\n"
LOOK = INSTALL + "from tests.cuda_emulation.looking import look\nprint(*look().values())\n"
TRY = (
    INSTALL
    + """
import cupy, numpy
print(cupy.is_available(), cupy.cuda.runtime.driverGetVersion())
one = cupy.asarray(numpy.eye(2))  # needs no kernel yet
for name, function in {
    "devices": cupy.cuda.runtime.getDeviceCount,
    "memory": lambda: cupy.cuda.Device().mem_info[1],
    "sum": one.sum,
    "matmul": lambda: one @ one,
    "inv": lambda: cupy.linalg.inv(one),
    "fft": lambda: cupy.fft.fft(one),
    "random": lambda: cupy.random.uniform(size=3),
}.items():
    try:
        print(name, getattr(function(), "shape", "works"))
    except Exception as error:
        print(name, type(error).__name__)
"""
)


@pytest.fixture
def run(tmp_path):
    """The lines that a program prints in a process of its own, in another folder than this one."""

    def run(program, **settings):
        env = STARTED | {"PYTHONPATH": str(REPOSITORY)}
        env |= {"CUDA_EMULATION_" + name: value for name, value in settings.items()}
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    return run


def test_one_instance():
    """Two would not know of each other: pytest must import this package by one name."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    assert files.count(emulation.__file__) == 1
    assert emulation.__name__ == "tests.cuda_emulation"
    with pytest.raises(RuntimeError, match="already installed"):
        emulation.install()


def test_import_is_cheap(run):
    """Importing it takes the standard library only, and loads nothing."""
    program = "import sys\nbefore = set(sys.modules)\nfrom tests import cuda_emulation\n"
    program += "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
    program += "print(*sorted(names - sys.stdlib_module_names), cuda_emulation.installed())"
    assert run(program) == ["tests False"]


def test_settings(run):
    seen = run(TRY, DEVICES="3", MEMORY="1000000")
    assert seen == [
        *("True 13020", "devices works", "memory works", "sum ()"),
        *("matmul (2, 2)", "inv (2, 2)", "fft (2, 2)", "random (3,)"),
    ]
    program = INSTALL + "import cupy\nprint(cupy.cuda.runtime.getDeviceCount(), cupy.cuda.Device().mem_info[1])"
    assert run(program, DEVICES="3", MEMORY="1000000") == ["3 1000000"]
    assert run(program) == ["1 4294967296"]


@pytest.mark.parametrize(
    ("library", "error", "missing"),
    [
        ("nvrtc", "DynamicLibNotFoundError", {"sum", "inv", "fft", "random"}),  # all that needs a kernel
        ("cublas", "ImportError", {"matmul", "inv"}),
        ("cusolver", "ImportError", {"inv"}),
        ("cufft", "ImportError", {"fft"}),
        ("curand", "ImportError", {"random"}),
    ],
)
def test_missing_library(run, library, error, missing):
    seen = dict(line.split(" ", 1) for line in run(TRY, WITHOUT=library))
    assert {name for name, result in seen.items() if result == error} == missing
    assert seen["True"] == "13020"


@pytest.mark.parametrize(
    ("failure", "seen"),
    [
        ("driver too old", "0 (0, 11040) (0, 1)"),
        ("driver broken", "999 (0, 13020) (3, -1)"),
        ("no device", "100 (0, 13020) (3, -1)"),
    ],
)
def test_failure_from_the_start(run, failure, seen):
    assert run(LOOK, FAILURE=failure) == [seen]
    program = INSTALL + "import cupy\nprint(cupy.is_available())\nwith emulation.failing(None): cupy.zeros(3)\n"
    program += "print(cupy.is_available())"
    assert run(program, FAILURE=failure) == ["False", "False"]


def test_no_driver_from_the_start(run):
    """There is no libcuda.so.1 then, as on a machine that has no driver."""
    program = "import ctypes\ntry: ctypes.CDLL('libcuda.so.1')\nexcept OSError as error: print(error)\n"
    if not run(program):
        pytest.skip("this machine has a libcuda.so.1 of its own: it cannot be left out")
    seen = run(f"{INSTALL}{program}import cupy\nprint(cupy.is_available())", FAILURE="no driver")
    assert seen == ["libcuda.so.1: cannot open shared object file: No such file or directory", "False"]
    seen = run(program + INSTALL.replace("()", "(failure='no driver')") + program)
    assert len(seen) == 2


def test_driver_asked_before_it_is_initialised(run):
    program = INSTALL + "import ctypes\ndriver, count = ctypes.CDLL('libcuda.so.1'), ctypes.c_int(-1)\n"
    program += "print(driver.cuDeviceGetCount(ctypes.byref(count)), count.value)"
    assert run(program) == ["3 -1"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("devices=9", "has 1 to 8 devices, not 9"),
        ("failure='x'", "knows no driver, driver too old, driver broken, no device; not 'x'"),
        ("without=['x']", "knows nvrtc, cublas, cusolver, cufft, curand; not 'x'"),
    ],
)
def test_bad_settings(run, settings, message):
    program = f"from tests import cuda_emulation\ntry: cuda_emulation.install({settings})\n"
    program += "except ValueError as error: print(error)\n"
    program += "import sys\nprint(cuda_emulation.installed(), 'cupy' in sys.modules)"
    assert run(program) == [f"the CUDA emulation {message}", "False False"]
