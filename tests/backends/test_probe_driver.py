"""Looking for a GPU, on what is really there: driver libraries, environments without CuPy, wheels.

Nothing is emulated here. Each test asks in a process of its own; the driver libraries are small ones,
built by gcc, that answer as NVIDIA's do when they fail.
"""

import importlib.util
import platform
import tomllib

import pytest

from tests.backends.processes import REPOSITORY, driver, library, probe, run, wheel, without_cupy
from xnn_backends import Unusable, cuda_driver
from xnn_backends.cupy_backend import OLDEST_CUPY, check_version, cuda_of, cure_for, install_for

IMPORTED_BY_A_PROBE = {"numpy", "xnn_backends"}
NO_DRIVER = {
    "reason": "no NVIDIA driver was found (libcuda.so.1)",
    "cure": "without an NVIDIA GPU, work on the CPU, which needs nothing; with one, install its driver "
    "(nvidia.com/drivers), or start the container with `--gpus all`",
}


def processor():
    return platform.processor() or platform.machine()


def assert_refused(seen, *, reason, cure):
    """CUDA is not usable for this reason, `auto` takes the CPU and says why, and the name is refused."""
    assert not seen["usable"]
    assert (seen["reason"], seen["cure"]) == (reason, cure)
    assert seen["chosen"] == "numpy:cpu"
    assert seen["why"] == f"auto: {seen['device']} cannot be used: {reason}; numpy:cpu ({processor()}) works"
    assert seen["refusal"] == f"device '{seen['device']}' cannot be used: {reason}. Cure: {cure}."
    assert "\n" not in reason + cure


def assert_cheap(seen):
    """CuPy was not imported to find that out, nor any other array library but NumPy."""
    known = {"cupy", "cupyx", "torch", "array_api_strict", "array_api_compat", "numba", "scipy"}
    assert not known & set(seen["imported"])
    assert set(seen["imported"]) >= IMPORTED_BY_A_PROBE


@pytest.fixture
def environment(tmp_path):
    """One without CuPy; tests add wheels to its folder."""
    site = tmp_path / "site"
    site.mkdir()
    return site, without_cupy(site)


@pytest.fixture
def no_driver():
    """What has to hold for a process without a driver."""
    program = f"import ctypes\ntry: print(ctypes.CDLL('{cuda_driver.LIBRARY}'))\nexcept OSError: print('none')"
    if run(program) != ["none"]:
        pytest.skip("this machine has an NVIDIA driver")


# ---- no driver ----


@pytest.mark.needs("cupy")
@pytest.mark.usefixtures("no_driver")
def test_no_driver():
    if importlib.util.find_spec("cupy") is None:
        pytest.skip("CuPy is not installed")
    seen = probe()
    assert_refused(seen, **NO_DRIVER)
    assert_cheap(seen)


@pytest.mark.usefixtures("no_driver")
def test_no_driver_and_no_cupy(environment):
    seen = probe(**environment[1])
    cure = f'{NO_DRIVER["cure"]}; then python -m pip install "xnn-array[cuda13]"'
    assert_refused(seen, reason=f"CuPy is not installed, and {NO_DRIVER['reason']}", cure=cure)
    assert_cheap(seen)


@pytest.mark.usefixtures("no_driver")
def test_what_a_missing_driver_imports_can_be_seen():
    """The test of cheapness can fail."""
    seen = probe()
    with pytest.raises(AssertionError):
        assert_cheap(seen | {"imported": [*seen["imported"], "cupy"]})
    with pytest.raises(AssertionError):
        assert_cheap(seen | {"imported": []})


def test_macos(monkeypatch):
    monkeypatch.setattr(cuda_driver, "LIBRARY", "libnothing_of_that_name.so.1")
    monkeypatch.setattr(cuda_driver.sys, "platform", "darwin")
    with pytest.raises(Unusable, match=r"^macOS has no CUDA$") as why:
        cuda_driver.look_for_devices()
    assert why.value.cure == "work on the CPU, or by PyTorch on Apple's GPU: torch:mps"


ELSEWHERE = [
    ("emscripten", "wasm32", "WebAssembly has no CUDA"),
    ("wasi", "wasm32", "WebAssembly has no CUDA"),
    ("linux", "armv7l", "there is no CuPy for linux on armv7l"),
    ("linux", "s390x", "there is no CuPy for linux on s390x"),
    ("win32", "ARM64", "there is no CuPy for win32 on ARM64"),
    ("freebsd15", "amd64", "there is no CuPy for freebsd15 on amd64"),
    ("linux", "", "there is no CuPy for linux on this processor"),
]


