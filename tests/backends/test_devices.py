"""Devices: how they are written, what a wrong name gives, and the objects."""

import copy
import dataclasses
import pickle
import threading
import time

import pytest

import xnn
from tests.backends.processes import run
from tests.conftest import why_not
from xnn_backends import Device, DeviceError, DeviceReport, find_device, get_backend, registry

pytestmark = pytest.mark.every_device

HOW = registry.HOW_TO_WRITE


@pytest.fixture
def two_gpus(request):
    """Rows on two CUDA devices."""
    if reason := why_not("cupy:cuda:1", request.config):
        pytest.skip(reason)


# ---- names ----


@pytest.mark.parametrize("name", ["cpu", "numpy:cpu"])
def test_cpu(name):
    assert find_device(name) is get_backend("numpy").device("cpu")


@pytest.mark.needs("cuda_emulation")
@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("name", "qualified"),
    [
        ("cuda", "cupy:cuda:0"),
        ("cuda:0", "cupy:cuda:0"),
        ("cupy:cuda", "cupy:cuda:0"),
        ("cuda:1", "cupy:cuda:1"),
        ("cupy:cuda:1", "cupy:cuda:1"),
    ],
)
def test_cuda(name, qualified):
    assert find_device(name) is find_device(qualified)
    assert str(find_device(name)) == qualified


@pytest.mark.parametrize("name", ["strict:CPU_DEVICE", "strict:device1", "strict:device2"])
def test_qualified(name):
    assert str(find_device(name)) == name


@pytest.mark.parametrize("name", ["nonsense", "gpu", "CPU", "Cuda:0", "cpu ", " cpu", "", ":", ":cpu", "a:b:c", "1"])
def test_nonsense(name):
    with pytest.raises(DeviceError) as error:
        find_device(name)
    assert str(error.value) == f"{name!r} is not a device. Cure: {HOW}."


@pytest.mark.parametrize("name", ["numpy", "cupy", "torch", "strict", "numpy:", "cupy:"])
def test_backend_in_the_place_of_a_device(name):
    with pytest.raises(DeviceError) as error:
        find_device(name)
    assert str(error.value) == f"{name!r} is a backend, not a device. Cure: {HOW}; `xnn devices` lists them."


@pytest.mark.parametrize("name", ["cpu:0", "cpu:", "cpu:cpu", "numpy:cuda", "numpy:cpu:1", "numpy:numpy:cpu"])
def test_device_that_numpy_has_not(name):
    with pytest.raises(DeviceError) as error:
        find_device(name)
    qualified = f"numpy:{name.removeprefix('numpy:')}".rstrip(":")
    reason = "there is no such device; numpy has cpu"
    assert str(error.value) == f"device '{qualified}' cannot be used: {reason}. Cure: name one of these."


@pytest.mark.needs("cuda_emulation")
@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("name", ["cuda:2", "cuda:-1", "cuda:00", "cuda:x", "cuda:1:0", "cupy:cpu", "cupy:gpu"])
def test_device_that_cupy_has_not(name):
    with pytest.raises(DeviceError) as error:
        find_device(name)
    assert str(error.value) == (
        f"device 'cupy:{name.removeprefix('cupy:')}' cannot be used: there is no such device; "
        "cupy has cuda:0, cuda:1. Cure: name one of these."
    )


@pytest.mark.parametrize("thing", [0, b"cpu", ["cpu"], object, 1.5])
def test_what_is_no_name(thing):
    with pytest.raises(DeviceError) as error:
        find_device(thing)
    assert str(error.value) == f"a device is a string or a Device; got {thing!r}. Cure: {HOW}."


def test_an_error_of_devices_is_a_built_in_kind():
    with pytest.raises(RuntimeError):
        find_device("nonsense")
    with pytest.raises(xnn.XnnError):
        find_device("nonsense")


# ---- objects ----


def test_one_object(device):
    assert isinstance(device, Device)
    assert find_device(str(device)) is find_device(device) is device
    assert device.backend.device(device.name) is device
    assert str(device) == f"{device.backend.name}:{device.name}"
    assert repr(device) == f"<device {device}>"
    assert device == find_device(str(device))
    assert {device: 1}[find_device(str(device))] == 1


def test_two_objects():
    assert find_device("strict:device1") != find_device("strict:device2")
    assert find_device("numpy:cpu") != "numpy:cpu"


def test_copies_are_the_same_object(device):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(device, protocol)) is device
    assert copy.copy(device) is copy.deepcopy(device) is device


