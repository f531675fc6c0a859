"""Raw arrays that go into layers, whose parameters are Arrays: the result is the Array that Arrays would give."""

import pytest

import xnn as xp
from tests.nn.compare import flat, made
from tests.nn.row import values
from tests.nn.rows import attention, embedding, graph, recurrent, transformer
from tests.tolerances import assert_close

ROWS = [row for family in (attention, embedding, graph, recurrent, transformer) for row in family.ROWS]
CASES = [pytest.param(row, case, id=f"{row.name}-{i}") for row in ROWS for i, case in enumerate(row.cases)]


@pytest.mark.parametrize(("row", "case"), CASES)
def test_raw_arrays_go_in(row, case, device):
    def run(layer, convert):
        def make(wanted, seed):
            return convert(xp.asarray(values(wanted, "float32", seed), device=device))

        return flat(layer(*made(case.inputs, make), **made(case.keywords, make, 100)), "output")

    layer = row.ours(case, device, xp.float32).eval()
    expected, came = run(layer, lambda x: x), run(layer, lambda x: x._data)
    assert came.keys() == expected.keys()
    for path, x in came.items():
        assert type(x) is xp.Array
        assert_close(x.detach().numpy(), expected[path].detach().numpy())