def pretend(system, machine):
    """A program on another system, where no driver is, that asks for a report on CUDA."""
    return f"""
import platform, sys
sys.platform = {system!r}
platform.machine = lambda: {machine!r}
from xnn_backends import cuda_driver, get_backend
cuda_driver.LIBRARY = "libnothing_of_that_name.so.1"
(report,) = get_backend("cupy").reports()
"""


@pytest.mark.parametrize(("system", "machine", "reason"), ELSEWHERE)
def test_where_no_driver_can_be(environment, system, machine, reason):
    """Nothing is to be installed there, with and without CuPy: neither a driver nor CuPy."""
    program = pretend(system, machine) + "print(report.reason, report.cure, sep='; ')"
    expected = [f"{reason}; work on the CPU, which needs nothing"]
    assert run(program, **environment[1]) == expected
    wheel(environment[0], "cupy-cuda13x", "")
    assert run(program, **environment[1]) == expected


def test_webassembly_without_ctypes(environment):
    program = "import sys; sys.platform = 'emscripten'; sys.modules['ctypes'] = None\n"
    report = (
        "from xnn_backends import cuda_driver\ntry: cuda_driver.look_for_devices()\nexcept Exception as why: print(why)"
    )
    assert run(program + report, **environment[1]) == ["WebAssembly has no CUDA"]


def test_pytorch_is_not_recommended_where_there_is_none():
    program = "import sys; sys.platform = 'emscripten'\n"
    report = "from xnn_backends import get_backend\nprint(get_backend('torch').reports()[0].reason)"
    hide = "import importlib.util; importlib.util.find_spec = lambda name: None\n"
    assert run(program + hide + report) == ["there is no PyTorch for WebAssembly"]


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("linux", "x86_64"), ("win32", "AMD64")])
def test_where_a_driver_can_be(environment, system, machine):
    """What is advised fits the system: containers are started with --gpus on Linux alone."""
    (cure,) = run(pretend(system, machine) + "print(report.cure)", **environment[1])
    assert "install its driver (nvidia.com/drivers)" in cure
    assert "then python -m pip install" in cure
    assert ("--gpus all" in cure) == (system == "linux")


# ---- a driver library that fails ----


@pytest.mark.parametrize("status", [3, 803, 999])
def test_driver_that_does_not_initialise(tmp_path, environment, status):
    wheel(environment[0], "cupy-cuda13x", "raise SystemError('imported')")
    seen = probe(**environment[1], **driver(tmp_path, init=status))
    cure = "see what `nvidia-smi` says; often a reboot, or a driver that fits the kernel module, cures it"
    if status == 3:
        cure += "; a process forked after its parent used the GPU must be started by `spawn`"
    reason = f"NVIDIA's driver does not initialise: CUDA_ERROR_NAMED (status {status})"
    assert_refused(seen, reason=reason, cure=cure)
    assert_cheap(seen)


def test_error_without_a_name(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "")
    settings = library(tmp_path, "int cuInit(unsigned flags) { return 999; }")
    seen = probe(**environment[1], **settings)
    assert seen["reason"] == "NVIDIA's driver does not initialise: unknown error (status 999)"


def test_stub(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "")
    seen = probe(**environment[1], **driver(tmp_path, init=34))
    reason = "libcuda.so.1 is the toolkit's stub, not NVIDIA's driver"
    cure = f"take the toolkit's folder `stubs` out of LD_LIBRARY_PATH; {NO_DRIVER['cure']}"
    assert_refused(seen, reason=reason, cure=cure)


def test_library_without_functions(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "")
    seen = probe(**environment[1], **library(tmp_path, "int nothing;"))
    path = f"AttributeError: {tmp_path}/libcuda.so.1: undefined symbol: cuInit"
    reason = f"libcuda.so.1 is not a CUDA driver: {path.replace(f'{tmp_path}/', '')}"
    assert_refused(
        seen | {n: seen[n].replace(f"{tmp_path}/", "") for n in ("reason", "why", "refusal")},
        reason=reason,
        cure="reinstall NVIDIA's driver (nvidia.com/drivers)",
    )


