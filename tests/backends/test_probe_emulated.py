"""Looking for a GPU, through real CuPy on emulated CUDA: the failures that show only when it is used."""

import pytest

from tests import cuda_emulation, optional
from tests.backends.processes import EMULATE, probe, run
from tests.backends.test_probe_driver import assert_cheap, assert_refused
from xnn_backends.cupy_backend import CupyBackend

optional.require("cuda_emulation")

INSTALL_LIBRARIES = 'install the CUDA libraries: python -m pip install "cupy-cuda13x[ctk]"'
UPDATE_DRIVER = "update NVIDIA's driver (nvidia.com/drivers)"


def test_works():
    seen = probe(emulate=True)
    assert seen["usable"]
    assert (seen["device"], seen["reason"], seen["cure"]) == ("cupy:cuda:0", "", "")
    assert (seen["chosen"], seen["refusal"]) == ("cupy:cuda:0", "")
    assert seen["why"] == "auto: cupy:cuda:0 (CPU emulation) works"
    with pytest.raises(AssertionError):
        assert_cheap(seen)  # CuPy is imported here: the check that it is not can fail


@pytest.mark.parametrize(
    ("failure", "reason", "cure"),
    [
        (
            "driver too old",
            "the driver is too old: it supports CUDA 11.4, and cupy-cuda13x needs 13.0",
            UPDATE_DRIVER,
        ),
        (
            "driver broken",
            "NVIDIA's driver does not initialise: CUDA_ERROR_UNKNOWN (status 999)",
            "see what `nvidia-smi` says; often a reboot, or a driver that fits the kernel module, cures it",
        ),
        (
            "no device",
            "NVIDIA's driver is there, but shows no GPU",
            "see whether `nvidia-smi` lists one",
        ),
    ],
)
def test_failure(failure, reason, cure):
    seen = probe(emulate=True, CUDA_EMULATION_FAILURE=failure)
    assert_refused(seen, reason=reason, cure=cure)


@pytest.mark.parametrize(("library", "error"), [("nvrtc", "DynamicLibNotFoundError"), ("cublas", "ImportError")])
def test_missing_library(library, error):
    seen = probe(emulate=True, CUDA_EMULATION_WITHOUT=library)
    assert seen["reason"].startswith(f"a small computation failed: {error}: ")
    assert library in seen["reason"]
    assert_refused(seen, reason=seen["reason"], cure=INSTALL_LIBRARIES)
    assert seen["device"] == "cupy:cuda:0"


def test_out_of_memory():
    seen = probe(emulate=True, CUDA_EMULATION_MEMORY="1")
    assert seen["reason"].startswith("a small computation failed: OutOfMemoryError: Out of memory allocating")
    cure = "free the GPU's memory: `nvidia-smi` lists the processes that hold it"
    assert_refused(seen, reason=seen["reason"], cure=cure)


@pytest.mark.parametrize("failure", [name for name in cuda_emulation.FAILURES if name])
def test_failure_that_comes_later(failure):
    """A backend that has not looked yet sees what there is when it looks, and keeps that."""
    backend = CupyBackend()
    with cuda_emulation.failing(failure):
        report = backend.report("cuda")
        assert not report.usable
        assert report.device == "cupy:cuda"
    assert backend.report("cuda") is report
    assert CupyBackend().report("cuda").usable


def test_failure_between_looking_and_trying():
    backend = CupyBackend()
    assert backend.report("cuda:0").usable
    with cuda_emulation.failing("driver broken"):
        report = backend.report("cuda:1")
    assert report.device == "cupy:cuda:1"
    assert report.reason == "a small computation failed: RuntimeError: cupy.is_available() is false"
    assert report.cure == "see what `nvidia-smi` and `python -c 'import cupy; cupy.show_config()'` say"
    assert [r.usable for r in backend.reports()] == [True, False]


def test_report_of_a_working_gpu():
    report = CupyBackend().report("cuda:1")
    assert (report.device, report.usable, report.hardware) == ("cupy:cuda:1", True, "CPU emulation")
    assert 0 < report.memory_free <= report.memory_total == 4 << 30


def test_auto_touches_one_gpu_only():
    """The second one is not needed: a context on it would cost time and memory."""
    program = EMULATE + "from xnn_backends import choose, get_backend\nchoose()\n"
    program += "print(sorted(get_backend('cupy')._reports))"
    assert run(program, CUDA_EMULATION_DEVICES="2") == ["['cuda:0']"]


def test_auto_takes_the_gpu_that_works():
    program = (
        EMULATE
        + """
from xnn_backends import Unusable, choose
from xnn_backends.cupy_backend import CupyBackend

tried = CupyBackend.try_device

def try_device(self, name):
    if name == "cuda:0":
        raise Unusable("it is on fire", "put it out")
    return tried(self, name)

CupyBackend.try_device = try_device
print(choose().device, choose().why)
"""
    )
    (seen,) = run(program, CUDA_EMULATION_DEVICES="2")
    assert seen == ("cupy:cuda:1 auto: cupy:cuda:0 cannot be used: it is on fire; cupy:cuda:1 (CPU emulation) works")
