"""Rows of xnn.nn.linear."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row

LEADS = st.sampled_from([(), (1,), (0,), (4,), (2, 3), (0, 2)])
SIZES = st.integers(1, 4)
LAYOUTS = st.sampled_from(["C", "F", "strided"])


@st.composite
def linears(draw):
    features = draw(SIZES)
    x = Input((*draw(LEADS), features), "real", draw(LAYOUTS))
    return Case((x,), (features, draw(SIZES)), {"bias": draw(st.booleans())})


@st.composite
def bilinears(draw):
    lead, (n, m) = draw(LEADS), draw(st.tuples(SIZES, SIZES))
    inputs = Input((*lead, n), "real", draw(LAYOUTS)), Input((*lead, m), "real")
    return Case(inputs, (n, m, draw(SIZES)), {"bias": draw(st.booleans())})


ROWS = [
    Row("Identity", (Case((Input((2, 3)),)), Case((Input(()),), (54,), {"unused": True}))),
    Row(
        "Linear",
        (
            Case((Input((4, 3)),), (3, 2)),
            Case((Input((3,)),), (3, 2), {"bias": False}),
            Case((Input((2, 4, 3), layout="F"),), (3, 1)),
            Case((Input((0, 3)),), (3, 2)),
        ),
        linears(),
        has_parameters=True,
    ),
    Row(
        "Bilinear",
        (
            Case((Input((4, 3)), Input((4, 2))), (3, 2, 5)),
            Case((Input((3,)), Input((2,))), (3, 2, 1), {"bias": False}),
            Case((Input((2, 2, 1)), Input((2, 2, 3))), (1, 3, 2)),
        ),
        bilinears(),
        has_parameters=True,
    ),
]
FUNCTIONS = [
    Function("linear", (Input((4, 3)), Input((2, 3)), Input((2,)))),
    Function("linear", (Input((2, 4, 3)), Input((2, 3)))),
    Function("linear", (Input((2, 4, 3)), Input((3,))), theirs=lambda x, w: x @ w),
    Function("linear", (Input((3,)), Input((3,)), Input(()))),
    Function("bilinear", (Input((4, 3)), Input((4, 2)), Input((5, 3, 2)), Input((5,)))),
    Function("bilinear", (Input((3,)), Input((2,)), Input((1, 3, 2)))),
]
