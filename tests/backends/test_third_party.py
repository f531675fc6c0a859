"""A backend of a third party: a distribution with an entry point, found without any change of xnn."""

import pytest

from tests.backends.processes import run

MODULE = """
from xnn_backends.numpy_backend import NumpyBackend
from xnn_backends import Device, Unusable

class Toy(NumpyBackend):
    name = "toy"
    library = "toy"
    bare_devices = ()
    auto_rank = None

    def find_devices(self):
        return ("chip:0", "chip:1")

    def try_device(self, name):
        if name == "chip:1":
            raise Unusable("it melts", "cool it")
        return {"hardware": "a toy", "memory_free": 1, "memory_total": 2}

    def make_device(self, name):
        return Device(self, name, "cpu")  # what NumPy takes as `device=`
"""


@pytest.fixture
def install(tmp_path):
    """Write a distribution into a folder of Python's path; options for `run`."""

    def install(entries, module=MODULE, name="toy"):
        (tmp_path / f"{name}.py").write_text(module)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[xnn.backends]\n" + entries)
        return {"path": [tmp_path]}

    return install


def test_third_party(install):
    program = """
import sys
import xnn
from xnn.backends import available, choose, get_backend, names
print(names()[-1], "toy" in sys.modules)
x = xnn.ones(3, device="toy:chip:0")
print(x.device, float(xnn.sum(x)), get_backend("toy").__class__.__module__)
print(*[report for report in available() if report.device.startswith("toy")], sep="\\n")
try: xnn.ones(3, device="toy:chip:1")
except xnn.DeviceError as error: print(error)
print(str(choose("auto").device).startswith("toy"))
"""
    installed = install("toy = toy:Toy\n")
    assert run(program, **installed) == [
        "toy False",
        "toy:chip:0 3.0 toy",
        "DeviceReport(device='toy:chip:0', usable=True, reason='', cure='', hardware='a toy', "
        "memory_free=1, memory_total=2)",
        "DeviceReport(device='toy:chip:1', usable=False, reason='it melts', cure='cool it', hardware='', "
        "memory_free=None, memory_total=None)",
        "device 'toy:chip:1' cannot be used: it melts. Cure: cool it.",
        "False",
    ]


def test_third_party_in_auto(install):
    installed = install("toy = toy:Toy [extra]\n", MODULE.replace("auto_rank = None", "auto_rank = 50"))
    program = "from xnn.backends import choose\nprint(choose().device, choose().why, sep='\\n')"
    assert run(program, **installed) == ["toy:chip:0", "auto: toy:chip:0 (a toy) works"]


BROKEN = {
    "SystemError: broken": ("toy = toy:Toy", "raise SystemError('broken')"),
    "SyntaxError: ": ("toy = toy:Toy", "def"),
    "AttributeError: module 'toy' has no attribute 'Toy'": ("toy = toy:Toy", ""),
    "ModuleNotFoundError: No module named 'lost'": ("toy = lost:Toy", ""),
    "TypeError: 1 is no subclass of Backend": ("toy = toy:Toy", "Toy = 1"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_broken_third_party(install, reason):
    """It is refused by name, and nobody else is hindered."""
    installed = install(*BROKEN[reason])
    program = """
import numpy
import xnn
from xnn.backends import available, choose, find_device
print(xnn.add(numpy.ones(1), 1), choose("cpu").device, choose("auto").device.backend.name in ("numpy", "cupy"))
try: xnn.ones(1, device="toy:chip")
except xnn.DeviceError as error: print(error)
print(available()[-1].reason)
"""
    works, refusal, report = run(program, **installed)
    assert works == "[2.] numpy:cpu True"
    assert refusal.startswith(f"the backend 'toy' cannot be loaded from '{BROKEN[reason][0][6:]}': {reason}")
    assert refusal.endswith(". Cure: update, reinstall or uninstall the package that provides it.")
    assert report.startswith(f"it cannot be loaded from '{BROKEN[reason][0][6:]}': {reason}")


def test_third_party_cannot_take_our_names(install):
    installed = install("numpy = toy:Toy\n")
    program = "from xnn.backends import get_backend, names\nprint(get_backend(names()[0]).__class__.__name__)"
    assert run(program, **installed) == ["NumpyBackend"]


def test_reserved_name_of_an_entry_point(install):
    installed = install("cuda = toy:Toy\n")
    program = """
import warnings
from xnn.backends import find_device, names
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    print("cuda" in names(), find_device("cpu"))
print(*[warning.message for warning in seen])
"""
    assert run(program, **installed) == [
        "False numpy:cpu",
        "the entry point 'cuda = toy:Toy' is ignored: a backend's name is none of auto, cpu, cuda",
    ]


def test_without_metadata(tmp_path):
    """A frozen or vendored copy, which has no entry points, has xnn's own backends."""
    program = "from xnn.backends import names\nprint(names())\n"
    hidden = "import importlib.metadata\nimportlib.metadata.entry_points = lambda **_: ()\n"
    assert run(hidden + program, path=[tmp_path]) == ["('numpy', 'cupy', 'torch', 'strict')"]
