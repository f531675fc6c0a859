"""Rows of xnn.nn.adaptive_pooling."""

import numpy as np
from hypothesis import strategies as st

import xnn as xp
from tests.nn.row import Case, Function, Input, Row
from tests.nn.rows.pooling import COUNTS, LAYOUTS, SIZES, image, leads
from tests.oracle import torch


@st.composite
def adaptive(draw, count, has_indices):
    """Any wanted size: smaller than the image's, larger, or None for the same (which PyTorch's one dimension lacks)."""
    size = draw(st.lists(st.integers(1, 7), min_size=count, max_size=count))
    one = st.integers(1, 8) if count == 1 else st.one_of(st.integers(1, 8), st.none())
    wanted = draw(st.one_of(st.integers(1, 5), st.tuples(*[one] * count)))
    options = {"return_indices": draw(st.booleans())} if has_indices else {}
    return Case((Input((*draw(leads()), *size), "distinct", draw(LAYOUTS)),), (wanted,), options)


def adaptive_pool(kind, count):
    size, has_indices = SIZES[count], kind == "Max"
    indices = {"return_indices": True} if has_indices else {}
    return Row(
        f"Adaptive{kind}Pool{count}d",
        (
            Case((image(2, 2, *size),), (3,)),
            Case((image(2, *size, layout="F"),), (tuple(n // 2 for n in size),), indices),
            Case((image(2, 2, *size, layout="strided"),), (1,)),
            Case((image(0, 3, *size),), (9,), indices),
        ),
        adaptive(count, has_indices),
    )


class Fractional(Row):
    """With samples that both sides get."""

    def ours(self, case, device, dtype):
        samples = xp.asarray(case.options["_random_samples"], dtype=dtype, device=device)
        return super().ours(case._replace(options={**case.options, "_random_samples": samples}), device, dtype)

    def make_theirs(self, case):
        samples = torch.tensor(case.options["_random_samples"])
        return super().make_theirs(case._replace(options={**case.options, "_random_samples": samples}))


@st.composite
def fractional(draw, count):
    """Windows that fit; PyTorch's three-dimensional ones must leave an element over."""
    kernel = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    wanted = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    size = [k + n - 1 + draw(st.integers(count - 2, 4)) for k, n in zip(kernel, wanted, strict=True)]
    lead = draw(leads())
    planes = (1, *lead)[-2:]
    samples = np.random.default_rng(draw(st.integers(0, 99))).random((*planes, count))
    options = {"output_size": tuple(wanted), "return_indices": draw(st.booleans()), "_random_samples": samples}
    return Case((Input((*lead, *size), "distinct", draw(LAYOUTS)),), (tuple(kernel),), options)


SAMPLES = np.random.default_rng(0).random((2, 2, 3))


def fractional_pool(count):
    size = {2: (6, 7), 3: (5, 4, 6)}[count]
    samples = SAMPLES[..., :count]
    return Fractional(
        f"FractionalMaxPool{count}d",
        (
            Case((image(2, 2, *size),), (2,), {"output_size": 2, "_random_samples": samples}),
            Case((image(2, *size, layout="F"),), (1,), {"output_ratio": 0.6, "_random_samples": samples[:1]}),
            Case(
                (image(2, 2, *size, layout="strided"),),
                ((2, 1, 2)[:count],),
                {"output_ratio": (0.4, 0.5, 0.6)[:count], "return_indices": True, "_random_samples": samples},
            ),
        ),
        fractional(count),
    )


def with_constant_samples(name):
    """PyTorch's, which refuses samples that require a gradient."""

    def call(x, _random_samples, **options):
        function = getattr(torch.nn.functional, name)  # where PyTorch is installed
        return function(x, _random_samples=_random_samples.detach(), **options)

    return call


ROWS = [
    *[adaptive_pool(kind, count) for kind in ("Avg", "Max") for count in COUNTS],
    *[fractional_pool(count) for count in (2, 3)],
]

FUNCTIONS = [
    *[Function(f"adaptive_avg_pool{n}d", (image(2, 2, *SIZES[n]),), {"output_size": 3}) for n in COUNTS],
    *[
        Function(f"adaptive_max_pool{n}d", (image(2, *SIZES[n]),), {"output_size": 2, "return_indices": True})
        for n in COUNTS
    ],
    *[Function(f"adaptive_max_pool{n}d", (image(2, *SIZES[n]),), {"output_size": 1}) for n in COUNTS],
    *[Function(f"adaptive_max_pool{n}d_with_indices", (image(2, *SIZES[n]),), {"output_size": 2}) for n in COUNTS],
    *[
        Function(
            f"fractional_max_pool{n}d{more}",
            (image(2, 2, *{2: (6, 7), 3: (5, 4, 6)}[n]),),
            {"kernel_size": 2, "output_size": 2, "_random_samples": Input((2, 2, n), SAMPLES[..., :n])},
            with_constant_samples(f"fractional_max_pool{n}d{more}"),
        )
        for n in (2, 3)
        for more in ("", "_with_indices")
    ],
]
