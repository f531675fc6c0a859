"""The rows of the device matrix that consumers run on."""

import pytest

from tests.conftest import rows_that_run, why_not
from xnn_backends import find_device

# The second GPU, and strict's second device, are no default: an array made on the default device shows at once.
PLACES = ("numpy:cpu", "strict:device1", "cupy:cuda:1")


def pytest_generate_tests(metafunc):
    if "place" in metafunc.fixturenames:
        rows = rows_that_run(metafunc.config)
        asked = metafunc.config.getoption("--device")
        metafunc.parametrize("place", rows if asked else [row for row in rows if row in PLACES], indirect=True)


@pytest.fixture
def place(request):
    """A device for `device=`; every test with it runs once for each."""
    if reason := why_not(request.param, request.config):
        pytest.skip(reason)
    return find_device(request.param)
