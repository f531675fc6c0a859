"""Checks of values that are put off."""

import warnings

import pytest

import xnn as xp
from xnn import checks
from xnn.errors import LabelError


def test_a_warning_does_not_hide_an_error(device):
    if not device.is_asynchronous:
        pytest.skip("the check is made at once here")
    no = xp.asarray(False, device=device)._data
    checks.require(no, device, UserWarning, "that may be meant")
    checks.require(no, device, LabelError, "that is wrong")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(LabelError, match="that is wrong"):
            checks.raise_pending(device)
    checks.raise_pending(device)
