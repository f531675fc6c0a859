"""Rows of xnn.nn.padding."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import F

KINDS = ("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")


@st.composite
def pads(draw, kind, count):
    """A layer, and an input of which something is left; batches of none, or no batch."""
    size = [draw(st.integers(1, 4)) for _ in range(count)]
    padding = []
    for n in reversed(size):
        most = {"ReflectionPad": n - 1, "CircularPad": n}.get(kind, 3)
        least = -1 if n > 2 else 0  # PyTorch takes all away, or nothing is left to be wrapped
        padding += [draw(st.integers(least, min(most, n - 2) if least else most)) for _ in range(2)]
    lead = draw(st.sampled_from([(1,), (3,), (0, 2), (1, 1), (2, 3)]))
    value = (draw(st.sampled_from([0.0, -1.5, 2])),) if kind == "ConstantPad" else ()
    layout = draw(st.sampled_from(["C", "F", "strided"]))
    return Case((Input((*lead, *size), layout=layout),), (tuple(padding), *value))


def row(kind, count):
    """A layer of `count` dimensions, of whatever mode."""
    value = (0.5,) if kind == "ConstantPad" else ()
    size = (3, 5, 4)[-count:]
    cases = [
        Case((Input((2, 3, *size)),), (2, *value)),
        Case((Input((3, *size)),), ((1, 0, 2, -1, 0, 1)[: 2 * count], *value)),
    ]
    return Row(f"{kind}{count}d", tuple(cases), pads(kind, count))


ROWS = [row(kind, count) for kind in KINDS for count in (1, 2, 3)]
FUNCTIONS = [
    Function("pad", (Input((2, 3, 4)),), {"pad": (1, 2)}),
    Function("pad", (Input((2, 3, 4)),), {"pad": (1, -2, -1, 2, 3, 0), "value": -1.5}),
    Function("pad", (Input((2, 3), "below 9"),), {"pad": (1, 1), "value": 7}),
    Function("pad", (Input((0, 3)),), {"pad": (1, 1, 0, 2)}),
    Function("pad", (Input((2, 3)),), {"pad": ()}),
    *(
        Function("pad", (Input((1, 2, 4, 3)),), {"pad": (2, 1, 0, 3), "mode": mode})
        for mode in ("reflect", "replicate", "circular")
    ),
    *(  # of what is added, much is taken away again
        Function("pad", (Input((1, 2, 4)),), {"pad": (3, -6), "mode": mode}) for mode in ("reflect", "replicate")
    ),
    # Of more dimensions than PyTorch takes: beside what it makes of fewer.
    Function(
        "pad",
        (Input((4, 3)),),
        {"pad": (1, 2, 3, 1), "mode": "reflect"},
        lambda x, pad, mode: F.pad(x[None], pad, mode)[0],
    ),
]
