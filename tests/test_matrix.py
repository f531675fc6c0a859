"""Which rows of the device matrix run here."""

import pytest

from tests.conftest import why_not
from xnn_backends import find_device


def test_row(row, request):
    if reason := why_not(row, request.config):
        pytest.skip(f"{row}: {reason}")
    assert str(find_device(row)) == row
