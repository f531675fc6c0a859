"""Rows of xnn.nn.flatten."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row


@st.composite
def flattenings(draw):
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=4)))
    start = draw(st.integers(0, len(shape) - 1))
    end = draw(st.integers(start, len(shape) - 1)) - len(shape) * draw(st.booleans())
    x = Input(shape, "real", draw(st.sampled_from(["C", "F", "strided"])))
    return Case((x,), (), {"start_dim": start, "end_dim": end})


@st.composite
def unflattenings(draw):
    sizes = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    product = 1
    for n in sizes:
        product *= n
    before, after = draw(st.lists(st.integers(0, 2), max_size=2)), draw(st.lists(st.integers(0, 2), max_size=2))
    dim = len(before) - (len(before) + 1 + len(after)) * draw(st.booleans())
    left_open = draw(st.integers(-1, len(sizes) - 1))
    given = tuple(-1 if i == left_open else n for i, n in enumerate(sizes))
    return Case((Input((*before, product, *after), "real"),), (dim, given))


ROWS = [
    Row(
        "Flatten",
        (Case((Input((2, 3, 4)),)), Case((Input((2, 3, 4, 5), layout="F"),), (0, 2)), Case((Input((3,)),), (0,))),
        flattenings(),
    ),
    Row(
        "Unflatten",
        (
            Case((Input((2, 12)),), (1, (3, 4))),
            Case((Input((12, 2)),), (-2, (2, -1, 2))),
            Case((Input((2, 0)),), (1, (2, 0))),
        ),
        unflattenings(),
    ),
]
FUNCTIONS = [Function("flatten", (Input((2, 3, 4)),), {"start_dim": 1}), Function("flatten", (Input(()),))]
