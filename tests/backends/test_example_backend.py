"""The example of a backend in examples/backend: found by its entry point, and right by the conformance tests."""

import importlib.util
import tomllib

import pytest

from tests.backends.processes import REPOSITORY, run

pytestmark = pytest.mark.plain

EXAMPLE = REPOSITORY / "examples" / "backend"
# A part of the conformance tests; CI runs the whole.
QUICK = "counting and not special. and (test_derivatives or test_array_object and not operators)"


@pytest.fixture
def path(tmp_path):
    """Folders of Python's path with what pip installs for the example."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    entries = project["entry-points"]["xnn.backends"]
    lines = ["[xnn.backends]", *(f"{key} = {value}" for key, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return [tmp_path, EXAMPLE]


def test_it_is_found_by_its_entry_point(path):
    program = """
import sys
import xnn
from xnn.backends import available, choose, names
print("counting" in names(), "xnn_counting" in sys.modules)
print(*[report for report in available() if report.device.startswith("counting")], "xnn_counting.arrays" in sys.modules)
x = xnn.ones(3, device="counting:cpu")
print(x, type(x._data).__name__, choose("auto").device.backend.name in ("numpy", "cupy"))
"""
    assert run(program, path=path) == [
        "True False",
        "DeviceReport(device='counting:cpu', usable=True, reason='', cure='', hardware='NumPy, counted', "
        "memory_free=None, memory_total=None) False",
        "Array([1. 1. 1.], dtype=float32, device='counting:cpu') Array True",
    ]


def test_its_arrays_are_raw_arrays(path):
    program = """
import numpy
import xnn
from xnn_counting.arrays import Array, count
x = Array(numpy.asarray([1.0, 2.0]))
print(xnn.exp(x), xnn.grad(lambda x: xnn.sum(x * x))(x))
with count() as outer:
    y = x @ x
    with count() as inner:
        xnn.matmul(x, x)
    xnn.linalg.qr(Array(numpy.eye(2)))
x + x
print(outer, inner, sep="\\n")
"""
    assert run(program, path=path) == [
        "counted array([2.71828183, 7.3890561 ]) counted array([2., 4.])",
        "Counts(calls=Counter({'matmul': 2, 'qr': 1}), bytes=Counter({'qr': 64, 'matmul': 16}))",
        "Counts(calls=Counter({'matmul': 1}), bytes=Counter({'matmul': 8}))",
    ]


def test_it_conforms(path):
    folders = [str(REPOSITORY / "tests" / name) for name in ("array_api/test_array_object.py", "ops/test_table.py")]
    settings = ["-q", "-p", "no:cacheprovider", "-c", str(REPOSITORY / "pyproject.toml"), "--device", "counting:cpu"]
    arguments = [*settings, "-k", QUICK, *folders]
    *_, last = run(f"import pytest\nassert not pytest.main({arguments!r})", path=path)
    assert "failed" not in last
    has_oracle = importlib.util.find_spec("torch") is not None  # the rows of tests/ops are held against PyTorch
    assert int(last.split(" passed")[0]) > (300 if has_oracle else 10)
