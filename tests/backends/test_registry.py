"""The registry: names to backends, whose arrays these are, and what is refused."""

import threading

import numpy as np
import pytest

import xnn
from tests.conftest import why_not
from xnn_backends import (
    Backend,
    DeviceError,
    DeviceReport,
    Unusable,
    available,
    backend_of,
    find_device,
    get_backend,
    names,
    register,
    registry,
)
from xnn_backends.numpy_backend import NumpyBackend

OURS = ("numpy", "cupy", "torch", "strict")


@pytest.fixture
def table(monkeypatch):
    """The registry may be changed in a test."""
    for name in ("_targets", "_backends", "_of_type"):
        monkeypatch.setattr(registry, name, getattr(registry, name).copy())
    monkeypatch.setattr(registry, "_auto", registry._auto)


def made(name, **attributes):
    """A backend's class, by default like NumPy's."""
    defaults = {"__module__": __name__, "library": "nowhere", "bare_devices": (), "auto_rank": None}
    return type("Made", (NumpyBackend,), defaults | {"name": name} | attributes)


# ---- names ----


def test_names():
    assert names()[:4] == OURS


@pytest.mark.parametrize("name", OURS)
def test_get_backend(name):
    backend = get_backend(name)
    assert isinstance(backend, Backend)
    assert backend.name == name
    assert get_backend(name) is backend


def test_unknown_backend():
    with pytest.raises(DeviceError) as error:
        get_backend("nonsense")
    assert str(error.value).startswith("there is no backend 'nonsense'; there are numpy, cupy, torch, strict")
    assert str(error.value).endswith(f". Cure: {registry.HOW_TO_WRITE}.")


def test_entry_points_are_the_table():
    """What the distribution declares is what works without metadata."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        entries = distribution("xnn-array").entry_points.select(group=registry.GROUP)
    except PackageNotFoundError:
        pytest.skip("xnn-array is not installed: tests run from a checkout")
    assert {entry.name: entry.value for entry in entries} == registry.BUILT_IN


def test_reserved_names_are_those_of_bare_devices():
    bare = {kind for name in OURS for kind in get_backend(name).bare_devices}
    assert {*registry.RESERVED} == {"auto", *bare}


# ---- register ----


@pytest.mark.usefixtures("table")
def test_register_a_class():
    register("mine", made("mine"))
    assert names()[-1] == "mine"
    assert str(find_device("mine:cpu")) == "mine:cpu"
    assert get_backend("mine") is find_device("mine:cpu").backend
    with pytest.raises(ValueError, match=r"^the backend 'mine' is in use already; register before its first use$"):
        register("mine", made("mine"))


@pytest.mark.usefixtures("table")
def test_register_by_name():
    register("mine", f"{__name__}:Outer.Inner")
    assert isinstance(get_backend("mine"), Outer.Inner)


class Outer:
    class Inner(NumpyBackend):
        name = "mine"


@pytest.mark.usefixtures("table")
def test_register_replaces_what_is_not_in_use():
    register("mine", "no.such.module:Class")
    register("mine", made("mine"))
    assert get_backend("mine").name == "mine"


@pytest.mark.parametrize("name", ["", "a:b", ":"])
def test_register_refuses_names(name):
    with pytest.raises(ValueError, match=r"^a backend's name has no colon and is not empty; got "):
        register(name, made(name))
    assert name not in names()


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda"])
def test_register_refuses_reserved_names(name):
    with pytest.raises(ValueError, match=f"^a backend's name is none of auto, cpu, cuda; got '{name}'$"):
        register(name, made(name))


@pytest.mark.parametrize("target", [int, NumpyBackend(), None])
def test_register_refuses_what_is_no_class_of_backends(target):
    with pytest.raises(TypeError, match=r"^a backend is a subclass of Backend, or 'module:Class'; got "):
        register("mine", target)
    assert "mine" not in names()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module:Class", "cannot be loaded from 'no_such_module:Class': ModuleNotFoundError: "),
        ("math:Class", "cannot be loaded from 'math:Class': AttributeError: "),
        ("math", "cannot be loaded from 'math': "),
        ("math:pi", "cannot be loaded from 'math:pi': TypeError: 3.14"),
        ("xnn_backends:Backend", "cannot be loaded from 'xnn_backends:Backend': TypeError: Can't instantiate"),
        ("xnn_backends.numpy_backend:NumpyBackend", "is registered by that name, but calls itself 'numpy'"),
    ],
)
@pytest.mark.usefixtures("table")
def test_broken_backend(target, reason):
    """It is refused by name, and in nobody's way."""
    register("broken", target)
    cure = "update, reinstall or uninstall the package that provides it"
    with pytest.raises(DeviceError) as error:
        find_device("broken:cpu")
    assert str(error.value).startswith(f"the backend 'broken' {reason}")
    assert str(error.value).endswith(f". Cure: {cure}.")
    assert available()[-1].reason.startswith(f"it {reason}")
    assert available()[-1].cure == cure
    assert backend_of(type("Foreign", (), {})()) is None
    assert str(find_device("cpu")) == "numpy:cpu"
    registry._auto = None
    assert find_device("auto").backend.name in ("numpy", "cupy")


