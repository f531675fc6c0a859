"""Each loss against torch.nn.functional's: values and all gradients, every reduction, drawn options and odd shapes."""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xnn as xp
from tests.losses.row import evaluate, evaluate_torch, reference
from tests.losses.table import ROWS, TORCH
from tests.ops.compare import quiet
from tests.parity import compare
from xnn import losses

pytestmark = pytest.mark.needs("torch")

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
drawn = settings(derandomize=True, database=None, deadline=None, max_examples=15)
CPU = xp.backends.find_device("cpu")


def assert_like_torch(row, case, dtype, device, strided=False):
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of kl_div's mean and of no elements
        expected, expected_gradients = evaluate_torch(row, case, dtype)
    value, gradients = evaluate(row, case, dtype, device, strided)
    compare("loss", row.name, value, expected, dtype)
    for name, gradient in gradients.items():
        if np.isfinite(expected).all():  # of an infinite loss PyTorch's is NaN
            compare("loss", row.name, gradient, expected_gradients[name], dtype)


def reduced(case, reduction):
    return case if reduction is None else case._replace(options=case.options | {"reduction": reduction})


@rows
def test_fixed_cases(row, device):
    for case in row.cases:
        for reduction in row.reductions:
            for dtype in ("float64", "float32"):
                assert_like_torch(row, reduced(case, reduction), dtype, device)


@rows
def test_drawn_cases(row):
    @drawn
    @given(row.draw, st.sampled_from(row.reductions), st.booleans())
    def run(case, reduction, strided):
        for dtype in ("float64", "float32"):
            assert_like_torch(row, reduced(case, reduction), dtype, CPU, strided)

    run()


DEPRECATED = {"size_average", "reduce"}
NOT_TAKEN = {"linear_cross_entropy": {"options"}}  # how PyTorch goes in chunks


@pytest.mark.parametrize("row", TORCH, ids=lambda row: row.name)
def test_arguments_are_torchs(row):
    theirs = inspect.signature(reference(row)).parameters
    ours = inspect.signature(getattr(losses, row.name)).parameters
    wanted = {k: v.default for k, v in theirs.items() if k not in DEPRECATED | NOT_TAKEN.get(row.name, set())}
    assert {k: v.default for k, v in ours.items()} == wanted
    # By position as far as PyTorch's are the same there.
    positional = [k for k, v in ours.items() if v.kind is v.POSITIONAL_OR_KEYWORD]
    assert list(theirs)[: len(positional)] == positional
