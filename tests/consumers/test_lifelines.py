"""lifelines with xnn in the place of autograd gives its own numbers."""

import functools
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests import optional

optional.require("lifelines")

ROOT = pathlib.Path(__file__).parents[2]
UNIVARIATE = [
    "Weibull",
    "Exponential",
    "LogNormal",
    "LogLogistic",
    "GeneralizedGamma",
    "PiecewiseExponential",
    "Spline",
]
REGRESSIONS = ["CoxPH", "CoxPH, splines", "WeibullAFT", "LogNormalAFT", "LogLogisticAFT"]
# Standard errors come from a Hessian that is read where the optimizer ends, after steps that rounding decides.
TOLERANCES = {"GeneralizedGamma": 1e-5}


@functools.cache
def fits(library):
    code = [sys.executable, "-W", "ignore", "-m", "tests.consumers.lifelines_fits", library]
    return json.loads(subprocess.run(code, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


@pytest.mark.parametrize("name", [*UNIVARIATE, *REGRESSIONS])
def test_the_numbers_are_those_of_autograd(name):
    came, expected = fits("xnn")[name], fits("autograd")[name]
    assert came.keys() == expected.keys()
    for key, wanted in expected.items():
        np.testing.assert_allclose(came[key], wanted, rtol=TOLERANCES.get(name, 1e-8), err_msg=key)


def test_the_numbers_of_its_manual():
    """https://lifelines.readthedocs.io: Waltons' data by Weibull's distribution."""
    assert fits("xnn")["Weibull"]["parameters"] == pytest.approx([55.73, 3.45], abs=0.005)