@pytest.mark.usefixtures("table")
def test_broken_search_for_devices():
    def find_devices(self):
        raise KeyError("two\nlines")

    register("broken", made("broken", find_devices=find_devices, auto_rank=99))
    (report,) = get_backend("broken").reports()
    cure = f"ask those who wrote the backend 'broken', {__name__}"
    reason = r"looking for its devices failed: KeyError: 'two\nlines'"
    assert report == DeviceReport("broken", usable=False, reason=reason, cure=cure)
    assert registry.choose("auto").why.startswith(f"auto: broken cannot be used: {reason}; ")


@pytest.mark.usefixtures("table")
def test_broken_trial_of_a_device():
    def try_device(self, name):
        return {"colour": "green"}  # no field of DeviceReport

    register("broken", made("broken", try_device=try_device, auto_rank=99))
    (report,) = get_backend("broken").reports()
    assert report.device == "broken:cpu"
    assert report.reason.startswith("trying it failed: TypeError: ")
    assert report.cure == f"ask those who wrote the backend 'broken', {__name__}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hardware": b"a toy"}, "a device's hardware is a string; got b'a toy'"),
        ({"hardware": None}, "a device's hardware is a string; got None"),
        ({"memory_free": 2.5}, "a device's memory is an int or None; got 2.5"),
        ({"memory_total": np.int64(3)}, "a device's memory is an int or None; got np.int64(3)"),
    ],
)
@pytest.mark.usefixtures("table")
def test_what_a_trial_gives_is_looked_at(fields, reason):
    """Else the list of devices could not be printed, for nobody."""
    register("broken", made("broken", try_device=lambda self, name: fields))
    (report,) = get_backend("broken").reports()
    assert not report.usable
    assert report.reason == f"trying it failed: TypeError: {reason}"


@pytest.mark.usefixtures("table")
def test_backend_without_devices():
    register("empty", made("empty", find_devices=lambda self: ()))
    with pytest.raises(DeviceError, match=r"^device 'empty:cpu' cannot be used: it shows no device\. Cure: "):
        find_device("empty:cpu")


@pytest.mark.usefixtures("table")
def test_no_device_is_usable():
    def find_devices(self):
        raise Unusable("it rains", "wait")

    registry._backends.clear()
    registry._targets.update(dict.fromkeys(OURS, "no_such_module:Class"))
    registry._auto = None
    with pytest.raises(DeviceError, match=r"^auto: no backend can be loaded\. Cure: see what `xnn devices` says\.$"):
        find_device("auto")
    register("wet", made("wet", find_devices=find_devices, auto_rank=1))
    with pytest.raises(DeviceError, match=r"^auto: wet cannot be used: it rains\. Cure: see what `xnn devices` says"):
        find_device("auto")


@pytest.mark.usefixtures("table")
def test_auto_takes_the_highest_rank():
    register("better", made("better", auto_rank=99))
    device = find_device("better:cpu")
    assert registry.choose("auto").device is device
    assert registry.choose("auto").why.startswith("auto: better:cpu (")
    register("best", made("best", auto_rank=100))  # the choice is made anew
    assert str(registry.choose("auto").device) == "best:cpu"


@pytest.mark.usefixtures("table")
def test_bare_devices_of_a_third_party():
    register("mine", made("mine", bare_devices=("tpu", "cpu"), find_devices=lambda self: ("tpu:0", "tpu:1")))
    assert str(find_device("tpu")) == "mine:tpu:0"
    assert str(find_device("tpu:1")) == "mine:tpu:1"
    assert str(find_device("cpu")) == "numpy:cpu"  # xnn's own come first


@pytest.mark.usefixtures("table")
def test_threads_get_one_backend_and_one_device():
    """Also where they ask at once, and the first is not ready when the second asks."""
    together = threading.Barrier(2, timeout=30)

    class Slow(made("slow")):
        def __init__(self):
            together.wait()
            super().__init__()

        def make_device(self, name):
            together.wait()
            return super().make_device(name)

    register("slow", Slow)
    found = []
    threads = [threading.Thread(target=lambda: found.append(find_device("slow:cpu"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = found
    assert first is second
    assert first.backend is second.backend is get_backend("slow")


# ---- whose array is it ----


@pytest.mark.every_device
def test_backend_of(device):
    x = device.backend.from_numpy(np.ones(3, np.float32), device)
    assert backend_of(x) is device.backend


@pytest.mark.parametrize(
    "foreign",
    [1, 1.0, True, None, "x", [1.0], (np.ones(2),), np.float32(1), np.ones, np, memoryview(b"x"), int, object()],
    ids=lambda x: type(x).__name__,
)
def test_backend_of_what_is_no_array(foreign):
    assert backend_of(foreign) is None


def test_backend_of_an_xnn_array():
    assert backend_of(xnn.asarray(1.0, device="cpu")) is None


@pytest.mark.parametrize("module", ["numpy", "torch.nn", "cupy", "array_api_strict", None])
def test_backend_of_what_only_claims_to_be_an_array(module):
    assert backend_of(type("ndarray", (), {"__module__": module})()) is None


class Mine(np.ndarray):
    """A user's subclass."""


def test_backend_of_a_subclass():
    assert backend_of(np.ones(2).view(Mine)) is get_backend("numpy")
    assert backend_of(np.ma.ones(2)) is None  # whose mask would be lost


@pytest.mark.needs("torch")
def test_backend_of_a_torch_parameter(request):
    if reason := why_not("torch:cpu", request.config):
        pytest.skip(reason)
    import torch

    assert backend_of(torch.nn.Parameter(torch.ones(2))) is get_backend("torch")
