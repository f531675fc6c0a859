"""Which device is meant: explicit, scoped, the process's default, XNN_DEVICE, auto; in this order."""

import contextvars
import threading

import pytest

import xnn
from tests.backends.processes import run
from xnn_backends import (
    DeviceError,
    choose,
    find_device,
    get_default_device,
    registry,
    set_default_device,
    use_device,
)


@pytest.fixture(autouse=True)
def no_default(monkeypatch):
    """Each test starts as a process does, and leaves no default behind."""
    monkeypatch.delenv("XNN_DEVICE", raising=False)
    monkeypatch.setattr(registry, "_process_default", None)
    token = registry._scoped_default.set(None)
    yield
    registry._scoped_default.reset(token)


def assert_chosen(device, why):
    choice = choose()
    assert (str(choice.device), choice.why) == (device, why)
    assert find_device() is get_default_device() is choice.device
    assert xnn.zeros(1).device is choice.device


def test_precedence(monkeypatch):
    """Each takes precedence over those before it."""
    auto = choose("auto")
    assert_chosen(str(auto.device), auto.why)
    monkeypatch.setenv("XNN_DEVICE", "strict:device1")
    assert_chosen("strict:device1", "set by XNN_DEVICE=strict:device1")
    set_default_device("strict:device2")
    assert_chosen("strict:device2", "set by set_default_device")
    with use_device("numpy:cpu") as found:
        assert found is find_device("numpy:cpu")
        assert_chosen("numpy:cpu", "set by use_device")
        explicit = choose("strict:CPU_DEVICE")
        assert (str(explicit.device), explicit.why) == ("strict:CPU_DEVICE", "asked for by name")
        assert str(xnn.zeros(1, device="strict:CPU_DEVICE").device) == "strict:CPU_DEVICE"
        with use_device(explicit.device):
            assert_chosen("strict:CPU_DEVICE", "set by use_device")
        assert_chosen("numpy:cpu", "set by use_device")
    assert_chosen("strict:device2", "set by set_default_device")
    set_default_device(None)
    assert_chosen("strict:device1", "set by XNN_DEVICE=strict:device1")
    set_default_device("auto")
    assert_chosen(str(auto.device), auto.why)


@pytest.mark.parametrize("value", ["", "auto"])
def test_xnn_device_that_says_nothing(monkeypatch, value):
    monkeypatch.setenv("XNN_DEVICE", value)
    assert choose() == choose("auto")


def test_explicit_auto_is_not_the_default():
    auto = choose("auto")
    with use_device("strict:device1"):
        assert choose("auto") == auto
        assert find_device("auto") is auto.device


def test_the_default_may_be_a_device():
    set_default_device(find_device("strict:device1"))
    assert_chosen("strict:device1", "set by set_default_device")


# ---- what cannot be used ----


@pytest.mark.parametrize("name", ["nonsense", "strict:device9", "torch:cuda:99"])
def test_refused_default_leaves_the_old_one(name):
    set_default_device("strict:device1")
    with pytest.raises(DeviceError):
        set_default_device(name)
    assert_chosen("strict:device1", "set by set_default_device")
    with pytest.raises(DeviceError), use_device(name):
        pytest.fail("the block must not run")
    assert_chosen("strict:device1", "set by set_default_device")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("nonsense", f"'nonsense' is not a device. Cure: {registry.HOW_TO_WRITE}."),
        ("numpy", f"'numpy' is a backend, not a device. Cure: {registry.HOW_TO_WRITE}; `xnn devices` lists them."),
        (
            "cpu:1",
            "device 'numpy:cpu:1' cannot be used: there is no such device; numpy has cpu. Cure: name one of these.",
        ),
    ],
)
def test_xnn_device_that_cannot_be_used(monkeypatch, value, text):
    """The error names the variable, and the cure; nothing falls back in silence."""
    monkeypatch.setenv("XNN_DEVICE", value)
    for ask in (find_device, get_default_device, choose, lambda: xnn.zeros(1)):
        with pytest.raises(DeviceError) as error:
            ask()
        assert str(error.value) == f"XNN_DEVICE={value}: {text}"
    assert str(find_device("cpu")) == "numpy:cpu"  # who names a device needs no default
    with use_device("cpu"):
        assert_chosen("numpy:cpu", "set by use_device")


def test_xnn_device_in_a_process():
    program = "import xnn\nprint(xnn.zeros(2).device, xnn.backends.choose().why)"
    assert run(program, XNN_DEVICE="cpu") == ["numpy:cpu set by XNN_DEVICE=cpu"]


def test_import_asks_for_no_device():
    """A wrong XNN_DEVICE is an error of the first array, not of the import."""
    assert run("import xnn\nprint('imported')", XNN_DEVICE="nonsense") == ["imported"]


# ---- scopes ----


def test_scope_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), use_device("strict:device1"):
        raise ZeroDivisionError
    assert choose() == choose("auto")


def test_scopes_are_of_a_thread():
    seen, before = {}, str(find_device())

    def work(name):
        seen[f"{name} before"] = str(find_device())
        with use_device(name):
            together.wait()  # both threads are in their blocks now
            seen[name] = str(find_device())
            together.wait()

    together = threading.Barrier(2, timeout=30)
    names = ("strict:device1", "strict:device2")
    with use_device("strict:CPU_DEVICE"):
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {name: seen[name] for name in names} == {name: name for name in names}
    assert {seen[f"{name} before"] for name in names} == {before}  # not the starting thread's scope


def test_scopes_are_of_a_context():
    with use_device("strict:device1"):
        context = contextvars.copy_context()
    assert str(context.run(find_device)) == "strict:device1"
    assert choose() == choose("auto")


def test_the_default_is_of_the_process():
    set_default_device("strict:device1")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(str(find_device())))
    thread.start()
    thread.join()
    assert seen == ["strict:device1"]
