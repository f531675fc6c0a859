"""The device matrix: one fixture, `device`, with a row for each backend that is there. tests/README.md shows its use.

Rows on CUDA are real CuPy on emulated CUDA (tests/cuda_emulation); `--device cuda` runs the matrix
on a real GPU in the place of all rows, `--device NAME:DEVICE` on a device of any backend that is there.
Rows that cannot run, and tests that need a package which is not there, are not collected: one line at the end says so.
`--require ROW,ROW` makes that an error: CI names those that must not be missing. So does `--device NAME:DEVICE`.
"""

import os
import signal

import pytest

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, at its import; tests/consumers run it on Arrays

from tests import cuda_emulation, optional, parity
from xnn_backends import DeviceError, find_device

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROWS = ("numpy:cpu", "strict:CPU_DEVICE", "strict:device1", "torch:cpu", "cupy:cuda:0", "cupy:cuda:1")
# One device of each library, which is what most tests take: the one where nothing lies that says no device. Those about
# devices are marked `every_device`, and take all rows; so do all tests with `--every-device`.
ONE_OF_EACH = ("numpy:cpu", "strict:device1", "torch:cpu", "cupy:cuda:1")
MOST_PROCESSES = 8  # each collects all tests before it runs its share
REAL_ROWS = ("cupy:cuda:0",)
EMULATED = tuple(row for row in ROWS if row.startswith("cupy"))


