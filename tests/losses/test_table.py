"""Every loss has a row; and what is true of all of them: the default reduction, raw arrays, types, and no waits."""

import inspect
import itertools

import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.losses.row import as_type, evaluate
from tests.losses.table import ROWS, TORCH
from tests.oracle import F
from tests.tolerances import assert_close
from xnn import losses

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def arguments(row, case, device, dtype="float64"):
    arrays = {k: xp.asarray(v, device=device) for k, v in as_type(case.arrays, dtype).items()}
    return row.prepare(xp, arrays) if row.prepare else arrays


def test_every_loss_has_a_row():
    names = [row.name for row in ROWS]
    assert sorted(names) == sorted(losses.__all__)
    assert all(len(row.cases) and row.draw is not None for row in ROWS)


@rows
def test_the_mean_is_the_default(row):
    call, (case, *_) = getattr(losses, row.name), row.cases
    if row.reductions == (None,):
        assert "reduction" not in inspect.signature(call).parameters
        return
    assert inspect.signature(call).parameters["reduction"].default == "mean"
    given = arguments(row, case, "cpu") | case.options
    assert float(call(**given)) == float(call(**given, reduction="mean"))


@rows
def test_what_is_positional(row):
    """What stands before `reduction`: PyTorch's functions have it, or `size_average` that became it, there too."""
    parameters = inspect.signature(getattr(losses, row.name)).parameters
    if "reduction" in parameters:
        assert parameters["reduction"].kind is inspect.Parameter.KEYWORD_ONLY
    theirs = getattr(F, row.name, None) if row in TORCH else None
    if theirs is not None:
        assert positional(parameters) == positional(inspect.signature(theirs).parameters)


def positional(parameters):
    """The names before the reduction, or before what is given by name alone."""
    ends = ("size_average", "reduce", "reduction")
    return [*itertools.takewhile(lambda name: name not in ends and parameters[name].kind.name != "KEYWORD_ONLY",
                                 parameters)]  # fmt: skip


@rows
def test_raw_arrays_give_raw_arrays_of_the_same_numbers(row, device):
    for case in row.cases:
        given = arguments(row, case, device)
        raws = {k: x._data for k, x in given.items()}
        came = getattr(losses, row.name)(**raws, **case.options)
        assert isinstance(came, device.backend.array_type)
        assert_close(device.backend.to_numpy(came), getattr(losses, row.name)(**given, **case.options).numpy())


@rows
def test_a_raw_operand_beside_arrays(row, device):
    """Each operand but the first raw: the value is an Array with its gradient, whatever becomes of the raw ones."""
    case = row.cases[0]
    given = arguments(row, case, device)
    first = next(iter(given))
    expected, gradients = evaluate(row, case, "float64", device)
    if row.prepare:
        return  # its arrays are computed
    raws = {k: x._data for k, x in given.items() if k != first}
    leaf = given[first]
    leaf.requires_grad = first in row.varied
    value = getattr(losses, row.name)(**{first: leaf}, **raws, **case.options)
    assert isinstance(value, xp.Array)
    if device.backend.name == "numpy":  # whose arrays are written to in place
        for raw in raws.values():
            raw[...] = 0
    assert_close(value.detach().numpy(), expected)
    if leaf.requires_grad:
        value.backward()
        assert_close(leaf.grad.numpy(), gradients[first])


@rows
@pytest.mark.needs("cuda_emulation")
def test_no_loss_waits_for_the_host(row):
    """Forward and backward on CUDA: nothing is copied to the host."""
    for case in row.cases:
        given = arguments(row, case, "cupy:cuda:0")
        for name in row.varied:
            if name in given and row.prepare is None:
                given[name].requires_grad = True
        call = getattr(losses, row.name)
        xp.sum(call(**given, **case.options))
        with cuda_emulation.count() as counts:
            value = call(**given, **case.options)
            if value.requires_grad:
                value.backward()
        assert (counts.d2h, counts.synchronisations) == (0, 0), counts
    xp.synchronize("cupy:cuda:0")


@rows
def test_derivatives_of_both_orders(row, device):
    """By finite differences, at a point without kinks; forward mode too."""
    case = row.cases[0]
    arrays = {k: xp.asarray(v, device=device) for k, v in as_type(case.arrays, "float64").items()}
    names = [name for name in row.varied if name in arrays]

    def call(*varied):
        given = arrays | dict(zip(names, varied, strict=True))
        return getattr(losses, row.name)(**(row.prepare(xp, given) if row.prepare else given), **case.options)

    xp.check_gradients(call, *(arrays[name] for name in names))
    primals = tuple(arrays[name] for name in names)
    tangents = tuple(xp.asarray(np.cos(i + np.arange(x.size)).reshape(x.shape), device=device)
                     for i, x in enumerate(primals))  # fmt: skip
    along = xp.jvp(call, primals, tangents)[1]
    products = [t * g for t, g in zip(tangents, xp.grad(call, tuple(range(len(names))))(*primals), strict=True)]
    terms = np.concatenate([product.numpy().ravel() for product in products])
    assert_close([float(along), *terms], [terms.sum(), *terms])