def test_file_that_is_no_library(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "")
    (tmp_path / "libcuda.so.1").write_text("no library")
    seen = probe(**environment[1], LD_LIBRARY_PATH=str(tmp_path))
    assert seen["reason"].startswith("NVIDIA's driver cannot be loaded: OSError: ")
    assert seen["cure"] == "reinstall NVIDIA's driver (nvidia.com/drivers)"
    assert seen["chosen"] == "numpy:cpu"


# ---- no visible device ----


@pytest.mark.parametrize(("init", "count"), [(100, 1), (0, 0)])
def test_no_device(tmp_path, environment, init, count):
    wheel(environment[0], "cupy-cuda13x", "raise SystemError('imported')")
    seen = probe(**environment[1], **driver(tmp_path, init=init, count=count))
    reason, cure = "NVIDIA's driver is there, but shows no GPU", "see whether `nvidia-smi` lists one"
    assert_refused(seen, reason=reason, cure=cure)
    assert_cheap(seen)


@pytest.mark.parametrize("hidden", ["", "7"])
def test_hidden_devices(tmp_path, environment, hidden):
    wheel(environment[0], "cupy-cuda13x", "")
    settings = driver(tmp_path, init=100) | {"CUDA_VISIBLE_DEVICES": hidden}
    seen = probe(**environment[1], **settings)
    reason = f"the driver shows no GPU, with CUDA_VISIBLE_DEVICES='{hidden}'"
    cure = "unset CUDA_VISIBLE_DEVICES, or set it to the number of a GPU that `nvidia-smi` lists"
    assert_refused(seen, reason=reason, cure=cure)


def test_no_context_is_made(tmp_path, environment):
    """Looking makes three calls into the driver, and none that would make a context."""
    wheel(environment[0], "cupy-cuda13x", "raise SystemError('imported')")
    seen = probe(**environment[1], **driver(tmp_path, version=12080))
    assert not seen["usable"]
    assert (tmp_path / "calls").read_text().split() == ["cuInit", "cuDriverGetVersion", "cuDeviceGetCount"]
    assert_cheap(seen)


# ---- a driver that works, and CuPy missing, wrong or broken ----


@pytest.mark.parametrize(
    ("version", "cure"),
    [
        (13020, 'python -m pip install "xnn-array[cuda13]"'),
        (12040, 'python -m pip install "xnn-array[cuda12]"'),
        (
            11040,
            'update NVIDIA\'s driver (nvidia.com/drivers), then python -m pip install "xnn-array[cuda13]"',
        ),
    ],
)
def test_cupy_is_not_installed(tmp_path, environment, version, cure):
    seen = probe(**environment[1], **driver(tmp_path, version=version))
    assert_refused(seen, reason="CuPy is not installed", cure=cure)
    assert seen["device"] == "cupy:cuda"
    assert_cheap(seen)


def test_what_pip_leaves_of_cupy_is_not_cupy(tmp_path, environment):
    (environment[0] / "cupy").mkdir()
    seen = probe(**environment[1], **driver(tmp_path))
    assert seen["reason"] == "CuPy is not installed"


def test_two_wheels(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "raise SystemError('imported')")
    wheel(environment[0], "cupy-cuda12x")
    seen = probe(**environment[1], **driver(tmp_path))
    assert_refused(
        seen,
        reason="several CuPy wheels are installed at once: cupy-cuda12x, cupy-cuda13x",
        cure='python -m pip uninstall -y cupy-cuda12x cupy-cuda13x, then python -m pip install "xnn-array[cuda13]"',
    )
    assert_cheap(seen)


@pytest.mark.parametrize(
    ("version", "shown", "cure"),
    [
        (11040, "11.4", ""),
        (
            12080,
            "12.8",
            ', or python -m pip uninstall -y cupy-cuda13x, then python -m pip install "xnn-array[cuda12]"',
        ),
    ],
)
def test_driver_too_old(tmp_path, environment, version, shown, cure):
    wheel(environment[0], "cupy-cuda13x", "raise SystemError('imported')")
    seen = probe(**environment[1], **driver(tmp_path, version=version))
    reason = f"the driver is too old: it supports CUDA {shown}, and cupy-cuda13x needs 13.0"
    assert_refused(seen, reason=reason, cure=f"update NVIDIA's driver (nvidia.com/drivers){cure}")
    assert_cheap(seen)


