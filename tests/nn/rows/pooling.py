"""Rows of xnn.nn.pooling."""

from hypothesis import strategies as st

from tests.nn.row import Case, Function, Input, Row
from tests.oracle import torch

LAYOUTS = st.sampled_from(["C", "F", "strided"])


def leads():
    """The dimensions before an image's: of a batch, also an empty one, or of none."""
    return st.sampled_from([(2, 2), (1, 1), (0, 1), (2,)])


def one_or_all(draw, sizes):
    """A tuple, or an int if all are the same."""
    return sizes[0] if len(set(sizes)) == 1 and draw(st.booleans()) else tuple(sizes)


@st.composite
def pools(draw, count, kind):
    """A case in which windows fit into the image, and none is of padding alone."""
    ints = st.lists(st.integers(1, 3), min_size=count, max_size=count)
    kernel, stride, dilation = draw(ints), draw(ints), [1] * count
    padding = [draw(st.integers(0, k // 2)) for k in kernel]
    if kind == "max":
        dilation = draw(st.lists(st.integers(1, 2), min_size=count, max_size=count))
    least = [max(d * (k - 1) + 1, d) for k, d in zip(kernel, dilation, strict=True)]
    size = [n + draw(st.integers(0, 4)) for n in least]
    options = {"ceil_mode": draw(st.booleans())}
    if draw(st.booleans()):
        options["stride"] = one_or_all(draw, stride)
    if kind == "max":
        options |= {"dilation": one_or_all(draw, dilation), "return_indices": draw(st.booleans())}
    if kind == "avg":
        options["count_include_pad"] = draw(st.booleans())
        if count > 1 and draw(st.booleans()):
            options["divisor_override"] = draw(st.integers(1, 5))
    if kind != "lp":
        options["padding"] = one_or_all(draw, padding)
    kernel = one_or_all(draw, kernel)
    if kind == "lp":
        arguments = (draw(st.sampled_from([1, 2, 3.0, 1.5])), kernel)
        if count == 1:  # as in PyTorch's own lp_pool1d
            arguments = (arguments[0], kernel if isinstance(kernel, int) else kernel[0])
            if "stride" in options and not isinstance(options["stride"], int):
                options["stride"] = options["stride"][0]
    else:
        arguments = (kernel,)
    lead = draw(leads())
    domain = "positive" if kind == "lp" else "distinct"
    return Case((Input((*lead, *size), domain, draw(LAYOUTS)),), arguments, options)


def image(*shape, **more):
    return Input(shape, **more)


SIZES = {1: (7,), 2: (5, 6), 3: (3, 4, 5)}


def max_pool(count):
    size = SIZES[count]
    return Row(
        f"MaxPool{count}d",
        (
            Case((image(2, 2, *size),), (2,)),
            Case((image(2, *size, layout="F"),), (3,), {"stride": 2, "padding": 1, "return_indices": True}),
            Case((image(1, 3, *size, layout="strided"),), (2, 3, 1), {"ceil_mode": True, "return_indices": True}),
            Case((image(0, 3, *size),), (2,), {"dilation": 2}),
        ),
        pools(count, "max"),
    )


def avg_pool(count):
    size = SIZES[count]
    more = {} if count == 1 else {"divisor_override": 3}
    return Row(
        f"AvgPool{count}d",
        (
            Case((image(2, 2, *size),), (2,)),
            Case((image(2, *size, layout="F"),), (3,), {"stride": 2, "padding": 1, "count_include_pad": False}),
            Case((image(1, 3, *size, layout="strided"),), (2, 3, 1), {"ceil_mode": True}),
            Case((image(0, 3, *size),), (2,), more),
        ),
        pools(count, "avg"),
    )


def lp_pool(count):
    size = SIZES[count]
    return Row(
        f"LPPool{count}d",
        (
            Case((image(2, 2, *size),), (2, 2)),
            Case((image(2, *size, domain="positive", layout="F"),), (1.5, 3), {"stride": 2, "ceil_mode": True}),
            Case((image(1, 1, *size, domain="positive", layout="strided"),), (1, 2)),
        ),
        pools(count, "lp"),
    )


def of_whole_images(kind, count):
    """Keras's GlobalAveragePooling and GlobalMaxPooling: the mean, the maximum over all of an image."""
    size = SIZES[count]

    return Row(
        f"Global{kind}Pool{count}d",
        (
            Case((image(2, 3, *size),)),
            Case((image(1, 1, *size, layout="F"),), (), {"keepdims": True}),
            Case((image(3, *size, layout="strided"),)),
        ),
        theirs=lambda keepdims=False: whole_image(kind, count, keepdims),
    )


def whole_image(kind, count, keepdims):
    """PyTorch's mean or amax over the last dimensions, as a layer."""
    layer = torch.nn.Module()
    reduce = torch.mean if kind == "Avg" else torch.amax
    layer.forward = lambda x: reduce(x, tuple(range(-count, 0)), keepdim=keepdims)
    return layer


COUNTS = (1, 2, 3)
ROWS = [
    *[make(count) for make in (max_pool, avg_pool, lp_pool) for count in COUNTS],
    *[of_whole_images(kind, count) for kind in ("Avg", "Max") for count in COUNTS],
]

ZERO_SUM = [[[0.0, 0.0, 1.0, -1.0, 0.0, 2.0]]]  # the derivative is 0 where the sum is

FUNCTIONS = [
    *[Function(f"max_pool{n}d", (image(2, 2, *SIZES[n]),), {"kernel_size": 2}) for n in COUNTS],
    *[
        Function(f"max_pool{n}d_with_indices", (image(2, 2, *SIZES[n]),), {"kernel_size": 2, "padding": 1, "stride": 1})
        for n in COUNTS
    ],
    *[
        Function(f"max_pool{n}d", (image(2, *SIZES[n]),), {"kernel_size": 3, "stride": 2, "padding": 1, **more})
        for n in COUNTS
        for more in ({"return_indices": True}, {"ceil_mode": True})
    ],
    *[
        Function(f"avg_pool{n}d", (image(2, 2, *SIZES[n]),), {"kernel_size": 3, "stride": 2, "padding": 1, **more})
        for n in COUNTS
        for more in ({}, {"ceil_mode": True, "count_include_pad": False})
    ],
    *[
        Function(f"lp_pool{n}d", (image(2, *SIZES[n], domain="positive"),), {"norm_type": 3, "kernel_size": 2})
        for n in COUNTS
    ],
    Function("lp_pool1d", (Input((1, 1, 6), ZERO_SUM),), {"norm_type": 1, "kernel_size": 2}),
    Function("lp_pool1d", (Input((1, 1, 6), ZERO_SUM),), {"norm_type": 2, "kernel_size": 2, "stride": 1}),
]