def test_pickle_in_another_process(device):
    if device.backend.name == "cupy":
        pytest.skip("CUDA is emulated in this process only")
    program = f"import pickle\nprint(pickle.loads({pickle.dumps(device)!r}))"
    assert run(program) == [str(device)]


def test_pickle_of_a_device_that_is_not_there():
    pickled = pickle.dumps(find_device("cpu")).replace(b"\x09numpy:cpu", b"\x09numpy:gpu")
    with pytest.raises(DeviceError, match=r"^device 'numpy:gpu' cannot be used: there is no such device; numpy has"):
        pickle.loads(pickled)


def test_array_knows_its_device(device):
    assert xnn.ones(2, device=device).device is device
    assert xnn.ones(2, device=str(device)).device is device


# ---- working on a device ----


def test_scope(device):
    """What is made in its scope is made there, and afterwards all is as before."""
    xp = device.backend.xp
    with device.scope():
        inside = xp.zeros(2, device=None if device.needs_scope else device.raw)
        assert device.backend.device_of(inside) is device
    if device.needs_scope:
        first = find_device(f"{device.backend.name}:cuda:0")
        assert device.backend.device_of(xp.zeros(2)) is first


@pytest.mark.needs("cuda_emulation")
@pytest.mark.usefixtures("two_gpus")
def test_scopes_nest():
    one, two = find_device("cuda:0"), find_device("cuda:1")
    backend = one.backend

    def current():
        return backend.device_of(backend.xp.zeros(1))

    with two.scope():
        with one.scope(), two.scope():
            with one.scope():
                assert current() is one
            assert current() is two
        assert current() is two
        with pytest.raises(ZeroDivisionError), one.scope():
            raise ZeroDivisionError
        assert current() is two
    assert current() is one


@pytest.mark.needs("cuda_emulation")
@pytest.mark.usefixtures("two_gpus")
def test_scopes_of_threads():
    """Two threads enter the scope of one device from different ones, and each goes back to its own."""
    devices, together, seen = [find_device("cuda:0"), find_device("cuda:1")], threading.Barrier(2, timeout=30), {}

    def work(outer):
        backend = outer.backend
        with outer.scope():
            together.wait()
            late = 0.05 * (outer is devices[1])  # enters last, and leaves last
            time.sleep(late)
            with devices[0].scope():
                together.wait()
                time.sleep(late)
            seen[outer] = backend.device_of(backend.xp.zeros(1))
            together.wait()

    threads = [threading.Thread(target=work, args=(outer,)) for outer in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {outer: outer for outer in devices}


def test_synchronize(device):
    assert device.synchronize() is None
    if device.backend.name == "cupy":
        from tests import cuda_emulation

        if reason := cuda_emulation.skip_reason():
            pytest.skip(f"synchronisations cannot be counted: {reason}")
        with cuda_emulation.count() as counts:
            device.synchronize()
        assert counts.synchronisations == 1


def test_memory_info(device):
    info = device.backend.memory_info(device)
    if device.is_asynchronous:
        free, total = info
        assert 0 < free <= total
    else:
        assert info is None


# ---- reports ----


def test_report(device):
    report = device.backend.report(device.name)
    assert report in device.backend.reports()
    assert (report.device, report.usable, report.reason, report.cure) == (str(device), True, "", "")
    assert report.hardware
    assert device.backend.report(device.name) is report


def test_report_is_a_value():
    report = DeviceReport("x:y", usable=False, reason="it rains", cure="wait")
    assert report == DeviceReport("x:y", False, "it rains", "wait", "", None, None)
    assert dataclasses.replace(report, usable=True) != report
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.usable = True


def test_available():
    reports = xnn.backends.available()
    assert reports[0].device == "numpy:cpu"
    for report in reports:
        assert report.usable is (not report.reason) is (not report.cure)
        assert "\n" not in report.reason + report.cure
        if report.usable:
            assert str(find_device(report.device)) == report.device
    assert {r.device.partition(":")[0] for r in reports} >= {"numpy", "cupy", "torch", "strict"}


def test_library_that_is_not_installed(monkeypatch):
    """One report stands for the whole backend."""
    for name, library, distribution in (
        ("torch", "PyTorch", "torch"),
        ("strict", "array-api-strict", "array-api-strict"),
    ):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        (report,) = type(get_backend(name))().reports()
        assert report == DeviceReport(
            name,
            usable=False,
            reason=f"{library} is not installed",
            cure=f"python -m pip install {distribution}",
        )
