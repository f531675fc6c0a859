"""Every layer and every loss in a compiled step: what tests/nn and tests/losses list, the first case of each."""

import pytest

import xnn as xp
from tests.losses.row import as_type
from tests.losses.table import ROWS as LOSSES
from tests.nn.compare import arrays, flat, made
from tests.nn.table import ROWS as LAYERS
from xnn import losses, optim

from .twice import assert_replays


def off_the_graph(tree):
    if isinstance(tree, xp.Array):
        return tree.detach()
    return tuple(map(off_the_graph, tree)) if isinstance(tree, (tuple, list)) else tree


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.name)
def test_layers(row, device):
    """Outputs, gradients, buffers and updated parameters."""
    case, make_array = row.cases[0], arrays(device, "float32")
    inputs = off_the_graph(made(case.inputs, make_array))
    keywords = {name: off_the_graph(x) for name, x in made(case.keywords, make_array, 100).items()}

    def make():
        with xp.use_device(device):
            layer = row.ours(case, device, xp.float32).to(device)
        optimizers = [optim.SGD(layer.parameters(), lr=0.01)] if [*layer.parameters()] else []

        def step(*args):
            layer.zero_grad()
            found = flat(layer(*args, **keywords))
            varied = [x for x in found.values() if x.requires_grad]
            if varied:
                sum(xp.sum(x * x) for x in varied).backward()
                for optimizer in optimizers:
                    optimizer.step()
            return {name: x.detach() for name, x in found.items()}

        return step, layer, *optimizers

    assert_replays(make, [inputs] * 3)


@pytest.mark.parametrize("row", LOSSES, ids=lambda row: row.name)
def test_losses(row, device):
    """Values, and gradients of what varies."""
    case = row.cases[0]
    given = {name: xp.asarray(raw, device=device) for name, raw in as_type(case.arrays, "float32").items()}

    def make():
        def step(given):
            leaves = {name: xp.asarray(given[name] + 0, requires_grad=True) for name in row.varied if name in given}
            prepared = row.prepare(xp, {**given, **leaves}) if row.prepare else {**given, **leaves}
            value = getattr(losses, row.name)(**prepared, **case.options)
            if value.requires_grad:
                xp.sum(value).backward()
            return value.detach(), [leaf.grad for leaf in leaves.values()]

        return (step,)

    assert_replays(make, [[given]] * 3)
