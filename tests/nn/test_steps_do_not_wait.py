"""A training step of embeddings, recurrent layers, attention and graphs waits for the device nowhere."""

import pytest

import xnn as xp
from tests import cuda_emulation
from tests.nn.compare import arrays, flat, made
from tests.nn.rows import attention, embedding, graph, position, recurrent, transformer

pytestmark = pytest.mark.skipif(bool(cuda_emulation.skip_reason()), reason=str(cuda_emulation.skip_reason()))

GPU = "cupy:cuda:0"
ROWS = [row for family in (attention, embedding, graph, position, recurrent, transformer) for row in family.ROWS]


@pytest.mark.parametrize(
    ("row", "case"), [pytest.param(row, case, id=f"{row.name}-{i}") for row in ROWS for i, case in enumerate(row.cases)]
)
def test_a_step(row, case):
    layer, make = row.ours(case, GPU, xp.float32), arrays(GPU, "float32")
    inputs, keywords = made(case.inputs, make), made(case.keywords, make, 100)

    def step():
        outputs = flat(layer(*inputs, **keywords))
        sum(xp.sum(x * x) for x in outputs.values()).backward()

    step()  # compiles what is compiled once
    with cuda_emulation.count() as counts:
        step()
    assert (counts.d2h, counts.synchronisations) == (0, 0)