def test_newer_driver_than_the_wheel_needs(tmp_path, environment):
    """It is not refused for its version: CuPy is tried, and says that this is no CuPy."""
    wheel(environment[0], "cupy-cuda12x", "")
    seen = probe(**environment[1], **driver(tmp_path, version=13020))
    reason = "a small computation failed: AttributeError: module 'cupy' has no attribute 'is_available'"
    cure = "see what `nvidia-smi` and `python -c 'import cupy; cupy.show_config()'` say"
    assert_refused(seen, reason=reason, cure=cure)
    assert seen["device"] == "cupy:cuda:0"


def test_cupy_that_cannot_be_imported(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "raise ImportError('two\\nlines')")
    seen = probe(**environment[1], **driver(tmp_path))
    reason = "CuPy cannot be imported: ImportError: two lines"
    assert_refused(seen, reason=reason, cure="python -m pip install --force-reinstall cupy-cuda13x")


# ---- CuPy's version ----


@pytest.mark.parametrize("version", ["13.6.0", "9.0", "14.0.0rc1", "14.0.0b1", "14.0.0.dev0"])
def test_older_cupy_than_xnn_is_written_for(tmp_path, environment, version):
    wheel(environment[0], "cupy-cuda12x", "raise SystemError('imported')", version=version)
    seen = probe(**environment[1], **driver(tmp_path, version=13020))
    reason = f"CuPy {version} is installed, and xnn needs CuPy 14 or newer"
    cure = 'python -m pip uninstall -y cupy-cuda12x, then python -m pip install "xnn-array[cuda13]"'
    assert_refused(seen, reason=reason, cure=cure)
    assert_cheap(seen)


def test_older_cupy_than_pip_knows_of(tmp_path, environment):
    wheel(environment[0], "cupy-cuda13x", "__version__ = '13.6.0'")
    seen = probe(**environment[1], **driver(tmp_path))
    reason = "CuPy 13.6.0 is installed, and xnn needs CuPy 14 or newer"
    assert_refused(seen, reason=reason, cure='python -m pip install --upgrade "cupy-cuda13x>=14"')


@pytest.mark.parametrize(
    "version", ["14.0.0", "14", "14.0", "14.2.0", "14.1.0rc1", "15.0.0.dev0", "100.0", "", "unknown"]
)
def test_versions_that_are_tried(version):
    check_version(version, "none")


def test_the_oldest_cupy_is_that_of_the_package():
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras["cuda13"] == [f"cupy-cuda13x[ctk]>={OLDEST_CUPY}"]
    assert extras["cuda12"] == [f"cupy-cuda12x[ctk]>={OLDEST_CUPY}"]


# ---- cures ----


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (MemoryError("x"), "free the GPU's memory"),
        (RuntimeError("cudaErrorMemoryAllocation: out of memory"), "free the GPU's memory"),
        (ImportError("libcublas.so.13: cannot open shared object file"), "install the CUDA libraries"),
        (RuntimeError("CUDA headers could not be found"), "install the CUDA libraries"),
        (RuntimeError('cannot open source file "cuda_fp16.h"'), "install the CUDA libraries"),
        (RuntimeError("cudaErrorInsufficientDriver: too old"), "update NVIDIA's driver"),
        (RuntimeError("nvrtc: error: invalid value for --gpu-architecture (-arch)"), "the GPU is too old"),
        (RuntimeError("cudaErrorNoKernelImageForDevice: no kernel image"), "the GPU is too old"),
        (ZeroDivisionError("x"), "see what `nvidia-smi` and"),
    ],
)
def test_cure(error, cure):
    assert cure_for(error, "cupy-cuda13x").startswith(cure)


def test_cures_name_the_wheel():
    missing, old = ImportError("libnvrtc.so"), RuntimeError("no kernel image")
    assert cure_for(missing, "cupy-cuda12x").endswith('python -m pip install "cupy-cuda12x[ctk]"')
    assert "python -m pip uninstall -y cupy-cuda13x" in cure_for(old, "cupy-cuda13x")
    assert cure_for(old, "cupy-cuda12x") == "the GPU is too old for this CUDA: work on the CPU"
    assert install_for(12000) == 'python -m pip install "xnn-array[cuda12]"'


@pytest.mark.parametrize(
    ("wheel", "cuda"),
    [("cupy-cuda13x", 13), ("cupy-cuda12x", 12), ("cupy-cuda118", 11), ("cupy", 0), ("cupy-rocm-5-0", 0)],
)
def test_cuda_of_a_wheel(wheel, cuda):
    assert cuda_of(wheel) == cuda