def pytest_addoption(parser):
    parser.addoption("--device", metavar="ROW,ROW", help="other rows for the matrix: of any backend; cuda: a real GPU")
    parser.addoption("--every-device", action="store_true", help="all tests on all rows of the matrix")
    parser.addoption("--parity", action="store_true", help="print at the end what was held against other libraries")
    parser.addoption(
        "--beyond-plain", action="store_true", help="leave out what `.[test]` can test, and a sample is enough of"
    )
    parser.addoption("--require", default="", metavar="ROW,ROW", help="rows of the matrix that must not be skipped")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Whole folders are tested by as many processes as there are cores, unless the command says how many."""
    option = config.option
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ  # a process of pytest-xdist, or what a test in it starts
    alone = is_one_of_several or option.usepdb or option.trace or option.collectonly or option.capture == "no"
    if getattr(option, "numprocesses", 0) is None and not alone and all(map(os.path.isdir, config.args)):
        option.numprocesses = min(cores(), MOST_PROCESSES)
    # Runs are held against one another bit for bit: each of their processes takes as many threads, whoever else is at
    # work. Where several processes test at once, the threads of each would only wait for the others'.
    threads = 1 if getattr(option, "numprocesses", 0) else cores()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))


def cores():
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pytest_configure(config):
    config.addinivalue_line("markers", "every_device: a test about devices, on all rows of the matrix")
    config.addinivalue_line("markers", "of_parts: of what is composed, --beyond-plain takes NumPy's row alone")
    config.addinivalue_line("markers", "plain: a test of files and processes, the same whatever is installed")
    config.addinivalue_line("markers", "needs(name): a test that cannot run without it; see tests/optional.py")
    if config.getoption("--device") is None and not cuda_emulation.unavailable():
        cuda_emulation.install(devices=2)
    required = [row for row in config.getoption("--require").split(",") if row]
    required += [] if config.getoption("--device") in (None, "cuda") else rows_of(config)
    missing = {row: reason for row in required if (reason := why_not(row, config))}
    if missing:
        raise pytest.UsageError("rows that are required are missing: " + "; ".join(map(": ".join, missing.items())))


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist
        session.config.workeroutput["parity"] = [[list(key), entry] for key, entry in parity.FOUND.items()]
        session.config.workeroutput["left out"] = {name: sorted(tests) for name, tests in optional.left_out.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    output = getattr(node, "workeroutput", {})
    parity.merge(output.get("parity", []))
    for name, tests in output.get("left out", {}).items():  # every process collects all
        optional.left_out.setdefault(name, set()).update(tests)


def pytest_terminal_summary(terminalreporter, config):
    if line := optional.summary([] if config.getoption("--device") else [row for row in ROWS if why_not(row, config)]):
        terminalreporter.write_line(line)
    if config.getoption("--parity"):
        for line in parity.tables():
            terminalreporter.write_line(line)


def pytest_report_header(config):
    return [f"device matrix: {row}: {why_not(row, config) or describe(row, config)}" for row in rows_of(config)]


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector, name, obj):
    """Nothing of a test whose needs are not met; a test that is asked for by its name is skipped, with the reason."""
    if is_by_name(collector.config) or not callable(obj) or not collector.funcnamefilter(name):
        return None
    need = optional.missing([*collector.iter_markers("needs"), *getattr(obj, "pytestmark", ())])
    if need is None:
        return None
    optional.leave_out(need, f"{collector.nodeid}::{name}")
    return []


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if not is_by_name(collector.config) and optional.of_a_module(report):
        report.outcome, report.longrepr, report.result = "passed", None, []
    return report


def pytest_collection_modifyitems(config, items):
    """Parameters have needs of their own."""
    if not is_by_name(config):
        needs = [optional.missing(item.iter_markers("needs")) for item in items]
        for item, need in zip(items, needs, strict=True):
            if need is not None:
                optional.leave_out(need, item.nodeid)
        items[:] = [item for item, need in zip(items, needs, strict=True) if need is None]

    if config.getoption("--beyond-plain"):
        plain = [item for item in items if is_plain(item) or is_of_parts(item)]
        config.hook.pytest_deselected(items=plain)
        left_out = set(plain)
        items[:] = [item for item in items if item not in left_out]


def is_plain(item):
    """Whether it is of array-api-strict, which computes by the definitions, or the same whatever is installed."""
    row = getattr(item, "callspec", None) and item.callspec.params.get("device")
    return (isinstance(row, str) and row.startswith("strict:")) or item.get_closest_marker("plain") is not None


def is_of_parts(item):
    """Whether it is the derivative of what is composed, on another library: of its parts it is tested there."""
    if item.get_closest_marker("of_parts") is None:
        return False
    from tests.ops.table import primitives

    parameters = item.callspec.params
    return parameters["device"] != "numpy:cpu" and parameters["row"].name not in primitives()


def pytest_runtest_setup(item):
    if need := optional.missing(item.iter_markers("needs")):
        optional.require(need)


def is_by_name(config):
    return any("::" in argument for argument in config.args)


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames and metafunc.module.__name__ == "tests.test_matrix":
        metafunc.parametrize("row", rows_that_run(metafunc.config))
    if "device" in metafunc.fixturenames:
        is_about_devices = metafunc.definition.get_closest_marker("every_device") is not None
        rows = rows_that_run(metafunc.config) if is_about_devices else one_of_each(metafunc.config)
        metafunc.parametrize("device", rows, indirect=True)


def rows_of(config):
    asked = config.getoption("--device")
    if asked is None:
        return ROWS
    return REAL_ROWS if asked == "cuda" else tuple(asked.split(","))


def rows_that_run(config):
    """All rows but those that cannot run; on a real GPU all, so that each test says why it could not."""
    if config.getoption("--device"):
        return rows_of(config)
    return [row for row in ROWS if why_not(row, config) is None]


def one_of_each(config):
    """The rows of most tests: a device of each library that is there, unless the command asks for others."""
    rows = rows_that_run(config)
    if config.getoption("--every-device") or config.getoption("--device"):
        return rows
    return [row for row in rows if row in ONE_OF_EACH]


def describe(row, config):
    return "real CuPy, emulated CUDA" if row in EMULATED and config.getoption("--device") is None else "runs"


def why_not(row, config):
    """Why a row cannot run, or None."""
    if row in EMULATED and config.getoption("--device") is None and cuda_emulation.skip_reason():
        return cuda_emulation.skip_reason()
    try:
        find_device(row)
    except DeviceError as error:
        return str(error)
    return None


@pytest.fixture
def device(request):
    """A device of the matrix, for `device=`; every test with it runs once for each row."""
    reason = why_not(request.param, request.config)
    if reason:
        pytest.skip(reason)
    return find_device(request.param)


@pytest.fixture(autouse=True)
def seeded():
    """Each test draws the same numbers from the default stream, whatever its process ran before."""
    from xnn.random import manual_seed  # not at the top: the emulation is installed before xnn looks for devices

    manual_seed(0)
