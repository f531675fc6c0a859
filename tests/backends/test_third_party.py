"""A backend of a third party: a distribution with an entry point, found without any change of xnn."""

import json

import pytest

from tests.backends.processes import run

pytestmark = pytest.mark.plain

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
    "SystemExit: 3": ("toy = toy:Toy", "import sys\nsys.exit(3)"),
    "SystemExit": ("toy = toy:Toy", "raise SystemExit"),
    "GeneratorExit: now": ("toy = toy:Toy", "raise GeneratorExit('now')"),
    "BaseException: of its own": ("toy = toy:Toy", "raise BaseException('of its own')"),
    "SystemExit: made": ("toy = toy:Toy", MODULE + "    def __init__(self): raise SystemExit('made')"),
    "TypeError: its attribute library": ("toy = toy:Toy", MODULE.replace('library = "toy"', "library = 1")),
    "TypeError: its bare_devices is no": ("toy = toy:Toy", MODULE.replace("bare_devices = ()", "bare_devices = 1")),
    "TypeError: its bare_devices": ("toy = toy:Toy", MODULE.replace("auto_rank = None", "auto_rank = 'high'")),
}  # fmt: skip


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


@pytest.mark.parametrize("where", ["find_devices", "try_device"])
def test_a_third_party_that_ends_the_process_when_asked(install, where):
    ending = f"    def {where}(self, *_):\n        raise SystemExit(5)\n"
    program = """
from xnn.backends import available, choose
print(*[report.reason for report in available() if report.device.startswith("toy")], sep="; ")
print(choose("auto").device.backend.name in ("numpy", "cupy"))
"""
    doing = {"find_devices": "looking for its devices", "try_device": "trying it"}[where]
    reason, works = run(program, **install("toy = toy:Toy\n", MODULE + ending))
    assert {*reason.split("; ")} == {f"{doing} failed: SystemExit: 5"}
    assert works == "True"


def test_ctrl_c_while_a_third_party_is_imported(install):
    program = """
from xnn.backends import choose
try: choose("auto")
except KeyboardInterrupt: print("stopped")
"""
    assert run(program, **install("toy = toy:Toy\n", "raise KeyboardInterrupt")) == ["stopped"]


def test_an_unknown_type_imports_nobody(install):
    """Nothing says that a string, or an object of a user's, might be a stranger's array."""
    program = """
import fractions, sys
import numpy
import xnn
from xnn_backends import backend_of
for x in ("a", object(), fractions.Fraction(1), numpy.float32(1), [1], type("Mine", (), {"shape": (), "dtype": 1})()):
    print(backend_of(x), end=" ")
try: xnn.exp("a")
except TypeError: print("toy" in sys.modules)
"""
    assert run(program, **install("toy = toy:Toy\n", "print('imported')")) == ["None " * 6 + "False"]


@pytest.mark.parametrize(
    ("name", "library", "module", "first"),
    [
        ("vecs", "vecs", "vecs_for_xnn", "vecs True"),  # named after the library
        ("vecs", "vecs_for_xnn.arrays", "vecs_for_xnn", "vecs True"),  # of the library's own package
        ("other", "vecs", "vecs_for_xnn", "None False"),  # nothing says so until it is asked for by name
    ],
)
def test_whose_array_it_is(install, tmp_path, name, library, module, first):
    """A library's arrays are known without a word where its backend is named after it, or comes with it."""
    (tmp_path / module).mkdir()
    (tmp_path / (library.replace(".", "/") + ".py")).write_text("class Array:\n    shape = dtype = ()\n")
    backend = MODULE.replace('"toy"', '"NAME"', 1).replace('"toy"', '"LIBRARY"').replace("chip:0", "cpu")
    backend = backend.replace("NAME", name).replace("LIBRARY", library.partition(".")[0])
    backend += f"    @property\n    def array_type(self):\n        from {library} import Array\n        return Array\n"
    (tmp_path / module / "__init__.py").write_text("")
    (tmp_path / module / "backend.py").write_text(backend)
    program = f"""
import sys
from {library} import Array
from xnn_backends import backend_of, find_device
print(getattr(backend_of(Array()), "name", None), "{module}.backend" in sys.modules)
find_device("{name}:cpu")
print(backend_of(Array()).name)
"""
    installed = install(f"{name} = {module}.backend:Toy\n", "")
    assert run(program, **installed) == [first, name]


def test_an_entry_point_that_names_nothing(install):
    program = """
import warnings
from xnn.backends import find_device, names
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    print("toy" in names(), find_device("cpu"))
print(*[warning.message for warning in seen])
"""
    assert run(program, **install("toy = a b\n")) == [
        "False numpy:cpu",
        "the entry point 'toy = a b' is ignored: it does not name a module and a class, as in module:Class",
    ]


def test_entry_points_that_cannot_be_read(install):
    program = """
import warnings
from xnn.backends import find_device, names
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    print(len(names()), find_device("cpu"))
print(*[str(warning.message).partition(": ")[0] for warning in seen])
"""
    assert run(program, **install("no equals sign\n")) == [
        "4 numpy:cpu",
        "no third party's backend is found, as entry points cannot be read",
    ]


@pytest.mark.parametrize("ending", ["", "import sys\nsys.exit(3)\n"])
def test_the_list_of_devices_with_a_third_party_that_talks(install, ending):
    """What it prints is not in the way of who reads the list, and where it ends, it does not end the command."""
    program = """
import io, json, sys
sys.stderr = io.StringIO()
from xnn.cli import main
print(main(["devices", "--json"]))
"""
    *printed, code = run(program, **install("toy = toy:Toy\n", "print('hello')\n" + ending + MODULE))
    devices = {entry["device"]: entry for entry in json.loads("\n".join(printed))["devices"]}
    assert code == "0"
    assert ("toy" in devices) == bool(ending)
    assert not ending or devices["toy"]["reason"] == "it cannot be loaded from 'toy:Toy': SystemExit: 3"


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
