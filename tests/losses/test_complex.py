"""Complex operands: a loss is a real number, as PyTorch's, or it refuses them with one message."""

import numpy as np
import pytest

import xnn as xp
from tests.losses.row import as_type, reference
from tests.losses.table import ROWS
from tests.oracle import torch
from tests.parity import compare
from xnn import losses
from xnn.errors import DTypeError

MESSAGE = "this function is of real numbers; got complex64. Cure: real(x), or abs(x), before."
# Whose value is real all the same, of sizes of differences or of parameters; PyTorch's, which has no l1_penalty.
OF_SIZES = {"l1_loss", "l1_penalty", "triplet_margin_loss", "triplet_margin_with_distance_loss"}

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def floating(case):
    return [name for name, x in as_type(case.arrays, "float32").items() if x.dtype.kind == "f"]


def complex_arrays(case, names, dtype="complex64"):
    random = np.random.default_rng(3)
    return {
        name: (x + 1j * random.uniform(-1, 1, x.shape)).astype(dtype) if name in names else x
        for name, x in as_type(case.arrays, dtype.replace("complex64", "float32").replace("128", "64")).items()
    }


@rows
@pytest.mark.parametrize("is_raw", [False, True])
def test_complex_operands_are_refused(row, is_raw, device):
    case = row.cases[0]
    wanted = [{name} for name in floating(case)] + [set(floating(case))]
    for names in wanted if row.name not in OF_SIZES else []:
        given = {k: xp.asarray(x, device=device) for k, x in complex_arrays(case, names).items()}
        given = {k: x._data if is_raw else x for k, x in given.items()} if row.prepare is None else given
        with pytest.raises(DTypeError) as raised:
            getattr(losses, row.name)(**(row.prepare(xp, given) if row.prepare else given), **case.options)
        assert str(raised.value) == MESSAGE


@pytest.mark.needs("torch")
@pytest.mark.parametrize("row", [row for row in ROWS if row.name in OF_SIZES], ids=lambda row: row.name)
def test_losses_of_sizes_are_pytorchs(row):
    assert {row.name for row in ROWS} >= OF_SIZES
    case = row.cases[0]
    names = set(floating(case)) - {"weight"}
    raws = {k: x for k, x in complex_arrays(case, names).items() if k != "weight"}
    ours = {k: xp.asarray(x, device="numpy:cpu", requires_grad=True) for k, x in raws.items()}
    theirs = {k: torch.tensor(x, requires_grad=True) for k, x in raws.items()}
    value = getattr(losses, row.name)(**(row.prepare(xp, ours) if row.prepare else ours), **case.options)
    expected = reference(row)(**(row.prepare(torch, theirs) if row.prepare else theirs), **case.options)
    assert value.dtype is xp.float32
    compare("complex loss", row.name, value.detach().numpy(), expected.detach().numpy(), "float32")
    value.backward()
    expected.backward()
    for k, x in ours.items():
        compare("complex loss", row.name, x.grad.numpy(), theirs[k].grad.resolve_conj().numpy(), "float32")


def test_a_complex_weight_of_an_error_is_refused():
    x, w = xp.ones((3,), device="numpy:cpu"), xp.ones((3,), dtype=xp.complex64, device="numpy:cpu")
    with pytest.raises(DTypeError, match="of real numbers"):
        losses.l1_loss(x, x, weight=w)
