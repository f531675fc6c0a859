"""The device matrix: one fixture, `device`, with a row for each backend and device that is there.

Rows on CUDA are real CuPy on emulated CUDA (tests/cuda_emulation); `--device cuda` runs the matrix
on a real GPU in the place of all rows, `--device NAME:DEVICE` on a device of any backend that is there.
A row that cannot run is reported once, with the reason, as a skip of tests/test_matrix.py.
`--require ROW,ROW` makes that an error: CI names those that must not be skipped. So does `--device NAME:DEVICE`.
"""

import os
import signal

import pytest

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, at its import; tests/consumers run it on Arrays
# Runs are held against one another bit for bit: each of their processes takes as many threads, whoever else is at work.
os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))

from tests import cuda_emulation, parity
from xnn_backends import DeviceError, find_device

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROWS = ("numpy:cpu", "strict:CPU_DEVICE", "strict:device1", "torch:cpu", "cupy:cuda:0", "cupy:cuda:1")
# Devices of a library that another row stands for, where a test says `a_device_of_each`: what derivatives cost in time
# is not spent twice on the same functions of the same library.
SECOND = ("strict:CPU_DEVICE", "cupy:cuda:1")
REAL_ROWS = ("cupy:cuda:0",)
EMULATED = tuple(row for row in ROWS if row.startswith("cupy"))


def pytest_addoption(parser):
    parser.addoption("--device", metavar="ROW,ROW", help="other rows for the matrix: of any backend; cuda: a real GPU")
    parser.addoption("--parity", action="store_true", help="print at the end what was held against other libraries")
    parser.addoption("--require", default="", metavar="ROW,ROW", help="rows of the matrix that must not be skipped")


def pytest_configure(config):
    config.addinivalue_line("markers", "a_device_of_each: a test of a library's functions, on one of its devices")
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


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    parity.merge(getattr(node, "workeroutput", {}).get("parity", []))


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--parity"):
        for line in parity.tables():
            terminalreporter.write_line(line)


def pytest_report_header(config):
    return [f"device matrix: {row}: {why_not(row, config) or describe(row, config)}" for row in rows_of(config)]


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames and metafunc.module.__name__ == "tests.test_matrix":
        metafunc.parametrize("row", rows_of(metafunc.config))
    if "device" in metafunc.fixturenames:
        rows = rows_that_run(metafunc.config)
        if metafunc.definition.get_closest_marker("a_device_of_each"):
            rows = [row for row in rows if row not in SECOND]
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
