"""A training step of a layer waits for the device nowhere, and copies nothing to the host."""

import pytest

import xnn as xp
from tests import cuda_emulation
from tests.nn.compare import arrays, flat, made
from tests.nn.table import ROWS

pytestmark = pytest.mark.needs("cuda_emulation")

GPU = "cupy:cuda:0"


@pytest.mark.parametrize(
    ("row", "case"), [pytest.param(row, case, id=f"{row.name}-{i}") for row in ROWS for i, case in enumerate(row.cases)]
)
def test_a_step(row, case):
    with xp.use_device(GPU):
        layer, make = row.ours(case, GPU, xp.float32).to(GPU), arrays(GPU, "float32")
    inputs, keywords = made(case.inputs, make), made(case.keywords, make, 100)

    def step():
        varied = [x for x in flat(layer(*inputs, **keywords)).values() if x.requires_grad]
        if varied:  # not of a step function
            sum(xp.sum(x * x) for x in varied).backward()

    step()  # compiles what is compiled once
    with cuda_emulation.count() as counts:
        step()
    assert (counts.d2h, counts.synchronisations) == (0, 0)
